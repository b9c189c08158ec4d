"""Redis has little room: what does not fit is read from the tables, and all else stays where it was."""

import contextlib
import json
import uuid

import pytest
import redis

from harness.redis_server import RedisCluster, RedisServer
from harness.waiting import wait_until
from oracle.compare import fold_topic
from oracle.compare_redis import redis_differences

NOWHERE = "127.0.0.1:1"
NO_TABLES = {"DATABASE_URL": f"postgresql://nobody@{NOWHERE}/nothing"}
NO_REDIS = {"REDIS_URL": f"redis://{NOWHERE}/0"}
CONVERSATIONS, EVENTS, EVENT_BYTES = 6, 60, 500_000
OTHERS = 40


def memory(user, text, **more):
    return {"type": "memory_created", "user_id": user, "agent_id": "planner",
            "payload": {"memory_id": str(uuid.uuid4()), "memory_type": "fact", "content": text, **more}}


class Room:
    """A tier on a Redis of its own."""

    def __init__(self, namespace, mneme, worker, url, **settings):
        self.namespace, self.mneme, self.worker = namespace, mneme, worker
        self.env = {name: str(value) for name, value in settings.items()}
        for env in (namespace.env, mneme.env):
            env |= {"REDIS_URL": url, **self.env}

    def start(self):
        self.worker("postgres")
        self.worker("redis")

    def publish(self, events):
        self.mneme.publish(events)
        self.drain()

    def drain(self):
        self.namespace.drain(timeout=300)
        self.namespace.drain("redis", timeout=300)

    def check(self):
        found = redis_differences(self.namespace, fold_topic(self.namespace), self.env)
        assert not found, f"{len(found)} keys are not what the log says:\n" + "\n".join(found[:20])

    def ask(self, *arguments, env=None, expect=0):
        return self.mneme(*arguments, "--json", env=env, expect=expect).stdout

    def assert_same(self, *arguments):
        assert self.ask(*arguments) == self.ask(*arguments, env=NO_REDIS)

    def is_hot(self, event):
        """Whether Redis alone answers; on a busy machine it may be too slow to be waited for."""
        return bool(self.ask("memory", "get", event["payload"]["memory_id"], "--stream", event["user_id"], env=NO_TABLES,
                             expect=None))

    def evicted(self, client):
        """How often something had to make room, in all partitions."""
        prefix = self.namespace.redis_prefix
        return sum(int(client.hget(f"{prefix}1:{{{partition}}}:progress", "evicted") or 0)
                   for partition in range(self.namespace.partitions))


def test_six_large_conversations_turn_nothing_off_for_others(namespace, mneme, worker):
    """180 MB of context in a Redis of 100 MB."""
    with RedisServer(namespace, maxmemory="100mb", appendonly="no") as server:
        room = Room(namespace, mneme, worker, server.url)
        room.start()
        others = [memory(f"user {number}", f"drinks tea {number}") for number in range(OTHERS)]
        room.publish(others)
        for number in range(EVENTS):
            room.mneme.publish([{"type": "context_appended", "user_id": "hoarder",
                                 "payload": {"conversation_id": f"chat {chat}",
                                             "event": {"n": number, "text": "x" * EVENT_BYTES}}}
                                for chat in range(CONVERSATIONS)])
        room.publish([memory("hoarder", "keeps all"), memory("late", "came late")])
        assert server.client.info("memory")["used_memory"] < 90_000_000
        assert server.client.info("errorstats").get("errorstat_OOM") is None
        for event in others:
            wait_until(lambda event=event: room.is_hot(event), message="a memory of somebody else is not in Redis")
        assert not list(server.client.scan_iter("*:working:*", count=1000))
        shown = room.ask("context", "events", "--user", "hoarder", "--conversation", "chat 3", "--limit", "100")
        assert [json.loads(line)["event"]["n"] for line in shown.splitlines()] == list(range(EVENTS))
        assert not list(server.client.scan_iter("*:working:*", count=1000)), "a reader has put it there"
        room.check()
        mneme("verify", "redis", expect=0)


@pytest.mark.parametrize("cluster", [False, True], ids=["server", "cluster"])
def test_one_user_has_a_share_and_what_has_gone_is_read_from_the_tables(namespace, mneme, worker, cluster):
    server = RedisCluster(namespace) if cluster else RedisServer(namespace)
    with server:
        room = Room(namespace, mneme, worker, server.url, MNEME_REDIS_MAX_BYTES=400_000, MNEME_REDIS_USER_PERCENT=20)
        room.start()
        others = [memory(f"user {number}", f"drinks tea {number}") for number in range(8)]
        flood = [memory("hoarder", f"{number} " + "x" * 1500) for number in range(200)]
        talk = [{"type": "conversation_turn", "user_id": "hoarder",
                 "payload": {"conversation_id": f"chat {number % 5}", "role": "user", "content": "y" * 3000}}
                for number in range(40)]
        decisions = [{"type": "agent_decision", "user_id": "hoarder", "agent_id": f"agent {number % 3}",
                      "payload": {"decision_id": str(uuid.uuid4()), "decision": "wait", "context": {"why": "z" * 4000}}}
                     for number in range(12)]
        room.publish([*others, *flood, *talk, *decisions])
        for event in others:
            wait_until(lambda event=event: room.is_hot(event), message="a memory of somebody else is not in Redis")
        room.check()
        room.assert_same("memory", "hot", "--agent", "planner", "--limit", "500")
        room.assert_same("memory", "hot", "--agent", "planner", "--user", "hoarder", "--limit", "500")
        room.assert_same("conversation", "recent", "--user", "hoarder")
        for number in range(3):
            room.assert_same("agent", "recent", "--agent", f"agent {number}")
        for number in range(5):
            room.assert_same("working", "show", "--user", "hoarder", "--conversation", f"chat {number}")
        for event in flood[::20]:
            room.assert_same("memory", "get", event["payload"]["memory_id"], "--stream", "hoarder")
        mneme("verify", "redis", expect=0)
        mneme("rebuild", "redis", expect=0)
        room.drain()
        room.check()
        room.assert_same("memory", "hot", "--agent", "planner", "--limit", "500")


def test_a_redis_that_others_have_filled_keeps_what_fits_and_goes_on(namespace, mneme, worker):
    with RedisServer(namespace, appendonly="no") as server, contextlib.closing(redis.Redis(port=server.port)) as client:
        room = Room(namespace, mneme, worker, server.url)
        room.start()
        first = [memory(f"user {number}", "drinks tea") for number in range(8)]
        room.publish(first)
        client.set("of another program", b"x" * 4_000_000)
        client.config_set("maxmemory", 3_000_000)
        full = [memory(f"user {number % 8}", "y" * 500) for number in range(400)]
        room.publish(full)
        assert room.evicted(server.client) > 0
        room.check()
        for event in (first[0], full[0], full[-1]):
            room.assert_same("memory", "get", event["payload"]["memory_id"], "--stream", event["user_id"])
        room.assert_same("memory", "hot", "--agent", "planner", "--limit", "500")
        client.config_set("maxmemory", 0)
        late = memory("user 1", "is kept again")
        room.publish([late])
        wait_until(lambda: room.is_hot(late), message="what came when there was room again is not in Redis")
        mneme("verify", "redis", expect=0)
