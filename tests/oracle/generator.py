"""Seeded histories of many tenants and streams: every event type, conditional writes right and wrong, duplicates at
once and late, deletes, re-creations, turns, and bytes that are no event. Each step knows the verdict that it is made
to get, so that generator, oracle and product can be held against each other."""

import random
import uuid
from dataclasses import dataclass, field

from oracle import document_events
from oracle.agent_events import agent_event
from oracle.encode import Encoder, rfc3339, uuid7
from oracle.working_events import working_event

START_MICROS = 1_780_000_000_000_000
WORDS = ("coffee", "Zürich", "naïve", "記憶", "🙂🏽", "O'Brien", '"quoted"', "back\\slash", "tab\there", "line\nbreak", "\\.",
         "\\N", "NULL", "{curly}", "; DROP TABLE memories; --", "$1", "%s", "a,b", "<b>bold</b>", "e\u0301", "\u200bzero",
         "Anna", "moved", "to", "the", "sea", "likes", "tea", "and", "plays", "chess", "on", "Sundays", "with", "friends")
MEMORY_TYPES = ("fact", "analysis", "recommendation", "hypothesis", "insight", "conversation", "decision", "knowledge",
                "rule", "entity", "relationship")


@dataclass
class Step:
    """Either a line for `mneme publish`, or a raw message for the topic; and what the fold must make of it."""

    verdict: str  # accepted, rejected, …, or parked
    line: dict | None = None
    raw: dict | None = None


@dataclass
class StreamState:
    tenant: str
    scope: dict
    stream_id: str | None
    is_poisoned: bool = False
    version: int = 0
    memories: dict = field(default_factory=dict)       # id -> [version, is there]
    conversations: dict = field(default_factory=dict)  # id -> [is there, turn indexes, next index]
    things: dict = field(default_factory=dict)         # kind of event -> [ids made by it]
    contexts: dict = field(default_factory=dict)       # conversation id -> keys that are there
    lines: list = field(default_factory=list)

    @property
    def key(self):
        return f"{self.tenant}/{self.stream_id or self.scope.get('user_id') or self.scope.get('agent_id')}"

    def live_memory(self, rng):
        return pick(rng, [name for name, (_, there) in self.memories.items() if there])

    def dead_memory(self, rng):
        return pick(rng, [name for name, (_, there) in self.memories.items() if not there])

    def live_conversation(self, rng):
        return pick(rng, [name for name, state in self.conversations.items() if state[0]])

    def dead_conversation(self, rng):
        return pick(rng, [name for name, state in self.conversations.items() if not state[0]])


def pick(rng, items):
    return rng.choice(items) if items else None


