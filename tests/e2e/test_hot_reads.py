"""Memories by their ids from Redis: the same answer as from Postgres, and Postgres wherever Redis cannot be believed."""

import time

import pytest
import redis

from harness.waiting import wait_until

NOWHERE = "127.0.0.1:1"
NO_TABLES = {"DATABASE_URL": f"postgresql://nobody@{NOWHERE}/nothing"}
NO_REDIS = {"REDIS_URL": f"redis://{NOWHERE}/0"}


class Hot:
    """A folded namespace with a worker of group redis."""

    def __init__(self, folded, worker):
        self.namespace = folded
        self.worker = worker
        self.mneme = folded.mneme
        self.redis = redis.Redis.from_url(folded.env["REDIS_URL"])

    def add(self, user, text, *options):
        """Adds a memory that is in the tables and in Redis."""
        (receipt,) = self.mneme("memory", "add", text, "--user", user, *options, "--json", expect=0).json_lines
        self.namespace.drain()
        wait_until(lambda: self.keys(receipt["memory_id"]), message=f"{text} is not in Redis")
        return receipt["memory_id"]

    def keys(self, memory_id):
        return list(self.redis.scan_iter(f"{self.namespace.redis_prefix}*:memory:*/{memory_id}", count=1000))

    def get(self, memory_id, user, *options, env=None, expect=0):
        return self.mneme("memory", "get", memory_id, "--stream", user, *options, "--json", env=env, expect=expect).stdout

    def from_redis(self, memory_id, user):
        """What Redis alone answers; on a busy machine it may be too slow to be waited for."""
        return wait_until(lambda: self.get(memory_id, user, env=NO_TABLES, expect=None), message="Redis has no answer")

    def from_tables(self, memory_id, *options):
        return self.mneme("memory", "get", memory_id, *options, "--json", env=NO_REDIS, expect=0).stdout


@pytest.fixture(scope="module")
def hot(folded):
    worker = folded.start_worker("redis")
    return Hot(folded, worker)


def test_redis_answers_as_postgres_does(hot):
    memory_id = hot.add("ada/1 ü", "drinks tea: \"green\"", "--agent", "planner", "--tags", "tea,é", "--importance", "0.3",
                        "--metadata", '{"from": {"b": [1, 2.5e3, null]}}')
    hot.mneme("memory", "access", memory_id, "--stream", "ada/1 ü", expect=0)
    hot.namespace.drain()
    wait_until(lambda: hot.from_redis(memory_id, "ada/1 ü") == hot.from_tables(memory_id),
               message="Redis and Postgres differ")
    assert '"access_count":1' in hot.from_tables(memory_id)
    person = hot.mneme("memory", "get", memory_id, "--stream", "ada/1 ü", expect=0).stdout
    assert person == hot.mneme("memory", "get", memory_id, env=NO_REDIS, expect=0).stdout


def test_what_redis_misses_is_read_from_postgres_and_filled(hot):
    memory_id = hot.add("bo", "likes rain")
    hot.redis.delete(*hot.keys(memory_id))
    wait_until(lambda: hot.get(memory_id, "bo") == hot.from_tables(memory_id) and hot.keys(memory_id),
               message="what Redis missed is not filled")
    assert hot.from_redis(memory_id, "bo") == hot.from_tables(memory_id)
    assert 0 < hot.redis.ttl(hot.keys(memory_id)[0]) <= 3600


def test_a_deleted_memory_is_in_neither(hot):
    memory_id = hot.add("cy", "is to go")
    hot.mneme("memory", "delete", memory_id, "--user", "cy", expect=0)
    hot.namespace.drain()
    wait_until(lambda: not hot.keys(memory_id), message="the deleted memory stays in Redis")
    hot.get(memory_id, "cy", expect=5)
    assert not hot.keys(memory_id)
    assert '"is_deleted":true' in hot.get(memory_id, "cy", "--include-deleted")


def test_a_moment_is_never_asked_of_redis(hot):
    memory_id = hot.add("di", "says something")
    (key,) = hot.keys(memory_id)
    hot.redis.set(key, hot.redis.get(key).replace(b"says something", b"says something else"), keepttl=True)
    wait_until(lambda: "something else" in hot.get(memory_id, "di"), message="Redis is not asked")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    assert "something else" not in hot.get(memory_id, "di", "--as-of", now)
    hot.redis.set(key, "nonsense", keepttl=True)
    assert hot.get(memory_id, "di") == hot.from_tables(memory_id)


def test_own_writes_are_read(hot):
    for number in range(5):
        (receipt,) = hot.mneme("memory", "add", f"number {number}", "--user", "eve", "--json", expect=0).json_lines
        assert f"number {number}" in hot.get(receipt["memory_id"], "eve", "--at-least", receipt["position"])
    hot.get(receipt["memory_id"], "eve", "--at-least", "0:1000000", "--wait-timeout", "50", expect=3)


