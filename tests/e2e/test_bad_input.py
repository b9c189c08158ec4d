"""What no event may be: refused at the front door with a sentence, without a trace on the topic."""

import json
import re

import pytest

from oracle import assert_equal_to_log

MEMORY = "0190a5a0-0000-7000-8000-000000000001"


def created(**payload):
    return {"memory_type": "fact", "content": "x", **payload}


def line(kind="memory_created", payload=None, **fields):
    event = {"type": kind, "user_id": "anna", "payload": created() if payload is None else payload, **fields}
    return json.dumps(event).encode()


def nested(depth):
    return b"[" * depth + b"]" * depth


def custom(raw):
    return b'{"type":"custom","user_id":"anna","payload":{"type":"x","json":' + raw + b"}}"


# (what is wrong, the line, what the sentence must say)
REFUSED = [
    ("malformed JSON", b'{"type":"memory_created",', r"no JSON|JSON"),
    ("text behind the object", line() + b" x", r"JSON"),
    ("no object", b"[1,2]", r"an array"),
    ("a lone word", b"memory_created", r"JSON"),
    ("a single quote", b"{'type':'memory_created'}", r"JSON"),
    ("a trailing comma", b'{"type":"custom","user_id":"a","payload":{"type":"x","json":[1,]}}', r"JSON"),
    ("NaN", custom(b"NaN"), r"JSON"),
    ("a number beyond a double", custom(b"1e999"), r"number|JSON"),
    ("content of a wrong type", line(payload=created(content=5)), r"payload\.content"),
    ("confidence of a wrong type", line(payload=created(confidence="high")), r"payload\.confidence"),
    ("tags of a wrong type", line(payload=created(tags="tea")), r"payload\.tags"),
    ("a tag of a wrong type", line(payload=created(tags=[1])), r"payload\.tags"),
    ("priority that is not a number", line(payload=created(priority="high")), r"payload\.priority must be a number"),
    ("user_id of a wrong type", line(user_id=7), r"user_id"),
    ("expected_version of a wrong type", line(expected_version="1"), r"expected_version"),
    ("expected_version below 0", line(expected_version=-1), r"expected_version"),
    ("expected_version beyond a long", line(expected_version=2**70), r"expected_version"),
    ("metadata that is not an object", line(metadata=["a"]), r"metadata"),
    ("a metadata key given twice", line().replace(b'"user_id"', b'"metadata":{"a":"1","a":"2"},"user_id"'), r"twice"),
    ("a payload that is not an object", line(payload=[]), r"payload"),
    ("a memory_id that is not a UUID", line(payload=created(memory_id="one")), r"payload\.memory_id"),
    ("an event_id that is not a UUID", line(event_id="one"), r"event_id"),
    ("a time that is none", line(occurred_at="yesterday"), r"occurred_at"),
    ("a time on no calendar", line(occurred_at="2026-02-30T00:00:00Z"), r"occurred_at"),
    ("empty content", line(payload=created(content="")), r"payload\.content .*empty"),
    ("blank content", line(payload=created(content=" \n\u3000")), r"payload\.content .*white space"),
    ("an empty content object", line(payload=created(content={})), r"payload\.content .*empty"),
    ("over-long content", line(payload=created(content="ü" * 100_001)), r"payload\.content .*100001.*100000"),
    ("over-long content beside its text", line(payload=created(content={"text": "x", "more": "y" * 100_001})),
     r"payload\.content .*100000"),
    ("an over-long turn", line("conversation_turn", {"conversation_id": "c", "role": "user", "content": "x" * 100_001}),
     r"payload\.content .*100001"),
    ("an over-long user_id", line(user_id="u" * 256), r"user_id .*256 bytes.*255"),
    ("an empty user_id", line(user_id=""), r"user_id|stream_id"),
    ("a line break in user_id", line(user_id="a\nb"), r"control character"),
    ("invalid UTF-8", line().replace(b'"x"', b'"\xff\xfe"'), r"UTF-8|JSON"),
    ("a cut UTF-8 sequence", line().replace(b'"x"', b'"\xe2\x82"'), r"UTF-8|JSON"),
    ("a surrogate in UTF-8", line().replace(b'"x"', b'"\xed\xa0\x80"'), r"UTF-8|JSON"),
    ("an overlong UTF-8 sequence", line().replace(b'"x"', b'"\xc0\x80"'), r"UTF-8|JSON"),
    ("a NUL byte", line().replace(b'"x"', b'"a\0b"'), r"NUL|control|JSON"),
    ("an escaped NUL", line().replace(b'"x"', b'"a\\u0000b"'), r"NUL"),
    ("a lone surrogate", line().replace(b'"x"', b'"\\ud800"'), r"surrogate"),
    ("confidence above 1", line(payload=created(confidence=1.0000001)), r"payload\.confidence .*at most 1"),
    ("confidence below 0", line(payload=created(confidence=-0.1)), r"payload\.confidence .*at least 0"),
    ("priority above 10", line(payload=created(priority=11)), r"payload\.priority .*at most 10"),
    ("an unknown memory type", line(payload=created(memory_type="guess")), r"payload\.memory_type .*guess.*fact"),
    ("an unknown role", line("conversation_turn", {"conversation_id": "c", "role": "boss", "content": "x"}),
     r"payload\.role .*boss"),
    ("an unknown type", line("memory_remembered"), r'"memory_remembered" is unknown'),
    ("a type with a slip", line("memory_craeted"), r"did you mean memory_created"),
    ("no type", b'{"user_id":"a","payload":{}}', r"type is missing"),
    ("an unknown key", line(users_id="a"), r"unknown key users_id; did you mean user_id"),
    ("an unknown key of the payload", line(payload=created(contents="a")), r"unknown key payload\.contents"),
    ("a key given twice", b'{"type":"custom","user_id":"a","user_id":"b","payload":{"type":"x","json":1}}', r"twice"),
    ("a missing field", line(payload={"memory_type": "fact"}), r"payload\.content is missing"),
    ("an empty scope", b'{"type":"custom","payload":{"type":"x","json":1}}', r"scope is empty"),
    ("a tenant with a slash", line(tenant="a/b"), r'tenant .*"/"'),
    ("an id and an idempotency key", line(event_id=MEMORY, idempotency_key="k"), r"both"),
    ("JSON that is too deep", custom(nested(65)), r"deep|nest"),
    ("JSON that is very deep", custom(nested(200_000)), r"deep|nest"),
    ("a deep line", nested(500_000), r"deep|nest"),
    ("too many tags", line(payload=created(tags=["t"] * 101)), r"payload\.tags .*101 items"),
    ("an own type with a name of Mneme's", line("custom", {"type": "memory_created", "json": 1}), r"own"),
]


