"""mneme import legacy-json: what mem0 gives, whose memories they are, what is read leniently, and what is not one memory."""

import json

import pytest

from oracle import assert_equal_to_log

# As mem0's get_all gives it.
GET_ALL = ('{"results":[{"id":"i1","memory":"Is allergic to walnuts","metadata":{"category":"health"},'
           '"created_at":"2026-03-01T08:00:00-08:00","user_id":"ada","agent_id":"cook"},'
           '{"id":"i2","memory":"Lives in Tartu","metadata":null,"created_at":"2026-03-02T09:30:00Z","user_id":"ada"}]}')
UUID = "550e8400-e29b-41d4-a716-446655440000"


@pytest.fixture
def imported(folded, tmp_path):
    def run(*arguments, expect=0):
        done = folded.mneme("import", "legacy-json", "--json", *arguments, expect=expect,
                            env={"MNEME_STATE_DIR": tmp_path / "marks"})
        folded.drain()
        return done
    return run


def write(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def memories(folded, user):
    return folded.mneme("memory", "list", "--user", user, "--json", expect=0).json_lines


def test_what_get_all_of_mem0_gives(folded, imported, tmp_path):
    path = write(tmp_path / "get_all.json", GET_ALL)
    report = imported(path).json_lines[-1]
    assert (report["published"], report["refused"], report["warnings"]) == (2, 0, 0)
    walnuts, tartu = sorted(memories(folded, "ada"), key=lambda memory: memory["created_at"])
    assert (walnuts["content"], walnuts["agent_id"], walnuts["created_at"]) == (
        {"text": "Is allergic to walnuts"}, "cook", "2026-03-01T16:00:00.000000Z")
    assert (tartu["content"], tartu["agent_id"], tartu["created_at"]) == (
        {"text": "Lives in Tartu"}, None, "2026-03-02T09:30:00.000000Z")
    assert {"id": "i1", "category": "health", "original_structure": "results"}.items() <= walnuts["metadata"].items()
    # The same by search, as a bare list, with how well they answer: nothing is new.
    found = json.loads(GET_ALL)["results"]
    imported(write(tmp_path / "search.json", [{**memory, "score": 0.7} for memory in found]))
    assert len(memories(folded, "ada")) == 2
    assert imported(path).json_lines[-1]["already_imported"]
    assert_equal_to_log(folded)


def test_more_of_what_mem0_gives(folded, imported, tmp_path):
    imported(write(tmp_path / "x" / "all.json", {"results": [
        {"id": "i3", "memory": "Plans a trip", "hash": "h", "user_id": "bo", "run_id": "r-1", "categories": ["travel"],
         "updated_at": "2026-03-04T00:00:00Z", "created_at": "2026-03-03T00:00:00Z"}], "relations": [
        {"source": "bo", "relationship": "plans", "target": "trip"}]}))
    (memory,) = memories(folded, "bo")
    assert (memory["run_id"], memory["tags"]) == ("r-1", ["travel"])
    assert {"hash": "h", "updated_at": "2026-03-04T00:00:00Z"}.items() <= memory["metadata"].items()


@pytest.mark.parametrize(("value", "words"), [
    ({"rows": [{"content": "a"}]}, 'member "rows" is a list of objects'),
    ({"ada": {"memories": [{"content": "a"}]}}, 'member "ada" is a list of objects'),
    ({"m1": {"content": "a"}, "m2": {"content": "b"}}, "an object that has content itself"),
    ([{"id": "c", "mapping": {"a": {"message": None}}}], "mneme import chatgpt"),
    ({"results": []}, "it contains no memories"),
])
def test_what_is_no_memory_is_never_one(folded, tmp_path, value, words):
    done = folded.mneme("import", "legacy-json", "-n", "--json", write(tmp_path / "odd.json", value), expect=1)
    assert words in done.stderr and done.json_lines[-1]["events"] == 0, done


@pytest.mark.parametrize("name", ["memories", "results", "data", "items", "records", "entries", "facts", "memory"])
def test_lists_under_the_names_that_stores_use(folded, tmp_path, name):
    path = write(tmp_path / "list.json", {"page": 1, name: [{"user_id": "u", "text": "a"}, {"user_id": "u", "text": "b"}]})
    report = folded.mneme("import", "legacy-json", "-n", "--json", path, expect=0).json_lines[-1]
    assert (report["events"], report["passed_over"]) == (2, "page")


def test_an_owner_that_is_given_makes_no_agent_of_a_name(folded, imported, tmp_path):
    imported(write(tmp_path / "upload" / "tmp8f3k.json", [{"content": "likes rye"}]), "--user", "owner")
    (memory,) = memories(folded, "owner")
    assert memory["agent_id"] is None
    imported(write(tmp_path / "upload" / "tmp8f3l.json", [{"content": "likes oats"}]), "--user", "owner", "--agent", "baker")
    assert {memory["agent_id"] for memory in memories(folded, "owner")} == {None, "baker"}


@pytest.mark.parametrize(("name", "agent", "user"), [
    (f"neuroscientist_{UUID}.json", "neuroscientist", UUID), (f"{UUID}_coach.json", "training_agent", UUID),
    ("sleep_memories.json", "sleep_agent", None), ("mental_health.json", "mental_health_agent", None),
    ("diet-2024.json", "nutritionist", None), ("data.json", "unknown_agent", None),
])
def test_agents_and_users_in_names_of_files(folded, imported, tmp_path, name, agent, user):
    imported(write(tmp_path / "exports" / name, [{"content": f"said in {name}"}]))
    assert folded.rows("SELECT agent_id, user_id FROM memories WHERE content ->> 'text' = %s", f"said in {name}") == [
        (agent, user)]


def test_what_cannot_be_read_is_told_and_kept(folded, imported, tmp_path):
    done = imported(write(tmp_path / "lenient.json", [
        {"user_id": "len", "content": "a", "confidence": "0.8"}, {"user_id": "len", "content": "b", "confidence": "sure"},
        {"user_id": "len", "content": "c", "timestamp": "yesterday", "expires_at": "later"},
        {"user_id": "len", "content": "d", "confidence": 7, "priority": "9"}]))
    report = done.json_lines[-1]
    assert (report["published"], report["refused"], report["warnings"]) == (4, 0, 2)
    assert [(line["entry"], line["warning"]) for line in done.json_lines if "warning" in line] == [
        (2, 'confidence is "sure", not a number, so 1.0 is used'),
        (3, 'timestamp is "yesterday", not a time, so the time of the import is used; '
            'expires_at is "later", not a time, so the memory does not expire')]
    by_text = {memory["content"]["text"]: memory for memory in memories(folded, "len")}
    assert [by_text[text]["confidence"] for text in "abcd"] == [0.8, 1, 1, 1]
    assert by_text["b"]["metadata"]["confidence"] == "sure" and by_text["d"]["priority"] == 9
    assert {"timestamp": "yesterday", "expires_at": "later"}.items() <= by_text["c"]["metadata"].items()
    assert by_text["a"]["metadata"] == {
        "migrated_from": "json_file", "source_file": str(tmp_path / "lenient.json"), "original_structure": "list",
        "migration_timestamp": by_text["a"]["metadata"]["migration_timestamp"]}
    assert_equal_to_log(folded)
