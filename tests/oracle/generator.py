"""Seeded histories of many tenants and streams: every event type, conditional writes right and wrong, duplicates at
once and late, deletes, re-creations, turns, and bytes that are no event. Each step knows the verdict that it is made
to get, so that generator, oracle and product can be held against each other."""

import random
import uuid
from dataclasses import dataclass, field

from oracle import subjects
from oracle.encode import Encoder, rfc3339, uuid7
from oracle.subjects.memories import create
from oracle.wire import released_schemas

OLD_RUN = 120
START_MICROS = 1_780_000_000_000_000
WORDS = ("coffee", "Zürich", "naïve", "記憶", "🙂🏽", "O'Brien", '"quoted"', "back\\slash", "tab\there", "line\nbreak", "\\.",
         "\\N", "NULL", "{curly}", "; DROP TABLE memories; --", "$1", "%s", "a,b", "<b>bold</b>", "e\u0301", "\u200bzero",
         "Anna", "moved", "to", "the", "sea", "likes", "tea", "and", "plays", "chess", "on", "Sundays", "with", "friends")


@dataclass
class Step:
    """A line for `mneme publish`, unless there is a raw message for the topic; and what the fold must make of it."""

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
    conversations: dict = field(default_factory=dict)  # id -> [is there, {turn index: content}, next index]
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

    def __init__(self, seed, tenants=3, streams_per_tenant=8, poisoned=2, with_garbage=True, with_old=True,
                 start=START_MICROS):
        self.rng = random.Random(seed)
        self.with_garbage = with_garbage
        self.with_old = with_old
        self.encoder = Encoder()
        self.old_encoder = Encoder(released_schemas()[0])
        self.written = 0
        self.clock = start
        self.streams = [self.new_stream(f"tenant-{tenant}" if tenant else "default", number)
                        for tenant in range(tenants) for number in range(streams_per_tenant)]
        self.poisonable = self.streams[-poisoned:] if poisoned else []
        self.poisoned_keys = set()

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

    def priority(self):
        """Version 1 has whole ones alone."""
        return self.rng.randint(0, 10) if self.is_old else self.rng.choice([0, 3, 7.5, 9.99, 0.1, 10, self.rng.random() * 10])

    def labels(self):
        return [self.text(2).replace("\t", " ").replace("\n", " ") for _ in range(self.rng.randint(0, 4))]

    def filled(self, **fields):
        """Without what is None: absent and null are the same."""
        return {name: value for name, value in fields.items() if value is not None}

    @property
    def is_old(self):
        """Whether events are written by the first version of the schema: some hundred in a row, now and then."""
        return self.with_old and self.written // OLD_RUN % 3 == 1

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
        maker = self.rng.choices(list(subjects.EVENTS), weights=subjects.EVENTS.values())[0]
        made = maker(self, stream) or create(self, stream)
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
        raw = self.as_old(line) if self.is_old else None
        self.written += 1
        return Step(verdict, line=line, raw=raw)

    def as_old(self, line):
        """By the first version, unless it says what only the newest can say: a line that is sent again."""
        try:
            return self.old_encoder.message(line)
        except (KeyError, TypeError, ValueError):
            return None

    def poison(self, stream):
        """An event that can never be applied: all behind it waits."""
        self.poisoned_keys.add(stream.key)
        line = {"type": "memory_created", "event_id": self.id(), **stream.scope, "tenant": stream.tenant,
                "stream_id": stream.stream_id,
                "payload": {"memory_id": self.id(), "memory_type": "guess", "content": "x"}}
        return Step("parked", raw=self.encoder.message(line))

    def garbage(self, stream):
        """What is not an event of its key: it is parked alone, and the stream goes on."""
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

    def made_once(self, stream, kind, id_field, leaves_memory, **payload):
        """A new thing, or one with the id of a thing or memory that is there already."""
        made = stream.things.get(kind, [])
        memory_id = stream.live_memory(self.rng) if leaves_memory else None
        chance = self.rng.random()
        verdict = "accepted"
        if made and chance < 0.1:
            thing, verdict = self.rng.choice(made), "exists"
        elif memory_id and chance < 0.2:
            thing, verdict = memory_id, "exists"
        else:
            thing = self.id()

        def effect():
            stream.things.setdefault(kind, []).append(thing)
            if leaves_memory:
                stream.memories[thing] = [stream.memories.get(thing, [0])[0] + 1, True]

        return kind, self.filled(**{id_field: thing}, **payload), verdict, effect
