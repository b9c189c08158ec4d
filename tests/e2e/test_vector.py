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
        (("add", "b", "--vector", "[1, 0, 0]"), "has 3 dimensions and those in there have 2"),
        (("add", "b", "--vector", "[1, 0]", "--metric", "cosine"), "those in there are by dot"),
        (("add", "b", "--vector", '[1, "x"]'), "item 2 is not a number"),
        (("add", "b", "--vector", "[1e39, 1]"), "item 1 is not a number"),
        (("add", "b", "--vector", "[]"), "no numbers"),
        (("add", "b", "--vector", "1"), "no JSON array"),
        (("query", "--vector", "[1]"), "has 1 dimensions"),
        (("query", "--vector", "[1, 0]", "--metric", "euclidean"), "by dot"),
        (("query", "--vector", "[1, 0]", "--filter", '{"a": {}}'), "the filter's"),
    ]:
        assert reason in mneme("vector", *arguments, expect=1).stderr
    result = mneme("vector", "add", "-", input='{"id": "b", "vector": [1]}\nno\n{"id": "c", "vector": [0, 1]}\n', expect=1)
    assert "line 1 was not taken" in result.stderr and "line 2 was not taken" in result.stderr
    wait_for(mneme, ["a", "c"], "[1, 0]")


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
