"""A rebuild is killed while Postgres builds an index in a stopped session; the next one ends it or says so."""

import os
import signal
import subprocess

from harness.load import Load
from harness.rebuild import EXIT_CONFLICT, scratch_schemas
from harness.waiting import wait_until
from oracle import assert_equal_to_log

OWN_STACK = True
SHORT = {"events": 800}
LONG = {"events": 40_000}
CASES = (("postgres", "mneme", "memories", 4), ("search", "mneme_search", "documents", 0))

OBJECTS = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = %s::regnamespace
    UNION ALL
    SELECT c.relname, conname || pg_get_constraintdef(k.oid), convalidated
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = %s::regnamespace"""


def begin(ground, projection, number):
    log = ground.namespace.folder / f"orphan-{projection}-{number}.log"
    with open(log, "wb") as file:
        process = ground.mneme.start("rebuild", projection, "--jobs", "1", env={"LOG_LEVEL": "info", "MNEME_LOG_FORMAT": "logfmt"},
                                     stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True)
    return process, log


def builder(namespace):
    """The session that waits for the right to build an index."""
    found = namespace.rows("SELECT pid FROM pg_stat_activity WHERE application_name = 'mneme rebuild index' "
                           "AND datname = current_database() AND wait_event_type = 'Lock'")
    return found[0][0] if found else None


def leave_orphan(ground, projection, schema, table):
    """A rebuild that is killed while its builder, stopped, has an index off the list. Says which process that is."""
    namespace = ground.namespace
    process, log = begin(ground, projection, 1)
    wait_until(lambda: "phase=load" in log.read_text(errors="replace"), message="it folds")
    with namespace.connect() as holder:
        holder.execute("BEGIN")
        holder.execute(f"LOCK TABLE {schema}_rebuild.{table} IN ROW EXCLUSIVE MODE")
        wait_until(lambda: builder(namespace), message="an index waits for the table")
        pid = builder(namespace)
        os.kill(pid, signal.SIGSTOP)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        holder.execute("ROLLBACK")
    return pid


def run(ground, events):
    namespace = ground.namespace
    workers = [ground.worker(name) for name, *_ in CASES]
    with Load(namespace, seed=ground.seed, count=events, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="a backlog is made")
    for projection, *_ in CASES:
        namespace.drain(projection, timeout=240)
    deeds = []
    for projection, schema, table, code in CASES:
        before = sorted(namespace.rows(OBJECTS, schema, schema))
        pid = leave_orphan(ground, projection, schema, table)
        process, log = begin(ground, projection, 2)
        try:
            wait_until(lambda: "sessions of a former rebuild are ended" in log.read_text(errors="replace"), message=lambda: f"the orphan is found: {log.read_text(errors='replace')}")
            if code == EXIT_CONFLICT:  # it waits, and gives up
                assert process.wait(120) == code, log.read_text(errors="replace")
                assert f"session {pid} " in log.read_text(errors="replace")
                assert sorted(namespace.rows(OBJECTS, schema, schema)) == before
        finally:
            os.kill(pid, signal.SIGCONT)
        assert process.wait(240) == code, log.read_text(errors="replace")
        ground.mneme("rebuild", projection, expect=0, timeout=240)
        assert sorted(namespace.rows(OBJECTS, schema, schema)) == before, projection
        deeds.append(f"{projection}: {code}")
    assert_equal_to_log(namespace)
    assert not scratch_schemas(namespace), "something is left"
    assert [process.stop() for process in workers] == [0, 0]
    return ", ".join(deeds)
