"""What no publisher of the product would write, but is on the topic: parked with its reason, or the worker stops
with it. The rest goes on, nothing else changes."""

import copy
import json
import os
import re

import pytest
import requests
from confluent_kafka import admin

from harness.waiting import wait_until
from oracle import assert_equal_to_log
from oracle.compare import fold_topic
from oracle.encode import Encoder
from oracle.find import assert_searchable
from oracle.fold import Stopped
from oracle.wire import Decoder, fingerprint, murmur2_partition, released_schemas

MEMORY = "0190a5a0-0000-7000-8000-000000000001"
ENCODER = Encoder()
TEXT = "the very content"


def note(user="anna", number=1, **fields):
    return {"type": "custom", "user_id": user, "payload": {"type": "note", "json": {"number": number}}, **fields}


def created(user="anna", **payload):
    return {"type": "memory_created", "user_id": user,
            "payload": {"memory_id": MEMORY, "memory_type": "fact", "content": TEXT, **payload}}


def good(line):
    return ENCODER.message(line)


def spoilt(change, line=None):
    """A message whose bytes are changed behind the encoder's back."""
    message = good(line or created())
    return {"key": message["key"], "value": change(message["value"])}


def key_of(user):
    return f"default/{user}".encode()


# What is not an event has nothing to keep in order: it is parked alone.
# (what is wrong, the message of a user, what the reason must say)
ALONE = [
    ("bytes that are no event", lambda user: {"key": key_of(user), "value": b"hello, log"},
     "frame|framing|header|begin"),
    ("no bytes at all", lambda user: {"key": key_of(user), "value": b""}, "frame|framing|header|begin|empty"),
    ("a tombstone", lambda user: {"key": key_of(user), "value": None}, "value|tombstone"),
    ("a registry's frame and no event", lambda user: {"key": key_of(user), "value": b"\0\0\0\0\7garbage"}, "registry"),
    ("zeros alone", lambda user: {"key": key_of(user), "value": bytes(8)}, "registry"),
    ("a header alone", lambda user: spoilt(lambda value: value[:10], created(user)), "."),
    ("half a header", lambda user: spoilt(lambda value: value[:6], created(user)), "."),
    ("a truncated event", lambda user: spoilt(lambda value: value[:-1], created(user)), "."),
    ("an event cut in its envelope", lambda user: spoilt(lambda value: value[:40], created(user)), "."),
    ("bytes behind the event", lambda user: spoilt(lambda value: value + b"\0", created(user)), "."),
    ("a text longer than the message",
     lambda user: spoilt(lambda value: value[:10] + b"\xfe\xff\xff\xff\x0f" + value[11:], created(user)), "."),
    ("a negative length", lambda user: spoilt(lambda value: value[:10] + b"\x01" + value[11:], created(user)), "."),
    ("a number that never ends", lambda user: spoilt(lambda value: value[:10] + b"\xff" * 12, created(user)), "."),
    ("invalid UTF-8", lambda user: spoilt(lambda value: value.replace(b"very", b"v\xff\xfey"), created(user)), "UTF-8"),
    ("a memory_id that is not a UUID", lambda user: good(created(user, memory_id="x" * 36)), "."),
    ("a payload that is none of the schema's",
     lambda user: spoilt(lambda value: value[:-40] + b"\xff" * 40, created(user)), "."),
    ("another stream's key", lambda user: {"key": key_of(user), "value": good(created("berta"))["value"]}, "key"),
]
# An event that can never be applied: later ones of its key wait behind it.
BLOCKING = [
    ("a NUL", lambda user: spoilt(lambda value: value.replace(b"very", b"v\0ry"), created(user)), "NUL|JSON"),
    ("broken JSON", lambda user: spoilt(lambda value: value.replace(b'{"text"', b'["text"'), created(user)), "JSON"),
    ("confidence above 1", lambda user: good(created(user, confidence=1.5)), "confidence"),
    ("confidence that is not a number", lambda user: good(created(user, confidence=float("nan"))), "confidence"),
    ("over-long content", lambda user: good(created(user, content="x" * 100_001)), "content"),
    ("blank content", lambda user: good(created(user, content="  ")), "content"),
    ("an unknown memory type", lambda user: good(created(user, memory_type="guess")), "memory_type"),
    ("a time beyond the calendar", lambda user: ENCODER.message(created(user), occurred_at=2**62), "occurred_at"),
    ("very deep JSON",
     lambda user: good(note(user) | {"payload": {"type": "note", "json": json.loads("[" * 65 + "]" * 65)}}), "json"),
]
PARKED = ALONE + BLOCKING


