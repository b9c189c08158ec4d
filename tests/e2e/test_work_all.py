"""mneme work all: a worker for each projection that the settings allow, in one process group with one log."""

import os
import re
import signal

import pytest

from harness.endpoint import Endpoint
from harness.terminal import Terminal
from harness.worker import processes
from oracle import assert_equal_to_log

PATIENT = {"MNEME_RETRY_INITIAL_MS": "50", "MNEME_RETRY_MAX_MS": "500", "MNEME_SESSION_TIMEOUT_MS": "2000"}
BASE = {"postgres", "search"}
ALONE = {**PATIENT, "REDIS_URL": None, "OPENAI_BASE_URL": None}  # postgres and search, nothing else


def publish(mneme, count, start=0):
    mneme.publish([{"type": "memory_created", "user_id": f"u{number % 5}",
                    "payload": {"memory_type": "fact", "content": f"tea number {number}"}}
                   for number in range(start, start + count)])


@pytest.fixture
def members(wait_until):
    """Waits until exactly these projections have a worker that runs, and gives their processes."""

    def ask(group, names=BASE):
        wait_until(lambda: set(group.members()) == set(names) or not group.is_running,
                   message=lambda: f"{names} run, not {group.members()}\n{group.log[-3000:]}")
        return group.members()

    return ask


def wait_gone(wait_until, pids):
    wait_until(lambda: not set(pids) & set(processes()), message="no worker is left behind")


