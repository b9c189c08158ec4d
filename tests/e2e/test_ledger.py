"""The ledger's chain: every kind of tampering is named, heads that were kept elsewhere, and NOTIFY."""

import json
import re

import psycopg

from harness.stack import ROOT

from harness.waiting import wait_until
from oracle.chain import FIELDS, SELECTED, row_hash

STREAMS = 24


def publish(mneme, count, start=0, **more):
    lines = [{"type": "custom", "stream_id": f"s{i % STREAMS}", "payload": {"type": "step", "json": {"n": i, "b": [1.50]}}, **more}
             for i in range(start, start + count)]
    mneme("publish", "-", input="".join(json.dumps(line) + "\n" for line in lines), expect=0)


def offsets(connection, partition=0):
    return [row[0] for row in connection.execute(
        "SELECT kafka_offset FROM events WHERE kafka_partition = %s ORDER BY 1", (partition,))]


def swap(connection, columns, low, high):
    """Exchanges the columns of two rows of partition 0."""
    connection.execute(
        "CREATE TEMPORARY TABLE swapped ON COMMIT DROP AS SELECT * FROM events WHERE kafka_partition = 0 AND "
        "kafka_offset IN (%s, %s)", (low, high))
    connection.execute("DELETE FROM events WHERE kafka_partition = 0 AND kafka_offset IN (%s, %s)", (low, high))
    others = ", ".join(f"{'b' if name in columns else 'a'}.{name}" for name in [*FIELDS, "hash"])
    connection.execute(f"INSERT INTO events ({', '.join([*FIELDS, 'hash'])}) SELECT {others} FROM swapped a JOIN swapped b ON "
                       "a.kafka_offset <> b.kafka_offset")


def chain_anew(connection, partition=0):
    """What somebody does who knows how hashes are made and can write to the tables."""
    chosen = ", ".join(SELECTED.get(kind, "{}").format(name) for name, kind in FIELDS.items())
    previous = bytes(32)
    for values in connection.execute(
            f"SELECT {chosen} FROM events WHERE kafka_partition = %s ORDER BY kafka_offset", (partition,)).fetchall():
        previous = row_hash(previous, values)
        connection.execute("UPDATE events SET hash = %s WHERE sequence_id = %s", (previous, values[0]))
    connection.execute("UPDATE ledger_heads SET hash = %s WHERE kafka_partition = %s", (previous, partition))


POSITION = ("sequence_id", "kafka_offset")
ROW = "WHERE kafka_partition = 0 AND kafka_offset = %s"


def update(connection, assignment, offset):
    assert connection.execute(f"UPDATE events SET {assignment} {ROW}", (offset,)).rowcount == 1


def delete(connection, *places):
    for offset in places:
        assert connection.execute(f"DELETE FROM events {ROW}", (offset,)).rowcount == 1


def insert_copy(connection, offset, shift, verdict="duplicate"):
    """A row like another one, so many offsets further."""
    names = [name for name in (*FIELDS, "hash") if name not in ("sequence_id", "kafka_offset", "verdict", "version")]
    connection.execute(
        f"INSERT INTO events (sequence_id, kafka_offset, verdict, {', '.join(names)}) SELECT sequence_id + %s * 4096, "
        f"kafka_offset + %s, %s, {', '.join(names)} FROM events {ROW}", (shift, shift, verdict, offset))


def n_minus(less):
    return lambda n: n - less


# Name -> (what is done to partition 0 of 2, whose offsets are 0…n-1; kind of break, offset, last or other offset)
TAMPERINGS = {
    "a payload": (lambda c, n: update(c, "payload = payload || '{\"x\": 1}'", 5), ("changed", 5, 5)),
    "a time": (lambda c, n: update(c, "occurred_at = occurred_at + interval '1 microsecond'", 7), ("changed", 7, 7)),
    "a verdict": (lambda c, n: update(c, "verdict = 'rejected'", 0), ("changed", 0, 0)),
    "a hash": (lambda c, n: update(c, "hash = decode(repeat('ab', 32), 'hex')", 5), ("changed", 5, 5)),
    "a short hash": (lambda c, n: update(c, "hash = '\\x00'", 5), ("changed", 5, 5)),
    "the last row": (lambda c, n: update(c, "actor = 'me'", n - 1), ("changed", n_minus(1), n_minus(1))),
    "three rows": (lambda c, n: [update(c, "actor = 'me'", at) for at in (5, 6, 7)], ("changed", 5, 7)),
    "one row less": (lambda c, n: delete(c, 5), ("removed", 5, 5)),
    "the first rows less": (lambda c, n: delete(c, 0, 1), ("removed", 0, 1)),
    "the last rows less": (lambda c, n: delete(c, n - 1, n - 2), ("removed", n_minus(2), n_minus(1))),
    "neighbours swapped": (lambda c, n: swap(c, POSITION, 5, 6), ("swapped", 5, 6)),
    "rows swapped": (lambda c, n: swap(c, POSITION, 5, 11), ("swapped", 5, 11)),
    "payloads swapped": (lambda c, n: swap(c, ("payload",), 5, 11), ("swapped", 5, 11)),
    "a row behind the end": (lambda c, n: insert_copy(c, 5, n - 5), ("inserted", n_minus(0), n_minus(0))),
}


