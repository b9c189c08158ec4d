"""mneme lock as scripts use it: what it prints, its exit codes, and commands that run under a lock."""

import os
import signal
import subprocess
import sys
import time
import uuid
from types import SimpleNamespace

import pytest
import redis

from harness.program import Program
from harness.redis_server import RedisServer
from harness.waiting import wait_until

LOST = 7


@pytest.fixture
def locks(stack):
    """The program, with locks of its own on the stack's Redis."""
    program = Program({"REDIS_URL": stack.env["REDIS_URL"], "MNEME_REDIS_PREFIX": f"lock-{uuid.uuid4().hex}:"})
    yield program
    store = redis.Redis.from_url(stack.env["REDIS_URL"])
    for key in store.scan_iter(program.env["MNEME_REDIS_PREFIX"] + "*"):
        store.delete(key)
    store.close()


def test_one_has_it_until_it_is_released(locks):
    (held,) = locks("lock", "acquire", "nightly", "--ttl", "60", "--json", expect=0).json_lines
    assert set(held) == {"name", "tenant", "value", "token", "valid_ms", "valid_until"}
    assert 0 < held["valid_ms"] <= 60000 - 600 - 2
    refused = locks("lock", "acquire", "nightly", "--wait", "0", expect=4)
    assert refused.stdout == "" and "somebody else has it for another" in refused.stderr
    (extended,) = locks("lock", "extend", "nightly", "--value", held["value"], "--ttl-ms", "90000", "--json",
                        expect=0).json_lines
    assert extended["valid_ms"] > 60000 and "token" not in extended
    locks("lock", "release", "nightly", "--value", "another", expect=4)
    (released,) = locks("lock", "release", "nightly", "--value", held["value"], "--json", expect=0).json_lines
    assert released == {"name": "nightly", "tenant": "default", "released": True}
    locks("lock", "release", "nightly", "--value", held["value"], expect=5)
    locks("lock", "extend", "nightly", "--value", held["value"], expect=5)
    (later,) = locks("lock", "acquire", "nightly", "--json", expect=0).json_lines
    assert later["token"] > held["token"] > 1_700_000_000_000_000
    locks("lock", "acquire", "nightly", "--tenant", "another", expect=0)


def test_a_wait_ends_when_the_lease_does(locks):
    locks("lock", "acquire", "nightly", "--ttl", "0.3", expect=0)
    locks("lock", "acquire", "nightly", "--wait", "50", "--ttl", "50", expect=0)
    locks("lock", "acquire", "nightly", "--wait-ms", "50", expect=4)


def test_without_a_word_the_lease_is_ten_seconds_and_the_wait_five(locks):
    (held,) = locks("lock", "acquire", "brief", "--json", expect=0).json_lines
    (extended,) = locks("lock", "extend", "brief", "--value", held["value"], "--json", expect=0).json_lines
    assert all(0 < lease["valid_ms"] <= 10000 - 100 - 2 for lease in (held, extended))
    locks("lock", "acquire", "nightly", "--ttl", "2", expect=0)
    locks("lock", "acquire", "nightly", "--ttl", "600", expect=0)  # waits for the two seconds to end
    begun = time.monotonic()
    locks("lock", "acquire", "nightly", expect=4)
    assert time.monotonic() - begun >= 5


@pytest.mark.parametrize("words", [("acquire",), ("acquire", "a", "--ttl", "0"), ("acquire", "a", "--ttl-ms", "x"), ("acquire", ""),
                                   ("extend", "a"), ("release", "a"), ("run", "a"), ("run", "--", "true"),
                                   ("run", "a", "true"), ("run", "--", "a", "true"), ("run", "a", "sh", "--", "true")])
def test_wrong_usage(locks, words):
    locks("lock", *words, expect=2)


def test_servers_that_do_not_answer(locks):
    away = {"MNEME_LOCK_URLS": f"redis://127.0.0.1:1,{locks.env['REDIS_URL']},redis://127.0.0.1:2"}
    assert "2 did not answer" in locks("lock", "acquire", "a", "--wait", "0", env=away, expect=3).stderr
    locks("lock", "run", "a", "--wait", "0", "--", "true", env=away, expect=3)
    locks("lock", "acquire", "a", expect=0)  # nothing is left of the failed tries


