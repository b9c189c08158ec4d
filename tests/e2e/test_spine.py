"""The whole way: published through the binary, logged, folded by workers, and every row what the log says."""

import json

import pytest

from harness.history import publish_steps
from oracle import assert_equal_to_log, differences
from oracle.encode import Encoder
from oracle.generator import Generator
from oracle.wire import Decoder, read_topic, snake

MEMORY = "0190a5a0-0000-7000-8000-000000000001"
OTHER = "0190a5a0-0000-7000-8000-000000000002"

# One event of each type, in an order in which each is accepted.
SAMPLES = [
    ("memory_created", {"memory_id": MEMORY, "memory_type": "fact", "content": "Anna likes tea.", "tags": ["tea"],
                        "term": "short_term", "metadata": {"source": "chat"}}),
    ("memory_created", {"memory_id": OTHER, "memory_type": "rule", "content": {"text": "Be kind.", "level": 1}}),
    ("memory_updated", {"memory_id": MEMORY, "expected_memory_version": 1, "content": "Anna likes green tea.",
                        "confidence": 0.75}),
    ("memory_retrieved", {"query": "tea", "memory_ids": [MEMORY], "scores": [0.5], "latency_micros": 1200}),
    ("memory_accessed", {"memory_ids": [MEMORY], "counts": [2], "last_accessed_at": "2026-05-01T08:00:00Z"}),
    ("memory_promoted", {"memory_id": MEMORY, "reason": "asked for often"}),
    ("memory_prioritized", {"memory_id": MEMORY, "boost_factor": 1.5}),
    ("memory_archived", {"memory_id": OTHER}),
    ("memory_unarchived", {"memory_id": OTHER}),
    ("retention_set", {"min_priority": 2, "max_age_days": 90, "score_threshold": 0.1}),
    ("conversation_created", {"conversation_id": "talk", "title": "Tea", "metadata": {"channel": "web"}}),
    ("conversation_turn", {"conversation_id": "talk", "role": "user", "speaker": "Anna", "content": "Tea, please.",
                           "token_count": 4, "model": "none"}),
    ("conversation_turn", {"conversation_id": "talk", "role": "assistant", "content": "Green or black?"}),
    ("conversation_updated", {"conversation_id": "talk", "title": "Green tea"}),
    ("conversation_memory_linked", {"conversation_id": "talk", "memory_id": MEMORY, "insights": ["likes tea"]}),
    ("context_set", {"conversation_id": "talk", "key": "table", "value": {"number": 7}, "ttl_s": 600}),
    ("context_appended", {"conversation_id": "talk", "event": {"bell": "rung"}}),
    ("working_thought", {"conversation_id": "talk", "thought": "She is in a hurry.", "metadata": {"sure": False}}),
    ("working_goal_set", {"conversation_id": "talk", "goal": "Bring the tea."}),
    ("context_deleted", {"conversation_id": "talk", "key": "table"}),
    ("context_cleared", {"conversation_id": "talk"}),
    ("working_cleared", {"conversation_id": "talk", "reason": "tea is served"}),
    ("conversation_closed", {"conversation_id": "talk", "reason": "said goodbye"}),
    ("conversation_deleted", {"conversation_id": "talk"}),
    ("agent_decision", {"decision": "Offer green tea.", "urgency": "low", "confidence": 0.9, "insights_used": [MEMORY]}),
    ("agent_handoff", {"from_agent": "waiter", "to_agent": "cook", "topic": "one tea"}),
    ("hypothesis_formed", {"hypothesis_id": OTHER, "hypothesis": "Anna never drinks coffee.", "evidence": {"turns": 3}}),
    ("hypothesis_validated", {"hypothesis_id": OTHER, "is_valid": False, "final_confidence": 0.2}),
    ("knowledge_recorded", {"domain": "tea", "content": "Green tea wants 80 degrees.", "validation_status": "validated"}),
    ("flow_run_recorded", {"flow": "tea round", "run": "monday", "data": {"cups": 3}}),
    ("task_output_recorded", {"task": "count cups", "output": [1, 2, 3]}),
    ("user_onboarded", {"profile": {"name": "Anna"}, "preferences": {"drinks": "tea"}, "source": "web"}),
    ("biometric_received", {"metric": "heart_rate", "value": 61.5, "unit": "bpm", "measured_at": "2026-05-01T08:00:00Z"}),
    ("projection_updated", {"projection": "postgres", "action": "rebuilt", "details": {"rows": 1}}),
    ("error_occurred", {"error_type": "timeout", "message": "The kettle did not answer.", "severity": "warning"}),
    ("vector_indexed", {"vector_id": "a/1", "collection": "pictures", "vector": [0.1, -2.5, 1e-30], "metric": "dot",
                        "metadata": {"page": 1}}),
    ("vector_deleted", {"vector_id": "a/1", "collection": "pictures"}),
    ("custom", {"type": "tea.ordered", "json": {"cups": 1}}),
    ("import_finished", {"format": "jsonl", "content_sha256": "0123456789abcdef" * 4, "file": "tea.jsonl", "events": 1}),
    ("memory_deleted", {"memory_id": MEMORY, "reason": "asked to forget"}),
    ("memory_restored", {"memory_id": MEMORY, "reason": "asked in vain"}),
]


def event(kind, payload, **fields):
    return {"type": kind, "user_id": "anna", "agent_id": "waiter", "payload": payload, **fields}


def test_there_is_a_sample_of_every_event_type():
    assert {kind for kind, _ in SAMPLES} == {snake(name) for name in Decoder().payloads}


def test_every_event_type_goes_the_whole_way(namespace, mneme, worker, drain):
    worker()
    receipts = mneme.publish([event(kind, payload) for kind, payload in SAMPLES])
    assert [receipt["stream_id"] for receipt in receipts] == ["anna"] * len(SAMPLES)
    drain()
    assert_equal_to_log(namespace)
    rows = namespace.rows("SELECT event_type, verdict::text, version, event_id::text, "
                          "kafka_partition || ':' || kafka_offset FROM events ORDER BY sequence_id")
    kinds = ["tea.ordered" if kind == "custom" else kind for kind, _ in SAMPLES]
    assert [row[0] for row in rows] == kinds
    assert {row[1] for row in rows} == {"accepted"}
    assert [row[2] for row in rows] == list(range(1, len(SAMPLES) + 1))
    assert [(row[3], row[4]) for row in rows] == [(receipt["event_id"], receipt["position"]) for receipt in receipts]


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
