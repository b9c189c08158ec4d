"""Replay: the log's events again, in one order, whatever the tables hold."""

import json
import signal
import subprocess

import pytest
from oracle.wire import murmur2_partition

USERS = ("ada", "bob", "cyd", "dan", "eva")


def memory(user, number, kind="memory_created", **fields):
    return {"type": kind, "user_id": user, "payload": {"memory_type": "fact", "content": f"number {number}"}, **fields}


def own(user, number):
    return {"type": "custom", "user_id": user, "agent_id": "waiter",
            "payload": {"type": "tea.ordered", "json": {"cups": number}}}


@pytest.fixture
def history(mneme):
    """Receipts of forty events of five users, published in four runs so that the log's time moves."""
    receipts = []
    for part in range(4):
        receipts += mneme.publish([own(user, part) if number else memory(user, part, correlation_id="c", metadata={"k": "v"})
                                   for number in (0, 1) for user in USERS])
    return receipts


def order(line):
    partition, offset = map(int, line["position"].split(":"))
    return line["recorded_at"], partition, offset


def positions(lines):
    return [line["position"] for line in lines]


def test_everything_comes_once_in_order_and_the_same_each_time(mneme, history):
    first = mneme("replay", "--all", expect=0)
    lines = first.json_lines
    assert sorted(positions(lines)) == sorted(positions(history))
    assert lines == sorted(lines, key=order)
    assert first.stderr == ""
    assert mneme("replay", "--all", "--json", expect=0).stdout == first.stdout


def test_a_line_is_that_of_the_ledger_without_what_only_the_ledger_knows(mneme, history, worker, drain):
    worker()
    drain()
    ledger = {line["position"]: line for line in mneme("events", "--all", "--json", expect=0).json_lines}
    for line in mneme("replay", "--all", expect=0).json_lines:
        expected = ledger[line["position"]]
        only = {"version", "verdict", "actual_version"}
        assert line == {key: value for key, value in expected.items() if key not in only}
        assert [key for key in expected if key not in only] == list(line)


def test_filters(mneme, history):
    def found(*options):
        return mneme("replay", *options, env={"MNEME_ALL": "1"}, expect=0).json_lines

    assert positions(found("--stream", "ada")) == [r["position"] for r in history if r["stream_id"] == "ada"]
    assert len(found("--user", "bob")) == 8 and len(found("--agent", "waiter")) == 20
    assert len(found("--type", "memory_created")) == 20
    assert {line["event_type"] for line in found("--type", "tea.ordered,memory_deleted")} == {"tea.ordered"}
    assert len(found("--type", "tea.ordered", "--user", "bob", "--limit", "3")) == 3
    assert found("--tenant", "blue") == [] and found("--stream", "nobody") == []
    assert positions(found("--limit", "7")) == positions(found())[:7]


