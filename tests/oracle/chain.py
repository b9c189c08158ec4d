"""The ledger's chain of hashes, computed from the rows' values as the manual of Postgres describes binary COPY."""

import hashlib
import struct

POSTGRES_EPOCH_MICROS = 946_684_800_000_000  # Postgres counts from 2000-01-01

# Column -> how its value goes on the wire; in the table's order, without the hash.
FIELDS = {
    "sequence_id": "long", "event_id": "uuid", "tenant": "text", "stream_id": "text", "event_type": "text",
    "version": "long", "verdict": "text", "expected_version": "long", "actual_version": "long",
    "payload": "jsonb", "metadata": "jsonb", "agent_id": "text", "user_id": "text", "run_id": "text",
    "conversation_id": "text", "actor": "text", "occurred_at": "time", "recorded_at": "time",
    "kafka_partition": "int", "kafka_offset": "long",
}

SELECTED = {"text": "{}::text", "jsonb": "{}::text", "time": "(extract(epoch FROM {}) * 1000000)::bigint"}

WIRE = {
    "long": lambda value: struct.pack(">q", value),
    "int": lambda value: struct.pack(">i", value),
    "uuid": lambda value: value.bytes,
    "text": lambda value: value.encode(),
    "jsonb": lambda value: b"\x01" + value.encode(),
    "time": lambda value: struct.pack(">q", value - POSTGRES_EPOCH_MICROS),
}


def row_hash(previous, values):
    """SHA-256 of the hash before and the fields, each with its length word."""
    fields = [previous]
    for kind, value in zip(FIELDS.values(), values, strict=True):
        data = b"" if value is None else WIRE[kind](value)
        fields.append(struct.pack(">i", -1 if value is None else len(data)) + data)
    return hashlib.sha256(b"".join(fields)).digest()


def compare_chain(connection):
    """Sentences, one for each row or head whose hash is not the one that follows."""
    found = []
    heads = {}
    chosen = ", ".join(SELECTED.get(kind, "{}").format(name) for name, kind in FIELDS.items())
    with connection.cursor(name="oracle_chain") as cursor:
        cursor.itersize = 20000
        cursor.execute(f"SELECT hash, {chosen} FROM events ORDER BY kafka_partition, kafka_offset")
        for actual, *values in cursor:
            sequence_id, partition = values[0], values[-2]
            expected = row_hash(heads.get(partition, (None, bytes(32)))[1], values)
            if expected != actual:
                found.append(f"{partition}:{values[-1]}: the hash is {actual.hex()}, expected {expected.hex()}")
            heads[partition] = (sequence_id, actual)
    stored = {partition: (sequence_id, head) for partition, sequence_id, head in connection.execute(
        "SELECT kafka_partition, sequence_id, hash FROM ledger_heads")}
    for partition in sorted(heads.keys() | stored.keys()):
        if heads.get(partition) != stored.get(partition):
            found.append(f"the head of partition {partition} is {stored.get(partition)}, expected {heads.get(partition)}")
    return found