@pytest.mark.parametrize(("wrong", "bad", "sentence"), REFUSED, ids=[what for what, _, _ in REFUSED])
def test_a_bad_line_is_refused_and_the_others_go_on(quiet_topic, wrong, bad, sentence):
    before = quiet_topic.end_offsets()
    done = quiet_topic.mneme("publish", "-", input=line() + b"\n" + bad + b"\n" + line() + b"\n", expect=1)
    assert len(done.json_lines) == 2
    told = [text for text in done.stderr.splitlines() if "line 2" in text]
    assert len(told) == 1 and told[0].startswith("mneme: "), done.stderr
    assert re.search(sentence, told[0]), told[0]
    assert "line 1" not in done.stderr and "line 3" not in done.stderr
    assert len(told[0]) < 500, "the sentence repeats the input"
    after = quiet_topic.end_offsets()
    assert sum(after.values()) - sum(before.values()) == 2


ACCEPTED = [
    ("content at its limit", line(payload=created(content="ü" * 100_000))),
    ("confidence at its limits", line(payload=created(confidence=1, importance=0))),
    ("JSON at the line's depth", custom(nested(62))),
    ("metadata of other kinds", line(metadata={"number": 1, "list": [1, {"a": None}]})),
    ("an escaped pair of surrogates", line().replace(b'"x"', b'"\\ud83d\\ude42"')),
    ("a null for what is absent", line(payload=created(confidence=None, tags=None))),
    ("white space around", b" \t" + line() + b" \r"),
]


@pytest.mark.parametrize(("what", "good"), ACCEPTED, ids=[what for what, _ in ACCEPTED])
def test_what_is_within_the_limits_is_taken(quiet_topic, what, good):
    assert len(quiet_topic.mneme("publish", "-", input=good + b"\n", expect=0).json_lines) == 1


