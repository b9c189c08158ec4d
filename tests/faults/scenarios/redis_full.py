"""Redis runs full in the midst of batches, and has room again; others' memories stay, reads are right, each key ends as the log says."""

import contextlib
import random
import time
import uuid

from harness.chaos import backlog
from harness.hot_tier import HotTier
from harness.load import Load
from harness.redis_server import RedisServer
from harness.waiting import wait_until

OWN_STACK = False
SHORT = {"rounds": 1, "rate": 300}
LONG = {"rounds": 4, "rate": 900}
ROOM = 200_000  # bytes until it is full, which the load needs within a second or two
NO_REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}


def remember(mneme, text):
    """A memory of somebody else; its id."""
    memory_id = str(uuid.uuid4())
    mneme.publish([{"type": "memory_created", "user_id": "somebody else", "payload": {
        "memory_id": memory_id, "memory_type": "fact", "content": text, "priority": 10}}])
    return memory_id


def change(mneme, memory_id):
    """What a reader may have put into Redis is of its own time; this is of the log's again."""
    mneme.publish([{"type": "memory_updated", "user_id": "somebody else", "payload": {
        "memory_id": memory_id, "content": "is changed"}}])


def get(mneme, memory_id, env=None):
    return mneme("memory", "get", memory_id, "--stream", "somebody else", "--json", env=env, expect=0).stdout


def evicted(client, namespace):
    return sum(int(client.hget(f"{namespace.redis_prefix}1:{{{partition}}}:progress", "evicted") or 0)
               for partition in range(namespace.partitions))


def is_there(client, memory_id):
    return bool(list(client.scan_iter(f"*:memory:*/{memory_id}", count=1000)))


def run(ground, rounds, rate):
    namespace, mneme = ground.namespace, ground.mneme
    rng = random.Random(ground.seed)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(RedisServer(namespace))
        client = server.client
        tier = HotTier(ground, server.url)
        tier.start()
        gone = 0
        with Load(namespace, seed=ground.seed, rate=rate, start=int(time.time() * 1e6)) as load:
            for _ in range(rounds):
                client.config_set("maxmemory", client.info("memory")["used_memory"] + rng.randrange(ROOM))
                wait_until(lambda before=gone: evicted(client, namespace) > before, message="Redis is full")
                wait_until(backlog(load, rate), message="events come in")
                memory_id = remember(mneme, "is told while it is full")
                tier.drain()
                namespace.drain()
                assert get(mneme, memory_id) == get(mneme, memory_id, NO_REDIS)
                change(mneme, memory_id)
                client.config_set("maxmemory", 0)
                memory_id = remember(mneme, "is told when there is room")
                tier.drain()
                assert is_there(client, memory_id)
                gone = evicted(client, namespace)
        count = tier.assert_equal()
    return f"{count} events, {gone} times something made room"
