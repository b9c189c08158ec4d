"""Servers of a test's own do what the tests of faults count on."""

from types import SimpleNamespace

import pytest
from redis.crc import key_slot

from harness.redis_server import RedisCluster, RedisServer
from harness.waiting import wait_until


@pytest.fixture
def place(run_folder, tmp_path):
    return SimpleNamespace(run_folder=run_folder, folder=tmp_path)


def test_a_killed_server_comes_back_with_its_data_or_without(place):
    with RedisServer(place) as server:
        server.client.set("key", "value")
        server.restart()
        assert server.client.get("key") == "value"
        server.restart(is_empty=True)
        assert server.client.get("key") is None


def test_a_replica_has_what_its_primary_has_until_it_is_one_itself(place):
    with RedisServer(place) as primary:
        primary.client.set("key", "old")
        with primary.replica(place) as replica:
            wait_until(lambda: replica.client.get("key") == "old", message="the replica has the key")
            replica.promote()
            primary.client.set("key", "new")
            assert replica.client.get("key") == "old"
            replica.client.set("key", "its own")
            replica.restart()
            assert replica.client.get("key") == "its own"


def test_a_cluster_moves_slots_and_takes_an_emptied_node_back(place):
    with RedisCluster(place) as cluster:
        node = cluster.owner(key_slot(b"key"))
        node.client.set("key", "value")
        other = next(each for each in cluster.nodes if each is not node)
        cluster.move(key_slot(b"key"), other)
        assert cluster.owner(key_slot(b"key")) is other and other.client.get("key") == "value"
        other.restart(is_empty=True)
        wait_until(cluster.is_whole, message="the cluster is whole again")
        assert other.client.get("key") is None
        assert cluster.primaries == cluster.nodes