def test_a_command_runs_under_the_lock(locks):
    done = locks("lock", "run", "nightly", "--", "sh", "-c",
                 'echo "$MNEME_LOCK_NAME $MNEME_LOCK_TOKEN $MNEME_LOCK_VALUE"; cat; exit 42', input="from stdin", expect=42)
    name, token, value = done.stdout.splitlines()[0].split()
    assert name == "nightly" and done.stdout.endswith("from stdin")
    (later,) = locks("lock", "acquire", "nightly", "--json", expect=0).json_lines
    assert later["token"] > int(token) and later["value"] != value
    locks("lock", "run", "nightly", "--", "true", expect=4)


WORDS = ["--ttl", "5", "--", "a b", "", "--json", "-n", "--", "--help", "nightly"]


@pytest.mark.parametrize("before", [
    ["run", "nightly", "--ttl", "60"], ["run", "--ttl", "60", "nightly"], ["run", "--ttl=60", "nightly", "--wait-ms", "50"],
    ["--json", "run", "-t60", "nightly", "--tenant", "blue", "--wait=1"], ["run", "nightly"],
], ids=" ".join)
def test_what_stands_behind_the_dashes_reaches_the_command_exactly(locks, before):
    print_each = "import json, sys; print(json.dumps(sys.argv[1:]))"
    done = locks("lock", *before, "--", sys.executable, "-c", print_each, *WORDS, expect=0)
    assert done.json_lines == [WORDS]


def test_a_command_that_cannot_be_run(locks, tmp_path):
    assert "no-such-command" in locks("lock", "run", "a", "--", "no-such-command", expect=127).stderr
    locks("lock", "run", "a", "--", tmp_path, expect=126)
    locks("lock", "run", "a", "--", "sh", "-c", "kill -9 $$", expect=137)
    locks("lock", "acquire", "a", expect=0)


def start(locks, *words, ttl="3"):
    """A process of lock run whose command prints a line when it is there."""
    process = locks.start("lock", "run", "nightly", "--ttl", ttl, "--", "sh", "-c", *words, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    return process


def end(process):
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


def test_the_lease_is_extended_while_the_command_runs(locks):
    process = start(locks, "echo begun; cat; echo ended")
    several_leases = time.monotonic() + 3.5
    while time.monotonic() < several_leases:
        locks("lock", "acquire", "nightly", "--wait", "0.5", expect=4)
    assert end(process) == (0, "ended\n", "")
    locks("lock", "acquire", "nightly", expect=0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_are_passed_on(locks, number):
    process = start(locks, "trap 'echo told; exit 5' TERM INT USR1; echo begun; while :; do sleep 0.1; done")
    process.send_signal(number)
    assert end(process)[:2] == (5, "told\n")  # the shell may say that the signal has ended its sleep, too
    locks("lock", "acquire", "nightly", expect=0)


def test_who_ignores_its_children_may_start_it(locks):
    process = locks.start("lock", "run", "nightly", "--", "sh", "-c", "exit 3",
                          preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert process.wait(60) == 3


def forget(locks):
    """Takes the lock away from whoever has it, as a restart does."""
    store = redis.Redis.from_url(locks.env["REDIS_URL"])
    assert store.delete(locks.env["MNEME_REDIS_PREFIX"] + "lock:{default/nightly}") == 1
    store.close()


def test_a_command_is_ended_when_the_lock_is_lost(locks):
    process = start(locks, "trap 'echo told; exit 0' TERM; echo begun; while :; do sleep 0.1; done")
    forget(locks)
    code, output, errors = end(process)
    assert (code, output) == (LOST, "told\n") and "its lease has run out" in errors


def is_there(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_command_that_does_not_end_is_killed_with_what_it_has_started(locks):
    process = start(locks, "trap '' TERM; sleep 1000 & echo begun; echo $!; while :; do sleep 0.1; done")
    child = int(process.stdout.readline())
    forget(locks)
    assert end(process)[0] == LOST
    wait_until(lambda: not is_there(child), message="what it has started is killed")


def test_a_command_does_not_outlive_who_holds_its_lock(locks):
    process = start(locks, "echo begun; exec sleep 1000", ttl="30")
    process.kill()
    process.stdout.read()  # the command has it open, too
    assert process.wait(60) == -signal.SIGKILL


def test_a_command_is_ended_when_no_server_can_be_asked(locks, run_folder, tmp_path):
    """It is told before the lease is over, and gone when it is."""
    with RedisServer(SimpleNamespace(run_folder=run_folder, folder=tmp_path)) as server:
        locks.env["MNEME_LOCK_URLS"] = server.url
        process = start(locks, "trap 'echo told' TERM; echo begun; while :; do sleep 0.1; done")
        server.kill()
        code, output, errors = end(process)
    assert (code, output) == (LOST, "told\n") and "did not answer" in errors
