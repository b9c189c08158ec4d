"""Other people's tools read what Mneme publishes, and what they write by the rules of docs/events.md is folded."""

import datetime
import io
import json
import re
import struct
import subprocess
import uuid

import fastavro
import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from harness.samples import sample_lines
from harness.stack import ROOT
from oracle.wire import fingerprint, read_topic, released_schemas, snake

NEWEST = released_schemas()[-1]
LINES = sample_lines()
JSON_FORMATS = ("content", "json", "json_object")


@pytest.fixture
def published(namespace, mneme):
    """Every event type with every field set: what was given, and the messages that came of it."""
    receipts = mneme.publish(LINES)
    messages, _ = read_topic(namespace)
    by_position = {f"{message.partition}:{message.offset}": message for message in messages}
    return [(line, by_position[receipt["position"]]) for line, receipt in zip(LINES, receipts, strict=True)]


def as_given(field, value):
    """A decoded value in the form of the JSON input."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime.datetime):
        return value
    return json.loads(value) if field.get("mneme.format") in JSON_FORMATS else value


def assert_record(fields, decoded, given):
    """All fields of the schema are decoded, and each is what was given."""
    assert set(decoded) == {field["name"] for field in fields}
    for field in fields:
        name = field["name"]
        value = as_given(field, decoded[name])
        expected = given[name]
        if isinstance(value, datetime.datetime):
            expected = datetime.datetime.fromisoformat(expected)
        if isinstance(value, bytes):
            expected = struct.pack(f"<{len(expected)}f", *expected)
        if isinstance(expected, dict) and isinstance(value, str):
            value = json.loads(value)
        assert value == expected, name


def assert_event(decoded, given):
    envelope = {field["name"]: field for field in NEWEST["fields"]}
    scope = envelope["scope"]["type"]["fields"]
    name, payload = decoded["payload"]
    branch = next(branch for branch in envelope["payload"]["type"] if f"mneme.{branch['name']}" == name)
    assert snake(branch["name"]) == given["type"]
    plain = [field for field in NEWEST["fields"] if field["name"] not in ("scope", "payload")]
    assert_record(plain, {field["name"]: decoded[field["name"]] for field in plain}, given)
    assert_record(scope, decoded["scope"], given)
    assert_record(branch["fields"], payload, given["payload"])


def test_fastavro_reads_single_objects(published):
    schema = fastavro.schema.parse_schema(NEWEST)
    for given, message in published:
        assert message.value[:10] == b"\xc3\x01" + fingerprint(NEWEST)
        stream = io.BytesIO(message.value[10:])
        assert_event(fastavro.schemaless_reader(stream, schema, return_record_name=True), given)
        assert not stream.read(1)


@pytest.mark.registry
def test_confluents_deserializer_reads_through_the_registry(namespace, published):
    client = SchemaRegistryClient({"url": namespace.env["SCHEMA_REGISTRY_URL"]})
    deserialize = AvroDeserializer(client, return_record_name=True)
    context = SerializationContext(namespace.topic, MessageField.VALUE)
    for given, message in published:
        assert message.value[0] == 0
        assert_event(deserialize(message.value, context), given)
    assert client.get_latest_version(namespace.topic + "-value").schema_id == int.from_bytes(message.value[1:5], "big")


def test_kcat_prints_keys_positions_and_values(namespace, published):
    done = subprocess.run(
        ["kcat", "-q", "-b", namespace.brokers, "-t", namespace.topic, "-C", "-e", "-f", "%p:%o %k %S\n"],
        capture_output=True, text=True, timeout=60, check=True,
    )
    expected = {f"{message.partition}:{message.offset} {given['tenant']}/{given['stream_id']} {len(message.value)}"
                for given, message in published}
    assert set(done.stdout.splitlines()) == expected


@pytest.mark.registry
def test_events_of_confluents_serializer_are_folded(namespace, worker, drain):
    client = SchemaRegistryClient({"url": namespace.env["SCHEMA_REGISTRY_URL"]})
    serialize = AvroSerializer(client, json.dumps(NEWEST))
    memory_id = uuid.uuid4()
    event = {
        "event_id": uuid.uuid4(), "tenant": "acme", "stream_id": "melanie",
        "occurred_at": datetime.datetime.now(datetime.UTC),
        "scope": {"user_id": "melanie"},
        "payload": ("mneme.MemoryCreated",
                    {"memory_id": memory_id, "memory_type": "fact", "content": '{"text": "Runs on Saturdays"}'}),
    }
    value = serialize(event, SerializationContext(namespace.topic, MessageField.VALUE))
    producer = Producer({"bootstrap.servers": namespace.brokers, "partitioner": "murmur2"})
    producer.produce(namespace.topic, key="acme/melanie", value=value)
    assert producer.flush(30) == 0
    worker()
    drain()
    assert namespace.count("parked_events") == 0
    assert namespace.rows("SELECT id, content->>'text', importance FROM memories") == [
        (memory_id, "Runs on Saturdays", 0.5)]


def test_the_examples_of_the_page_are_published(mneme):
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    lines = re.search(r"```json\n(.*?)```", page, re.DOTALL)[1].splitlines()
    assert len(lines) == 3
    receipts = mneme.publish(lines)
    namespace_id = uuid.UUID(NEWEST["mneme.id_namespace"])
    assert receipts[1]["event_id"] == str(uuid.uuid5(namespace_id, "default/c-1/0"))
    assert all(receipt["position"] for receipt in receipts)
