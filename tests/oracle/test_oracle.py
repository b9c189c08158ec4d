"""The oracle held against hand-made histories and against what the generator means each event to become."""

import datetime
import json

import pytest

from oracle.compare import compare_rows, micros_of, same
from oracle.encode import Encoder, rfc3339, uuid7
from oracle.fold import ALONE, Stopped, Time
from oracle.generator import Generator
from oracle.hand import PARTITIONS, memory
from oracle.wire import Decoder, UnknownSchema, Unreadable, fingerprint, murmur2_partition, released_schemas, snake


@pytest.fixture
def publish(log, fold):
    """Appends an event and folds it; gives its verdict and actual version."""
    newest = Encoder()

    def one(kind, payload, encoder=newest, **line):
        message = log.append(**encoder.message({"type": kind, "user_id": "u", "payload": payload, **line}))
        fold.apply(message)
        row = fold.events[message.offset * 4096 + message.partition]
        return row["verdict"], row["actual_version"]

    return one


def only(rows):
    (row,) = rows.values()
    return row


def test_a_memory_counts_its_accepted_changes(publish, fold):
    assert publish("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "tea"}) == ("accepted", None)
    assert publish("memory_updated", {"memory_id": memory(), "tags": ["a"]}) == ("accepted", None)
    assert publish("memory_updated", {"memory_id": memory(2), "tags": ["a"]}) == ("not_found", 0)
    row = only(fold.memories)
    assert (row["version"], row["content"], row["tags"], row["priority"]) == (2, {"text": "tea"}, ["a"], 5)
    assert only(fold.streams)["version"] == 2


def test_a_deleted_memory_is_not_there_until_it_is_made_again(publish, fold):
    create = {"memory_id": memory(), "memory_type": "fact", "content": "tea"}
    publish("memory_created", create)
    assert publish("memory_created", create) == ("exists", 1)
    publish("memory_deleted", {"memory_id": memory()})
    assert publish("memory_deleted", {"memory_id": memory()})[0] == "not_found"
    assert publish("memory_updated", {"memory_id": memory(), "priority": 1})[0] == "not_found"
    assert publish("memory_created", {**create, "content": "again"}) == ("accepted", None)
    row = only(fold.memories)
    assert (row["version"], row["is_deleted"], row["content"]) == (3, False, {"text": "again"})


def test_the_same_event_id_has_one_effect_however_late(publish, fold):
    first = {"event_id": memory(7)}
    publish("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "a"}, **first)
    for number in range(50):
        publish("memory_updated", {"memory_id": memory(), "priority": number % 10})
    assert publish("memory_deleted", {"memory_id": memory()}, **first)[0] == "duplicate"
    assert not only(fold.memories)["is_deleted"]


def test_an_event_id_is_known_within_its_stream_only(publish):
    assert publish("custom", {"type": "x", "json": 1}, event_id=memory(1))[0] == "accepted"
    assert publish("custom", {"type": "x", "json": 1}, event_id=memory(1), user_id="other")[0] == "accepted"
    assert publish("custom", {"type": "x", "json": 1}, event_id=memory(1), tenant="other")[0] == "accepted"
    assert publish("custom", {"type": "x", "json": 1}, event_id=memory(1))[0] == "duplicate"


def test_a_rejected_event_keeps_its_id(publish):
    assert publish("custom", {"type": "x", "json": 1}, event_id=memory(1), expected_version=3) == ("rejected", 0)
    assert publish("custom", {"type": "x", "json": 1}, event_id=memory(1), expected_version=0)[0] == "duplicate"


def test_duplicate_is_said_before_rejected_and_that_before_exists(publish):
    create = {"memory_id": memory(), "memory_type": "fact", "content": "a"}
    publish("memory_created", create, event_id=memory(1), expected_version=0)
    assert publish("memory_created", create, event_id=memory(1), expected_version=9)[0] == "duplicate"
    assert publish("memory_created", create, expected_version=9) == ("rejected", 1)
    assert publish("memory_created", create, expected_version=1) == ("exists", 1)


def test_a_memory_version_that_is_not_the_current_one_is_rejected(publish):
    publish("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "a"})
    update = {"memory_id": memory(), "priority": 1}
    assert publish("memory_updated", {**update, "expected_memory_version": 2}) == ("rejected", 1)
    assert publish("memory_updated", {**update, "expected_memory_version": 1}) == ("accepted", None)


def test_a_short_term_memory_expires_after_seven_days(publish, fold):
    publish("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "a", "term": "short_term"},
            occurred_at="2026-01-01T00:00:00Z")
    assert rfc3339(only(fold.memories)["expires_at"]) == "2026-01-08T00:00:00.000000Z"


def test_a_default_expiry_ends_with_the_calendar(publish, fold):
    publish("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "a", "term": "short_term"},
            occurred_at="9999-12-31T00:00:00Z")
    assert rfc3339(only(fold.memories)["expires_at"]) == "9999-12-31T23:59:59.999999Z"


def test_turns_make_their_conversation_and_follow_each_other(publish, fold):
    turn = {"conversation_id": "c", "role": "user", "content": "hello"}
    assert publish("conversation_turn", turn)[0] == "accepted"
    assert publish("conversation_turn", {**turn, "turn_index": 5})[0] == "accepted"
    assert publish("conversation_turn", {**turn, "turn_index": 5}, Encoder(released_schemas()[0])) == ("exists", 1)
    assert publish("conversation_turn", {**turn, "turn_index": 5}) == ("duplicate", 2)
    assert publish("conversation_turn", turn)[0] == "accepted"
    assert sorted(key[-1] for key in fold.conversation_turns) == [0, 5, 6]
    assert only(fold.conversations)["turn_count"] == 7
    publish("conversation_deleted", {"conversation_id": "c"})
    assert publish("conversation_turn", turn)[0] == "not_found"
    publish("conversation_created", {"conversation_id": "c"})
    assert publish("conversation_turn", turn)[0] == "accepted"
    assert [key[-1] for key in fold.conversation_turns] == [0]


def test_working_memory_is_there_until_it_is_cleared(publish, fold):
    talk = {"conversation_id": "c"}
    key = {**talk, "key": "k"}
    assert publish("context_deleted", key) == ("not_found", 0)
    assert publish("context_cleared", talk)[0] == "accepted" and not fold.working_memory
    publish("context_set", {**key, "value": [1], "ttl_s": 60}, occurred_at="2026-01-01T00:00:00Z")
    assert rfc3339(only(fold.context_keys)["expires_at"]) == "2026-01-01T00:01:00.000000Z"
    publish("context_cleared", talk)
    assert publish("context_deleted", key) == ("not_found", 1)
    publish("context_set", {**key, "value": 2})
    publish("working_thought", {**talk, "thought": "hm"})
    publish("context_appended", {**talk, "event": {"a": 1}})
    assert [(at[-1], row["kind"]) for at, row in sorted(fold.working_entries.items())] == [(0, "thought"), (1, "event")]
    publish("working_goal_set", {**talk, "goal": "lose", "goal_id": "g"})
    assert only(fold.working_memory)["goal_id"] == "g"
    publish("working_goal_set", {**talk, "goal": "win"}, occurred_at="2026-01-01T00:00:00Z")
    row = only(fold.working_memory)
    assert (row["goal"], row["goal_id"], row["goal_event_id"]) == ("win", None, row["source_event_id"])
    assert rfc3339(row["goal_set_at"]) == "2026-01-01T00:00:00.000000Z"
    publish("working_cleared", talk)
    row = only(fold.working_memory)
    assert row["goal"] is row["goal_event_id"] is row["goal_set_at"] is None and row["cleared_sequence"] == row["context_cleared_sequence"] == row["source_sequence"]
    assert publish("context_deleted", key) == ("not_found", 2)
    publish("context_set", {**key, "value": 3})
    assert publish("context_deleted", key)[0] == "accepted"
    assert publish("context_deleted", key) == ("not_found", 4)


def test_promoting_and_prioritizing_stay_within_bounds(publish, fold):
    publish("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "a", "term": "short_term",
                               "importance": 0.95, "priority": 3})
    publish("memory_promoted", {"memory_id": memory()})
    publish("memory_prioritized", {"memory_id": memory(), "boost_factor": 1.5})
    row = only(fold.memories)
    assert (row["term"], row["expires_at"], row["importance"], row["priority"]) == ("long_term", None, 1.0, 4.5)
    publish("memory_prioritized", {"memory_id": memory(), "boost_factor": 10})
    assert only(fold.memories)["priority"] == 10


def test_a_turn_that_is_stored_again_is_corrected(publish, fold):
    said = {"conversation_id": "c", "turn_index": 0, "role": "user", "content": "tee", "agent_response": "Green?"}
    publish("conversation_turn", said, occurred_at="2026-01-01T00:00:00Z")
    again = {"event_id": memory(9)}
    assert publish("conversation_turn", said, **again)[0] == "duplicate"
    assert publish("conversation_turn", {**said, "content": "tea"}, occurred_at="2026-03-01T00:00:00Z")[0] == "accepted"
    assert publish("conversation_turn", said, **again)[0] == "duplicate"  # however late: it was seen
    rows = {key[-1]: row for key, row in fold.conversation_turns.items()}
    assert [(row["role"], row["content"]) for row in rows.values()] == [("user", "tea"), ("assistant", "Green?")]
    assert rows[0]["first_sequence"] == rows[1]["source_sequence"] and rows[1]["first_sequence"] is None
    assert rfc3339(rows[0]["created_at"])[:7] == "2026-01" and rfc3339(rows[0]["corrected_at"])[:7] == "2026-03"
    assert only(fold.conversation_turns_history)["content"] == "tee"
    assert rfc3339(only(fold.conversations)["last_activity_at"])[:7] == "2026-01"


def test_a_memory_comes_back(publish, fold):
    publish("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "tea", "term": "short_term"})
    assert publish("memory_restored", {"memory_id": memory()}) == ("exists", 1)
    assert publish("memory_restored", {"memory_id": memory(2)}) == ("not_found", 0)
    publish("memory_archived", {"memory_id": memory()})
    publish("memory_deleted", {"memory_id": memory()})
    assert publish("memory_restored", {"memory_id": memory(), "expected_memory_version": 2}) == ("rejected", 3)
    assert publish("memory_restored", {"memory_id": memory(), "expected_memory_version": 3})[0] == "accepted"
    publish("memory_unarchived", {"memory_id": memory()})
    publish("memory_updated", {"memory_id": memory(), "clear_expires_at": True, "clear_term": True, "memory_type": "rule"})
    row = only(fold.memories)
    assert (row["is_deleted"], row["is_archived"], row["expires_at"], row["term"]) == (False, False, None, None)
    assert (row["version"], row["memory_type"], row["content"]) == (6, "rule", {"text": "tea"})


def test_what_a_decision_leaves_holds_what_it_rests_on(publish, fold):
    publish("agent_decision", {"decision_id": memory(1), "decision": {"do": "go"}, "context": {"a": 1}, "metadata": {"category": "own",
                               "more": 2}, "context_summary": "short", "cross_agent_collaboration": ["b"]})
    row = only(fold.memories)
    assert (row["memory_type"], row["content"]) == ("decision", {"do": "go"})
    assert row["metadata"] == {"category": "general", "more": 2, "decision_context": {"a": 1}, "context_summary": "short",
                               "urgency": "normal", "cross_agent_collaboration": ["b"]}


def test_a_hand_off_leaves_a_memory_for_the_receiver(publish, fold):
    publish("agent_handoff", {"handoff_id": memory(3), "from_agent": "a", "to_agent": "b", "topic": "tea", "context": [1]})
    row = only(fold.memories)
    assert (row["memory_type"], row["agent_id"]) == ("conversation", "b")
    assert row["content"] == {"handoff_received": True, "from_agent": "a", "topic": "tea", "context": [1]}
    assert row["metadata"] == {"handoff_id": memory(3), "requires_response": True}


def test_events_of_the_first_version_go_by_its_rules(publish, fold):
    first = Encoder(released_schemas()[0])
    publish("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "a", "priority": 3}, encoder=first)
    publish("memory_prioritized", {"memory_id": memory(), "boost_factor": 1.5}, encoder=first)
    assert only(fold.memories)["priority"] == 5
    publish("memory_prioritized", {"memory_id": memory(), "boost_factor": 1.1})
    assert only(fold.memories)["priority"] == 5.5
    publish("memory_prioritized", {"memory_id": memory(), "boost_factor": 1}, encoder=first)
    assert only(fold.memories)["priority"] == 6


@pytest.mark.parametrize("value", [b"garbage", None, b""])
def test_bytes_that_are_no_event_are_parked_alone(log, fold, publish, value):
    publish("custom", {"type": "x", "json": 1})
    fold.apply(log.append(b"default/u", value))
    assert publish("custom", {"type": "x", "json": 1}, user_id="u")[0] == "accepted"
    assert only(fold.parked_events)["blocked_by"] == ALONE
    assert only(fold.streams)["version"] == 2


def test_an_event_beyond_the_limits_parks_its_key_and_nothing_else(log, fold, publish):
    publish("custom", {"type": "x", "json": 1})
    refused = {"memory_id": memory(), "memory_type": "guess", "content": "x"}
    good = {"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}}
    fold.apply(log.append(**Encoder().message({"type": "memory_created", "user_id": "u", "payload": refused})))
    fold.apply(log.append(**Encoder().message(good)))
    fold.apply(log.append(b"default/u", b"garbage"))
    fold.apply(log.append(**Encoder().message(good)))
    assert publish("custom", {"type": "x", "json": 1}, user_id="v")[0] == "accepted"
    assert [row["blocked_by"] for row in fold.parked_events.values()] == [1, 1, ALONE, 1]
    assert only({key: row for key, row in fold.streams.items() if key[1] == "u"})["version"] == 1


@pytest.mark.parametrize("spoil", [
    lambda value: value[:-1], lambda value: value + b"\0", lambda value: value[:10], lambda value: value[:9],
    lambda value: b"", lambda value: None, lambda value: b"\xc3" + value,
])
def test_a_spoilt_event_is_parked(log, fold, spoil):
    message = Encoder().message({"type": "memory_deleted", "user_id": "u", "payload": {"memory_id": memory()}})
    fold.apply(log.append(message["key"], spoil(message["value"])))
    assert len(fold.parked_events) == 1 and not fold.events


def test_a_wrong_key_and_a_wrong_partition_are_parked(log, fold):
    message = Encoder().message({"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}})
    fold.apply(log.append(b"default/v", message["value"]))
    right = murmur2_partition(message["key"], PARTITIONS)
    fold.apply(log.append(message["key"], message["value"], partition=(right + 1) % PARTITIONS))
    assert len(fold.parked_events) == 2 and not fold.events
    fold.apply(log.append(message["key"], message["value"]))
    assert len(fold.events) == 1


@pytest.mark.parametrize(("kind", "payload"), [
    ("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "x" * 100_001}),
    ("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": " \u3000"}),
    ("memory_created", {"memory_id": memory(), "memory_type": "guess", "content": "x"}),
    ("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "x", "confidence": 1.01}),
    ("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "x", "confidence": float("nan")}),
    ("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "a\0b"}),
    ("memory_created", {"memory_id": "no id", "memory_type": "fact", "content": "x"}),
    ("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "x", "tags": ["a"] * 101}),
    ("memory_created", {"memory_id": memory(), "memory_type": "fact", "content": "x", "priority": 11}),
    ("custom", {"type": "x", "json": json.loads("[" * 65 + "]" * 65)}),
    ("conversation_turn", {"conversation_id": "c" * 256, "role": "user", "content": "x"}),
])
def test_an_event_beyond_the_limits_is_parked(log, fold, kind, payload):
    fold.apply(log.append(**Encoder().message({"type": kind, "user_id": "u", "payload": payload})))
    assert len(fold.parked_events) == 1 and not fold.events


def test_what_is_parked_by_hand_blocks_its_key_whatever_it_is(log, fold, publish):
    fold.hand_parked = {(murmur2_partition(b"default/u", PARTITIONS), 0)}
    message = Encoder(header=b"\xc3\x01" + b"future!!").message(
        {"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}})
    fold.apply(log.append(**message))
    fold.apply(log.append(**Encoder().message({"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}})))
    assert [row["blocked_by"] for row in fold.parked_events.values()] == [0, 0]
    assert not fold.events


def test_what_was_dropped_is_not_there(log, fold, publish):
    fold.dropped = {(murmur2_partition(b"default/u", PARTITIONS), 0)}
    refused = log.append(**Encoder().message({"type": "memory_created", "user_id": "u", "payload": {
        "memory_id": memory(), "memory_type": "fact", "content": "x", "priority": 11}}))
    fold.apply(refused)
    assert not fold.parked_events and fold.next_offsets[refused.partition] == 1
    fold.apply(log.append(**Encoder().message({"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}})))
    assert [row["verdict"] for row in fold.events.values()] == ["accepted"] and not fold.parked_events


def test_an_event_of_an_unknown_schema_stops_the_reader(log, fold):
    message = Encoder(header=b"\xc3\x01" + b"future!!").message(
        {"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}})
    with pytest.raises(Stopped):
        fold.apply(log.append(**message))
    assert not fold.parked_events and set(fold.next_offsets.values()) == {0}


def test_events_of_every_version_begin_with_their_id():
    for schema in released_schemas():
        first = schema["fields"][0]
        assert (first["name"], first["type"]["type"], first["type"]["logicalType"]) == ("event_id", "string", "uuid")


def test_what_only_begins_as_a_frame_of_a_registry_is_no_event():
    event = Encoder(header=b"\0\0\0\0\7").message({"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}})
    with pytest.raises(UnknownSchema):
        Decoder().decode(event["value"])
    for body in (b"", b"garbage", event["value"][6:], b"\x48" + b"x" * 36):
        with pytest.raises(Unreadable):
            Decoder().decode(b"\0\0\0\0\7" + body)


def test_an_unknown_payload_is_an_unknown_schema():
    decoder = Decoder()
    del decoder.payloads["Custom"]
    with pytest.raises(UnknownSchema):
        decoder.decode(Encoder().message({"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}})["value"])


def test_fingerprints_and_partitions_are_those_of_the_field():
    # The example of the Avro specification, and values of the Java client's own tests.
    assert fingerprint("null").hex() == "8a8f25cce724dd63"
    known = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536,
             b"a-little-bit-longer-string": -1486304829, b"abc": 479470107}
    for key, value in known.items():
        assert murmur2_partition(key, 1 << 31) == value & 0x7FFFFFFF


@pytest.mark.parametrize("seed", range(5))
def test_the_fold_agrees_with_what_the_generator_means(log, fold, seed):
    encoder = Encoder()
    wrong = []
    steps = Generator(seed).history(3000)
    for step in steps:
        message = log.append(**(step.raw or encoder.message(step.line)))
        fold.apply(message)
        row = fold.events.get(message.offset * 4096 + message.partition)
        verdict = row["verdict"] if row else "parked"
        if verdict != step.verdict:
            wrong.append((step, verdict))
    assert not wrong, wrong[:3]
    seen = {step.verdict for step in steps}
    assert seen == {"accepted", "rejected", "duplicate", "not_found", "exists", "parked"}
    assert {step.line["type"] for step in steps if step.line} >= set(fold_types())
    for (_, version), rows in by_stream_version(fold).items():
        assert len(rows) == 1, version


def fold_types():
    return ("memory_created", "memory_updated", "memory_deleted", "conversation_created", "conversation_closed",
            "conversation_turn", "conversation_memory_linked", "agent_decision", "agent_handoff", "hypothesis_formed",
            "hypothesis_validated", "knowledge_recorded", "flow_run_recorded", "task_output_recorded", "memory_accessed",
            "custom", "user_onboarded", "biometric_received", "context_set", "context_deleted", "context_cleared",
            "context_appended", "working_thought", "working_goal_set", "working_cleared")


def by_stream_version(fold):
    found = {}
    for row in fold.events.values():
        if row["version"] is not None:
            found.setdefault(((row["tenant"], row["stream_id"]), row["version"]), []).append(row)
    return found


def test_the_same_seed_gives_the_same_history():
    assert Generator(9).history(500) == Generator(9).history(500)
    assert Generator(9).history(500) != Generator(10).history(500)


def test_a_history_has_events_of_every_type():
    made = {step.line["type"] for step in Generator(1).history(5000) if step.line}
    assert {snake(name) for name in Decoder().payloads} == made


def test_version_seven_ids_sort_by_time():
    early, late = uuid7(1, 2**80 - 1), uuid7(2, 0)
    assert early < late and early.version == late.version == 7


@pytest.mark.parametrize(("expected", "actual", "answer"), [
    (0.1, 0.1, True), (1, True, False), (None, 0, False), ({"a": [1]}, {"a": [1]}, True), ({"a": 1}, {"a": 1, "b": 2}, False),
    (Time(0), "1970-01-01T00:00:00Z", True), (Time(1), "1970-01-01T00:00:00Z", False), ([1, 2], [2, 1], False),
])
def test_values_are_compared_exactly(expected, actual, answer):
    assert same(expected, actual) is answer


def test_times_are_read_to_the_microsecond():
    assert micros_of("1970-01-01T00:00:01.000001Z") == 1_000_001
    assert micros_of("yesterday") is None
    assert rfc3339(1) == "1970-01-01T00:00:00.000001Z"
    assert datetime.datetime.fromisoformat(rfc3339(-1)).year == 1969


def test_every_difference_between_rows_is_told():
    expected = {(1, 2): {"verdict": "rejected", "actual_version": 1}, (1, 3): {"verdict": "exists", "actual_version": 1}}
    actual = {(1, 2): {"kafka_partition": 1, "kafka_offset": 2, "verdict": "exists", "actual_version": 1, "more": 1},
              (1, 4): {"kafka_partition": 1, "kafka_offset": 4, "verdict": "exists", "actual_version": 1}}
    found = " | ".join(compare_rows("verdict_exceptions", expected, actual))
    assert "1/3 is missing" in found and "1/4 should not be there" in found
    assert "verdict is 'exists', expected 'rejected'" in found and "knows nothing of column more" in found