def test_ranges(mneme, history):
    lines = mneme("replay", "--all", expect=0).json_lines

    def found(*options):
        return positions(mneme("replay", *options, env={"MNEME_ALL": "1"}, expect=0).json_lines)

    assert found("--from", "beginning", "--to", "end") == positions(lines)
    assert found("--from", "end") == [] and found("--to", "beginning") == []
    times = sorted({line["recorded_at"] for line in lines})
    middle = times[len(times) // 2]
    assert found("--from", middle) == positions(line for line in lines if line["recorded_at"] >= middle)
    assert found("--to", middle) == positions(line for line in lines if line["recorded_at"] <= middle)
    assert found("--from", "2020-01-01", "--to", "2020-12-31") == []

    ada = [r["position"] for r in history if r["stream_id"] == "ada"]
    assert found("--stream", "ada", "--from", ada[2], "--to", ada[5]) == ada[2:6]
    # A position cuts the other partitions by the time of its event.
    cut = next(line for line in lines if line["position"] == ada[4])
    rest = [line for line in lines if (line["recorded_at"] >= cut["recorded_at"]
            if line["position"].split(":")[0] != ada[4].split(":")[0] else order(line)[2] >= order(cut)[2])]
    assert sorted(found("--from", ada[4])) == sorted(positions(rest))
    # Several cut their own; one that is not named has not begun.
    ends = {}
    for line in lines:
        _, partition, offset = order(line)
        ends[partition] = offset
    named = sorted(ends)[:2]
    assert len(named) == 2
    text = ",".join(f"{partition}:{ends[partition]}" for partition in named)
    assert sorted(found("--to", text)) == sorted(p for p in positions(lines) if int(p.split(":")[0]) in named)
    rest = [line for line in lines if order(line)[1] not in named or order(line)[2] == ends[order(line)[1]]]
    assert found("--from", text) == positions(rest)


@pytest.mark.parametrize("options, code, word", [
    (("--from", "soon"), 2, "--from"), (("--to", "1:2,x"), 2, "--to"), (("--to", "5"), 2, "position"),
    (("--limit", "0"), 2, "--limit"), (("--from", "0:1000000"), 5, "0:1000000"), (("--from", "4000:1"), 5, "4000:1"),
    (("--to", "0:0,1:1000000"), 5, "1:1000000"),
])
def test_a_place_that_is_none_is_refused(mneme, history, options, code, word):
    done = mneme("replay", *options, env={"MNEME_ALL": "1"}, expect=code)
    assert word in done.stderr and done.stdout == ""


def test_a_missing_topic_is_told(mneme):
    done = mneme("replay", "--all", env={"MNEME_TOPIC_PREFIX": "none."}, expect=5)
    assert "none.events" in done.stderr and "mneme topics create" in done.stderr


def test_what_is_no_event_is_told_and_the_rest_goes_on(namespace, mneme, history):
    def bad(key):
        return {"key": key, "value": b"?", "partition": murmur2_partition(key, namespace.partitions)}

    (first, other) = namespace.produce([bad(b"default/ada"), bad(b"blue/ada")])
    (behind,) = mneme.publish([own("ada", 9)])
    mneme.publish([own("bob", 9)])
    done = mneme("replay", "--all", expect=1)
    assert len(done.json_lines) == 42 and behind["position"] in positions(done.json_lines)
    told = done.stderr.splitlines()
    assert len(told) == 2 and told[0].startswith(f"mneme: {first[0]}:{first[1]} ")
    assert f"{other[0]}:{other[1]}" not in done.stderr, "another tenant's message is told"
    assert mneme("replay", "--all", "--tenant", "blue", expect=1).stdout == ""
    assert len(mneme("replay", "--stream", "bob", expect=0).json_lines) == 9
    assert mneme("replay", "--stream", "ada", "--to", history[0]["position"], expect=0).stderr == ""


def test_an_event_of_an_unknown_schema_ends_it_behind_all_before(namespace, mneme, history):
    key = b"default/ada"
    (place,) = namespace.produce([{"key": key, "value": b"\xc3\x01somethingunknown",
                                   "partition": murmur2_partition(key, namespace.partitions)}])
    mneme.publish([own("ada", 9)])
    done = mneme("replay", "--stream", "ada", expect=6)
    assert positions(done.json_lines) == [r["position"] for r in history if r["stream_id"] == "ada"]
    assert f"{place[0]}:{place[1]}" in done.stderr


def test_a_reader_that_goes_away_ends_it(namespace, mneme):
    mneme.publish([memory("ada", number) for number in range(20_000)])
    process = mneme.start("replay", "--all", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert json.loads(process.stdout.readline())["payload"]["content"] == {"text": "number 0"}
    process.stdout.close()
    assert process.wait(30) == 0 and process.stderr.read() == b""


def test_an_interrupt_ends_it(namespace, mneme, history):
    """In the middle: the output stands still since nobody reads it. The pipe's reader has taken part of a line."""
    mneme.publish([memory("ada", number) for number in range(20_000)])
    process = mneme.start("replay", "--all", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and err == b""
    assert all(json.loads(line) for line in out.splitlines()[1:-1])