def test_blank_lines_are_no_events_and_the_last_line_needs_no_end(quiet_topic):
    done = quiet_topic.mneme("publish", "-", input=b"\n" + line() + b"\n\n  \n" + line(), expect=0)
    assert len(done.json_lines) == 2


def test_nothing_at_all_is_published_from_nothing(quiet_topic):
    done = quiet_topic.mneme("publish", "-", input=b"", expect=0)
    assert done.stdout == ""


def test_an_event_over_the_brokers_limit_is_refused_at_once(quiet_topic):
    """2 MB of metadata: within the schema's limits, but not within the topic's."""
    before = quiet_topic.end_offsets()
    big = line(payload=created(metadata={"notes": "a b c " * 350_000}))
    done = quiet_topic.mneme("publish", "-", input=big + b"\n" + line() + b"\n", expect=1,
                             env={"MNEME_PUBLISH_TIMEOUT_MS": "600000"})
    assert len(done.json_lines) == 1
    assert re.search(r"line 1 .*2100\d+ bytes.*at most 982952 fit", done.stderr), done.stderr
    after = quiet_topic.end_offsets()
    assert sum(after.values()) - sum(before.values()) == 1


def test_a_missing_file_is_told(quiet_topic):
    done = quiet_topic.mneme("publish", "/nowhere/at/all.jsonl")
    assert done.returncode in (1, 2, 5) and "/nowhere/at/all.jsonl" in done.stderr


def test_a_missing_topic_is_told_at_once(quiet_topic):
    done = quiet_topic.mneme("publish", "-", input=line(), env={"MNEME_TOPIC_PREFIX": "nowhere.", "MNEME_PUBLISH_TIMEOUT_MS": "600000"})
    assert done.returncode in (3, 5), done
    assert "nowhere.events" in done.stderr and "topics create" in done.stderr


def test_no_broker_is_told_within_a_bound(quiet_topic):
    done = quiet_topic.mneme("publish", "-", input=line(), env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}, expect=3,
                             timeout=45)
    assert "127.0.0.1:9" in done.stderr and done.stdout == ""


# JSON on the edge of what a store can keep.
EDGES = [
    "0", "-0", "-0.0", "1e308", "-1.7976931348623157e308", "1.7976931348623159e308", "1e309", "5e-324", "1e-400",
    "1e-16383", "1e-16384", "0e999999", "0e-99999", "1e-999999999999", "0." + "0" * 16382 + "1", "0." + "0" * 16383 + "1",
    "9" * 308, "9" * 309, "9" * 4000, "123456789012345678901234567890.123456789", "1E+2", "1.50",
    '""', '"\\u0001\\u001f\\u007f"', '"\\uffff\\ufdd0"', '"\\udbff\\udfff"', '"\U0010ffff"', '"\\\\ \\/ \\b\\f\\n\\r\\t"',
    '{"":1}', '{"a":1,"a":2}', '{"a":{"b":1},"a":{"c":2}}', '{"\\u0061":1}', '{"a\\nb":1}', "[]", "{}", "[[],{}]", "null", "true",
    "[" + ",".join(["0"] * 100_000) + "]", "{" + ",".join(f'"k{number}":{number}' for number in range(20_000)) + "}",
    '"' + "x" * 500_000 + '"', " [ 1 , 2 ] ",
]


def test_what_the_front_door_takes_the_tables_take(namespace, mneme, worker, drain):
    """Each edge is either refused with a sentence or folded: none gets as far as the log and is parked there."""
    worker()
    lines = [custom(edge.encode()) for edge in EDGES]
    lines += [line(payload=created(content={"text": "x"})).replace(b'"x"', b'"x","v":' + edge.encode())
              for edge in EDGES if len(edge) < 400]
    done = mneme("publish", "-", input=b"\n".join(lines) + b"\n")
    refused = len([text for text in done.stderr.splitlines() if re.match(r"mneme: line \d+ ", text)])
    assert len(done.json_lines) + refused == len(lines), done
    assert len(done.json_lines) > len(lines) * 3 / 4
    drain()
    assert namespace.rows("SELECT kafka_offset, reason FROM parked_events") == []
    assert_equal_to_log(namespace)
