"""Which keys Redis must have for what the log says (docs/redis.md): names, values and times to live, from the oracle's
fold alone."""

import math
from collections import defaultdict
from dataclasses import dataclass

from oracle.fold import Time

RANK_STEP = 10**11  # a hundredth of a priority counts more than any time, in tenths of a second
CONVERSATIONS, DECISIONS = 10, 5  # of a list of recent ones
TURNS, THOUGHTS, EVENTS = 50, 100, 100  # of working memory
MEMORY_COLUMNS = (
    "agent_id", "user_id", "run_id", "conversation_id", "memory_type", "term", "content", "metadata", "tags", "entities",
    "confidence", "importance", "priority", "is_deleted", "is_archived", "tier", "version")
CONVERSATION_COLUMNS = ("user_id", "agent_id", "title", "metadata", "is_active", "is_deleted", "turn_count", "version")
DECISION_COLUMNS = ("agent_id", "user_id", "run_id", "conversation_id", "decision", "category", "urgency", "confidence",
                    "context", "insights_used", "triggering_events", "metadata", "context_summary", "cross_agent_collaboration",
                    "version")
TURN_COLUMNS = ("role", "speaker", "content", "token_count", "model", "metadata")


@dataclass(frozen=True)
class Terms:
    """The settings of the group, and what it is called."""

    prefix: str
    space: int = 1
    memory_ttl_s: int = 3600
    conversation_ttl_s: int = 1800
    recent_conversations_ttl_s: int = 3600
    recent_decisions_ttl_s: int = 1800
    working_ttl_s: int = 3600


@dataclass
class Memory:
    """What must be known of a memory as long as it is kept."""

    row: dict  # as JSON
    sequence: int
    accesses: int
    accessed_at: int | None
    lists: str
    expires_ms: int
    rank: int
    owner: str  # whom it counts for


@dataclass
class Value:
    """JSON behind the ledger's offset. None for JSON: there must be none."""

    json: object
    least_offset: int
    expires_ms: int


@dataclass
class Working:
    """`keys` has also those that may have expired before the group was written."""

    goal: tuple  # itself, its id, and microseconds since when; all None: there is none
    turns: list
    thoughts: list
    keys: dict  # name: (element, expires_at)
    events: list
    least_offset: int
    expires_ms: int
    written_from: int  # microseconds: not before


