"""Workers that are killed, stopped, started, paused: under load, and in the end every row is what the log says."""

import pytest

from harness.chaos import folded, pause_in_transaction, wait_folded
from harness.load import Load
from harness.waiting import PATIENCE, wait_until
from oracle import assert_equal_to_log

QUICK = {"MNEME_SESSION_TIMEOUT_MS": "2000"}


def owners(namespace):
    return dict(namespace.rows("SELECT partition, owner FROM progress"))


def assert_rows_are_as_many_as_progress_says(namespace):
    """In one statement, so in one snapshot: the server may still commit what a killed worker had already sent."""
    rows, behind = namespace.rows("SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM parked_events), "
                                  "(SELECT sum(next_offset) FROM progress WHERE projection = 'postgres')")[0]
    assert rows == behind


def test_a_worker_killed_in_the_middle_of_a_batch(namespace, worker):
    """A backlog in large batches: SIGKILL as soon as one is under way, again and again, and each start goes on."""
    with Load(namespace, seed=5, count=20_000, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="the backlog is made")
    env = {**QUICK, "MNEME_BATCH_MAX_EVENTS": "3000"}
    for _ in range(5):
        before = folded(namespace)
        process = worker(env=env, wait=False)
        wait_until(lambda: folded(namespace) > before or not process.is_running, message="the worker folds")
        assert process.is_running, process.log[-3000:]
        process.kill()
        assert_rows_are_as_many_as_progress_says(namespace)
    worker(env=env)
    namespace.drain(timeout=60)
    assert_equal_to_log(namespace)


def test_a_worker_asked_to_stop_finishes_its_batch_and_leaves_at_once(namespace, worker):
    """The other one takes over: the session time-out is longer than it is waited for."""
    env = {"MNEME_SESSION_TIMEOUT_MS": str((PATIENCE + 10) * 1000)}
    leaver = worker(env=env)
    stayer = worker(env=env)
    with Load(namespace, seed=6, rate=1500):
        wait_folded(namespace, 500)
        assert leaver.stop() == 0
        wait_until(lambda: len(set(owners(namespace).values())) == 1, message="the other one owns every partition")
        wait_folded(namespace, 500)
    namespace.drain()
    assert_equal_to_log(namespace)
    assert stayer.is_ready()


@pytest.mark.timeout(240)
def test_a_worker_paused_in_a_transaction_does_not_hold_up_its_heir(namespace, worker):
    """Its locks go with its session; what it had not committed is folded by the other one, once."""
    with Load(namespace, seed=9, count=20_000, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="a backlog is made")
    zombie = worker(env={**QUICK, "MNEME_BATCH_MAX_EVENTS": "2000"})
    pause_in_transaction(namespace, zombie)
    before = folded(namespace)
    assert before < sum(namespace.end_offsets().values()), "nothing is left to fold"
    worker(env=QUICK)
    namespace.drain(timeout=60)
    zombie.resume()
    zombie.wait_ready()
    with Load(namespace, seed=10, count=2000, rate=2000) as load:
        wait_until(lambda: load.sent >= load.count, message="more comes")
    namespace.drain()
    assert_equal_to_log(namespace)
    assert zombie.stop() == 0


def test_a_static_member_comes_back_to_its_partitions(namespace, worker):
    """With --id a restart within the session time-out moves nothing; of two with the same id the first gives up."""
    first = worker("postgres", "--id", "one", env={"MNEME_SESSION_TIMEOUT_MS": "6000"})
    second = worker("postgres", "--id", "two", env={"MNEME_SESSION_TIMEOUT_MS": "6000"})
    with Load(namespace, seed=8, rate=1000):
        wait_folded(namespace, 500)
        first.kill()
        worker("postgres", "--id", "one", env={"MNEME_SESSION_TIMEOUT_MS": "6000"})
        wait_folded(namespace, 500)
        twin = worker("postgres", "--id", "two", env={"MNEME_SESSION_TIMEOUT_MS": "6000"}, wait=False)
        assert second.wait_exit(90) == 4
        assert 'cannot go on working as "two"' in second.log
        wait_folded(namespace, 500)
        assert twin.is_running
    namespace.drain()
    assert_equal_to_log(namespace)