@pytest.fixture(scope="module")
def parked(folded):
    """All of them on one log, each among good events of its user and of another one, and then another worker that
    meets events of the same users. Gives the oracle's fold, and the status in between."""
    def messages(number):
        bad, user, other = PARKED[number][1], f"anna {number}", f"berta {number}"
        return [good(note(user)), good(note(other)), bad(user), good(note(user, 2)), good(note(other))]

    folded.produce([message for number in range(len(PARKED)) for message in messages(number)])
    folded.drain()
    folded.first = assert_equal_to_log(folded)
    folded.status = folded.mneme("status", "--json", expect=0)
    assert folded.worker.is_ready()
    # Who takes over goes on parking behind it.
    assert folded.worker.stop() == 0
    folded.worker = folded.start_worker()
    folded.produce([good(note(f"{name} {number}", 3)) for number in range(len(PARKED)) for name in ("anna", "berta")])
    folded.drain()
    folded.second = assert_equal_to_log(folded)
    return folded


@pytest.mark.xdist_group("parked")
@pytest.mark.parametrize("number", range(len(PARKED)), ids=[what for what, _, _ in PARKED])
def test_what_cannot_be_applied_is_parked_and_an_event_with_its_key(parked, number):
    _, _, reason = PARKED[number]
    key = key_of(f"anna {number}")
    is_event = number >= len(ALONE)
    rows = parked.rows("SELECT blocked_by = kafka_offset, blocked_by, reason ~* %s, reason FROM parked_events WHERE key = %s "
                       "ORDER BY kafka_offset", reason, key)
    assert [row[0] for row in rows] == ([True, False, False] if is_event else [False]), "the bad one and those behind it"
    assert rows[0][2], rows
    assert is_event or rows[0][1] == -1
    assert sum(row["key"] == key for row in parked.first.parked_events.values()) == (2 if is_event else 1)
    assert parked.rows("SELECT stream_id, version FROM streams WHERE stream_id IN (%s, %s) ORDER BY 1",
                       f"anna {number}", f"berta {number}") == [(f"anna {number}", 1 if is_event else 3),
                                                               (f"berta {number}", 3)]


@pytest.mark.xdist_group("parked")
def test_what_is_parked_changes_nothing_else(parked):
    assert parked.count("memories") == 0
    assert len(parked.second.parked_events) == len(ALONE) + 3 * len(BLOCKING)
    assert "parked" in parked.status.stdout
    assert parked.worker.is_ready()


def test_a_message_without_a_key_is_parked_alone(namespace, worker, drain):
    worker()
    namespace.produce([{"key": None, "value": good(note())["value"], "partition": 0},
                       {"key": None, "value": b"?", "partition": 0}, good(note())])
    drain()
    fold = assert_equal_to_log(namespace)
    assert [row["blocked_by"] for row in fold.parked_events.values()] == [-1, -1]
    assert len(fold.events) == 1


def test_a_message_in_another_keys_partition_is_parked(namespace, worker, drain):
    message = good(note())
    right = murmur2_partition(message["key"], namespace.partitions)
    namespace.produce([{**message, "partition": (right + 1) % namespace.partitions}, message])
    worker()
    drain()
    fold = assert_equal_to_log(namespace)
    assert (len(fold.parked_events), len(fold.events)) == (1, 1)
    assert "partition" in namespace.value("SELECT reason FROM parked_events")


