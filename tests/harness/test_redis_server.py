"""Servers of a test's own do what the tests of faults count on."""

from types import SimpleNamespace

import pytest

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
            wait_until(lambda: replica.client.get("key") == "old", 10, "the replica has the key")
            replica.client.replicaof("NO", "ONE")
            primary.client.set("key", "new")
            assert replica.client.get("key") == "old"
            replica.client.set("key", "its own")


def test_a_cluster_serves_every_slot_and_takes_an_emptied_node_back(place):
    with RedisCluster(place) as cluster:
        client = cluster.client()
        keys = [f"key:{number}" for number in range(20)]
        for key in keys:
            client.set(key, "value")
        cluster.nodes[1].restart(is_empty=True)
        wait_until(cluster.is_whole, 60, "the cluster is whole again")
        left = [key for node in cluster.nodes for key in node.client.keys()]
        assert 0 < len(left) < len(keys) and not cluster.nodes[1].client.dbsize()
        client.close()