def test_every_projection_that_the_settings_allow_folds_and_each_line_says_which(namespace, worker, mneme, drain, members, wait_until):
    with Endpoint() as endpoint:
        group = worker("all", env={**PATIENT, "OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "fake"})
        pids = members(group, {"postgres", "search", "redis", "embed", "vectors"})
        publish(mneme, 30)
        for projection, topic in (("postgres", None), ("search", None), ("embed.fake", None),
                                  ("vectors", f"{namespace.topic_prefix}embeddings.fake")):
            drain(projection, topic=topic)
        assert mneme("recall", "tea number 7", "--user", "u2", "--json", "--no-record", expect=0,
                     env={"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "fake"}).json_lines[-1]["degraded"] == []
        assert group.stop() == 0
        wait_gone(wait_until, pids.values())
    lines = group.log.splitlines()
    assert lines and all(re.search(r" projection=(postgres|search|redis|embed|vectors)( |$)", line) for line in lines), group.log
    assert {re.search(r" projection=(\w+)", line)[1] for line in lines if 'event="worker started"' in line} == set(pids)
    assert_equal_to_log(namespace)


def test_ports_are_given_in_order(namespace, worker, members, wait_until):
    group = worker("all", env=ALONE)
    members(group)
    first = group.port
    for name in ("postgres", "search"):
        wait_until(group.is_ready, message=f"{name} is ready")
        assert f'event="serves metrics" projection={name} reason=http://127.0.0.1:{group.port}/metrics' in group.log
        group.port += 1
    assert group.get("/healthz") is None, "there is no third worker"
    group.port = first
    assert "is left out\" projection=redis reason=\"REDIS_URL is not set\"" in group.log
    assert group.log.count("OPENAI_BASE_URL is not set") == 2
    assert group.stop() == 0


def test_ports_that_there_are_not_are_refused(folded):
    done = folded.mneme("work", "all", "--metrics", "65535", env=ALONE, expect=2)
    assert "is too high for the ports of 2 workers; give a port up to 65534" in done.stderr


@pytest.mark.parametrize("victims", [["postgres"], ["postgres", "search"]])
def test_a_killed_worker_is_started_again_and_nothing_is_lost_or_doubled(namespace, worker, mneme, drain, members, wait_until, victims):
    group = worker("all", env=ALONE)
    for number in range(3):
        before = members(group)
        publish(mneme, 40, number * 40)
        for name in victims:
            os.kill(before[name], signal.SIGKILL)
        wait_until(lambda: all(group.members().get(name, before[name]) != before[name] for name in victims),
                   message=lambda: f"another process runs\n{group.log[-3000:]}")
    members(group)
    drain()
    drain("search")
    for name in victims:
        told = [line for line in group.log.splitlines()
                if f'event="has ended and is started again" projection={name} ' in line]
        assert len(told) == 3 and all("signal 9 (Killed)" in line and "in_seconds=" in line for line in told), group.log
    assert_equal_to_log(namespace)
    mneme("verify", "search", expect=0)
    assert group.stop() == 0


def test_a_worker_that_somebody_stops_is_started_again(worker, members, wait_until):
    group = worker("all", env=ALONE)
    before = members(group)
    os.kill(before["search"], signal.SIGTERM)
    wait_until(lambda: group.members().get("search", before["search"]) != before["search"], message="search runs again")
    assert "projection=search reason=\"exit code 0\"" in group.log
    assert group.stop() == 0


def test_a_killed_parent_leaves_no_worker_behind(namespace, worker, mneme, drain, members, wait_until):
    group = worker("all", env=ALONE)
    pids = members(group)
    publish(mneme, 60)
    group.kill()
    wait_gone(wait_until, pids.values())
    heir = worker("all", env=ALONE)
    publish(mneme, 20, 60)
    drain()
    assert_equal_to_log(namespace)
    assert heir.stop() == 0


def test_a_worker_that_stands_still_is_killed_when_the_group_stops(worker, members, wait_until):
    group = worker("all", env=ALONE)
    pids = members(group)
    os.kill(pids["search"], signal.SIGSTOP)
    assert group.stop() == 0, group.log  # it is let go on so that it can end
    wait_gone(wait_until, pids.values())


def test_what_only_a_person_can_mend_ends_that_worker_and_gives_the_exit_code(namespace, worker, mneme, drain, members, wait_until):
    group = worker("all", env={**ALONE, "MNEME_SEARCH_SCHEMA": "nothing_here"})
    wait_until(lambda: "is not started again" in group.log, message=lambda: group.log)
    publish(mneme, 10)
    drain()
    assert set(members(group, {"postgres"})) == {"postgres"} and group.is_running
    (told,) = [line for line in group.log.splitlines() if "is not started again" in line]
    assert "projection=search" in told and "level=error" in told and "mneme migrate" in told
    code = int(re.search(r"exit code (\d)", told)[1])
    assert code != 0 and group.stop() == code
    assert_equal_to_log(namespace)


def test_a_group_of_which_nobody_is_left_ends_with_the_first_ones_code(worker):
    group = worker("all", env={**ALONE, "MNEME_TOPIC_PREFIX": "nothing-here."}, wait=False)
    assert group.wait_exit() == 5
    assert group.log.count("is not started again") == 2 and "mneme topics create" in group.log


# --- on a terminal ---


def test_on_a_terminal_there_is_a_line_for_each_state_and_no_logfmt(namespace, mneme, wait_until):
    with Terminal(mneme, "work", "all", env=ALONE) as terminal:
        wait_until(lambda: terminal.text.count("working; partitions: 4") == 2, message=lambda: terminal.text)
        pids = [pid for pid, (parent, _) in processes().items() if parent == terminal.pid]
        os.kill(next(pid for pid in pids if processes()[pid][1][2] == "search"), signal.SIGKILL)
        wait_until(lambda: "search    has ended and is started again in " in terminal.text, message=lambda: terminal.text)
        wait_until(lambda: terminal.text.count("search    started") == 2, message=lambda: terminal.text)
        terminal.send("\x03")
        assert terminal.wait_exit() == 130, terminal.text
        wait_gone(wait_until, pids)
    lines = terminal.text.replace("^C", "").splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\dZ  (mneme|postgres|search|redis|embed|vectors) +\S", line) for line in lines if line), terminal.text
    assert "level=" not in terminal.text
    assert sum("stopped" in line for line in lines) == 2


def test_on_a_terminal_verbose_shows_every_line(namespace, mneme, wait_until):
    with Terminal(mneme, "work", "all", "-v", env=ALONE) as terminal:
        wait_until(lambda: terminal.text.count(": partitions claimed (partitions 4") == 2, message=lambda: terminal.text)
        assert ": partitions assigned (" in terminal.text
        terminal.send("\x03")
        assert terminal.wait_exit() == 130, terminal.text
