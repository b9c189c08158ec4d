"""The fold: raw messages in log order into the rows that every table must hold. No code of the product is used."""

import functools
import struct
import uuid
from dataclasses import dataclass

from oracle import limits, subjects
from oracle.documents import Documents
from oracle.redis_touches import RedisTouches
from oracle.rows import Rows, loads
from oracle.subjects.memories import MEMORY_MAKERS
from oracle.wire import UnknownSchema, Unreadable, as_uuid, logical_type, murmur2_partition, snake

POSITIONS_PER_OFFSET = 4096
JSON_FORMATS = ("content", "json", "json_object")
ALONE = -1  # in the place of the offset that a parked event waits behind: it waits behind nobody, and nobody behind it


@dataclass(frozen=True)
class Time:
    """A time within JSON, however it is spelt there."""

    micros: int


class Stopped(Exception):
    """The reader must stop before this message: nobody here can read it."""

    def __init__(self, message, why):
        super().__init__(f"{message.partition}:{message.offset}: {why}")
        self.message = message


def vector_json(value):
    """A vector's numbers as the ledger shows them: as few digits as tell them from all others of single precision."""
    def shortest(number):
        texts = (f"{number:.{digits}g}" for digits in range(6, 10))
        return next(text for text in texts if struct.unpack("<f", struct.pack("<f", float(text)))[0] == number)

    return "[" + ", ".join(shortest(number) for (number,) in struct.iter_unpack("<f", value)) + "]"


