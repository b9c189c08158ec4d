"""Reading the raw topic and decoding events with fastavro: framing, fingerprints, the registry, murmur2."""

import copy
import io
import json
import re
import struct
import uuid
from dataclasses import dataclass

import fastavro
import requests
from confluent_kafka import OFFSET_BEGINNING, KafkaError, TopicPartition

from harness.stack import ROOT

SCHEMA_FOLDER = ROOT / "schemas" / "avsc"


class Unreadable(Exception):
    """Bytes that are no event: they are parked."""


class UnknownSchema(Exception):
    """An event that nobody here can read: the reader stops before it."""


@dataclass(frozen=True)
class Message:
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple = ()

    @property
    def position(self):
        return (self.partition, self.offset)


def read_topic(namespace, topic=None):
    """Every message of the events topic or of another, by partition and offset; and the topic's ends."""
    topic = topic or namespace.topic
    ends = namespace.end_offsets(topic)
    consumer = namespace.consumer(**{"enable.partition.eof": True})  # the last message before an end may be compacted away
    messages = []
    left = {partition for partition, end in ends.items() if end > 0}
    try:
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in left])
        idle = 0
        while left and idle < 30:
            got = consumer.consume(5000, timeout=1)
            idle = 0 if got else idle + 1
            for message in got:
                if message.error() is not None:
                    assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                    left.discard(message.partition())
                    continue
                if message.offset() < ends[message.partition()]:
                    messages.append(Message(message.partition(), message.offset(), message.key(), message.value(),
                                            message.timestamp()[1], tuple(message.headers() or ())))
                if message.offset() + 1 >= ends[message.partition()]:
                    left.discard(message.partition())
    finally:
        consumer.close()
    assert not left, f"partitions {left} of {topic} could not be read to their ends {ends}"
    return sorted(messages, key=lambda message: message.position), ends


def murmur2_partition(key, partitions):
    """The partition that Java's default partitioner gives a key."""
    mask = 0xFFFFFFFF
    m = 0x5BD1E995
    h = (0x9747B28C ^ len(key)) & mask
    whole = len(key) & ~3
    for (k,) in struct.iter_unpack("<I", key[:whole]):
        k = (k * m) & mask
        k ^= k >> 24
        h = ((h * m) & mask) ^ ((k * m) & mask)
    rest = key[whole:]
    if rest:
        h ^= int.from_bytes(rest, "little")
        h = (h * m) & mask
    h ^= h >> 13
    h = (h * m) & mask
    h ^= h >> 15
    return (h & 0x7FFFFFFF) % partitions


def without_logical_types(schema):
    """Values as they are on the wire: text for ids, microseconds for times."""
    if isinstance(schema, dict):
        return {key: without_logical_types(value) for key, value in schema.items() if key != "logicalType"}
    if isinstance(schema, list):
        return [without_logical_types(item) for item in schema]
    return schema


def released_schemas():
    """The schemas that this program must read, oldest first."""
    def version(path):
        return int(re.search(r"v(\d+)\.avsc$", path.name)[1])

    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMA_FOLDER.glob("mneme.event.v*.avsc"), key=version)]


def fingerprint(schema):
    """CRC-64-AVRO of the canonical form, as the eight bytes behind C3 01."""
    canonical = fastavro.schema.to_parsing_canonical_form(copy.deepcopy(schema))
    # fastavro gives the digest's bytes in the order in which they go on the wire.
    return bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))


class Decoder:
    """Messages into dictionaries {envelope fields…, "type": record name, "payload": {…}, "schema_version": the writer's}."""

    def __init__(self, registry_url=None):
        schemas = released_schemas()
        self.newest = schemas[-1]
        self.payloads = {branch["name"]: branch for branch in self.field(self.newest, "payload")["type"]}
        self.uuid_fields = {record["name"]: [field["name"] for field in record["fields"] if logical_type(field) == "uuid"]
                            for record in (self.newest, *self.payloads.values())}
        self.registry_url = registry_url
        self._by_fingerprint = {fingerprint(schema): (self.parse(schema), version_of(schema)) for schema in schemas}
        self._by_id = {}

    @staticmethod
    def field(record, name):
        return next(field for field in record["fields"] if field["name"] == name)

    def is_nullable(self, record, name):
        return isinstance(self.field(record, name)["type"], list)

    @staticmethod
    def parse(schema):
        return fastavro.parse_schema(without_logical_types(copy.deepcopy(schema)))

    def decode(self, value):
        if value is None:
            raise Unreadable("no value")
        if value[:2] == b"\xc3\x01" and len(value) >= 10:
            written = self._by_fingerprint.get(value[2:10])
            if written is None:
                raise UnknownSchema(f"fingerprint {value[2:10].hex()}")
            return self.read(*written, value[10:])
        if value[:1] == b"\0" and len(value) >= 5:
            try:
                written = self.of_registry(struct.unpack(">i", value[1:5])[0])
            except UnknownSchema as error:
                if begins_as_event(value[5:]):
                    raise
                raise Unreadable(f"{error}, and no event behind it") from error
            return self.read(*written, value[5:])
        raise Unreadable("neither framing")

    def of_registry(self, schema_id):
        if schema_id not in self._by_id:
            if not self.registry_url:
                raise UnknownSchema(f"schema id {schema_id} and no registry")
            answer = requests.get(f"{self.registry_url}/schemas/ids/{schema_id}", timeout=10)
            if answer.status_code == 404:
                raise UnknownSchema(f"schema id {schema_id}")
            answer.raise_for_status()
            schema = json.loads(answer.json()["schema"])
            self._by_id[schema_id] = self.parse(schema), version_of(schema)
        return self._by_id[schema_id]

    def read(self, schema, version, body):
        if version > version_of(self.newest):
            raise UnknownSchema(f"version {version}")
        stream = io.BytesIO(body)
        try:
            event = fastavro.schemaless_reader(stream, schema, None, return_record_name=True)
        except (EOFError, ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError) as error:
            raise Unreadable(str(error)) from error
        if stream.read(1):
            raise Unreadable("more bytes than the event has")
        name, payload = event["payload"]
        event["type"] = name.rpartition(".")[2]
        if event["type"] not in self.payloads:
            raise UnknownSchema(f"payload {name}")
        event["payload"] = self.resolve(self.payloads[event["type"]], payload)
        event["scope"] = self.resolve(self.field(self.newest, "scope")["type"], event["scope"])
        return self.resolve(self.newest, event) | {"type": event["type"], "schema_version": version}

    @staticmethod
    def resolve(record, values):
        """Fields of the newest schema; absent ones by their default."""
        return {field["name"]: values[field["name"]] if field["name"] in values else field["default"]
                for field in record["fields"]}


def version_of(schema):
    """By whose rules its events have effects; version 1 does not say so."""
    return schema.get("mneme.version", 1)


def begins_as_event(body):
    """Every version's first field is the event's id, a string."""
    return body[:1] == b"\x48" and as_uuid(body[1:37].decode("latin-1")) is not None


def as_uuid(text):
    """The id, or None when the text is none in the usual form."""
    try:
        value = uuid.UUID(text)
    except ValueError:
        return None
    return value if text.lower() == str(value) else None


def logical_type(field):
    """The logical type of a field or of its branch that is not null."""
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    for kind in kinds:
        if isinstance(kind, dict) and "logicalType" in kind:
            return kind["logicalType"]
    return None


def snake(name):
    """memory_created for MemoryCreated."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
