"""The oracle's rows against those of Postgres, column by column, with the first differences in words."""

import datetime
import json
from contextlib import contextmanager
from decimal import Decimal

from psycopg.types.json import set_json_loads

from oracle import subjects
from oracle.chain import compare_chain
from oracle.fold import Fold, Time
from oracle.wire import Decoder, read_topic

FIRST = 12  # differences shown for each table

# Table -> its key, and the columns that differ between two folds of the same log.
TABLES = {
    "events": (("sequence_id",), ("hash",)),  # the chain is compared by itself
    "verdict_exceptions": (("kafka_partition", "kafka_offset"), ()),
    "streams": (("tenant", "stream_id"), ()),
    **{table: (key, ()) for table, key in subjects.TABLES.items()},
    "parked_events": (("projection", "topic", "partition", "kafka_offset"), ("reason", "parked_at")),
}


def exact_loads(text):
    return json.loads(text, parse_float=Decimal)


@contextmanager
def snapshot(namespace, projection="postgres"):
    """A connection to the projection's schema that sees one moment, with exact numbers."""
    with namespace.connect(projection) as connection:
        set_json_loads(exact_loads, connection)
        connection.autocommit = False
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection


def fold_topic(namespace, projection="postgres", content_max_chars=100000):
    """The oracle's tables for what is on the namespace's topic now."""
    messages, ends = read_topic(namespace)
    by_hand = namespace.rows("SELECT partition, kafka_offset FROM hand_parked WHERE topic = %s", namespace.topic)
    dropped = {}
    for group, *position in namespace.rows(
            "SELECT split_part(projection, '.', 1), partition, kafka_offset FROM dropped_events WHERE topic = %s", namespace.topic):
        dropped.setdefault(group, set()).add(tuple(position))
    fold = Fold(Decoder(namespace.stack.registry_url), len(ends), namespace.topic, projection, content_max_chars, by_hand, dropped)
    for message in messages:
        fold.apply(message)
    fold.next_offsets.update(ends)  # what lies behind the last event, such as a transaction's marker, is not an event
    return fold


def same(expected, actual):
    """Whether a value of a table, or of JSON in it, is what it must be."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and expected.keys() == actual.keys() and all(
            same(expected[name], actual[name]) for name in expected)
    if isinstance(expected, list):
        return isinstance(actual, list) and len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, Time):
        return isinstance(actual, str) and micros_of(actual) == expected.micros
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, float) and isinstance(actual, (Decimal, int)):
        return expected == float(actual)
    return expected == actual and (expected is None) == (actual is None)


def micros_of(text):
    """Microseconds of an RFC 3339 time in UTC, None for anything else."""
    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo is None or not text.endswith("Z"):
        return None
    return (when - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(microseconds=1)


def read_table(connection, table, key):
    """{key: {column: value}}; times as microseconds."""
    columns = connection.execute(
        "SELECT attname, atttypid::regtype::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
        "AND NOT attisdropped ORDER BY attnum", (table,)).fetchall()
    chosen = ", ".join(
        f"(extract(epoch FROM {name}) * 1000000)::bigint" if kind == "timestamp with time zone" else
        f"{name}::text" if kind in ("verdict", "tsvector") else
        f"{name}::real[]::float8[]" if kind in ("vector", "public.vector") else f'"{name}"'
        for name, kind in columns)
    rows = {}
    with connection.cursor(name="oracle_" + table) as cursor:
        cursor.itersize = 20000
        cursor.execute(f"SELECT {chosen} FROM {table}")
        for values in cursor:
            row = dict(zip((name for name, _ in columns), values, strict=True))
            rows[tuple(row[name] for name in key)] = row
    return rows


def describe(table, key):
    if table == "events":
        return f"events {key[0]} ({key[0] % 4096}:{key[0] // 4096})"
    return f"{table} {'/'.join(map(str, key))}"


def shorten(value):
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "…"


def compare_rows(table, expected, actual, shape=None):
    """Sentences, one for each difference. `shape` is as in TABLES."""
    key, ignored = shape or TABLES[table]
    found = []
    for place in sorted(expected.keys() - actual.keys(), key=str):
        found.append(f"{describe(table, place)} is missing: {shorten(expected[place])}")
    for place in sorted(actual.keys() - expected.keys(), key=str):
        found.append(f"{describe(table, place)} should not be there: {shorten(actual[place])}")
    for place in sorted(expected.keys() & actual.keys(), key=str):
        want = {**expected[place], **dict(zip(key, place, strict=True))}
        have = actual[place]
        for column in sorted((want.keys() | have.keys()) - set(ignored)):
            if column not in have:
                found.append(f"{describe(table, place)} has no column {column}")
            elif column not in want:
                found.append(f"{describe(table, place)}: the oracle knows nothing of column {column}")
            elif not same(want[column], have[column]):
                found.append(f"{describe(table, place)}: {column} is {shorten(have[column])}, "
                             f"expected {shorten(want[column])}")
    return found


def key_of(fold, table):
    """The fold's rows by the table's key."""
    rows = getattr(fold, table)
    return {place if isinstance(place, tuple) else (place,): row for place, row in rows.items()}


def compare_progress(fold, connection, projection=None):
    """Of the fold's projection, or of another that folds the same log."""
    found = []
    rows = {partition: (next_offset, count) for partition, next_offset, count in connection.execute(
        "SELECT partition, next_offset, topic_partitions FROM progress WHERE projection = %s AND topic = %s",
        (projection or fold.projection, fold.topic))}
    for partition in range(fold.partitions):
        expected = fold.next_offsets.get(partition, 0)
        next_offset, count = rows.pop(partition, (0, fold.partitions))
        if next_offset != expected:
            found.append(f"progress of partition {partition} is {next_offset}, expected {expected}")
        if count != fold.partitions:
            found.append(f"progress of partition {partition} says {count} partitions, there are {fold.partitions}")
    found += [f"progress of partition {partition}: there is no such partition" for partition in rows]
    return found


def differences(namespace, fold=None, projection="postgres"):
    """All differences between the log's fold and the tables, as {table: [sentence]}; empty when they agree."""
    fold = fold or fold_topic(namespace, projection)
    found = {}
    with snapshot(namespace) as connection:
        for table, (key, _) in TABLES.items():
            found[table] = compare_rows(table, key_of(fold, table), read_table(connection, table, key))
        empty = [row[0] for row in connection.execute("SELECT kafka_offset FROM parked_events WHERE btrim(reason) = ''")]
        found["parked_events"] += [f"parked event at offset {offset} has no reason" for offset in empty]
        found["chain"] = compare_chain(connection)
        found["progress"] = compare_progress(fold, connection)
    return {table: sentences for table, sentences in found.items() if sentences}


def assert_equal_to_log(namespace, projection="postgres"):
    """Every row of every table is what the log says. Gives the oracle's fold for further looks."""
    fold = fold_topic(namespace, projection)
    found = differences(namespace, fold, projection)
    text = "\n".join(f"{table}: {len(sentences)} differences\n  " + "\n  ".join(sentences[:FIRST])
                     for table, sentences in found.items())
    assert not found, f"the tables of {namespace.database} are not the log's fold\n{text}"
    return fold
