"""The fold: raw messages in log order into the rows that every table must hold. No code of the product is used."""

import functools
import hashlib
import math
import struct
import uuid
from dataclasses import dataclass

from oracle import limits
from oracle.agents import MEMORY_MAKERS, AgentTables, loads
from oracle.documents import Documents
from oracle.redis_touches import RedisTouches
from oracle.wire import UnknownSchema, Unreadable, as_uuid, logical_type, murmur2_partition, snake
from oracle.working import WorkingTables

POSITIONS_PER_OFFSET = 4096
SHORT_TERM_MICROS = 7 * 24 * 3600 * 1_000_000
MAX_MICROS = 253402300799999999  # the end of the year 9999
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


class Fold(AgentTables, WorkingTables):
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
        self.memories = {}
        self.conversations = {}
        self.conversation_turns = {}
        self.conversation_memories = {}
        self.agent_decisions = {}
        self.agent_handoffs = {}
        self.hypotheses = {}
        self.knowledge = {}
        self.profiles = {}
        self.flow_run_history = {}
        self.task_outputs = {}
        self.retention_policies = {}
        self.working_memory = {}
        self.working_entries = {}
        self.context_keys = {}
        self.memory_access = {}
        self.memories_history = {}
        self.conversations_history = {}
        self.conversation_turns_history = {}
        self.knowledge_history = {}
        self.profiles_history = {}
        self.retention_policies_history = {}
        self.working_memory_history = {}
        self.context_keys_history = {}
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
        """The event, and why it is beyond a limit; Unreadable for what is no event of its key and place."""
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
                values[name] = as_uuid(values[name])
                if values[name] is None:
                    raise Unreadable(f"{name} is no UUID")
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
        judge = JUDGES.get(event["type"])
        return judge(self, place, event["payload"]) if judge else ("accepted", None)

    def judge_create(self, place, payload):
        memory = self.memories.get((payload["memory_id"], *place))
        if memory is not None and not memory["is_deleted"]:
            return "exists", memory["version"]
        return "accepted", None

    def judge_change(self, place, payload):
        memory = self.memories.get((payload["memory_id"], *place))
        if memory is None or memory["is_deleted"]:
            return "not_found", memory["version"] if memory else 0
        expected = payload["expected_memory_version"]
        if expected is not None and expected != memory["version"]:
            return "rejected", memory["version"]
        return "accepted", None

    def judge_conversation_create(self, place, payload):
        conversation = self.conversations.get((*place, payload["conversation_id"]))
        if conversation is not None and not conversation["is_deleted"]:
            return "exists", conversation["version"]
        return "accepted", None

    def judge_conversation_change(self, place, payload):
        conversation = self.conversations.get((*place, payload["conversation_id"]))
        if conversation is None or conversation["is_deleted"]:
            return "not_found", conversation["version"] if conversation else 0
        return "accepted", None

    def judge_turn(self, place, payload):
        """A conversation begins with its first turn; one that was deleted does not."""
        conversation = self.conversations.get((*place, payload["conversation_id"]))
        if conversation is not None and conversation["is_deleted"]:
            return "not_found", conversation["version"]
        index = payload["turn_index"]
        if index is not None and (*place, payload["conversation_id"], index) in self.conversation_turns:
            return "exists", conversation["version"]
        return "accepted", None

    # --- effects ---

    def effect(self, place, message, event):
        apply = EFFECTS.get(event["type"])
        if apply:
            apply(self, place, event, event["payload"])
        self.documents.follow(self, place, event)
        for group, documents in self.documents_apart.items():
            if message.position not in self.dropped_apart[group]:
                documents.follow(self, place, event)
        self.redis.follow(self, place, event)

    def supersede(self, table, key, event, extra_key=None):
        """The version that is there goes into the history."""
        row = getattr(self, table)[key]
        history_key = (*key, row["version"] if extra_key is None else extra_key)
        getattr(self, table + "_history")[history_key] = {
            **row, "superseded_sequence": event["made"]["source_sequence"], "valid_to": event["made"]["valid_from"]}

    def create_memory(self, place, event, payload):
        key = (payload["memory_id"], *place)
        before = self.memories.get(key)
        if before:
            self.supersede("memories", key, event)
        expires_at = payload["expires_at"]
        if expires_at is None and payload["term"] == "short_term":
            expires_at = min(event["occurred_at"] + SHORT_TERM_MICROS, MAX_MICROS)
        self.memories[key] = {
            **event["scope"],
            **{name: payload[name] for name in ("memory_type", "term", "confidence", "importance", "priority", "tier")},
            "content": loads(payload["content"]),
            "metadata": loads(payload["metadata"] or "{}"),
            "tags": payload["tags"] or [],
            "entities": payload["entities"] or [],
            "created_at": event["occurred_at"], "updated_at": event["occurred_at"], "expires_at": expires_at,
            "is_deleted": False, "is_archived": False,
            "version": (before["version"] if before else 0) + 1, **event["made"],
        }

    def touch(self, table, key, event):
        """Begins the next version of a row; gives the row."""
        if hasattr(self, table + "_history"):
            self.supersede(table, key, event)
        row = getattr(self, table)[key]
        row["version"] += 1
        row["updated_at"] = event["occurred_at"]
        row.update(event["made"])
        return row

    def update_memory(self, place, event, payload):
        memory = self.touch("memories", (payload["memory_id"], *place), event)
        for name in ("tags", "entities", "confidence", "importance", "priority", "expires_at"):
            if payload[name] is not None:
                memory[name] = payload[name]
        for name in ("content", "metadata"):
            if payload[name] is not None:
                memory[name] = loads(payload[name])

    def delete_memory(self, place, event, payload):
        memory = self.touch("memories", (payload["memory_id"], *place), event)
        memory["is_deleted"] = True

    def promote_memory(self, place, event, payload):
        memory = self.touch("memories", (payload["memory_id"], *place), event)
        memory.update(term="long_term", expires_at=None, importance=min(1.0, memory["importance"] + 0.1))

    def prioritize_memory(self, place, event, payload):
        memory = self.touch("memories", (payload["memory_id"], *place), event)
        memory["priority"] = min(10, math.floor(memory["priority"] * payload["boost_factor"] + 0.5))

    def archive_memory(self, place, event, payload):
        memory = self.touch("memories", (payload["memory_id"], *place), event)
        memory["is_archived"] = True

    def create_conversation(self, place, event, payload):
        key = (*place, payload["conversation_id"])
        before = self.conversations.get(key)
        if before:  # the turns of its former life went with it
            self.supersede("conversations", key, event)
            for turn in [turn for turn in self.conversation_turns if turn[:3] == key]:
                self.supersede("conversation_turns", turn, event, self.conversation_turns[turn]["source_sequence"])
                del self.conversation_turns[turn]
        self.conversations[key] = {
            "user_id": event["scope"]["user_id"], "agent_id": event["scope"]["agent_id"],
            "title": payload.get("title"), "metadata": loads(payload.get("metadata") or "{}"),
            "is_active": True, "is_deleted": False, "turn_count": 0,
            "created_at": event["occurred_at"], "updated_at": event["occurred_at"],
            "last_activity_at": event["occurred_at"],
            "version": (before["version"] if before else 0) + 1, **event["made"],
        }

    def update_conversation(self, place, event, payload):
        conversation = self.touch("conversations", (*place, payload["conversation_id"]), event)
        if payload["title"] is not None:
            conversation["title"] = payload["title"]
        if payload["metadata"] is not None:
            conversation["metadata"] = loads(payload["metadata"])

    def close_conversation(self, place, event, payload):
        conversation = self.touch("conversations", (*place, payload["conversation_id"]), event)
        conversation["is_active"] = False

    def delete_conversation(self, place, event, payload):
        conversation = self.touch("conversations", (*place, payload["conversation_id"]), event)
        conversation["is_deleted"] = True
        self.forget_working(place, event, payload)

    def add_turn(self, place, event, payload):
        key = (*place, payload["conversation_id"])
        conversation = self.conversations.get(key)
        if conversation is None:
            self.create_conversation(place, event, {"conversation_id": payload["conversation_id"]})
            conversation = self.conversations[key]
        index = payload["turn_index"]
        if index is None:
            index = conversation["turn_count"]
        event["turn_index"] = index
        conversation["turn_count"] = max(conversation["turn_count"], index + 1)
        conversation["last_activity_at"] = max(conversation["last_activity_at"], event["occurred_at"])
        self.conversation_turns[(*key, index)] = {
            **{name: payload[name] for name in ("role", "speaker", "content", "token_count", "model")},
            "content_hash": hashlib.sha256(payload["content"].encode()).digest(),
            "metadata": loads(payload["metadata"] or "{}"),
            "created_at": event["occurred_at"], **event["made"],
        }

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
            if field.get("mneme.format") in JSON_FORMATS:
                value = loads(value)
            elif logical_type(field) == "timestamp-micros":
                value = Time(value)
            elif isinstance(value, uuid.UUID):
                value = str(value)
            elif isinstance(value, bytes):
                value = loads(vector_json(value))
            result[field["name"]] = value
        return result


