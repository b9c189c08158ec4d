#!/usr/bin/env python3
"""Reads what Mneme keeps in Redis, by the names that other stores give it (docs/redis.md has the table).

    read_redis.py memory:ID --stream ada            read_redis.py conversation:ID:context --stream ada
    read_redis.py agent:planner:memories            read_redis.py user:ada:recent_conversations
    read_redis.py user:ada:agent:planner:memories   read_redis.py agent:planner:recent_decisions

Prints JSON. Exit code 5: Redis does not have it, or cannot be trusted at the moment; ask `mneme` or Postgres. Needs the
redis package; takes REDIS_URL, MNEME_REDIS_PREFIX and MNEME_TENANT from the environment, as mneme does.
"""
import argparse
import json
import os
import re
import time

import redis


class NotHere(Exception):
    """Redis cannot answer; Postgres can."""


def murmur2(data):
    """The hash that Kafka clients use to choose a partition."""
    length, mixer, mask = len(data), 0x5BD1E995, 0xFFFFFFFF
    value = 0x9747B28C ^ length
    for at in range(0, length - length % 4, 4):
        word = int.from_bytes(data[at:at + 4], "little") * mixer & mask
        value = value * mixer & mask ^ (word ^ word >> 24) * mixer & mask
    if length % 4:
        value = (value ^ int.from_bytes(data[-(length % 4):], "little")) * mixer & mask
    value = (value ^ value >> 13) * mixer & mask
    return value ^ value >> 15


def names(*parts):
    """Names as they appear in keys."""
    return "/".join(re.sub("[/: \n%]", lambda found: f"%{ord(found[0]):02X}", part) for part in parts)


class Reader:
    def __init__(self, client, prefix="mneme:", tenant="default"):
        self.client, self.prefix, self.tenant = client, prefix, tenant
        count = client.hget(f"{prefix}topic", "partitions")
        if count is None:
            raise NotHere("no worker has filled Redis yet")
        self.partitions = int(count)

    def base(self, partition):
        """The prefix of a partition's keys, if a worker keeps it up to date."""
        live = self.client.get(f"{self.prefix}{{{partition}}}:live")
        space, _, partitions = (live or "").partition("/")
        if partitions != str(self.partitions):
            raise NotHere(f"no worker keeps partition {partition} up to date")
        return f"{self.prefix}{space}:{{{partition}}}:"

    def base_of(self, stream):
        return self.base((murmur2(f"{self.tenant}/{stream}".encode()) & 0x7FFFFFFF) % self.partitions)

    def value(self, base, name):
        """The first line, and the JSON after it (None if there is none)."""
        line, _, text = (self.client.get(base + name) or "").partition("\n")
        return (line, json.loads(text)) if text else (line, None)

    def memory_at(self, base, place):
        line, memory = self.value(base, f"memory:{names(self.tenant)}/{place}")
        return memory and {**memory, "access_count": int(line.split(" ")[1])}

    def memory(self, stream, memory_id):
        return self.memory_at(self.base_of(stream), names(stream, memory_id))

    def memories(self, kind, *owner):
        """The memories of an agent, or of a user and agent: each partition has a part of the list."""
        found = []
        for partition in range(self.partitions):
            base, name = self.base(partition), f"{kind}:{names(self.tenant, *owner)}"
            until = self.client.execute_command("ZMSCORE", f"{base}gaps", name, "*")
            if any(score is not None and float(score) > time.time() * 1000 for score in until):
                raise NotHere("this list is incomplete: memories were dropped from it to make room")
            found += [self.memory_at(base, member) for member in self.client.zrange(f"{base}{name}", 0, -1)]
        return sorted(filter(None, found), key=lambda memory: (memory["created_at"], memory["id"]), reverse=True)

    def recent(self, kind, owner, time_of, most):
        """The latest of all partitions; each partition keeps its own list."""
        found = []
        for partition in range(self.partitions):
            found += self.value(self.base(partition), f"{kind}:{names(self.tenant, owner)}")[1] or []
        return sorted(found, key=lambda row: row[time_of], reverse=True)[:most]

    def conversation(self, stream, conversation_id):
        return self.value(self.base_of(stream), f"conversation:{names(self.tenant, stream, conversation_id)}:context")[1]


FORMS = {
    r"memory:([^:]+)": lambda reader, stream, memory_id: reader.memory(stream, memory_id),
    r"agent:([^:]+):memories": lambda reader, _, agent: reader.memories("agent", agent),
    r"user:([^:]+):agent:([^:]+):memories": lambda reader, _, user, agent: reader.memories("user-agent", user, agent),
    r"conversation:([^:]+):context": lambda reader, stream, conversation: reader.conversation(stream, conversation),
    r"user:([^:]+):recent_conversations":
        lambda reader, _, user: reader.recent("recent-conversations", user, "last_activity_at", 10),
    r"agent:([^:]+):recent_decisions": lambda reader, _, agent: reader.recent("recent-decisions", agent, "created_at", 5),
}


def read(reader, name, stream):
    for form, ask in FORMS.items():
        if found := re.fullmatch(form, name):
            return ask(reader, stream, *found.groups())
    raise SystemExit(f"{name} is not one of the names above")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--stream", help="the stream of a memory or conversation: its user, or its agent if it has no user")
    options = parser.parse_args()
    client = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"), decode_responses=True)
    try:
        reader = Reader(client, os.environ.get("MNEME_REDIS_PREFIX", "mneme:"), os.environ.get("MNEME_TENANT", "default"))
        answer = read(reader, options.name, options.stream or "")
    except (NotHere, redis.RedisError) as reason:
        raise SystemExit(print(f"not in Redis: {reason}; ask mneme or Postgres") or 5)
    if answer is None:
        raise SystemExit(5)
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
