"""`mneme vector`: a user's own vectors, from the command line through the log into either store and back."""

import json

import pytest

from harness.endpoint import Endpoint
from harness.program import Program
from harness.waiting import wait_until

EAGER = {"MNEME_RETRY_INITIAL_MS": "20", "MNEME_RETRY_MAX_MS": "200"}


@pytest.fixture(params=["pgvector", "chroma"])
def mneme(request, namespace, worker, chroma):
    with Endpoint() as endpoint:
        env = EAGER | {"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "fake", "MNEME_VECTOR_STORE": request.param,
                       "CHROMA_URL": chroma}
        for group in ("postgres", "embed", "vectors"):
            worker(group, env=env)
        yield Program(namespace.env | env)
        assert endpoint.asked == 0, "no model is asked"


def ids(mneme, vector, *arguments):
    return [hit["id"] for hit in mneme("vector", "query", "--vector", vector, "--json", *arguments, expect=0).json_lines]


def wait_for(mneme, wanted, *question):
    wait_until(lambda: ids(mneme, *question) == wanted, message=lambda: f"{wanted}, it is {ids(mneme, *question)}")


def test_vectors_are_kept_asked_and_forgotten(mneme):
    lines = [{"id": "red", "vector": [1, 0, 0], "metadata": {"warm": True, "n": 1}},
             {"id": "orange", "vector": [0.9, 0.4, 0], "metadata": {"warm": True, "n": 2}},
             {"id": "blue", "vector": [0, 0, 1], "metadata": {"warm": False}}]
    receipts = mneme("vector", "add", "-", "--json", input="\n".join(map(json.dumps, lines)), expect=0).json_lines
    assert [receipt["id"] for receipt in receipts] == ["red", "orange", "blue"]
    wait_for(mneme, ["red", "orange", "blue"], "[1, 0.1, 0.01]")
    first = mneme("vector", "query", "--vector", "[1, 0, 0]", "--top-k", "1", "--json", expect=0).json_lines[0]
    assert (first["id"], first["metadata"]) == ("red", {"warm": True, "n": 1})
    assert first["similarity"] == pytest.approx(1)
    assert ids(mneme, "[1, 0, 0]", "--filter", '{"warm": true, "n": 2}') == ["orange"]
    assert ids(mneme, "[1, 0, 0]", "--min-similarity", "0.95") == ["red"]
    mneme("vector", "add", "red", "--vector", "[0, 1, 0]", "--metadata", '{"n": 3}', expect=0)
    wait_for(mneme, ["orange"], "[1, 0, 0]", "--filter", '{"warm": true}')
    mneme("vector", "delete", "red", "blue", expect=0)
    wait_for(mneme, ["orange"], "[1, 0, 0]")


def test_tenants_and_collections_are_apart(mneme):
    mneme("vector", "add", "a", "--vector", "[1, 0]", expect=0)
    mneme("vector", "add", "b", "--vector", "[1, 0]", "--collection", "other", expect=0)
    mneme("vector", "add", "c", "--vector", "[1, 0]", "--tenant", "acme", expect=0)
    wait_for(mneme, ["a"], "[1, 0]")
    wait_for(mneme, ["b"], "[1, 0]", "--collection", "other")
    wait_for(mneme, ["c"], "[1, 0]", "--tenant", "acme")
    assert ids(mneme, "[1, 0]", "--tenant", "acme", "--collection", "other") == []


def test_dimensions_and_metric_are_checked(mneme):
    mneme("vector", "add", "a", "--vector", "[1, 0]", "--metric", "dot", expect=0)
    wait_for(mneme, ["a"], "[1, 0]")
    for arguments, reason in [
        (("add", "b", "--vector", "[1, 0, 0]"), "has 3 dimensions, and the collection has 2"),
        (("add", "b", "--vector", "[1, 0]", "--metric", "cosine"), "the collection's is dot"),
        (("add", "b", "--vector", '[1, "x"]'), "item 2 is not a number"),
        (("add", "b", "--vector", "[1e39, 1]"), "item 1 is not a number"),
        (("add", "b", "--vector", "[1, 1e400]"), "not a JSON array ("),
        (("add", "b", "--vector", "[NaN, 1]"), "not a JSON array"),
        (("add", "b", "--vector", "[1, 0"), "not a JSON array ("),
        (("add", "b", "--vector", "[1, 0]", "--metadata", "[]"), "--metadata was not taken"),
        (("add", "", "--vector", "[1, 0]"), "vector_id"),
        (("add", "b", "--vector", "[1, 0]", "--collection", ""), "collection"),
        (("add", "x" * 256, "--vector", "[1, 0]"), "vector_id"),
        (("add", "b", "--vector", "[]"), "no numbers"),
        (("add", "b", "--vector", "1"), "not a JSON array"),
        (("query", "--vector", "[1]"), "has 1 dimensions"),
        (("query", "--vector", "[1, 0]", "--metric", "euclidean"), "is dot"),
        (("query", "--vector", "[1, 0]", "--filter", '{"a": {}}'), "the filter's"),
        (("query", "--vector", "[1, 0]", "--filter", "no"), "filter"),
        (("query", "--vector", "[]"), "no numbers"),
        (("delete", "x" * 256), "vector_id"),
    ]:
        assert reason in mneme("vector", *arguments, expect=1).stderr
    for arguments, reason in [
        (("add",), "give --vector with ID, or JSON lines alone (-)"), (("add", "b"), "give --vector with ID"),
        (("add", "-", "--vector", "[1, 0]"), "JSON lines alone"), (("add", "b", "c"), "one argument too many"),
        (("add", "b", "--vector", "[1, 0]", "--metric", "angle"), 'this is not a metric; use cosine'),
        (("query", "--vector", "[1, 0]", "--metric", "angle"), 'this is not a metric; use cosine'),
        (("query",), "--vector"), (("query", "--vector", "[1]", "--limit", "0"), "--limit"),
        (("query", "--vector", "[1]", "--min-similarity", "1e400"), "--min-similarity"), (("delete",), "it needs ID"),
    ]:
        assert reason in mneme("vector", *arguments, expect=2).stderr


