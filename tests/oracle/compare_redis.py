"""The keys of Redis against those that the log's fold must lead to, one by one."""

import re
from dataclasses import dataclass

import redis

from harness.namespace import redis_client
from oracle.compare import exact_loads, same, shorten
from oracle.redis_books import compare_books
from oracle.redis_keys import RedisKeys, Terms

SETTINGS = {"memory_ttl_s": "MNEME_REDIS_MEMORY_TTL_S", "conversation_ttl_s": "MNEME_REDIS_CONVERSATION_TTL_S",
            "recent_conversations_ttl_s": "MNEME_REDIS_RECENT_CONVERSATIONS_TTL_S",
            "recent_decisions_ttl_s": "MNEME_REDIS_RECENT_DECISIONS_TTL_S", "working_ttl_s": "MNEME_REDIS_WORKING_TTL_S"}
FIRST_LINE = re.compile(r"([0-9]{19}) (\d+) (-|-?\d+) (\S*)")


@dataclass
class Snapshot:
    """All keys with their values, and the times in ms between which they were read."""

    keys: dict  # name: (value, when it expires or -1)
    begun_ms: int
    ended_ms: int

    def is_due(self, expires_ms):
        """Whether what expires then must be there."""
        return expires_ms > self.ended_ms

    def is_over(self, expires_ms):
        return expires_ms <= self.begun_ms


READ = {
    "string": lambda client, name: client.get(name),
    "hash": lambda client, name: client.hgetall(name),
    "list": lambda client, name: client.lrange(name, 0, -1),
    "zset": lambda client, name: client.zrange(name, 0, -1, withscores=True),
}
CHUNK = 500  # keys in one round trip


def partition_of(key):
    return int(re.search(r"\{(\d+)\}", key)[1])


def now_ms(client):
    seconds, micros = client.time(**({"target_nodes": "random"} if isinstance(client, redis.RedisCluster) else {}))
    return seconds * 1000 + micros // 1000


def read_keys(client, prefix):
    begun_ms = now_ms(client)
    names = list(client.scan_iter(prefix + "*", count=1000))
    keys = {}
    for start in range(0, len(names), CHUNK):
        keys.update(read_chunk(client, names[start:start + CHUNK]))
    return Snapshot(keys, begun_ms, now_ms(client))


def read_chunk(client, names):
    """{name: (value, when it expires)} of those that have not gone meanwhile."""
    with client.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.type(name)
        kinds = [(name, kind) for name, kind in zip(names, pipeline.execute(), strict=True) if kind != "none"]
        for name, kind in kinds:
            READ[kind](pipeline, name)
            pipeline.pexpiretime(name)
        answers = pipeline.execute()
    found = {}
    for (name, kind), value, expires in zip(kinds, answers[::2], answers[1::2], strict=True):
        if expires != -2:
            found[name] = ({member: int(score) for member, score in value} if kind == "zset" else value), expires
    return found