def rank_of(priority, micros):
    return math.floor(priority * 100 + 0.5) * RANK_STEP + min(max(micros, 0) // 100_000, RANK_STEP - 1)


def first_sequence(turn):
    """Of the event that stored it first: one that is corrected stays cleared."""
    return turn["source_sequence"] if turn["first_sequence"] is None else turn["first_sequence"]


def encode(*names):
    """Names as keys have them."""
    return "/".join("".join(f"%{ord(c):02X}" if c in "%/: \n" else c for c in name or "") for name in names)


def pick(row, names, **more):
    """A row's JSON."""
    return {**{name: row[name] for name in names}, **more}


def times(row, *names):
    return {name: None if row[name] is None else Time(row[name]) for name in names}


class RedisKeys:
    """`memories`, `values` and `working` by key; `lists`: {key: {member: the memory's key}}."""

    def __init__(self, fold, terms):
        self.fold = fold
        self.terms = terms
        self.memories = {}
        self.values = {}
        self.working = {}
        self.lists = defaultdict(dict)
        for place, row in fold.memories.items():
            self.add_memory(*place, row)
        for key, (happened_at, offset) in fold.redis.conversations.items():
            self.add_conversation(key, happened_at, offset)
        for (partition, tenant, user_id), (happened_at, offset) in fold.redis.recent.items():
            self.add_recent(partition, tenant, user_id, happened_at, offset)
        for (partition, tenant, agent_id), (happened_at, offset) in fold.redis.decisions.items():
            self.add_decisions(partition, tenant, agent_id, happened_at, offset)
        for key, touch in fold.redis.working.items():
            self.add_working(key, *touch)

    def base(self, partition):
        return f"{self.terms.prefix}{self.terms.space}:{{{partition}}}:"

    def partition(self, tenant, stream_id):
        return self.fold.partition_of(f"{tenant}/{stream_id}".encode())

    # --- memories and their lists ---

    def accesses(self, tenant, stream_id, memory_id):
        """How often, and when last: told in the stream beside the memory's, or in its own."""
        found = [self.fold.memory_access.get((tenant, stream_id + "#access", memory_id))]
        if not stream_id.endswith("#access"):
            found.append(self.fold.memory_access.get((tenant, stream_id, memory_id)))
        found = [row for row in found if row]
        return sum(row["access_count"] for row in found), max((row["last_accessed_at"] for row in found), default=None)

    def add_memory(self, memory_id, tenant, stream_id, row):
        if row["is_deleted"]:
            return
        base = self.base(self.partition(tenant, stream_id))
        since = min(row["updated_at"], row["valid_from"])
        expires_at = since + self.terms.memory_ttl_s * 1_000_000
        if row["expires_at"] is not None:
            expires_at = min(expires_at, row["expires_at"])
        accesses, accessed_at = self.accesses(tenant, stream_id, memory_id)
        names = encode(tenant, stream_id, str(memory_id))
        key = f"{base}memory:{names}"
        agent_id, user_id = row["agent_id"], row["user_id"]
        self.memories[key] = Memory(
            row=pick(row, MEMORY_COLUMNS, id=str(memory_id), tenant=tenant, stream_id=stream_id,
                     source_event_id=str(row["source_event_id"]), **times(row, "created_at", "updated_at", "expires_at")),
            sequence=row["source_sequence"], accesses=accesses, accessed_at=accessed_at,
            lists="" if agent_id is None else encode(tenant, user_id, agent_id), expires_ms=expires_at // 1000,
            rank=rank_of(row["priority"], max(since, accessed_at or 0)),
            owner=encode(tenant, user_id) if user_id else encode(tenant, "", stream_id))
        member = encode(stream_id, str(memory_id))
        if agent_id is not None:
            self.lists[f"{base}agent:{encode(tenant, agent_id)}"][member] = key
            if user_id is not None:
                self.lists[f"{base}user-agent:{encode(tenant, user_id, agent_id)}"][member] = key

    # --- values that are read whole ---

    def conversation(self, key):
        tenant, stream_id, name = key
        row = self.fold.conversations[key]
        return pick(row, CONVERSATION_COLUMNS, conversation_id=name, tenant=tenant, stream_id=stream_id,
                    source_event_id=str(row["source_event_id"]),
                    **times(row, "created_at", "updated_at", "last_activity_at"))

    def add_conversation(self, key, happened_at, offset):
        name = f"{self.base(self.partition(*key[:2]))}conversation:{encode(*key)}:context"
        is_there = not self.fold.conversations[key]["is_deleted"]
        self.values[name] = Value(self.conversation(key) if is_there else None, offset + 1,
                                  happened_at // 1000 + self.terms.conversation_ttl_s * 1000)

    def add_recent(self, partition, tenant, user_id, happened_at, offset):
        found = [(row["last_activity_at"], key[2], key[1], key) for key, row in self.fold.conversations.items()
                 if key[0] == tenant and row["user_id"] == user_id and not row["is_deleted"]
                 and self.partition(*key[:2]) == partition]
        rows = [self.conversation(place[-1]) for place in sorted(found, reverse=True)[:CONVERSATIONS]]
        self.values[f"{self.base(partition)}recent-conversations:{encode(tenant, user_id)}"] = Value(
            rows or None, offset + 1, happened_at // 1000 + self.terms.recent_conversations_ttl_s * 1000)

    def add_decisions(self, partition, tenant, agent_id, happened_at, offset):
        found = [(row["created_at"], str(key[0]), key[2], key) for key, row in self.fold.agent_decisions.items()
                 if key[1] == tenant and row["agent_id"] == agent_id and self.partition(*key[1:]) == partition]
        rows = []
        for _, decision_id, stream_id, key in sorted(found, reverse=True)[:DECISIONS]:
            row = self.fold.agent_decisions[key]
            rows.append(pick(row, DECISION_COLUMNS, decision_id=decision_id, tenant=tenant, stream_id=stream_id,
                             source_event_id=str(row["source_event_id"]), **times(row, "created_at")))
        self.values[f"{self.base(partition)}recent-decisions:{encode(tenant, agent_id)}"] = Value(
            rows or None, offset + 1, happened_at // 1000 + self.terms.recent_decisions_ttl_s * 1000)

    # --- working memory ---

    def add_working(self, key, happened_at, offset, recorded_at):
        memory = self.fold.working_memory.get(key, {"goal": None, "cleared_sequence": -1, "context_cleared_sequence": -1})
        goal = (None, None, None) if memory["goal"] is None else (
            memory["goal"], memory["goal_id"] or str(memory["goal_event_id"]), str(memory["goal_set_at"]))
        conversation = self.fold.conversations.get(key)
        has_turns = conversation is not None and not conversation["is_deleted"]

        def behind(table, cleared):
            rows = [(place, row) for place, row in table.items()
                    if place[:3] == key and row["source_sequence"] > memory[cleared]]
            return sorted(rows, key=lambda found: found[1]["source_sequence"])

        def element(row, *names, **more):
            return pick(row, names, source_event_id=str(row["source_event_id"]), **more)

        entries = behind(self.fold.working_entries, "cleared_sequence")
        appended = behind(self.fold.working_entries, "context_cleared_sequence")
        # The last turns by their places; of these, those that came behind the clear.
        turns = sorted((place, row) for place, row in self.fold.conversation_turns.items() if place[:3] == key)[-TURNS:]
        turns = [(place, row) for place, row in turns if has_turns and first_sequence(row) > memory["cleared_sequence"]]
        self.working[f"{self.base(self.partition(*key[:2]))}working:{encode(*key)}"] = Working(
            goal=goal,
            turns=[element(row, *TURN_COLUMNS, turn_index=place[3], **times(row, "created_at"))
                   for place, row in turns],
            thoughts=[element(row, "thought", "metadata", **times(row, "created_at"))
                      for _, row in entries if row["kind"] == "thought"][-THOUGHTS:],
            keys={place[3]: (element(row, "value", "ttl_s", key=place[3], **times(row, "updated_at", "expires_at")),
                             row["expires_at"])
                  for place, row in behind(self.fold.context_keys, "context_cleared_sequence") if not row["is_deleted"]},
            events=[element(row, "event", entry_index=place[3], **times(row, "created_at"))
                    for place, row in appended if row["kind"] == "event"][-EVENTS:],
            least_offset=offset + 1, expires_ms=happened_at // 1000 + self.terms.working_ttl_s * 1000,
            written_from=recorded_at)
