"""`mneme verify redis` and `mneme rebuild redis`: each key against the log, and all of them made anew."""

import contextlib
import time

import pytest

from harness.chaos import wait_folded
from harness.history import publish_steps
from harness.load import Load
from harness.namespace import redis_client
from harness.redis_server import RedisCluster
from harness.waiting import wait_until
from oracle.compare import fold_topic
from oracle.compare_redis import redis_differences
from oracle.generator import Generator

LOCK = "SELECT pg_advisory_lock(hashtextextended('mneme rebuild redis ' || %s, 0))"


@pytest.fixture
def client(namespace):
    with contextlib.closing(redis_client(namespace.env["REDIS_URL"])) as made:
        yield made


def fill(namespace, mneme, worker):
    worker("postgres")
    worker("redis")
    publish_steps(mneme, namespace, Generator(31, start=time.time_ns() // 1000).history(500))
    drain(namespace)


def drain(namespace):
    namespace.drain()
    namespace.drain("redis")


def keys(client, namespace, pattern=""):
    return sorted(client.scan_iter(f"{namespace.redis_prefix}{pattern}*", count=1000))


def spaces(client, namespace):
    """The numbers of those that have keys."""
    return {key.removeprefix(namespace.redis_prefix).partition(":")[0] for key in keys(client, namespace, "[0-9]")}


def verify(mneme, expect):
    *tables, result = mneme("verify", "redis", "--json", expect=expect).json_lines
    assert result["state"] == ("equal" if expect == 0 else "different")
    return {line["table"]: line for line in tables}


def damage(client, base):
    """{table: {kind of difference: key}} of what is wrong then."""
    found = client.scan_iter(base + "*", count=1000)
    by_kind = {}
    for key in sorted(found):
        by_kind.setdefault(key.removeprefix(base).partition(":")[0], []).append(key)
    changed, removed, hurried, *_ = (key for key in by_kind["memory"] if '"version":' in client.get(key))
    client.set(changed, client.get(changed).replace('"version":', '"version":1'), keepttl=True)
    client.delete(removed)
    client.expire(hurried, 60)
    added = base + "memory:default/nobody/00000000-0000-7000-8000-000000000001"
    client.set(added, client.get(changed), ex=600)
    agent = by_kind["agent"][0]
    client.delete(agent)
    turns = next(key for key in by_kind["working"] if key.endswith(":turns"))
    client.lset(turns, 0, "{}")
    conversation = by_kind["conversation"][0]
    client.delete(conversation)
    foreign = base + "nothing:of:ours"
    client.set(foreign, "x")
    return {"memory": {"different": {changed, hurried}, "missing": {removed}, "extra": {added}},
            "agent": {"missing": {agent}}, "working:turns": {"different": {turns}},
            "conversation:context": {"missing": {conversation}}, "other": {"extra": {foreign}}}


def test_each_damaged_key_is_named_and_a_rebuild_mends_it(namespace, mneme, worker, client):
    fill(namespace, mneme, worker)
    equal = verify(mneme, 0)
    # A key may know the accesses of a memory alone, which is not a row.
    assert len(keys(client, namespace, "1:*:memory:")) >= equal["memory"]["rows"] > 10
    neighbour = namespace.redis_prefix[:-1] + "x:1:{0}:memory:a"  # of somebody whose prefix begins as ours
    client.set(neighbour, "theirs", ex=600)
    partition = keys(client, namespace, "1:*:memory:")[0].partition("{")[2].partition("}")[0]
    wrong = damage(client, f"{namespace.redis_prefix}1:{{{partition}}}:")
    told = verify(mneme, 6)
    for table, kinds in wrong.items():
        for kind, names in kinds.items():
            assert names <= set(told[table]["first"][kind]), (table, told[table])
    assert told["working"]["different"] == told["recent-conversations"]["different"] == 0
    assert spaces(client, namespace) == {"1"}
    (result,) = mneme("rebuild", "redis", "--json", expect=0).json_lines
    assert result["state"] == "rebuilt" and not result["resumed"]
    drain(namespace)
    verify(mneme, 0)
    assert spaces(client, namespace) == {"2"}
    assert not redis_differences(namespace, fold_topic(namespace))
    assert client.get(neighbour) == "theirs"


def test_workers_go_on_meanwhile(namespace, mneme, worker, client):
    fill(namespace, mneme, worker)
    with Load(namespace, seed=32, rate=300, start=time.time_ns() // 1000):
        wait_folded(namespace, 300, projection="redis")
        verify(mneme, 0)
        mneme("rebuild", "redis", expect=0)
        wait_folded(namespace, 300, projection="redis")
        verify(mneme, 0)
    drain(namespace)
    verify(mneme, 0)
    assert spaces(client, namespace) == {"2"}


def test_what_others_have_left_is_ended_or_goes(namespace, mneme, worker, client):
    fill(namespace, mneme, worker)
    prefix, note = namespace.redis_prefix, {"topic": namespace.topic, "partitions": namespace.partitions}
    with namespace.connect() as other:
        other.execute(LOCK, [prefix])
        for command in (("verify", "redis"), ("rebuild", "redis"), ("rebuild", "redis", "--abandon")):
            assert "is running" in mneme(*command, expect=4).stderr
    assert "no unfinished rebuild" in mneme("rebuild", "redis", "--abandon", expect=0).stdout
    # A verification that was killed, and a rebuild that was while it folded.
    client.hset(prefix + "verify", mapping={"space": 3, **note})
    client.set(prefix + "3:{1}:memory:a", "left")
    client.hset(prefix + "rebuild", mapping={"space": 2, **note})
    client.set(prefix + "2:{1}:memory:a", "left")
    verify(mneme, 0)
    assert spaces(client, namespace) == {"1", "2"}
    assert "was dropped" in mneme("rebuild", "redis", "--abandon", expect=0).stdout
    assert spaces(client, namespace) == {"1"}
    # One that was killed in its switch: a partition is in the new space, the others are not.
    client.hset(prefix + "rebuild", mapping={"space": 2, "former": "1", **note})
    client.set(prefix + "{0}:space", "2")
    client.delete(prefix + "1:{0}:progress")
    assert "no unfinished rebuild" in mneme("rebuild", "redis", "--abandon", expect=0).stdout
    wait_until(lambda: spaces(client, namespace) == {"2"}, message="the workers are in the new space")
    drain(namespace)
    verify(mneme, 0)
    assert not client.exists(prefix + "rebuild", prefix + "verify")


def test_in_a_cluster_nothing_is_left_on_any_node(namespace, mneme, worker):
    with RedisCluster(namespace) as cluster:
        namespace.env["REDIS_URL"] = mneme.env["REDIS_URL"] = cluster.url
        fill(namespace, mneme, worker)
        verify(mneme, 0)
        mneme("rebuild", "redis", expect=0)
        drain(namespace)
        verify(mneme, 0)
        with contextlib.closing(redis_client(cluster.url)) as client:
            assert spaces(client, namespace) == {"2"}
            assert not redis_differences(namespace, fold_topic(namespace))
