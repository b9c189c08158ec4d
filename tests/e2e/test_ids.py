"""Ids by the beginnings that a table shows, wherever an id is taken."""

import pytest

IDS = ["018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e", "018f0f5e-7a5b-7cd2-8a1b-0c4d5e2f6a1b", "018f0f61-0001-7000-8000-000000000001",
       "c0ffee00-1234-4abc-8def-0123456789ab"]
KNOWLEDGE = "0badcafe-1234-4abc-8def-0123456789ab"
TWIN = "abad1dea-1234-4abc-8def-0123456789ab"  # in two streams


@pytest.fixture
def ada(namespace, mneme, worker, drain):
    worker()
    mneme.publish([
        *({"type": "memory_created", "user_id": "ada", "payload": {"memory_id": memory, "memory_type": "fact", "content": "tea"}}
          for memory in [*IDS, TWIN]),
        {"type": "memory_created", "user_id": "bob", "payload": {"memory_id": TWIN, "memory_type": "fact", "content": "tea"}},
        {"type": "memory_created", "tenant": "other", "user_id": "ada",
         "payload": {"memory_id": "c0ffee00-9999-4abc-8def-0123456789ab", "memory_type": "fact", "content": "another tenant's"}},
        {"type": "knowledge_recorded", "agent_id": "planner", "payload": {"knowledge_id": KNOWLEDGE, "domain": "tea", "content": "leaves"}},
    ])
    drain()
    return mneme


def test_a_beginning_names_one_memory(ada):
    for beginning, memory in (("c0ff", IDS[3]), ("c0ffee00", IDS[3]), ("C0FFEE00-1", IDS[3]), ("018f0f61-0001", IDS[2]),
                              ("018f0f610001", IDS[2]), ("018f0f5e-7a5b-7cc", IDS[0]), (IDS[1], IDS[1])):
        (row,) = ada("memory", "get", beginning, "--json", expect=0).json_lines
        assert row["id"] == memory, beginning


def test_several_are_named_and_none_is_chosen(ada):
    done = ada("memory", "get", "018f0f5e", expect=2)
    assert done.stdout == ""
    assert (f"memory 018f0f5e was not chosen: 2 ids begin with it: {IDS[0]} and {IDS[1]}; give more of its digits"
            in done.stderr)
    assert "3 ids begin with it" in ada("memory", "history", "018f", expect=2).stderr


def test_none_is_not_found(ada):
    assert "no id of tenant default begins with it" in ada("memory", "get", "0bad", expect=5).stderr
    assert ada("memory", "get", "abc", expect=2).stderr, "too short to look for"
    assert ada("memory", "get", "tea", expect=2).stderr


def test_the_stream_may_tell_one_from_another(ada):
    """An id that two streams have is one id: the beginning is enough, and --stream says which memory."""
    assert "choose one with --stream" in ada("memory", "get", "abad1dea", expect=2).stderr
    (row,) = ada("memory", "get", "abad1dea", "--stream", "bob", "--json", expect=0).json_lines
    assert (row["id"], row["stream_id"]) == (TWIN, "bob")


def test_every_verb_takes_a_beginning(ada, drain, namespace):
    ada("memory", "update", "c0ffee00", "green tea", expect=0)
    ada("memory", "promote", "c0ffee00", "018f0f61-0001", expect=0)
    ada("memory", "access", "c0ffee00", expect=0)
    ada("memory", "archive", "018f0f61-0001", expect=0)
    drain()
    history = ada("memory", "history", "c0ffee00", "--json", expect=0).json_lines
    assert [row["event_type"] for row in history] == ["memory_created", "memory_updated", "memory_promoted"]
    assert namespace.value("SELECT is_archived FROM memories WHERE id = %s", [IDS[2]])
    ada("memory", "delete", "c0ffee00", expect=0)
    drain()
    assert namespace.value("SELECT is_deleted FROM memories WHERE id = %s AND tenant = 'default'", [IDS[3]])
    (row,) = ada("memory", "get", "c0ffee00", "--include-deleted", "--json", expect=0).json_lines
    assert row["is_deleted"]
    before = sum(namespace.end_offsets().values())
    ada("memory", "delete", "018f0f5e", expect=2)
    ada("memory", "promote", "018f0f61-0001", "018f0f5e", expect=2)
    assert sum(namespace.end_offsets().values()) == before, "where one is not clear, nothing is published"


def test_knowledge_has_beginnings_too(ada):
    (row,) = ada("knowledge", "get", "0badcafe", "--json", expect=0).json_lines
    assert row["knowledge_id"] == KNOWLEDGE
    assert ada("knowledge", "history", "0bad", "--json", expect=0).json_lines
    assert "no id of tenant default begins with it" in ada("knowledge", "get", "c0ffee00", expect=5).stderr