JUDGES = {
    "MemoryCreated": Fold.judge_create,
    "MemoryUpdated": Fold.judge_change,
    "MemoryDeleted": Fold.judge_change,
    "MemoryPromoted": Fold.judge_change,
    "MemoryPrioritized": Fold.judge_change,
    "MemoryArchived": Fold.judge_change,
    "ConversationCreated": Fold.judge_conversation_create,
    "ConversationUpdated": Fold.judge_conversation_change,
    "ConversationClosed": Fold.judge_conversation_change,
    "ConversationDeleted": Fold.judge_conversation_change,
    "ConversationTurn": Fold.judge_turn,
    "ConversationMemoryLinked": Fold.judge_link,
    "AgentDecision": Fold.judge_decision,
    "AgentHandoff": Fold.judge_handoff,
    "HypothesisFormed": Fold.judge_hypothesis,
    "HypothesisValidated": Fold.judge_validation,
    "FlowRunRecorded": Fold.judge_flow_run,
    "TaskOutputRecorded": Fold.judge_task_output,
    "ContextDeleted": Fold.judge_context_delete,
}

EFFECTS = {
    "MemoryCreated": Fold.create_memory,
    "MemoryUpdated": Fold.update_memory,
    "MemoryDeleted": Fold.delete_memory,
    "MemoryPromoted": Fold.promote_memory,
    "MemoryPrioritized": Fold.prioritize_memory,
    "MemoryArchived": Fold.archive_memory,
    "ConversationCreated": Fold.create_conversation,
    "ConversationUpdated": Fold.update_conversation,
    "ConversationClosed": Fold.close_conversation,
    "ConversationDeleted": Fold.delete_conversation,
    "ConversationTurn": Fold.add_turn,
    "ConversationMemoryLinked": Fold.link_memory,
    "AgentDecision": Fold.decide_something,
    "AgentHandoff": Fold.hand_off,
    "HypothesisFormed": Fold.form_hypothesis,
    "HypothesisValidated": Fold.validate_hypothesis,
    "KnowledgeRecorded": Fold.record_knowledge,
    "UserOnboarded": Fold.onboard_user,
    "FlowRunRecorded": Fold.record_flow_run,
    "TaskOutputRecorded": Fold.record_task_output,
    "MemoryAccessed": Fold.count_accesses,
    "MemoryRetrieved": Fold.count_accesses,
    "RetentionSet": Fold.set_retention,
    "ContextSet": Fold.set_context,
    "ContextDeleted": Fold.delete_context,
    "ContextCleared": Fold.clear_context,
    "ContextAppended": Fold.append_context,
    "WorkingThought": Fold.think,
    "WorkingGoalSet": Fold.set_goal,
    "WorkingCleared": Fold.clear_working,
}
