"""mneme events --follow: the ledger as it grows, nothing left out and nothing twice."""

import json
import queue
import signal
import subprocess
import threading

import pytest
from harness.waiting import wait_until


def note(user, number, **fields):
    return {"type": "custom", "user_id": user, "payload": {"type": "note", "json": {"number": number}}, **fields}


class Follower:
    """A running `mneme events --follow --json`; `lines` are those so far."""

    def __init__(self, mneme, *options):
        self.process = mneme.start("events", "--follow", "--json", *options, env={"MNEME_ALL": "1"}, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.lines = []
        self._queue = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self._queue.put(json.loads(line))

    def wait(self, count, timeout=30):
        def have():
            while not self._queue.empty():
                self.lines.append(self._queue.get())
            return len(self.lines) >= count

        wait_until(have, timeout, lambda: f"{count} events are shown, {len(self.lines)} are; {self.process.poll()}")
        return self.lines

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.wait(0)
        return code, self.process.stderr.read().decode()


@pytest.fixture
def follow(mneme):
    followers = []

    def start(*options):
        followers.append(Follower(mneme, *options))
        return followers[-1]

    yield start
    for follower in followers:
        if follower.process.poll() is None:
            follower.process.kill()
        follower.process.wait()


def positions(lines):
    return [line["position"] for line in lines]


def test_nothing_is_missed_and_nothing_comes_twice(mneme, worker, follow, drain):
    worker(env={"MNEME_BATCH_MAX_EVENTS": "50"})
    worker(env={"MNEME_BATCH_MAX_EVENTS": "50"})
    receipts = mneme.publish([note(f"user-{number % 20}", number) for number in range(500)])
    follower = follow("--since", "2020-01-01")
    for part in range(4):
        receipts += mneme.publish([note(f"user-{number % 20}", number) for number in range(500)])
    lines = follower.wait(2500)
    drain()
    more = mneme.publish([note("last", 1)])
    lines = follower.wait(2501)
    assert sorted(positions(lines)) == sorted(positions(receipts + more))
    versions = {}
    for line in lines:
        assert line["version"] == versions.get(line["stream_id"], 0) + 1, "a stream is out of order"
        versions[line["stream_id"]] = line["version"]
    assert {key for key in lines[0]} == {key for key in mneme("events", "--all", "--limit", "1", "--json").json_lines[0]}
    assert follower.end(signal.SIGINT) == (130, "")
    assert len(follower.lines) == 2501


def test_from_now_on_older_events_are_not_shown(mneme, worker, follow, drain):
    mneme.publish([note(f"user-{number}", number) for number in range(20)])
    worker()
    drain()
    follower = follow()

    def begins():
        mneme.publish([note("new", 0)])
        follower.wait(0)
        return follower.lines

    wait_until(begins, message="the follower has begun")
    mneme.publish([note("new", number) for number in range(1, 30)])
    mark = mneme.publish([note("mark", 1)])[0]["position"]
    wait_until(lambda: mark in positions(follower.wait(0)), message="the mark is shown")
    assert {line["stream_id"] for line in follower.lines} == {"new", "mark"}
    numbers = [line["version"] for line in follower.lines if line["stream_id"] == "new"]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_filters(mneme, worker, follow):
    worker()
    followers = [follow("--since", "2020-01-01", *options) for options in (
        ("--stream", "ada"), ("--type", "tea,note"), ("--correlation", "c"), ("--verdict", "rejected"),
        ("--causation", "e"), ("--tenant", "blue"), ("--limit", "3"))]
    receipts = mneme.publish([
        note("ada", 1), note("bob", 2), note("ada", 3, correlation_id="c", causation_id="e"), note("ada", 4, expected_version=9),
        {"type": "memory_created", "user_id": "bob", "payload": {"memory_type": "fact", "content": "x"}},
        note("eve", 6, tenant="blue")])
    expected = [[0, 2, 3], [0, 1, 2, 3], [2], [3], [2], [5]]
    for follower, wanted in zip(followers, expected):
        assert sorted(positions(follower.wait(len(wanted)))) == sorted(receipts[index]["position"] for index in wanted)
        assert follower.end() == (130, "") and len(follower.lines) == len(wanted)
    assert followers[-1].process.wait(20) == 0 and len(followers[-1].wait(3)) == 3


def test_a_lost_connection_is_made_again(namespace, mneme, worker, follow):
    worker()
    mneme.publish([note("ada", number) for number in range(10)])
    follower = follow("--since", "2020-01-01")
    follower.wait(10)
    for number in range(3):
        assert namespace.value("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name "
                               "LIKE %s AND datname = current_database()", "%mneme-cli%") >= 1
        mneme.publish([note("ada", number)])
        follower.wait(11 + number)
    assert [line["version"] for line in follower.lines] == list(range(1, 14))
    code, said = follower.end()
    assert code == 130 and "following goes on" in said


def test_a_reader_that_goes_away_ends_it_though_nothing_comes(mneme, worker, drain):
    process = mneme.start("events", "--all", "--follow", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(20) == 0 and process.stderr.read() == b""


def test_people_see_a_line_an_event(mneme, worker, drain):
    mneme.publish([note("ada", 1), note("ada", 2, expected_version=7)])
    worker()
    drain()
    done = mneme("events", "--all", "--follow", "--since", "2020-01-01", "--limit", "2", expect=0)
    first, second = done.stdout.splitlines()
    assert "ada  1  note" in first and '"number": 1' in first
    assert "ada  rejected  note" in second


@pytest.mark.parametrize("option", ["--until", "--after", "--from", "--to", "--version", "--newest"])
def test_what_does_not_go_with_it_is_refused(mneme, option):
    values = {"--until": ["2020-01-01"], "--version": [], "--newest": []}.get(option, ["1"])
    done = mneme("events", "--follow", "--stream", "ada", option, *values, expect=2)
    assert option in done.stderr and "--follow" in done.stderr
