"""The whole way: published through the binary, logged, folded by workers, and every row what the log says."""

import json

import pytest

from harness.history import publish_steps
from oracle import assert_equal_to_log, differences
from oracle.encode import Encoder
from oracle.generator import Generator
from oracle.wire import Decoder, read_topic, snake

MEMORY = "0190a5a0-0000-7000-8000-000000000001"


def event(kind, payload, **fields):
    return {"type": kind, "user_id": "anna", "agent_id": "waiter", "payload": payload, **fields}


def test_what_is_told_of_an_event_is_where_it_lies(namespace, mneme, worker, drain):
    worker()
    kinds = ["memory_created", "memory_updated", "memory_deleted"]
    payload = {"memory_id": MEMORY, "memory_type": "fact", "content": "tea"}
    receipts = mneme.publish([event("memory_created", payload), event("memory_updated", {"memory_id": MEMORY, "tags": ["a"]}),
                              event("memory_deleted", {"memory_id": MEMORY})])
    assert [receipt["stream_id"] for receipt in receipts] == ["anna"] * 3
    drain()
    assert_equal_to_log(namespace)
    rows = namespace.rows("SELECT event_type, verdict::text, version, event_id::text, "
                          "kafka_partition || ':' || kafka_offset FROM events ORDER BY sequence_id")
    assert rows == [(kind, "accepted", version, receipt["event_id"], receipt["position"])
                    for kind, version, receipt in zip(kinds, (1, 2, 3), receipts, strict=True)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_generated_history_folds_as_the_log_says(namespace, mneme, worker, drain, seed):
    workers = [worker(), worker()]
    steps = Generator(seed).history(4000)
    placed = publish_steps(mneme, namespace, steps)
    drain()
    fold = assert_equal_to_log(namespace)
    verdicts = {(row["kafka_partition"], row["kafka_offset"]): row["verdict"] for row in fold.events.values()}
    wrong = [(position, step) for position, step in placed.items() if verdicts.get(position, "parked") != step.verdict]
    assert not wrong, wrong[:3]
    accepted = {row["event_type"] for row in fold.events.values() if row["verdict"] == "accepted"}
    assert {snake(name) for name in Decoder().payloads} - accepted <= {"custom"}  # which have names of their own
    assert [process.stop() for process in workers] == [0, 0]


TAMPERINGS = [
    ("memories", "UPDATE memories SET priority = 10 - priority WHERE id = (SELECT min(id::text)::uuid FROM memories "
                 "WHERE priority <> 5)"),
    ("memories", "UPDATE memories SET content = content || '{\"more\": 1}' WHERE id = (SELECT max(id::text)::uuid "
                 "FROM memories)"),
    ("events", "UPDATE events SET version = version + 1000 WHERE sequence_id = (SELECT max(sequence_id) FROM events "
               "WHERE version IS NOT NULL)"),
    ("conversation_turns", "UPDATE conversation_turns SET content_hash = '\\x00' WHERE source_event_id = (SELECT "
                           "min(source_event_id::text)::uuid FROM conversation_turns)"),
    ("conversations", "UPDATE conversations SET title = 'x' WHERE conversation_id = (SELECT min(conversation_id) FROM "
                      "conversations)"),
    ("verdict_exceptions", "DELETE FROM verdict_exceptions WHERE verdict = 'duplicate'"),
    ("streams", "UPDATE streams SET version = version - 1 WHERE stream_id = 'user-1'"),
    ("chain", "UPDATE events SET hash = decode(repeat('ab', 32), 'hex') WHERE sequence_id = (SELECT max(sequence_id) FROM "
              "events)"),
    ("chain", "UPDATE ledger_heads SET sequence_id = sequence_id + 4096"),
    ("progress", "UPDATE progress SET next_offset = next_offset - 1 WHERE partition = 0"),
]


def test_every_changed_row_is_seen(namespace, worker, drain):
    """The comparison itself can fail."""
    encoder = Encoder()
    namespace.produce([encoder.message(step.line) for step in Generator(8, poisoned=0).history(500)])
    worker()
    drain()
    fold = assert_equal_to_log(namespace)
    before = {}
    for table, statement in TAMPERINGS:
        with namespace.connect() as connection:
            assert connection.execute(statement).rowcount > 0, statement
        after = {name: len(sentences) for name, sentences in differences(namespace, fold).items()}
        assert after[table] > before.get(table, 0), statement
        before = after


@pytest.mark.registry
def test_both_framings_on_one_topic(namespace, mneme, worker, drain):
    """Written through the registry and without it; one worker reads both."""
    worker()
    steps = Generator(3, poisoned=0).history(300)
    publish_steps(mneme, namespace, steps[:150])
    mneme.publish([step.line for step in steps[150:]], env={"SCHEMA_REGISTRY_URL": None})
    drain()
    assert_equal_to_log(namespace)
    assert {message.value[:1] for message in read_topic(namespace)[0]} == {b"\0", b"\xc3"}


def test_a_worker_that_starts_late_and_one_that_starts_again_fold_the_same(namespace, mneme, worker, drain):
    publish_steps(mneme, namespace, Generator(4).history(500))
    assert namespace.count("events") == 0
    first = worker()
    drain()
    assert_equal_to_log(namespace)
    before = namespace.rows("SELECT xmin::text, sequence_id FROM events ORDER BY sequence_id")
    assert first.stop() == 0
    worker()
    publish_steps(mneme, namespace, Generator(5).history(500))
    drain()
    assert_equal_to_log(namespace)
    assert namespace.rows("SELECT xmin::text, sequence_id FROM events WHERE xmin::text = ANY(%s) ORDER BY sequence_id",
                          sorted({row[0] for row in before})) == before


def test_an_idempotency_key_has_one_effect(namespace, mneme, worker, drain):
    worker()
    line = event("memory_created", {"memory_type": "fact", "content": "once"}, idempotency_key="order-1")
    first, again = mneme.publish([line])[0], mneme.publish([line, line])
    assert {receipt["event_id"] for receipt in again} == {first["event_id"]}
    drain()
    assert_equal_to_log(namespace)
    assert namespace.rows("SELECT verdict::text, count(*) FROM events GROUP BY 1 ORDER BY 1") == [
        ("accepted", 1), ("duplicate", 2)]
    assert namespace.count("memories") == 1


def test_waiting_tells_the_verdict(namespace, mneme, worker):
    worker()
    made = event("memory_created", {"memory_id": MEMORY, "memory_type": "fact", "content": "a"}, expected_version=0)
    done = mneme("publish", "--wait", "postgres", "-", input=json.dumps(made), expect=0)
    assert done.json_lines[0]["verdict"] == "accepted"
    stale = event("memory_updated", {"memory_id": MEMORY, "priority": 1}, expected_version=7)
    done = mneme("publish", "--wait", "postgres", "-", input=json.dumps(stale), expect=4)
    (answer,) = done.json_lines
    assert (answer["verdict"], answer["actual_version"]) == ("rejected", 1)


def test_tenants_are_apart(namespace, mneme, worker, drain):
    worker()
    lines = [event("memory_created", {"memory_id": MEMORY, "memory_type": "fact", "content": tenant}, tenant=tenant)
             for tenant in ("default", "blue", "red")]
    mneme.publish(lines)
    mneme.publish([event("memory_deleted", {"memory_id": MEMORY}, tenant="blue")])
    drain()
    assert_equal_to_log(namespace)
    assert namespace.rows("SELECT tenant, content->>'text', is_deleted FROM memories ORDER BY tenant") == [
        ("blue", "blue", True), ("default", "default", False), ("red", "red", False)]
