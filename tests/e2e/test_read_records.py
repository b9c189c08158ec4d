"""Reads of memories that are recorded: what their events say, and that nothing is recorded unasked."""

import pytest

RECORDED = {"MNEME_READ_RECORD": "1"}


@pytest.fixture
def memories(namespace, worker, mneme):
    worker()
    worker("search")
    for text in ("Ada prefers green tea", "Ada drinks tea at five", "Ada dislikes coffee"):
        mneme("memory", "add", text, "--user", "ada", "--agent", "planner", "--type", "fact", expect=0)
    namespace.drain()
    namespace.drain("search")
    return namespace


def retrieved(namespace):
    namespace.drain()
    return namespace.rows("SELECT stream_id, user_id, agent_id, payload FROM events WHERE event_type = 'memory_retrieved' "
                          "AND verdict = 'accepted' ORDER BY sequence_id")


def test_nothing_is_recorded_unasked(memories, mneme):
    mneme("memory", "list", "--user", "ada", expect=0)
    mneme("search", "tea", "--user", "ada", expect=0)
    assert retrieved(memories) == []


def test_a_list_says_of_whom_what_and_how_many(memories, mneme):
    shown = mneme("memory", "list", "--user", "ada", "--type", "fact", "--limit", "2", "--offset", "1", "--json", expect=0,
                  env=RECORDED).json_lines
    ((stream, user, agent, payload),) = retrieved(memories)
    assert (stream, user, agent) == ("ada#access", "ada", "planner")
    assert payload["memory_ids"] == [row["id"] for row in shown] and len(shown) == 2
    assert {key: payload[key] for key in ("operation", "memory_type", "count", "limit", "offset")} == {
        "operation": "list", "memory_type": "fact", "count": 2, "limit": 2, "offset": 1}
    assert payload.get("query") is None and payload.get("scores") is None and payload["latency_micros"] > 0


def test_a_search_has_its_question_and_the_scores(memories, mneme):
    shown = mneme("search", "tea", "--user", "ada", "--json", expect=0, env=RECORDED).json_lines
    ((_, _, _, payload),) = retrieved(memories)
    assert (payload["operation"], payload["query"], payload["limit"]) == ("search", "tea", 10)
    assert payload["memory_ids"] == [row["id"] for row in shown] and len(shown) == 2
    assert payload["scores"] == pytest.approx([row["score"] for row in shown])


def test_a_memory_that_is_read_by_its_id_counts_as_accessed(memories, mneme):
    first = mneme("memory", "list", "--user", "ada", "--json", expect=0).json_lines[0]
    mneme("memory", "get", first["id"], expect=0, env=RECORDED)
    ((stream, _, _, payload),) = retrieved(memories)
    assert (stream, payload["operation"], payload["memory_ids"]) == ("ada#access", "get", [first["id"]])
    (row,) = mneme("memory", "get", first["id"], "--json", expect=0).json_lines
    assert row["access_count"] == first["access_count"] + 1 and row["version"] == first["version"]


def test_what_finds_nothing_is_recorded_too(memories, mneme):
    mneme("memory", "list", "--user", "ada", "--type", "rule", expect=0, env=RECORDED)
    ((stream, user, _, payload),) = retrieved(memories)
    assert (stream, user, payload["memory_ids"], payload["count"]) == ("ada#access", "ada", [], 0)


def test_an_answer_does_not_wait_for_its_record(memories, mneme):
    answer = mneme("memory", "list", "--user", "ada", "--json", expect=0,
                   env=RECORDED | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    assert len(answer.json_lines) == 3
    assert "this read is not recorded: " in answer.stderr and "MNEME_READ_RECORD=0" in answer.stderr


def test_recalls_say_what_they_are(memories, mneme):
    mneme("recall", "tea", "--user", "ada", "--limit", "5", expect=0)
    ((_, _, _, payload),) = retrieved(memories)
    assert (payload["operation"], payload["query"], payload["limit"]) == ("recall", "tea", 5) and payload["count"] >= 2


def test_a_conversation_counts_its_memories_only_where_they_are_shown(memories, mneme):
    mneme("conversation", "create", "chat", "--user", "ada", expect=0)
    mneme("memory", "add", "Ada asks about tea", "--user", "ada", "--conversation", "chat", "--wait", "postgres", expect=0)
    mneme("conversation", "show", "chat", expect=0, env=RECORDED)
    assert retrieved(memories) == []
    rows = mneme("conversation", "show", "chat", "--memories", "--json", expect=0, env=RECORDED).json_lines
    ((stream, user, _, payload),) = retrieved(memories)
    assert (stream, user, payload["operation"], payload["count"]) == ("ada#access", "ada", "list", 1)
    assert payload["memory_ids"] == [rows[-1]["id"]] and "limit" not in payload
