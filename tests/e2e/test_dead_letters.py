"""What cannot be applied: listed over all projections and shown with its bytes and reason."""

import base64

import pytest

from oracle.encode import Encoder

ENCODER = Encoder()


def note(user="ada", number=1):
    return {"type": "custom", "user_id": user, "payload": {"type": "note", "json": {"number": number}}}


def refused(user="ada"):
    """An event that decodes, and whose confidence no projection takes."""
    return {"type": "memory_created", "user_id": user,
            "payload": {"memory_id": "0190a5a0-0000-7000-8000-000000000001", "memory_type": "fact", "content": "tea",
                        "confidence": 1.5}}


@pytest.fixture
def parked(namespace, worker):
    """An event of ada that is refused, with two behind it, and bytes of bob that are no event. Gives their positions."""
    worker()
    positions = namespace.produce([ENCODER.message(refused()), ENCODER.message(note(number=2)),
                                   ENCODER.message(note(number=3)),
                                   {"key": b"default/bob", "value": b"\x01no event\xff"}])
    namespace.drain()
    return [f"{partition}:{offset}" for partition, offset in positions]


def test_nothing_is_parked(namespace, mneme):
    done = mneme("dead-letters", "list", expect=0)
    assert (done.stdout, done.stderr) == ("", "mneme: nothing is parked\n")
    assert mneme("dead-letters", "list", "--json", expect=0).stdout == ""


def test_the_list_has_heads_with_reasons_and_what_waits_behind(mneme, parked):
    lines = {line["position"]: line for line in mneme("dead-letters", "list", "--json", expect=0).json_lines}
    assert set(lines) == {parked[0], parked[3]}
    ada, bob = lines[parked[0]], lines[parked[3]]
    assert (ada["projection"], ada["key"], ada["behind"], ada["waits_for"]) == ("postgres", "default/ada", 2, None)
    assert "confidence" in ada["reason"] and bob["behind"] == 0
    text = mneme("dead-letters", "list", expect=0).stdout
    assert text.splitlines()[0].split() == ["PARKED", "BY", "POSITION", "SINCE", "BEHIND", "KEY", "REASON"]
    assert "default/ada" in text and parked[3] in text


def test_the_list_by_user_key_and_projection(mneme, parked):
    def positions(*options):
        return [line["position"] for line in mneme("dead-letters", "list", "--json", *options, expect=0).json_lines]

    assert positions("--user", "ada") == [parked[0]]
    assert positions("--user", "ada", "--all") == parked[:3]
    assert positions("--key", "default/bob") == [parked[3]]
    assert positions("--user", "ada", "--tenant", "other") == []
    assert positions("--projection", "search") == []
    assert len(positions("--all", "--limit", "2")) == 2
    assert "raise --limit to see more" in mneme("dead-letters", "list", "--all", "--limit", "2", expect=0).stderr
    waiting = mneme("dead-letters", "list", "--all", "--user", "ada", "--json", expect=0).json_lines[1]
    assert waiting["waits_for"] == int(parked[0].split(":")[1])


@pytest.mark.parametrize("arguments, word", [
    (["list", "--projection", "postgrey"], "postgrey"), (["list", "--limit", "0"], "--limit"),
    (["list", "--user", "ada", "--key", "default/ada"], "--key"), (["show", "seventeen"], "seventeen"), (["show"], "POSITION"),
    (["show", "last"], "last"), (["show", "0:0", "seventeen"], "seventeen"), (["show", "0:0", "-p", "serch"], "serch")])
def test_wrong_usage_is_refused(mneme, arguments, word):
    assert word in mneme("dead-letters", *arguments, expect=2).stderr


def test_an_event_is_shown_as_json_and_other_bytes_as_they_are(mneme, parked):
    event = mneme("dead-letters", "show", parked[0], "--json", expect=0).json_lines[0]
    assert event["event"]["payload"]["confidence"] == 1.5 and event["event"]["position"] == parked[0]
    assert "confidence" in event["reason"] and event["behind"] == 2
    assert "\"confidence\":1.5" in mneme("dead-letters", "show", parked[0], expect=0).stdout
    waiting = mneme("dead-letters", "show", parked[2], expect=0).stdout
    assert f"waits for offset  {parked[0].partition(':')[2]}" in waiting
    noise = mneme("dead-letters", "show", parked[3], "--json", expect=0).json_lines[0]
    assert noise["event"] is None and base64.b64decode(noise["value"]) == b"\x01no event\xff"
    text = mneme("dead-letters", "show", parked[3], expect=0).stdout
    assert "01 6e 6f 20 65 76 65 6e 74 ff" in text and ".no event." in text
    assert "dead-letters list" in mneme("dead-letters", "show", "0:999999", expect=5).stderr