def test_garbage_of_many_kinds_stops_nobody_else(namespace, worker, drain):
    """Random bytes behind a good header: whatever a decoder makes of them, it stays up and the others go on."""
    messages = []
    for number in range(300):
        header = good(note())["value"][:10] if number % 3 else b"?"
        messages.append({"key": f"default/noise-{number}".encode(), "value": header + os.urandom(number)})
        messages.append(good(note(number=number)))
    namespace.produce(messages)
    process = worker()
    drain()
    assert process.is_ready()
    assert namespace.value("SELECT version FROM streams WHERE stream_id = 'anna'") == 300
    assert namespace.count("parked_events") == 300


# --- schemas of the future ---


def future_schema():
    """The next version: one more payload."""
    schema = copy.deepcopy(released_schemas()[-1])
    Decoder.field(schema, "payload")["type"].append(
        {"type": "record", "name": "MemoryDreamt", "fields": [{"name": "dream", "type": "string"}]})
    return schema


def wider_schema():
    """A next version that this program can read: one more field, which has a default."""
    schema = copy.deepcopy(released_schemas()[-1])
    schema["fields"].insert(3, {"name": "mood", "type": ["null", "string"], "default": None})
    return schema


def waits(mneme):
    """{(projection, position): what the status says of a partition that waits}."""
    return {(line["projection"], line["waits_at"]): line for line in mneme("status", "--json", expect=0).json_lines
            if "waits_at" in line}


def waits_before(namespace, process, mneme, position, *words):
    """The partition stands before the message, visibly; the worker lives, and what was before is applied."""
    partition, offset = position
    place = f"{partition}:{offset}"
    line = wait_until(lambda: waits(mneme).get(("postgres", place)), message=lambda: process.log[-2000:])
    for word in words:
        assert word in line["reason"], line
    wait_until(lambda: namespace.progress().get(partition, 0) == offset, message="all before it is applied")
    assert namespace.count("events", f"kafka_partition = {partition} AND kafka_offset >= {offset}") == 0
    assert namespace.count("parked_events") == 0
    assert process.is_running and process.is_ready()
    assert re.search(rf'event="partition waits" projection=\w+ partition={partition} offset={offset} ', process.log)
    assert process.metrics()[f'mneme_worker_waits_for_schema{{partition="{partition}"}}'] == 1
    text = mneme("status", expect=0).stdout
    assert f"waits at {place}" in text and f"mneme dead-letters park {place}" in text
    return place


def test_a_partition_waits_before_an_unknown_fingerprint_until_it_is_parked_by_hand(namespace, worker, mneme, drain):
    schema = future_schema()
    others = [good(note(f"user {number}")) for number in range(20)]
    positions = namespace.produce([*others, good(note(number=1)), Encoder(schema).message(note(number=2)),
                                   good(note(number=3)), *others])
    process = worker()
    worker("search")
    place = waits_before(namespace, process, mneme, positions[21], "fingerprint")
    assert fingerprint(schema).hex() in process.log or fingerprint(schema)[::-1].hex() in process.log
    partition, ends = positions[21][0], namespace.end_offsets()
    for projection in ("postgres", "search"):
        wait_until(lambda: all(namespace.progress(projection).get(number, 0) == end for number, end in ends.items()
                               if number != partition), message="the other partitions go on")
    with pytest.raises(Stopped):
        fold_topic(namespace)
    # Who only reads the log names the position; who takes over waits again.
    for command in (("replay", "--all"), ("rebuild", "postgres")):
        told = mneme(*command, expect=6).stderr
        assert f"at {place} of" in told and f"dead-letters park {place}" in told
    assert "no worker waits" in mneme("dead-letters", "park", f"{partition}:{positions[21][1] + 1}", expect=5).stderr
    process.kill()
    worker()
    assert mneme("dead-letters", "park", place, "--json", expect=0).json_lines == [
        {"position": place, "topic": namespace.topic, "was_parked": False}]
    drain()
    drain("search")
    fold = assert_equal_to_log(namespace)
    assert_searchable(namespace, fold)
    assert namespace.count("events") == 41 and len(fold.parked_events) == 2, "it, and what is behind it"
    assert not waits(mneme) and "already parked" in mneme("dead-letters", "park", place, expect=0).stdout
    assert place in mneme("replay", "--all", expect=1).stderr
    for projection in ("postgres", "search"):
        mneme("verify", projection, expect=0)
        mneme("rebuild", projection, expect=0)
    drain()
    assert_searchable(namespace, assert_equal_to_log(namespace))