def test_refused_lines_are_named_and_the_rest_is_done(mneme):
    mneme("vector", "add", "a", "--vector", "[1, 0]", expect=0)
    wait_for(mneme, ["a"], "[1, 0]")
    lines = ['{"id": "b", "vector": [1]}', "no", "", '{"id": "c", "vector": [0, 1]}', '{"id": 5, "vector": [0, 1]}',
             '{"vector": [0, 1]}', '{"id": "d", "vector": [0, 1], "colour": 1}', '{"id": "' + "x" * 256 + '", "vector": [0, 1]}',
             '{"id": "e", "vector": [1, "x"]}', '[{"id": "f", "vector": [0, 1]}]', '{"id": "g", "vector": [0.1, 1], "metric": null}']
    result = mneme("vector", "add", "-", "--json", input="\n".join(lines), expect=1)
    assert [receipt["id"] for receipt in result.json_lines] == ["c", "g"]
    *told, last = result.stderr.splitlines()
    assert [line.split(" was not taken")[0] for line in told] == [f"mneme: line {number}" for number in (1, 2, 5, 6, 7, 8, 9, 10)]
    assert last.startswith("mneme: 8 vectors were refused; the first: line 1 was not taken: the vector does not fit")
    wait_for(mneme, ["a", "g", "c"], "[1, 0]")
    result = mneme("vector", "add", "-", input='{"id": "h", "vector": [0, 1], "metric": "angle"}', expect=2)
    assert "not a metric" in result.stderr and result.stdout == ""
    result = mneme("vector", "delete", "c", "x" * 256, "g", "--json", expect=1)
    assert [receipt["id"] for receipt in result.json_lines] == ["c", "g"] and "vector_id" in result.stderr
    assert set(result.json_lines[0]) == {"id", "collection", "event_id", "position"}
    wait_for(mneme, ["a"], "[1, 0]")


def test_lines_take_what_they_do_not_say_from_the_options(mneme):
    lines = '\ufeff{"id": "a", "vector": [1, 0]}\r\n{"id": "b", "vector": [0, 1], "collection": "n", "metadata": {"k": 2}}'
    mneme("vector", "add", "-", "--collection", "m", "--metric", "dot", "--metadata", '{"k": 1}', input=lines, expect=0)
    for collection, (name, number) in {"m": ("a", 1), "n": ("b", 2)}.items():
        wait_for(mneme, [name], "[1, 1]", "--collection", collection, "--metric", "dot")
        (hit,) = mneme("vector", "query", "--vector", "[1, 1]", "--collection", collection, "--json", expect=0).json_lines
        assert hit["metadata"] == {"k": number}


def test_more_lines_than_are_under_way_at_once(mneme):
    lines = "".join(json.dumps({"id": f"v{number}", "vector": [number, 1]}) + "\n" for number in range(1200))
    printed = mneme("vector", "add", "-", "--collection", "many", input=lines, expect=0).stdout.splitlines()
    assert [line.split()[0] for line in printed] == [f"v{number}" for number in range(1200)]
    wait_until(lambda: len(ids(mneme, "[1, 1]", "--collection", "many", "--limit", "2000")) == 1200, message="all are there")


def test_vectors_survive_a_rebuild_and_another_model(mneme):
    mneme("vector", "add", "a", "--vector", "[1, 0]", "--metadata", '{"n": 1}', expect=0)
    wait_for(mneme, ["a"], "[1, 0]")
    mneme("rebuild", "vectors", expect=0)
    assert ids(mneme, "[1, 0]", "--filter", '{"n": 1}') == ["a"]
    mneme("reembed", "--model", "second", expect=0)
    assert ids(mneme, "[1, 0]") == ["a"]
    assert mneme("verify", "vectors", "--json", expect=0).json_lines[-1]["state"] == "equal"


@pytest.mark.parametrize("mneme", ["pgvector"], indirect=True)
def test_an_index_of_the_vectors_that_is_gone_is_named_and_made_again(namespace, mneme):
    mneme("vector", "add", "a", "--vector", "[1, 0]", expect=0)
    wait_for(mneme, ["a"], "[1, 0]")
    with namespace.connect("vectors") as connection:
        (index,) = connection.execute("SELECT indexname FROM pg_indexes WHERE indexname ~ '^raw_vectors_[0-9]+_key$'").fetchone()
        connection.execute(f"DROP INDEX {index}")
    definitions, *_, result = mneme("verify", "vectors", "--json", expect=6).json_lines
    assert [name.rpartition("/")[2] for name in definitions["first"]["missing"]] == [index]
    assert result["mend"] == "mneme rebuild vectors"
    mneme("rebuild", "vectors", expect=0)
    assert ids(mneme, "[1, 0]") == ["a"]
    mneme("verify", "vectors", expect=0)


def test_dotproduct_is_another_word_for_dot(mneme):
    mneme("vector", "add", "long", "--vector", "[9, 0]", "--collection", "d", "--metric", "dotproduct", expect=0)
    mneme("vector", "add", "short", "--vector", "[1, 0]", "--collection", "d", "--metric", "dot", expect=0)
    wait_for(mneme, ["long", "short"], "[1, 0]", "--collection", "d")
    hit = mneme("vector", "query", "--vector", "[1, 0]", "--collection", "d", "--json", expect=0).json_lines[0]
    assert hit["similarity"] == pytest.approx(9)