class Fold(Rows, *(module.Tables for module in subjects.MODULES)):
    """Feed `apply` with messages, each partition's in order of offsets; the tables are dictionaries by key."""

    def __init__(self, decoder, partitions, topic, projection="postgres", content_max_chars=100000, hand_parked=(),
                 dropped=None):
        self.decoder = decoder
        self.partitions = partitions
        self.topic = topic
        self.projection = projection
        self.content_max_chars = content_max_chars
        self.hand_parked = frozenset(hand_parked)  # (partition, offset): a person said to leave it out
        dropped = dropped or {}
        self.dropped = frozenset(dropped.get("postgres", ()))  # a person said that it is never applied
        self.dropped_apart = {group: frozenset(dropped.get(group, ())) for group in ("search", "embed")}  # by one alone
        self.events = {}
        self.verdict_exceptions = {}
        self.streams = {}
        for table in subjects.TABLES:
            setattr(self, table, {})
        self.parked_events = {}
        self.next_offsets = {}
        self.documents = Documents()
        self.documents_apart = {group: Documents() for group, positions in self.dropped_apart.items() if positions}
        self.redis = RedisTouches()
        self.partition_of = functools.cache(lambda key: murmur2_partition(key, partitions))
        self._blocked_keys = {}
        self._seen = set()

    def documents_of(self, group):
        """As search or embed has them."""
        return self.documents_apart.get(group, self.documents)

    # --- one message ---

    def apply(self, message):
        self.next_offsets[message.partition] = message.offset + 1
        if message.position in self.dropped:
            return
        if message.position in self.hand_parked:
            self.park_behind(message, "by hand")
            return
        try:
            event, refusal = self.read(message)
        except Unreadable as error:
            self.park(message, str(error), ALONE)
            return
        if refusal is not None or (message.partition, message.key) in self._blocked_keys:
            self.park_behind(message, refusal or "behind another")
        else:
            self.decide(message, event)

    def read(self, message):
        """The event, and why it is beyond a limit; Unreadable for what is not an event of its key and place."""
        try:
            event = self.decoder.decode(message.value)
        except UnknownSchema as error:
            self.next_offsets[message.partition] = message.offset
            raise Stopped(message, error) from error
        refusal = None
        try:
            limits.check_event(self.decoder, event, self.content_max_chars)
        except limits.Refused as error:
            refusal = str(error)
        for record, values in ((self.decoder.newest, event), (self.decoder.payloads[event["type"]], event["payload"])):
            for name in self.decoder.uuid_fields[record["name"]]:
                if values[name] is None and self.decoder.is_nullable(record, name):
                    continue
                values[name] = as_uuid(values[name])
                if values[name] is None:
                    raise Unreadable(f"{name} is not a UUID")
        key = f"{event['tenant']}/{event['stream_id']}".encode()
        if message.key != key:
            raise Unreadable("the key is another stream's")
        if self.partition_of(key) != message.partition:
            raise Unreadable("the partition is another key's")
        return event, refusal

    def park(self, message, reason, blocked_by):
        place = (self.projection, self.topic, message.partition, message.offset)
        self.parked_events[place] = {"key": message.key, "value": message.value or b"", "reason": reason,
                                     "blocked_by": blocked_by, "recorded_at": message.timestamp_ms * 1000}

    def park_behind(self, message, reason):
        """With its key: behind the one that is parked, or as the first."""
        if message.key is None:
            self.park(message, reason, ALONE)
        else:
            blocker = self._blocked_keys.setdefault((message.partition, message.key), message.offset)
            self.park(message, reason, blocker)

    # --- verdicts ---

    def decide(self, message, event):
        place = (event["tenant"], event["stream_id"])
        stream = self.streams.setdefault(place, {
            "version": 0, "event_id_high": None, "memory_id_high": None, "kafka_partition": message.partition,
            "updated_at": message.timestamp_ms * 1000,
        })
        event["made"] = {  # what tells the event in the rows that it makes
            "source_event_id": event["event_id"],
            "source_sequence": message.offset * POSITIONS_PER_OFFSET + message.partition,
            "valid_from": message.timestamp_ms * 1000,
        }
        verdict, actual = self.verdict(place, stream, event)
        if verdict == "accepted":
            stream["version"] += 1
            self.effect(place, message, event)
        else:
            self.verdict_exceptions[message.position] = {"verdict": verdict, "actual_version": actual}
        self.note_ids(place, stream, event, message)
        self.events[message.offset * POSITIONS_PER_OFFSET + message.partition] = self.ledger_row(
            message, event, verdict, actual, stream["version"] if verdict == "accepted" else None)

    def note_ids(self, place, stream, event, message):
        self._seen.add((place, event["event_id"]))
        stream["updated_at"] = message.timestamp_ms * 1000
        memory_field = MEMORY_MAKERS.get(event["type"])
        memory_id = event["payload"][memory_field] if memory_field else None
        for column, value in (("event_id_high", event["event_id"]), ("memory_id_high", memory_id)):
            if value is not None and value.version == 7 and (stream[column] is None or value > stream[column]):
                stream[column] = value

    def verdict(self, place, stream, event):
        if (place, event["event_id"]) in self._seen:
            return "duplicate", stream["version"]
        expected = event["expected_version"]
        if expected is not None and expected != stream["version"]:
            return "rejected", stream["version"]
        judge = subjects.JUDGES.get(event["type"])
        self.judging = event["schema_version"], stream["version"]  # for those that go by them
        return judge(self, place, event["payload"]) if judge else ("accepted", None)

    # --- effects ---

    def effect(self, place, message, event):
        apply = subjects.EFFECTS.get(event["type"])
        if apply:
            apply(self, place, event, event["payload"])
        self.documents.follow(self, place, event)
        for group, documents in self.documents_apart.items():
            if message.position not in self.dropped_apart[group]:
                documents.follow(self, place, event)
        self.redis.follow(self, place, event)

    # --- the ledger's row ---

    def ledger_row(self, message, event, verdict, actual, version):
        metadata = dict(event["metadata"])
        for name in ("correlation_id", "causation_id"):
            if event[name] is not None:
                metadata[name] = event[name]
        is_custom = event["type"] == "Custom"
        return {
            "event_id": event["event_id"], "tenant": event["tenant"], "stream_id": event["stream_id"],
            "event_type": event["payload"]["type"] if is_custom else snake(event["type"]),
            "version": version, "verdict": verdict, "expected_version": event["expected_version"],
            "actual_version": actual, "payload": self.payload_json(event), "metadata": metadata,
            **event["scope"], "actor": event["actor"], "occurred_at": event["occurred_at"],
            "recorded_at": message.timestamp_ms * 1000,
            "kafka_partition": message.partition, "kafka_offset": message.offset,
        }

    def payload_json(self, event):
        """The payload's fields that are not null; those that hold JSON as what they hold."""
        result = {}
        for field in self.decoder.payloads[event["type"]]["fields"]:
            value = event["payload"][field["name"]]
            if value is None:
                continue
            if field.get("mneme.format") in JSON_FORMATS or (
                    field.get("mneme.format") == "text_or_object" and event["schema_version"] > 1 and
                    limits.json_object(value) is not None):
                value = loads(value)
            elif logical_type(field) == "timestamp-micros":
                value = Time(value)
            elif isinstance(value, uuid.UUID):
                value = str(value)
            elif isinstance(value, bytes):
                value = loads(vector_json(value))
            result[field["name"]] = value
        return result
