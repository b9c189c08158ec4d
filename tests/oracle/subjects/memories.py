"""Memories, how often they were read, and the policies by which they are kept."""

import math
import uuid

from oracle import document_events
from oracle.encode import NAMESPACE
from oracle.rows import loads

SHORT_TERM_MICROS = 7 * 24 * 3600 * 1_000_000
MAX_MICROS = 253402300799999999  # the end of the year 9999
MEMORY_TYPES = ("fact", "analysis", "recommendation", "hypothesis", "insight", "conversation", "decision", "knowledge",
                "rule", "entity", "relationship")
# Events that leave a memory, and the field that gives it its id.
MEMORY_MAKERS = {"MemoryCreated": "memory_id", "AgentDecision": "decision_id", "AgentHandoff": "handoff_id"}

TABLES = {
    "memories": ("id", "tenant", "stream_id"),
    "memories_history": ("id", "tenant", "stream_id", "version"),
    "memory_access": ("tenant", "stream_id", "memory_id"),
    "retention_policies": ("policy_id", "tenant", "stream_id"),
    "retention_policies_history": ("policy_id", "tenant", "stream_id", "version"),
}


class Tables:
    """The part of a Fold that knows these tables."""

    # --- verdicts ---

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

    def judge_restore(self, place, payload):
        memory = self.memories.get((payload["memory_id"], *place))
        if memory is None:
            return "not_found", 0
        if not memory["is_deleted"]:
            return "exists", memory["version"]
        expected = payload["expected_memory_version"]
        if expected is not None and expected != memory["version"]:
            return "rejected", memory["version"]
        return "accepted", None

    # --- effects ---

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

    def update_memory(self, place, event, payload):
        memory = self.touch("memories", (payload["memory_id"], *place), event)
        for name in ("memory_type", "term", "tags", "entities", "confidence", "importance", "priority", "expires_at"):
            if payload[name] is not None:
                memory[name] = payload[name]
        if payload["term"] == "short_term" and payload["expires_at"] is None:
            memory["expires_at"] = min(event["occurred_at"] + SHORT_TERM_MICROS, MAX_MICROS)
        for name in ("expires_at", "term"):
            if payload[f"clear_{name}"]:
                memory[name] = None
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
        priority = memory["priority"] * payload["boost_factor"]
        memory["priority"] = min(10, math.floor(priority + 0.5) if event["schema_version"] == 1 else priority)

    def archive_memory(self, place, event, payload):
        memory = self.touch("memories", (payload["memory_id"], *place), event)
        memory["is_archived"] = True

    def unarchive_memory(self, place, event, payload):
        self.touch("memories", (payload["memory_id"], *place), event)["is_archived"] = False

    def restore_memory(self, place, event, payload):
        self.touch("memories", (payload["memory_id"], *place), event)["is_deleted"] = False

    def count_accesses(self, place, event, payload):
        """As it is told, or once for each memory that a recall has returned."""
        at = payload.get("last_accessed_at", event["occurred_at"])
        counts = payload.get("counts", [1] * len(payload["memory_ids"]))
        for memory_id, count in zip(payload["memory_ids"], counts, strict=True):
            row = self.memory_access.setdefault((*place, uuid.UUID(memory_id)), {
                "access_count": 0, "last_accessed_at": at})
            row["access_count"] += count
            row["last_accessed_at"] = max(row["last_accessed_at"], at)

    def set_retention(self, place, event, payload):
        """One policy for each scope; a new one replaces all of it."""
        scope = event["scope"]
        if not any(scope.values()):
            return  # nobody is named
        name = "".join((scope[part] or "") + "\0" for part in ("user_id", "agent_id", "run_id", "conversation_id"))
        key = (uuid.uuid5(NAMESPACE, name), *place)
        fields = {field: payload[field] for field in ("min_priority", "max_age_days", "score_threshold")}
        if key in self.retention_policies:
            self.touch("retention_policies", key, event).update(fields)
        else:
            self.put("retention_policies", key, event, scope, fields)


JUDGES = {
    "MemoryCreated": Tables.judge_create,
    "MemoryUpdated": Tables.judge_change,
    "MemoryDeleted": Tables.judge_change,
    "MemoryPromoted": Tables.judge_change,
    "MemoryPrioritized": Tables.judge_change,
    "MemoryArchived": Tables.judge_change,
    "MemoryUnarchived": Tables.judge_change,
    "MemoryRestored": Tables.judge_restore,
}

EFFECTS = {
    "MemoryCreated": Tables.create_memory,
    "MemoryUpdated": Tables.update_memory,
    "MemoryDeleted": Tables.delete_memory,
    "MemoryPromoted": Tables.promote_memory,
    "MemoryPrioritized": Tables.prioritize_memory,
    "MemoryArchived": Tables.archive_memory,
    "MemoryUnarchived": Tables.unarchive_memory,
    "MemoryRestored": Tables.restore_memory,
    "MemoryAccessed": Tables.count_accesses,
    "MemoryRetrieved": Tables.count_accesses,
    "RetentionSet": Tables.set_retention,
}


# --- events ---


