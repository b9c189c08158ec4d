"""Postgres behind PgBouncer in transaction mode: workers and reads work; what needs a session of its own is refused."""

import json
import os
import subprocess

import pytest
from harness.pgbouncer import PgBouncer
from harness.program import BUILD
from harness.waiting import wait_until
from harness.worker import free_port
from oracle import assert_equal_to_log


@pytest.fixture
def pooled(namespace, tmp_path):
    """The environment that leads through it."""
    pooler = PgBouncer(namespace.database_url, free_port(namespace.run_folder), tmp_path / "pgbouncer")
    yield {"DATABASE_URL": pooler.url}
    pooler.close()


def memories(first, count):
    return [{"type": "memory_created", "user_id": f"u{number % 5}",
             "payload": {"memory_type": "fact", "content": f"tea number {number}"}} for number in range(first, first + count)]


def test_workers_share_its_sessions(namespace, mneme, worker, drain, pooled, embedding):
    """Several of each group at once: none finds the statements, the settings or the tables of another one."""
    started = [worker(name, env=pooled) for name in ("postgres", "postgres", "search", "search", "redis", "embed", "vectors")]
    for first in range(0, 200, 20):
        mneme.publish(memories(first, 20))
    for name in ("postgres", "search", "redis"):
        drain(name, timeout=120)
    for name in ("postgres", "search", "redis"):
        assert mneme("verify", name, "--json", expect=0).json_lines[-1]["state"] == "equal"
    assert_equal_to_log(namespace)
    line = mneme("memory", "add", "Bruno paints the fence green", "--user", "ada", "--wait", "postgres", "--json", expect=0,
                 env=pooled).json_lines[0]
    position = f"{line['partition']}:{line['offset']}" if "partition" in line else line["position"]
    found = mneme("recall", "fence", "--user", "ada", "--at-least", position, "--wait-vectors", "--wait-timeout", "110000",
                  "--json", expect=0, env=pooled)
    assert "Bruno paints" in found.stdout
    for process in started:
        assert process.is_running and "prepared statement" not in process.log
        assert process.stop(timeout=60) == 0, process.log[-3000:]


def test_reads_look_into_the_right_schema(namespace, mneme, worker, drain, pooled):
    worker()
    worker("search")
    mneme.publish(memories(0, 20))
    drain()
    drain("search")
    listed = mneme("memory", "list", "--user", "u1", "--json", expect=0, env=pooled).json_lines
    assert listed == mneme("memory", "list", "--user", "u1", "--json", expect=0).json_lines and listed
    assert mneme("search", "tea", "--user", "u1", "--json", expect=0, env=pooled).json_lines
    lags = [line["lag"] for line in mneme("status", "--json", expect=0, env=pooled).json_lines if "projection" in line]
    assert 0 in lags
    mneme("audit", "verify", expect=0, env=pooled)
    with namespace.connect() as direct:  # nothing was left behind in a session that others get
        assert direct.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


def test_sessions_that_end_behind_it_are_no_end_of_a_worker(namespace, mneme, worker, drain, pooled):
    """It tells each loss as a violation of the protocol."""
    running = worker(env=pooled)
    ended = 0
    with namespace.connect() as direct:
        for first in range(0, 3000, 100):
            mneme.publish(memories(first, 100))
            ((count,),) = direct.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'").fetchall()
            ended += count
    drain(timeout=120)
    assert ended > 0 and running.is_running, running.log[-3000:]
    assert_equal_to_log(namespace)


def test_borrowed_connections_leave_nothing_behind(namespace, pooled):
    """Four connections of one process over three sessions: settings and transactions of a borrower end with it."""
    done = subprocess.run([BUILD / "mneme_race_pool", pooled["DATABASE_URL"]], env={**os.environ, **namespace.env},
                          capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_events_are_followed_without_notifications(namespace, mneme, worker, pooled):
    worker()
    follower = mneme.start("events", "--follow", "--json", "--all", "--limit", "6", "--since", "2020-01-01", env={**mneme.env, **pooled},
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        mneme.publish(memories(0, 3))
        namespace.drain()
        mneme.publish(memories(3, 3))
        wait_until(lambda: follower.poll() is not None, message="six events are shown")
        shown = [json.loads(line) for line in follower.stdout]
        assert len(shown) == 6 and follower.returncode == 0, follower.stderr.read()
    finally:
        follower.kill()


@pytest.mark.parametrize("command", [("rebuild", "postgres"), ("rebuild", "search"), ("verify", "postgres"), ("verify", "redis"), ("migrate",)])
def test_what_needs_a_session_of_its_own_says_so(namespace, mneme, command, pooled):
    refused = mneme(*command, expect=2, env=pooled)
    assert "PgBouncer" in refused.stderr and "MNEME_PG_POOL_MODE=session" in refused.stderr


def test_a_pool_of_whole_sessions_takes_everything(namespace, mneme, worker, drain, tmp_path):
    pooler = PgBouncer(namespace.database_url, free_port(namespace.run_folder), tmp_path / "sessions", "session", 20)
    env = {"DATABASE_URL": pooler.url, "MNEME_PG_POOL_MODE": "session"}
    try:
        worker(env=env)
        mneme.publish(memories(0, 20))
        drain()
        mneme("rebuild", "postgres", expect=0, env=env)
        assert mneme("verify", "postgres", "--json", expect=0, env=env).json_lines[-1]["state"] == "equal"
    finally:
        pooler.close()