def test_a_forgotten_registry_makes_no_garbage_of_events(namespace, worker, mneme):
    positions = namespace.produce([good(note(number=1)), Encoder(header=b"\0\0\0\0\7").message(note(number=2)), good(note(number=3))])
    waits_before(namespace, worker(), mneme, positions[1], "registry", "none is set")


@pytest.mark.registry
def test_what_only_begins_as_a_frame_stops_nobody(namespace, worker, registry, mneme, drain):
    """The registry says that it does not know the ids, and what follows them is not an event."""
    noise = [{"key": b"default/anna", "value": b"\0" + value} for value in (b"\0\0\0\0", b"\x7f\xff\xff\xff?", b"\xff\xff\xff\xff" + bytes(90))]
    mneme.publish([note(number=1)])
    namespace.produce(noise)
    mneme.publish([note(number=2)])
    worker()
    worker("search")
    drain()
    drain("search")
    fold = assert_equal_to_log(namespace)
    assert [row["blocked_by"] for row in fold.parked_events.values()] == [-1] * 3 and len(fold.events) == 2
    assert_searchable(namespace, fold)
    for command in (["verify", "postgres"], ["rebuild", "postgres"]):
        mneme(*command, expect=0)
    assert_equal_to_log(namespace)
    assert "3 messages were left out" in mneme("replay", "--all", expect=1).stderr


@pytest.mark.registry
@pytest.mark.parametrize("uses_new_payload", [False, True])
def test_a_partition_waits_before_an_unknown_payload_and_not_before_an_unknown_field(
        namespace, worker, drain, registry, mneme, uses_new_payload):
    """Both are written with a registered schema of the future. Only the event of an unknown type cannot be read."""
    schema = future_schema() if uses_new_payload else wider_schema()
    mneme.publish([note(number=1)])
    answer = requests.post(f"{registry}/subjects/{namespace.topic}-value/versions",
                           json={"schema": json.dumps(schema)}, timeout=10)
    answer.raise_for_status()
    encoder = Encoder(schema, b"\0" + answer.json()["id"].to_bytes(4, "big"))
    known = encoder.envelope(note(number=2), mood=None)
    last = known
    if uses_new_payload:
        last = known | {"event_id": MEMORY, "payload": ("mneme.MemoryDreamt", {"dream": "sheep"})}
    positions = namespace.produce([{"key": b"default/anna", "value": encoder.bytes(event)} for event in (known, last)])
    process = worker()
    if uses_new_payload:
        waits_before(namespace, process, mneme, positions[1], "MemoryDreamt")
    else:
        drain()
        assert_equal_to_log(namespace)
        assert namespace.rows("SELECT verdict::text, count(*) FROM events GROUP BY 1 ORDER BY 1") == [
            ("accepted", 2), ("duplicate", 1)]


@pytest.mark.registry
def test_a_partition_waits_before_an_id_that_the_registry_does_not_know(namespace, worker, registry, mneme):
    positions = namespace.produce([good(note()), Encoder(header=b"\0\x7f\xff\xff\xff").message(note(number=2))])
    waits_before(namespace, worker(), mneme, positions[1], str(0x7FFFFFFF))