class Generator:
    """history(n) gives n steps; the same seed gives the same steps."""

    def __init__(self, seed, tenants=3, streams_per_tenant=8, poisoned=2, with_garbage=True,
                 start=START_MICROS):
        self.rng = random.Random(seed)
        self.with_garbage = with_garbage
        self.encoder = Encoder()
        self.clock = start
        self.streams = [self.new_stream(f"tenant-{tenant}" if tenant else "default", number)
                        for tenant in range(tenants) for number in range(streams_per_tenant)]
        self.poisonable = self.streams[-poisoned:] if poisoned else []
        self.poisoned_keys = set()
        self.kinds = {**MEMORY_KINDS, **OTHER_KINDS}

    def new_stream(self, tenant, number):
        if number % 4 == 3:
            return StreamState(tenant, {"agent_id": f"agent-{number}"}, None)
        if number % 4 == 2:
            return StreamState(tenant, {"user_id": f"user {number} ü", "run_id": "run"}, f"stream/{number}#access")
        return StreamState(tenant, {"user_id": f"user-{number}", "agent_id": "helper"}, None)

    # --- values ---

    def text(self, longest=12):
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(1, longest))) + " ."

    def time(self):
        self.clock += self.rng.randint(1, 5_000_000)
        if self.rng.random() < 0.02:
            return rfc3339(self.rng.choice([0, 1, -1, 253_402_300_799_999_999, -62_135_596_800_000_000]))
        return rfc3339(self.clock)

    def id(self):
        if self.rng.random() < 0.2:
            return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        late = self.rng.choice([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) * self.rng.randint(0, 10**9)
        return str(uuid7(self.clock // 1000 - late, self.rng.getrandbits(80)))

    def json_object(self):
        values = [1, -2.5, 0.1, 1e21, 12345678901234567890, True, None, "x", [], {}, [1, {"deep": ["er"]}], self.text(3)]
        return {self.rng.choice(WORDS): self.rng.choice(values) for _ in range(self.rng.randint(0, 4))}

    def maybe(self, make, chance=0.5):
        return make() if self.rng.random() < chance else None

    def fraction(self):
        return self.rng.choice([0, 1, 0.1, 0.30000000000000004, 5e-324, self.rng.random()])

    def labels(self):
        return [self.text(2).replace("\t", " ").replace("\n", " ") for _ in range(self.rng.randint(0, 4))]

    def filled(self, **fields):
        """Without what is None: absent and null are the same."""
        return {name: value for name, value in fields.items() if value is not None}

    # --- one step ---

    def step(self):
        stream = self.rng.choice(self.streams)
        if self.with_garbage and self.poisonable and self.rng.random() < 0.01:
            return self.garbage(stream) if self.rng.random() < 0.8 else self.poison(self.rng.choice(self.poisonable))
        chance = self.rng.random()
        if chance < 0.06 and stream.lines:
            # Of the latest or of any earlier one: an event id is seen for ever.
            line = stream.lines[-1] if self.rng.random() < 0.5 else self.rng.choice(stream.lines)
            return self.finish(stream, line, "duplicate", is_new=False)
        kind = self.rng.choices(list(self.kinds), weights=[weight for weight, _ in self.kinds.values()])[0]
        made = self.kinds[kind][1](self, stream)
        if made is None:
            made = self.create(stream)
        return self.finish_made(stream, made)

    def finish_made(self, stream, made):
        """The envelope around (type, payload, verdict, effect)."""
        kind, payload, verdict, effect = made
        line = {"type": kind, **stream.scope, "occurred_at": self.time(), "payload": payload}
        if stream.tenant != "default":
            line["tenant"] = stream.tenant
        if stream.stream_id:
            line["stream_id"] = stream.stream_id
        self.identify(line)
        if self.rng.random() < 0.3:
            line.update(self.filled(correlation_id=self.maybe(lambda: f"request-{self.rng.randint(1, 50)}"),
                                    causation_id=self.maybe(self.id), actor=self.maybe(lambda: "tester"),
                                    conversation_id=self.maybe(lambda: "talk"),
                                    metadata=self.maybe(lambda: {"source": self.text(2), "ключ": "\\ \"'\t"})))
        if self.rng.random() < 0.15:
            if self.rng.random() < 0.6:
                line["expected_version"] = stream.version
            else:
                line["expected_version"] = max(0, stream.version + self.rng.choice([-1, 1, 7]))
                if line["expected_version"] != stream.version:
                    verdict = "rejected"
        if verdict == "accepted" and stream.key not in self.poisoned_keys:
            stream.version += 1
            effect()
        return self.finish(stream, line, verdict)

    def identify(self, line):
        """Every event can be sent again as itself: by its id or by an idempotency key."""
        if self.rng.random() < 0.3:
            line["idempotency_key"] = f"key-{self.rng.getrandbits(64):x}"
        else:
            line["event_id"] = self.id()

    def finish(self, stream, line, verdict, is_new=True):
        if is_new:
            stream.lines.append(line)
        if stream.key in self.poisoned_keys:
            verdict = "parked"
        return Step(verdict, line=line)

    def poison(self, stream):
        """An event that can never be applied: all behind it waits."""
        self.poisoned_keys.add(stream.key)
        line = {"type": "memory_created", "event_id": self.id(), **stream.scope, "tenant": stream.tenant,
                "stream_id": stream.stream_id,
                "payload": {"memory_id": self.id(), "memory_type": "guess", "content": "x"}}
        return Step("parked", raw=self.encoder.message(line))

    def garbage(self, stream):
        """What is no event of its key: it is parked alone, and the stream goes on."""
        key = stream.key.encode()
        line = {"type": "memory_deleted", "event_id": self.id(), **stream.scope, "tenant": stream.tenant,
                "stream_id": stream.stream_id,
                "payload": {"memory_id": self.id()}}
        good = self.encoder.message(line)["value"]
        value = self.rng.choice([None, b"", b"\xc3", b"not an event", b"\xc3\x01", good[:-1], good[:20], good + b"\0",
                                 self.encoder.message({**line, "tenant": "elsewhere"})["value"]])
        return Step("parked", raw={"key": key, "value": value})

    def history(self, count):
        return [self.step() for _ in range(count)]

    # --- memories: (type, payload, verdict, effect) ---

    def create(self, stream, memory_id=None):
        memory_id = memory_id or self.id()
        payload = self.filled(
            memory_id=memory_id, memory_type=self.rng.choice(MEMORY_TYPES),
            content=document_events.content(self),
            term=self.maybe(lambda: self.rng.choice(["short_term", "long_term"])),
            metadata=self.maybe(lambda: document_events.memory_metadata(self)),
            tags=self.maybe(self.labels), entities=self.maybe(self.labels), confidence=self.maybe(self.fraction),
            importance=self.maybe(self.fraction), priority=self.maybe(lambda: self.rng.randint(0, 10)),
            tier=self.maybe(lambda: self.rng.choice(["hot", "warm", "cold"])),
            expires_at=self.maybe(self.time, 0.2), reason=self.maybe(self.text, 0.1))
        version, is_there = stream.memories.get(memory_id, (0, False))

        def effect():
            stream.memories[memory_id] = [version + 1, True]

        return "memory_created", payload, "exists" if is_there else "accepted", effect

    def create_again(self, stream):
        memory_id = stream.live_memory(self.rng) if self.rng.random() < 0.4 else stream.dead_memory(self.rng)
        return self.create(stream, memory_id) if memory_id else None

    def change(self, stream, kind, payload, is_there_after):
        wanted = self.rng.random()
        memory_id = stream.live_memory(self.rng) if wanted < 0.85 else stream.dead_memory(self.rng)
        verdict = "accepted" if wanted < 0.85 else "not_found"
        if memory_id is None:
            memory_id, verdict = self.id(), "not_found"
        payload = {"memory_id": memory_id, **payload}
        version = stream.memories.get(memory_id, [0])[0]
        if verdict == "accepted" and self.rng.random() < 0.3:
            payload["expected_memory_version"] = version + self.rng.choice([0, 0, 0, 1])
            if payload["expected_memory_version"] != version:
                verdict = "rejected"

        def effect():
            stream.memories[memory_id] = [version + 1, is_there_after]

        return kind, payload, verdict, effect

    def update(self, stream):
        payload = self.filled(
            content=self.maybe(lambda: document_events.content(self)),
            metadata=self.maybe(lambda: document_events.memory_metadata(self), 0.3), tags=self.maybe(self.labels, 0.3),
            entities=self.maybe(self.labels, 0.3), confidence=self.maybe(self.fraction, 0.3),
            importance=self.maybe(self.fraction, 0.3), priority=self.maybe(lambda: self.rng.randint(0, 10), 0.3),
            expires_at=self.maybe(self.time, 0.2), reason=self.maybe(self.text, 0.1))
        return self.change(stream, "memory_updated", payload, True)

    def delete(self, stream):
        return self.change(stream, "memory_deleted", self.filled(reason=self.maybe(self.text)), False)

    def tend(self, stream):
        kind, payload = self.rng.choice([
            ("memory_promoted", {}), ("memory_archived", {}),
            ("memory_prioritized", {"boost_factor": self.rng.choice([0, 0.5, 1.1, 1.5, 10])}),
        ])
        return self.change(stream, kind, payload, True)

    # --- conversations ---

    def conversation_id(self):
        return f"talk {self.rng.randint(1, 10**9)} ü"

    def begin_conversation(self, stream):
        again = self.rng.random()
        name = (stream.live_conversation(self.rng) if again < 0.2 else
                stream.dead_conversation(self.rng) if again < 0.5 else None) or self.conversation_id()
        state = stream.conversations.get(name, [False, set(), 0])

        def effect():
            stream.conversations[name] = [True, set(), 0]

        return ("conversation_created",
                self.filled(conversation_id=name, title=self.maybe(self.text), metadata=self.maybe(self.json_object)),
                "exists" if state[0] else "accepted", effect)

    def change_conversation(self, stream):
        kind = self.rng.choice(["conversation_updated", "conversation_closed", "conversation_deleted"])
        name = stream.live_conversation(self.rng) if self.rng.random() < 0.85 else stream.dead_conversation(self.rng)
        verdict = "accepted" if name and stream.conversations[name][0] else "not_found"
        name = name or self.conversation_id()
        payload = {"conversation_id": name}
        if kind == "conversation_updated":
            payload |= self.filled(title=self.maybe(self.text), metadata=self.maybe(self.json_object))
        else:
            payload |= self.filled(reason=self.maybe(self.text))

        def effect():
            stream.conversations[name][0] = kind != "conversation_deleted"
            if kind == "conversation_deleted":
                stream.contexts.pop(name, None)

        return kind, payload, verdict, effect

    def turn(self, stream):
        name = (stream.live_conversation(self.rng) if self.rng.random() < 0.9 else
                stream.dead_conversation(self.rng)) or self.conversation_id()
        there, indexes, following = stream.conversations.get(name, [True, set(), 0])
        index, verdict = None, "accepted" if there else "not_found"
        if self.rng.random() < 0.2:
            index = following + self.rng.choice([0, 0, 1, 3])
        elif there and indexes and self.rng.random() < 0.1:
            index, verdict = self.rng.choice(sorted(indexes)), "exists"
        taken = following if index is None else index

        def effect():
            stream.conversations[name] = [True, indexes | {taken}, max(following, taken + 1)]

        return "conversation_turn", self.filled(
            conversation_id=name, turn_index=index, role=self.rng.choice(["user", "assistant", "system", "tool"]),
            speaker=self.maybe(lambda: self.rng.choice(["Ána", "Bo", " "])), content=document_events.text(self),
            token_count=self.maybe(lambda: self.rng.randint(0, 2**40)), model=self.maybe(lambda: "model/1"),
            metadata=self.maybe(lambda: document_events.turn_metadata(self))), verdict, effect

    # --- everything else: kept in the ledger ---

    def noted(self, kind, **payload):
        return kind, self.filled(**payload), "accepted", lambda: None

    def other_event(self, stream):
        note = self.noted
        return self.rng.choice([
            lambda: note("user_onboarded", profile=self.maybe(self.json_object),
                         preferences=self.maybe(self.json_object), source=self.maybe(lambda: "web")),
            lambda: note("biometric_received", metric="heart_rate", value=self.rng.random() * 200, unit="bpm",
                         measured_at=self.maybe(self.time)),
            lambda: note("projection_updated", projection="postgres", action="rebuilt", details=self.json_object()),
            lambda: note("error_occurred", error_type="oops", message=self.text(), severity=self.maybe(lambda: "warning")),
            lambda: note("retention_set", min_priority=self.maybe(lambda: 3), max_age_days=self.maybe(lambda: 30),
                         score_threshold=self.maybe(self.fraction)),
            lambda: note("memory_retrieved", query=self.text(), memory_ids=[self.id()], scores=[self.rng.random()],
                         latency_micros=self.maybe(lambda: 1234)),
            lambda: note("custom", type=f"my.type {self.rng.randint(1, 3)}",
                         json=self.rng.choice([{"a": 1}, [1, 2], "text", 0.5, True])),
        ])()


MEMORY_KINDS = {
    "create": (30, Generator.create),
    "create_again": (4, Generator.create_again),
    "update": (20, Generator.update),
    "delete": (7, Generator.delete),
    "tend": (4, Generator.tend),
}
OTHER_KINDS = {
    "begin": (4, Generator.begin_conversation),
    "change": (4, Generator.change_conversation),
    "turn": (15, Generator.turn),
    "agent": (8, agent_event),
    "other": (6, Generator.other_event),
    "working": (8, working_event),
}
