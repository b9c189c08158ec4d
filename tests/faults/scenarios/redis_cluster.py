"""Nodes of a Redis Cluster die, hang, come back empty, and slots move while the tier works; each key ends as the log says."""

import random
import time

from redis.crc import key_slot

from harness.chaos import backlog
from harness.hot_tier import HotTier
from harness.load import Load
from harness.redis_server import RedisCluster
from harness.waiting import wait_until

OWN_STACK = False
SHORT = {"rounds": 1, "rate": 150}
LONG = {"rounds": 3, "rate": 600}
MOVED_LATER_MS = 60_000  # MIGRATE hands on how long a key is kept yet


def kill(_cluster, node, _slot, wait):
    node.kill()
    wait()
    node.start()


def empty(_cluster, node, _slot, _wait):
    node.restart(is_empty=True)


def hang(_cluster, node, _slot, wait):
    node.pause()
    wait()
    node.resume()


def move(cluster, node, slot, _wait):
    """To and fro, key by key: for a while some keys of a partition are here and some are there."""
    cluster.move(slot, next(other for other in cluster.primaries if other is not node))


def fail_over(cluster, node, _slot, wait):
    """The replica has not heard all when it takes over; the old primary comes back and learns of it."""
    replica = cluster.add_replica(node)
    node.pause()
    wait()
    node.kill()
    replica.client.execute_command("CLUSTER FAILOVER", "TAKEOVER")
    wait_until(lambda: replica.client.info("replication")["role"] == "master", message="the replica is the primary")
    node.start()


DEEDS = (kill, empty, hang, move, fail_over)


def run(ground, rounds, rate):
    namespace, rng = ground.namespace, random.Random(ground.seed)
    order = []
    with RedisCluster(namespace) as cluster:
        tier = HotTier(ground, cluster.url)
        tier.start()
        with Load(namespace, seed=ground.seed, rate=rate, start=int(time.time() * 1e6)) as load:
            for _ in range(rounds):
                for deed in rng.sample(DEEDS, len(DEEDS)):
                    order.append(deed.__name__)
                    slot = key_slot(b"%d" % rng.randrange(namespace.partitions))
                    wait_until(backlog(load, rate // 4), message="events come in")
                    deed(cluster, cluster.owner(slot), slot, lambda: wait_until(backlog(load, rate // 2), message="events come in"))
                    wait_until(cluster.is_whole, message="the cluster is whole")
                    tier.drain()
        count = tier.assert_equal(drift_ms=MOVED_LATER_MS)
    return f"{count} events, {', '.join(order)}"