def at(value, n):
    return value(n) if callable(value) else value


def breaks(mneme, *options):
    result = mneme("audit", "verify", "--json", *options)
    *found, last = result.json_lines
    assert result.returncode == (6 if found else 0) and last["state"] == ("broken" if found else "whole"), result
    assert last["breaks"] == len(found)
    return found, last


def folded(mneme, worker, drain, count):
    publish(mneme, count)
    running = worker()
    drain()
    return running


def test_every_tampering_is_named(namespace, mneme, worker, drain):
    folded(mneme, worker, drain, 120)
    assert breaks(mneme)[1]["rows"] == 120
    with namespace.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM events")
        count = len(offsets(connection))
    assert count > 20
    for name, (tamper, (kind, first, last)) in TAMPERINGS.items():
        with namespace.connect() as connection, connection.transaction():
            tamper(connection, count)
        found, _ = breaks(mneme)
        partition = [entry for entry in found if entry["position"].startswith("0:")]
        assert found == partition and len(found) == 1, (name, found)
        assert found[0]["break"] == kind, (name, found)
        assert found[0]["position"] == f"0:{at(first, count)}", (name, found)
        assert found[0].get("other", found[0]["last"]) == f"0:{at(last, count)}", (name, found)
        assert not breaks(mneme, "--partition", "1")[0], name
        with namespace.connect() as connection, connection.transaction():
            connection.execute("TRUNCATE events")
            connection.execute("INSERT INTO events SELECT * FROM kept")
        assert not breaks(mneme)[0], name
    text = mneme("audit", "verify", expect=0).stdout
    assert "120 rows in 4 partitions: the chain is whole" in text


def test_a_partition_that_there_is_not_is_an_error_that_names_those_that_there_are(namespace, mneme, worker, drain):
    nothing = mneme("audit", "verify", "--partition", "0", expect=5)
    assert "there is no partition 0; nothing is folded yet" in nothing.stderr and nothing.stdout == ""
    folded(mneme, worker, drain, 20)
    assert breaks(mneme, "--partition", "3")[1]["partitions"] == 1
    beyond = mneme("audit", "verify", "--partition", "4", "--json", expect=5)
    assert "there is no partition 4; the partitions are 0 to 3" in beyond.stderr and beyond.stdout == ""


def test_an_inserted_row_between_others_is_named(namespace, mneme, worker, drain):
    """Where a parked event left an offset free: the row that was put there, not the one behind it."""
    namespace.produce([{"key": b"default/s0", "value": b"no event"}])
    folded(mneme, worker, drain, 60)
    with namespace.connect() as connection:
        partition, free = connection.execute("SELECT partition, min(kafka_offset) FROM parked_events GROUP BY 1").fetchone()
        source = connection.execute("SELECT max(sequence_id) FROM events").fetchone()[0]
        assert not breaks(mneme)[0]
        names = [name for name in (*FIELDS, "hash") if name not in (
            "sequence_id", "kafka_offset", "kafka_partition", "verdict", "version")]
        connection.execute(
            f"INSERT INTO events (sequence_id, kafka_offset, kafka_partition, verdict, {', '.join(names)}) SELECT "
            f"%s, %s, %s, 'duplicate', {', '.join(names)} FROM events WHERE sequence_id = %s",
            (free * 4096 + partition, free, partition, source))
    inserted = [("inserted", f"{partition}:{free}")]
    assert [(entry["break"], entry["position"]) for entry in breaks(mneme)[0]] == inserted
    with namespace.connect() as connection:  # by somebody who knows how hashes are made
        chosen = ", ".join(SELECTED.get(kind, "{}").format(name) for name, kind in FIELDS.items())
        where = f"WHERE sequence_id = {free * 4096 + partition}"
        row = connection.execute(f"SELECT {chosen} FROM events {where}").fetchone()
        before = connection.execute("SELECT hash FROM events WHERE kafka_partition = %s AND kafka_offset < %s ORDER BY "
                                    "kafka_offset DESC LIMIT 1", (partition, free)).fetchone()
        connection.execute(f"UPDATE events SET hash = %s {where}", (row_hash(before[0] if before else bytes(32), row),))
    assert [(entry["break"], entry["position"]) for entry in breaks(mneme)[0]] == inserted