def create(g, stream, memory_id=None):
    memory_id = memory_id or g.id()
    payload = g.filled(
        memory_id=memory_id, memory_type=g.rng.choice(MEMORY_TYPES),
        content=document_events.content(g),
        term=g.maybe(lambda: g.rng.choice(["short_term", "long_term"])),
        metadata=g.maybe(lambda: document_events.memory_metadata(g)),
        tags=g.maybe(g.labels), entities=g.maybe(g.labels), confidence=g.maybe(g.fraction),
        importance=g.maybe(g.fraction), priority=g.maybe(g.priority),
        tier=g.maybe(lambda: g.rng.choice(["hot", "warm", "cold"])),
        expires_at=g.maybe(g.time, 0.2), reason=g.maybe(g.text, 0.1))
    version, is_there = stream.memories.get(memory_id, (0, False))

    def effect():
        stream.memories[memory_id] = [version + 1, True]

    return "memory_created", payload, "exists" if is_there else "accepted", effect


def create_again(g, stream):
    memory_id = stream.live_memory(g.rng) if g.rng.random() < 0.4 else stream.dead_memory(g.rng)
    return create(g, stream, memory_id) if memory_id else None


def change(g, stream, kind, payload, is_there_after):
    wanted = g.rng.random()
    memory_id = stream.live_memory(g.rng) if wanted < 0.85 else stream.dead_memory(g.rng)
    verdict = "accepted" if wanted < 0.85 else "not_found"
    if memory_id is None:
        memory_id, verdict = g.id(), "not_found"
    payload = {"memory_id": memory_id, **payload}
    version = stream.memories.get(memory_id, [0])[0]
    if verdict == "accepted" and g.rng.random() < 0.3:
        payload["expected_memory_version"] = version + g.rng.choice([0, 0, 0, 1])
        if payload["expected_memory_version"] != version:
            verdict = "rejected"

    def effect():
        stream.memories[memory_id] = [version + 1, is_there_after]

    return kind, payload, verdict, effect


def update(g, stream):
    payload = g.filled(
        content=g.maybe(lambda: document_events.content(g)),
        metadata=g.maybe(lambda: document_events.memory_metadata(g), 0.3), tags=g.maybe(g.labels, 0.3),
        entities=g.maybe(g.labels, 0.3), confidence=g.maybe(g.fraction, 0.3),
        importance=g.maybe(g.fraction, 0.3), priority=g.maybe(g.priority, 0.3),
        expires_at=g.maybe(g.time, 0.2), reason=g.maybe(g.text, 0.1))
    if not g.is_old:
        payload |= g.filled(memory_type=g.maybe(lambda: g.rng.choice(MEMORY_TYPES), 0.2),
                            term=g.maybe(lambda: g.rng.choice(["short_term", "long_term"]), 0.2))
        for name in ("expires_at", "term"):
            payload |= g.filled(**{f"clear_{name}": g.maybe(lambda name=name: name not in payload, 0.2)})
    return change(g, stream, "memory_updated", payload, True)


def restore(g, stream):
    """Of a deleted memory, of one that is there, or of one that never was."""
    memory_id = stream.dead_memory(g.rng) if g.rng.random() < 0.8 else stream.live_memory(g.rng)
    memory_id = memory_id or g.id()
    version, is_there = stream.memories.get(memory_id, (None, False))
    verdict = "not_found" if version is None else "exists" if is_there else "accepted"
    payload = g.filled(memory_id=memory_id, reason=g.maybe(g.text))
    if verdict == "accepted" and g.rng.random() < 0.3:
        payload["expected_memory_version"] = version + g.rng.choice([0, 0, 1])
        if payload["expected_memory_version"] != version:
            verdict = "rejected"

    def effect():
        stream.memories[memory_id] = [version + 1, True]

    return "memory_restored", payload, verdict, effect


def delete(g, stream):
    return change(g, stream, "memory_deleted", g.filled(reason=g.maybe(g.text)), False)


def tend(g, stream):
    kind, payload = g.rng.choice([
        ("memory_promoted", {}), ("memory_archived", {}), ("memory_unarchived", {}),
        ("memory_prioritized", {"boost_factor": g.rng.choice([0, 0.5, 1.1, 1.5, 10])}),
    ])
    return change(g, stream, kind, payload, True)


def accesses(g, stream):
    ids = [stream.live_memory(g.rng) or g.id() for _ in range(g.rng.randint(0, 3))]
    ids += ids[:1]
    return "memory_accessed", {"memory_ids": ids, "counts": [g.rng.randint(1, 9) for _ in ids],
                               "last_accessed_at": g.time()}, "accepted", lambda: None


def retrieval(g, stream):
    payload = g.filled(query=g.text(), memory_ids=[g.id()], scores=[g.rng.random()], latency_micros=g.maybe(lambda: 1234))
    return "memory_retrieved", payload, "accepted", lambda: None


def policy(g, stream):
    payload = g.filled(min_priority=g.maybe(g.priority), max_age_days=g.maybe(lambda: 30), score_threshold=g.maybe(g.fraction))
    return "retention_set", payload, "accepted", lambda: None


def updates_of_one(g, count):
    """The steps of one memory that is updated `count` times, to few texts, so that they come again."""
    stream = g.streams[0]
    memory = g.id()

    def effect():
        stream.memories[memory] = [stream.memories[memory][0] + 1, True]

    while memory not in stream.memories:
        yield g.finish_made(stream, create(g, stream, memory))
    for number in range(count):
        payload = {"memory_id": memory, "content": f"version {number % 40}"}
        yield g.finish_made(stream, ("memory_updated", payload, "accepted", effect))


EVENTS = {create: 30, create_again: 4, update: 20, delete: 7, restore: 3, tend: 4, accesses: 1, retrieval: 1, policy: 1}