# --- duplicates ---


@pytest.mark.timeout(300)
def test_a_duplicate_at_once_and_one_a_hundred_thousand_events_later(namespace, worker, drain):
    line = created() | {"event_id": "0190a5a0-0000-7000-8000-00000000aaaa"}
    other = created("berta") | {"event_id": "8d1b6a52-1b2c-4c3d-9e4f-5a6b7c8d9e0f"}  # no order in version 4
    filler = [good(note(number % 2 and "anna" or "berta", number)) for number in range(100_000)]
    namespace.produce([good(line), good(line), good(other), *filler, good(line), good(other),
                       good(created() | {"type": "memory_deleted", "payload": {"memory_id": MEMORY},
                                         "event_id": line["event_id"]})])
    worker()
    drain(timeout=120)
    assert_equal_to_log(namespace)
    assert namespace.rows("SELECT verdict::text, count(*) FROM events GROUP BY 1 ORDER BY 1") == [
        ("accepted", 100_002), ("duplicate", 4)]
    assert namespace.rows("SELECT stream_id, version, is_deleted FROM memories ORDER BY 1") == [
        ("anna", 1, False), ("berta", 1, False)]


def test_an_update_of_a_missing_memory_and_a_second_delete_have_no_effect(namespace, mneme, worker, drain):
    worker()
    target = {"memory_id": MEMORY}
    mneme.publish([
        note() | {"type": "memory_updated", "payload": {**target, "content": "x"}},
        note() | {"type": "memory_deleted", "payload": target},
        created(),
        note() | {"type": "memory_deleted", "payload": target},
        note() | {"type": "memory_deleted", "payload": target},
        note() | {"type": "memory_updated", "payload": {**target, "content": "x"}},
    ])
    drain()
    assert_equal_to_log(namespace)
    verdicts = [row[0] for row in namespace.rows("SELECT verdict::text FROM events ORDER BY sequence_id")]
    assert verdicts == ["not_found", "not_found", "accepted", "accepted", "not_found", "not_found"]
    assert namespace.rows("SELECT version, is_deleted FROM memories") == [(2, True)]
    assert namespace.count("verdict_exceptions") == 4 and namespace.count("parked_events") == 0
    assert namespace.value("SELECT version FROM streams") == 2


# --- a log that does not fit ---


def refuses_the_log(process, *words):
    assert process.wait_exit(30) == 6, process.log[-3000:]
    for word in words:
        assert word in process.log, f"{word!r} is not said\n{process.log[-2000:]}"


def test_another_partition_count_is_refused(namespace, mneme, worker, drain):
    namespace.produce([good(note(number=number)) for number in range(20)])
    process = worker()
    drain()
    assert process.stop() == 0
    client = admin.AdminClient({"bootstrap.servers": namespace.brokers})
    client.create_partitions([admin.NewPartitions(namespace.topic, namespace.partitions + 2)])[namespace.topic].result()
    wait_until(lambda: len(namespace.end_offsets()) == namespace.partitions + 2, message="the topic has more partitions")
    before = namespace.rows("SELECT * FROM events ORDER BY 1")
    refuses_the_log(worker(wait=False), namespace.topic, str(namespace.partitions), str(namespace.partitions + 2),
                    "mneme rebuild postgres")
    assert namespace.rows("SELECT * FROM events ORDER BY 1") == before
    done = mneme("topics", "check")
    assert done.returncode not in (0, 2) and str(namespace.partitions + 2) in done.stderr + done.stdout, done


def test_tables_that_are_not_migrated_are_refused(make_namespace, worker):
    bare = make_namespace(migrate=False)
    process = worker(namespace=bare, wait=False)
    assert process.wait_exit(30) not in (0, None)
    assert "mneme migrate" in process.log or "topics create" in process.log