def test_a_chain_made_anew_is_seen_by_heads_that_were_kept(namespace, mneme, worker, drain, tmp_path):
    folded(mneme, worker, drain, 60)
    kept = tmp_path / "heads.json"
    kept.write_text(mneme("audit", "heads", "--json", expect=0).stdout)
    plain = tmp_path / "heads.txt"
    plain.write_text(mneme("audit", "heads", expect=0).stdout)
    heads = [json.loads(line) for line in kept.read_text().splitlines()]
    publish(mneme, 60, start=60)
    drain()
    for file in (kept, plain):
        assert breaks(mneme, "--heads", file)[1]["heads"] == len(heads)
    victim = int(heads[0]["position"].split(":")[0])
    with namespace.connect() as connection, connection.transaction():
        connection.execute("UPDATE events SET payload = payload || '{\"x\": 1}' WHERE kafka_partition = %s AND kafka_offset = 1",
                           (victim,))
        chain_anew(connection, victim)
    assert not breaks(mneme)[0]
    found, _ = breaks(mneme, "--heads", kept)
    assert [(entry["break"], entry["position"]) for entry in found] == [("changed", heads[0]["position"])]
    (tmp_path / "bad").write_text("0:1 zz\n")
    refused = mneme("audit", "verify", "--heads", tmp_path / "bad", expect=2)
    assert "line 1 is not a head" in refused.stderr


def test_the_statement_of_the_manual_finds_what_does_not_follow(namespace, mneme, worker, drain):
    folded(mneme, worker, drain, 40)
    statement = re.search(r"```sql\n(.*?)```", (ROOT / "docs/ledger.md").read_text(encoding="utf-8"), re.S)[1]
    assert namespace.value("SELECT count(*) FROM events") == 40 and namespace.rows(statement) == []
    with namespace.connect() as connection:
        row = connection.execute("UPDATE events SET actor = 'me' WHERE sequence_id = (SELECT max(sequence_id) FROM events) "
                                 "RETURNING kafka_partition, kafka_offset").fetchone()
    assert namespace.rows(statement) == [row]


def test_accepted_events_are_told_to_those_who_listen(namespace, mneme, worker, drain):
    long = '"' * 500  # two bytes each as JSON
    with psycopg.connect(namespace.database_url, autocommit=True) as connection:
        connection.execute("LISTEN memory_events")
        publish(mneme, 300)
        mneme("publish", "-", expect=0, input="".join(json.dumps(
            {"type": "custom", "stream_id": f"{long}{i}", "payload": {"type": "t", "json": 1}}) + "\n" for i in range(5)))
        mneme("publish", "-", expect=0, input=json.dumps(
            {"type": "custom", "stream_id": "s0", "expected_version": 9999, "payload": {"type": "t", "json": 1}}) + "\n")
        worker()
        drain()
        told = []
        wait_until(lambda: told.extend(connection.notifies(timeout=0.2)) or sum(
            len(json.loads(one.payload)) for one in told) >= 305, message="305 events are told")
    entries = [entry for one in told for entry in json.loads(one.payload)]
    assert max(len(one.payload.encode()) for one in told) < 8000 and len(told) < 30
    rows = namespace.rows("SELECT sequence_id, event_id::text, stream_id, event_type FROM events WHERE verdict = 'accepted'")
    assert sorted(tuple(entry.values()) for entry in entries) == sorted(rows)
    assert [*entries[0]] == ["sequence_id", "event_id", "stream_id", "event_type"]


def test_each_event_is_told_by_itself_where_that_is_asked_for(namespace, mneme, worker, drain):
    with psycopg.connect(namespace.database_url, autocommit=True) as connection:
        connection.execute("LISTEN memory_events")
        publish(mneme, 40)
        mneme("publish", "-", expect=0, input=json.dumps(
            {"type": "custom", "stream_id": "s0", "expected_version": 9999, "payload": {"type": "t", "json": 1}}) + "\n")
        worker(env={"MNEME_NOTIFY": "each"})
        drain()
        told = []
        wait_until(lambda: told.extend(connection.notifies(timeout=0.2)) or len(told) >= 40, message="40 events are told")
    entries = [json.loads(one.payload) for one in told]
    rows = namespace.rows("SELECT sequence_id, event_id::text, stream_id, event_type FROM events WHERE verdict = 'accepted'")
    assert sorted(tuple(entry.values()) for entry in entries) == sorted(rows)
    assert all([*entry] == ["sequence_id", "event_id", "stream_id", "event_type"] for entry in entries)


def test_nothing_is_told_when_it_is_switched_off(namespace, mneme, worker, drain):
    with psycopg.connect(namespace.database_url, autocommit=True) as connection:
        connection.execute("LISTEN memory_events")
        publish(mneme, 20)
        worker(env={"MNEME_NOTIFY": "false"})
        drain()
        connection.execute("SELECT 1")
        assert not list(connection.notifies(timeout=0))
