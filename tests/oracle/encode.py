"""Events in the form that `mneme publish` reads, as bytes on the topic: for load and for events that no publisher of
the product would write."""

import datetime
import io
import json
import struct
import uuid

import fastavro

from oracle.wire import Decoder, fingerprint, released_schemas, snake

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# The namespace of ids derived from idempotency keys.
NAMESPACE = uuid.UUID("a1192302-b1be-41cc-bce8-5bbf23de2baa")
SCOPE = ("agent_id", "user_id", "run_id", "conversation_id")


def micros(text):
    when = datetime.datetime.fromisoformat(text)
    return (when - EPOCH) // datetime.timedelta(microseconds=1)


def rfc3339(value):
    return (EPOCH + datetime.timedelta(microseconds=value)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def uuid7(milliseconds, random_bits):
    """A version 7 id: 48 bits of time, then chance."""
    value = (milliseconds << 80) | (random_bits & ((1 << 80) - 1))
    value = value & ~(0xF << 76) | (7 << 76)
    return uuid.UUID(int=value & ~(3 << 62) | (2 << 62))


class Encoder:
    """Writes one schema, by default the newest."""

    def __init__(self, schema=None, header=None):
        self.schema = schema or released_schemas()[-1]
        self.parsed = Decoder.parse(self.schema)
        self.header = header if header is not None else b"\xc3\x01" + fingerprint(self.schema)
        self.payloads = {snake(branch["name"]): branch for branch in Decoder.field(self.schema, "payload")["type"]}

    def envelope(self, line, **changes):
        """The Avro value of a line; `changes` replace fields of the envelope."""
        subject = line.get("user_id") or line.get("agent_id")
        event = {
            "event_id": line.get("event_id") or self.derived_id(line),
            "tenant": line.get("tenant") or "default",
            "stream_id": line.get("stream_id") or subject,
            "expected_version": line.get("expected_version"),
            "occurred_at": micros(line.get("occurred_at", "2026-01-01T00:00:00Z")),
            "scope": {name: line.get(name) for name in SCOPE},
            "correlation_id": line.get("correlation_id"),
            "causation_id": line.get("causation_id"),
            "actor": line.get("actor"),
            "metadata": line.get("metadata", {}),
            "payload": self.payload(line["type"], line["payload"]),
        }
        return event | changes

    @staticmethod
    def derived_id(line):
        if "idempotency_key" in line:
            return str(uuid.uuid5(NAMESPACE, f"{line.get('tenant') or 'default'}/{line['idempotency_key']}"))
        return str(uuid.uuid4())

    def payload(self, kind, values):
        branch = self.payloads[kind]
        record = {}
        for field in branch["fields"]:
            if field["name"] not in values:
                record[field["name"]] = field.get("default")
                continue
            value = values[field["name"]]
            if field.get("mneme.format") == "content" and isinstance(value, str):
                value = {"text": value}
            is_object = field.get("mneme.format") == "text_or_object" and isinstance(value, dict)
            if is_object or (field.get("mneme.format") in ("content", "json", "json_object") and value is not None):
                value = json.dumps(value, ensure_ascii=False)
            if isinstance(field["type"], dict) and field["type"].get("logicalType") == "vector" and isinstance(value, list):
                value = struct.pack(f"<{len(value)}f", *value)
            if "timestamp-micros" in json.dumps(field["type"]) and value is not None:
                value = micros(value)
            record[field["name"]] = value
        return (f"{self.schema['namespace']}.{branch['name']}", record)

    def bytes(self, event):
        out = io.BytesIO()
        out.write(self.header)
        fastavro.schemaless_writer(out, self.parsed, event)
        return out.getvalue()

    def message(self, line, **changes):
        """{key, value} for Namespace.produce."""
        event = self.envelope(line, **changes)
        return {"key": f"{event['tenant']}/{event['stream_id']}".encode(), "value": self.bytes(event)}