def test_many_are_shown_in_turn(mneme, parked):
    shown = mneme("dead-letters", "show", parked[3], parked[0], "--json", expect=0).json_lines
    assert [line["position"] for line in shown] == [parked[3], parked[0]]
    one, other = mneme("dead-letters", "show", parked[3], parked[0], expect=0).stdout.split("\n\n")
    assert "not an event: " in one and one.endswith(".no event.") and "default/ada" in other
    done = mneme("dead-letters", "show", parked[0], "0:999999", parked[3], "--json", expect=5)
    assert [line["position"] for line in done.json_lines] == [parked[0]] and "0:999999" in done.stderr


def test_the_keys_are_those_that_scripts_read(mneme, parked):
    keys = ["position", "projection", "topic", "partition", "kafka_offset", "key", "reason", "behind", "waits_for", "recorded_at",
            "parked_at"]
    assert [list(line) for line in mneme("dead-letters", "list", "--json", expect=0).json_lines] == [keys, keys]
    (shown,) = mneme("dead-letters", "show", parked[3], "--json", expect=0).json_lines
    assert list(shown) == [*keys, "event", "value"]
    mneme("dead-letters", "drop", parked[3], "--yes", "--reason", "noise", expect=0)
    (dropped,) = mneme("dead-letters", "show", parked[3], "--json", expect=0).json_lines
    assert list(dropped) == [*keys, "note", "dropped_at", "event", "value"] and dropped["note"] == "noise"
    text = mneme("dead-letters", "show", parked[3], expect=0).stdout
    assert "dropped in" in text and "noise" in text and "behind" not in text


def test_each_projection_that_has_parked_it_is_shown(namespace, worker, mneme, parked):
    worker("search")
    namespace.drain("search")
    lines = mneme("dead-letters", "show", parked[3], "--json", expect=0).json_lines
    assert [line["projection"] for line in lines] == ["postgres", "search"]
    one = mneme("dead-letters", "show", parked[3], "--projection", "search", "--json", expect=0).json_lines
    assert [line["projection"] for line in one] == ["search"]


# --- reads of what is parked ---


def test_a_read_of_a_scope_with_parked_events_says_so(mneme, parked, namespace):
    memory = mneme("memory", "add", "Ada prefers tea", "--user", "ada", "--type", "fact", "--json", expect=0).json_lines[0]
    namespace.drain()
    done = mneme("memory", "list", "--user", "ada", expect=0)
    assert f"stale: parked at {parked[0]} with 3 behind it, key default/ada" in done.stderr
    assert f"mneme dead-letters show {parked[0]}" in done.stderr
    for command in (["memory", "list", "--user", "ada"], ["events", "--stream", "ada"], ["timeline", "--user", "ada"],
                    ["stats", "--user", "ada"]):
        done = mneme(*command, "--json")
        assert [line["position"] for line in done.json_lines[-1]["stale"]] == [parked[0]], command
        assert done.json_lines[-1]["stale"][0]["behind"] == 3
    for command in (["memory", "list", "--user", "eve"], ["memory", "list", "--user", "ada", "--tenant", "other"]):
        done = mneme(*command, expect=0)
        assert "stale" not in done.stderr + done.stdout, command


@pytest.mark.parametrize("command", [["memory", "list", "--user", "ada"], ["search", "tea", "--user", "ada"],
                                     ["recall", "tea", "--user", "ada"], ["events", "--stream", "ada"],
                                     ["working", "show", "--conversation", "c1", "--user", "ada"]], ids=lambda command: command[0])
def test_a_position_that_is_parked_cannot_be_shown(mneme, parked, worker, command):
    if command[0] in ("search", "recall"):
        worker("search")
    for position in (parked[0], parked[2]):
        done = mneme(*command, "--at-least", position, expect=3)
        assert done.stdout == "" and f"position {position}" in done.stderr
        assert f"mneme dead-letters show {position}" in done.stderr


def test_search_and_recall_say_what_is_stale(mneme, parked, worker, namespace):
    worker("search")
    namespace.drain("search")
    assert "stale: parked at" in mneme("search", "tea", "--user", "ada", expect=0).stderr
    assert "stale: parked at" in mneme("recall", "tea", "--user", "ada", expect=0).stderr
    last = mneme("recall", "tea", "--user", "ada", "--json", expect=0).json_lines[-1]
    assert last["results"] == 0 and last["stale"][0]["position"] == parked[0]
    assert "stale" not in mneme("recall", "tea", "--user", "eve", "--json", expect=0).json_lines[-1]


def test_redis_does_not_answer_for_a_key_that_is_parked(mneme, parked, worker, namespace, wait_until):
    worker("redis")
    namespace.drain()
    wait_until(lambda: "stale: parked at" in mneme("working", "show", "--conversation", "c1", "--user", "ada", expect=0).stderr)


def test_who_waits_for_the_verdict_is_told_the_reason(mneme, parked):
    done = mneme("memory", "add", "Ada prefers tea", "--user", "ada", "--type", "fact", "--wait", "postgres", "--json",
                 expect=1)
    assert done.json_lines[0]["verdict"] == "parked" and "parked: waits behind offset" in done.stderr
    assert "dead-letters" in done.stderr