def test_redis_away_is_no_error(hot):
    memory_id = hot.add("flo", "is patient")
    assert hot.get(memory_id, "flo", env=NO_REDIS) == hot.from_tables(memory_id)


def test_recall_takes_memories_from_redis_and_answers_the_same(hot):
    hot.namespace.start_worker("search")
    memory_id = hot.add("hal", "collects quartz stones", "--importance", "0.9", "--metadata", '{"from": [1, null]}')
    archived = hot.add("hal", "collected quartz once")
    hot.mneme("memory", "archive", archived, "--user", "hal", expect=0)
    hot.namespace.drain()
    hot.namespace.drain("search")

    def recall(*options, env=None):
        lines = hot.mneme("recall", "Who collects quartz?", "--user", "hal", "--no-vectors", "--no-record", "--json", *options,
                          env=env, expect=0).json_lines
        return [{name: value for name, value in line.items() if name != "score"} for line in lines[:-1]]

    (told,) = recall(env=NO_REDIS)
    assert (told["id"], told["importance"]) == (memory_id, 0.9)
    wait_until(lambda: recall() == [told], message="recall differs with Redis")
    (key,) = hot.keys(memory_id)
    hot.redis.set(key, hot.redis.get(key).replace(b'"importance":0.9', b'"importance":0.4'), keepttl=True)
    wait_until(lambda: recall()[0]["importance"] == 0.4, message="Redis is not asked")
    assert len(recall("--include-archived")) == 2 and recall("--types", "rule") == []
    assert recall("--filter", "importance gte 0.8") == [told]


def test_what_an_agent_remembered_lately(hot):
    made = [hot.add(user, f"note {number}", "--agent", "scout/1") for number, user in enumerate(("ida", "jon", "ida"))]

    def listed(*options, env=None):
        return hot.mneme("memory", "hot", "--agent", "scout/1", *options, "--json", env=env, expect=0).stdout

    wait_until(lambda: listed() == listed(env=NO_REDIS) and listed().count(chr(10)) == 3, message="the lists differ")
    wait_until(lambda: hot.mneme("memory", "hot", "--agent", "scout/1", "--user", "ida", "--json", env=NO_TABLES).stdout
               == listed("--user", "ida", env=NO_REDIS), message="Redis does not answer alone")
    assert [made[index] in listed("--limit", "2") for index in range(3)] == [False, True, True]
    hot.mneme("memory", "delete", made[2], "--user", "ida", expect=0)
    hot.namespace.drain()
    wait_until(lambda: listed() == listed(env=NO_REDIS) and made[2] not in listed(), message="the deleted one stays")


def test_a_conversation_is_read_from_redis(hot):
    hot.namespace.publish([{"type": "conversation_turn", "user_id": "kim/2", "conversation_id": "chat: 1",
                            "payload": {"role": "user", "content": "Hello!"}}])

    def get(env=None):
        return hot.mneme("conversation", "get", "chat: 1", "--stream", "kim/2", "--json", env=env).stdout

    wait_until(lambda: get(NO_TABLES) == get(NO_REDIS) and get(NO_REDIS), message="Redis and Postgres differ")
    assert get() == get(NO_REDIS)


def test_what_happened_lately(hot):
    hot.namespace.publish(
        [{"type": "conversation_turn", "user_id": user, "agent_id": "guide", "conversation_id": f"c {number}",
          "stream_id": f"{user}/{number % 3}", "payload": {"role": "user", "content": "Hello!"}}
         for number, user in enumerate(("lea", "lea", "max", *["lea"] * 10))]
        + [{"type": "agent_decision", "agent_id": "guide", "user_id": f"user {number}",
            "payload": {"decision": f"No. {number}", "category": "tea"}} for number in range(7)])

    def recent(*of, env=None):
        return hot.mneme(*of, "--json", env=env).stdout

    for of, count in ((("conversation", "recent", "--user", "lea"), 10), (("agent", "recent", "--agent", "guide"), 5)):
        wait_until(lambda of=of: recent(*of, env=NO_TABLES) == recent(*of, env=NO_REDIS), message="Redis differs")
        assert recent(*of).count(chr(10)) == count
        assert len(hot.mneme(*of, expect=0).stdout.splitlines()) == count + 1
    assert hot.mneme("agent", "recent", "--agent", "nobody", "--json", expect=0).stdout == ""
    hot.mneme("conversation", "recent", expect=2)


def test_without_a_worker_redis_is_not_believed(hot):
    """Last of the module: it ends the worker."""
    memory_id = hot.add("gil", "is cautious")
    (key,) = hot.keys(memory_id)
    hot.worker.stop()
    hot.redis.set(key, hot.redis.get(key).replace(b"cautious", b"forgotten"), keepttl=True)
    hot.redis.delete(*hot.redis.scan_iter(f"{hot.namespace.redis_prefix}*:live", count=1000))
    assert "cautious" in hot.get(memory_id, "gil")