class Comparison:
    """`found` are sentences, one for each difference. Keys of the snapshot are taken out as they are understood."""

    def __init__(self, expected, snapshot, drift_ms, accesses_may_lag):
        self.expected = expected
        self.snapshot = snapshot
        self.drift_ms = drift_ms
        self.accesses_may_lag = accesses_may_lag
        self.lagging = set()
        self.left = dict(snapshot.keys)
        self.found = []
        self.evicted, self.progress = {}, {}
        self.forget_accesses_alone()
        self.kept = set(self.left)
        for partition in range(expected.fold.partitions):
            self.compare_progress(partition)
        for key, memory in expected.memories.items():
            self.compare_memory(key, memory)
        for key, value in expected.values.items():
            self.compare_value(key, value)
        for key, working in expected.working.items():
            self.compare_working(key, working)
        for partition in range(expected.fold.partitions):
            self.compare_books(partition)
        for key, members in expected.lists.items():
            self.compare_list(key, members)
        for key in sorted(self.left):
            self.look_at_leftover(key)

    def say(self, key, what):
        self.found.append(f"{key}: {what}")

    def check(self, key, what, expected, actual):
        if not same(expected, actual):
            self.say(key, f"{what} is {shorten(actual)}, expected {shorten(expected)}")

    def take(self, key, expires_ms):
        """The key's value if it is there and may be; says so if it is wrong that it is there, or is not: what had to make
        room is not."""
        value, expires = self.left.pop(key, (None, None))
        if value is None:
            if self.snapshot.is_due(expires_ms) and self.evicted[partition_of(key)] == 0:
                self.say(key, f"is missing, it is kept until {expires_ms}")
            return None
        if not self.is_at(expires, expires_ms):
            self.say(key, f"expires at {expires}, expected {expires_ms}")
        return value

    def is_at(self, expires, wanted_ms):
        """Whether something expires when it should; a key that was moved to another node, by the way it took later."""
        return wanted_ms <= expires <= wanted_ms + self.drift_ms

    # --- one kind after the other ---

    def compare_progress(self, partition):
        fold, terms = self.expected.fold, self.expected.terms
        key = self.expected.base(partition) + "progress"
        progress, expires = self.left.pop(key, ({}, -1))
        next_offset = fold.next_offsets.get(partition, 0)
        self.check(key, "next_offset", str(next_offset), progress.get("next_offset", "0"))
        if progress:
            self.check(key, "topic", [fold.topic, str(fold.partitions)], [progress["topic"], progress["topic_partitions"]])
            self.check(key, "expiry", -1, expires)
        self.evicted[partition], self.progress[partition] = int(progress.get("evicted", 0)), progress
        space, _ = self.left.pop(f"{terms.prefix}{{{partition}}}:space", (str(terms.space), None))
        self.check(key, "the live space", str(terms.space), space)
        self.left.pop(f"{terms.prefix}{{{partition}}}:live", None)

    def forget_accesses_alone(self):
        """Accesses of a memory that is not cached stay for a minute at most."""
        for key, (value, expires) in list(self.left.items()):
            if ":memory:" in key and isinstance(value, str) and re.fullmatch(r"0{19} \d+ (?:-|-?\d+) \n", value):
                self.check(key, "an expiry", True, expires > 0)
                del self.left[key]

    def compare_memory(self, key, memory):
        value = self.take(key, memory.expires_ms)
        if value is None:
            return
        line, _, json = value.partition("\n")
        numbers = FIRST_LINE.fullmatch(line)
        if not numbers:
            self.say(key, f"begins with {line!r}")
            return
        if self.accesses_may_lag and int(numbers[2]) < memory.accesses:
            self.lagging.add(key)
            memory.accesses, memory.accessed_at = int(numbers[2]), None if numbers[3] == "-" else int(numbers[3])
        self.check(key, "sequence, accesses and lists", [memory.sequence, memory.accesses, memory.accessed_at, memory.lists],
                   [int(numbers[1]), int(numbers[2]), None if numbers[3] == "-" else int(numbers[3]), numbers[4]])
        self.check(key, "memory", memory.row, exact_loads(json))

    def compare_value(self, key, value):
        if value.json is None:
            found, _ = self.left.pop(key, (None, None))
            if found is not None:
                self.say(key, f"should not be there: {shorten(found)}")
            return
        text = self.take(key, value.expires_ms)
        if text is None:
            return
        offset, _, json = text.partition("\n")
        self.check_offset(key, offset, value.least_offset)
        self.check(key, "value", value.json, exact_loads(json))

    def check_offset(self, key, offset, least):
        """That of the ledger when the value was read there."""
        if not least <= int(offset) <= self.expected.fold.next_offsets.get(partition_of(key), 0) or len(offset) != 19:
            self.say(key, f"was read when the ledger was at {offset}, what it tells begins at {least}")

    def compare_working(self, key, working):
        group = self.take(key, working.expires_ms)
        parts = {name: self.left.pop(f"{key}:{name}", ([] if name != "context" else {}, None))
                 for name in ("turns", "thoughts", "context", "events")}
        if group is None:
            if any(expires is not None and self.snapshot.is_due(expires) for _, expires in parts.values()):
                self.say(key, "its parts are there without it")
            return
        if "next_offset" not in group:
            self.say(key, f"does not say where the ledger was: {group}")
            return
        self.check_offset(key, group["next_offset"], working.least_offset)
        self.check(key, "counts", " ".join(str(len(value)) for value, _ in parts.values()), group.get("counts"))
        self.check(key, "goal", working.goal, tuple(group.get(name) for name in ("goal", "goal_id", "goal_set_at")))
        for name, (value, expires) in parts.items():
            if expires is not None and not self.is_at(expires, working.expires_ms):
                self.say(f"{key}:{name}", f"expires at {expires}, expected {working.expires_ms}")
            if name == "context":
                self.compare_context(f"{key}:context", working, value)
            else:
                self.check(f"{key}:{name}", "list", getattr(working, name), [exact_loads(element) for element in value])

    def compare_context(self, key, working, value):
        """A key that has expired is left out if the group was written after that."""
        actual = {name: exact_loads(element) for name, element in value.items()}
        for name, (element, expires_at) in working.keys.items():
            if name in actual:
                self.check(key, f"key {name}", element, actual.pop(name))
                if expires_at <= working.written_from:
                    self.say(key, f"key {name} had expired before the group was written")
            elif self.snapshot.is_due(expires_at // 1000):
                self.say(key, f"key {name} is missing")
        for name in actual:
            self.say(key, f"key {name} should not be there")

    def compare_books(self, partition):
        base = self.expected.base(partition)
        found, books = compare_books(base, self.left, self.snapshot, self.progress[partition], self.drift_ms)
        self.found += found
        for entry, book in books.items():
            memory = self.expected.memories.get(base + entry)
            if memory is not None and book.rank is not None and base + entry not in self.lagging:
                self.check(base + entry, "rank, owner and lists", [memory.rank, memory.owner, memory.lists],
                           [book.rank, book.owner, book.lists])

    def compare_list(self, key, members):
        actual, expires = self.left.pop(key, ({}, -1))
        for member, memory_key in members.items():
            memory = self.expected.memories[memory_key]
            score = actual.pop(member, None)
            if score is None and memory_key in self.kept and self.snapshot.is_due(memory.expires_ms):
                self.say(key, f"{member} is missing")
            elif score is not None:
                if not self.snapshot.is_over(memory.expires_ms):
                    self.check(key, f"score of {member}", memory.expires_ms, score)
        self.look_at_members(key, actual)
        if expires != -1:
            self.say(key, f"expires at {expires}, and not with its members")

    def look_at_members(self, key, members):
        """Of what has expired members may stay, until the list is written again."""
        for member, score in members.items():
            if not self.snapshot.is_over(score):
                self.say(key, f"{member} should not be there")

    def look_at_leftover(self, key):
        value, expires = self.left[key]
        if key == self.expected.terms.prefix + "topic":
            return
        if re.search(r"\}:(agent|user-agent)\b", key):
            self.look_at_members(key, value)
        elif expires == -1 or not self.snapshot.is_over(expires):
            self.say(key, f"should not be there: {shorten(value)}")


def redis_differences(namespace, fold, env=None, drift_ms=0, accesses_may_lag=False):
    """Sentences, one for each difference between Redis and what the log says. `env`: what the group was started with
    beyond the namespace's; `drift_ms`: so much later may expire what a cluster has moved to another node. The numbers of
    accesses may lag where several workers are at it."""
    env = {**namespace.env, **(env or {})}
    client = redis_client(env["REDIS_URL"])
    try:
        prefix = env["MNEME_REDIS_PREFIX"]
        ttls = {name: int(env[setting]) for name, setting in SETTINGS.items() if setting in env}
        space = int(client.get(f"{prefix}{{0}}:space") or 1)
        expected = RedisKeys(fold, Terms(prefix, space, **ttls))
        return Comparison(expected, read_keys(client, prefix), drift_ms, accesses_may_lag).found
    finally:
        client.close()
