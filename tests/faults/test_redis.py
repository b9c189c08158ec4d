"""Redis in trouble, one kind at a time: the worker waits or says what is wrong, readers go on by the tables, and what
was written last is never hidden by what an older copy holds."""

import pytest

from harness.hot_tier import HotTier
from harness.proxy import Proxy
from harness.redis_server import RedisServer
from harness.scenario import Ground
from harness.waiting import wait_until

STREAM = "ada"


class Case(HotTier):
    """A tier on a server of its own behind a proxy, and one memory after the other."""

    def __init__(self, ground, server, proxy):
        super().__init__(ground, proxy.url(server.url))
        self.server, self.proxy = server, proxy
        self.mneme = ground.mneme

    def add(self, text):
        (receipt,) = self.mneme("memory", "add", text, "--user", STREAM, "--json", expect=0).json_lines
        return receipt

    def get(self, memory_id, *options):
        return self.mneme("memory", "get", memory_id, "--stream", STREAM, "--json", *options, expect=0).stdout

    def keeps(self, receipt):
        """Whether Redis has the memory once it was folded."""
        self.drain()
        return bool(list(self.server.client.scan_iter(f"*:memory:*/{receipt['memory_id']}", count=1000)))

    def key(self, memory_id):
        """The memory's in Redis, when it is there."""
        (key,) = wait_until(lambda: list(self.server.client.scan_iter(f"*:memory:*/{memory_id}", count=1000)), message=f"{memory_id} is in Redis")
        return key


@pytest.fixture
def case(namespace, stack, worker, mneme):
    with RedisServer(namespace) as server, Proxy(server.address) as proxy:
        yield Case(Ground(namespace, stack, worker, mneme, 41), server, proxy)


def test_a_worker_that_waits_for_redis_says_so_and_stops_when_asked(case):
    case.start(count=1)
    (process,) = case.workers
    case.server.kill()
    case.add("waits")
    wait_until(lambda: not process.is_ready(), message="the worker is not ready")
    assert process.get("/healthz").status_code == 200
    assert f"cannot use Redis at 127.0.0.1:{case.proxy.port}" in process.log
    assert process.stop() == 0


def test_a_full_redis_keeps_less_while_the_worker_goes_on(case):
    """Also one that takes the partitions over then."""
    case.start(count=1)
    (process,) = case.workers
    case.add("was there before")
    case.server.client.config_set("maxmemory", 1)
    receipt = case.add("needs room")
    case.drain()
    assert process.is_ready()
    assert not case.keeps(receipt)
    assert "needs room" in case.get(receipt["memory_id"], "--at-least", receipt["position"])
    assert process.stop() == 0
    case.workers = [case.ground.worker("redis")]
    case.add("comes to the next one")
    case.drain()
    case.server.client.config_set("maxmemory", 0)
    wait_until(lambda: case.keeps(case.add("has room")), message="what comes later is kept")
    case.assert_equal()


def test_what_another_program_put_there_stops_the_worker_until_it_is_gone(case, worker):
    """An error in mid-pipeline, behind which other answers come."""
    case.start(count=1)
    (process,) = case.workers
    memory_id = case.add("first")["memory_id"]
    key = case.key(memory_id)
    case.server.client.delete(key)
    case.server.client.rpush(key, "of another program")
    case.mneme.publish([{"type": "memory_updated", "user_id": STREAM,
                         "payload": {"memory_id": memory_id, "content": "second"}},
                        *({"type": "memory_created", "user_id": f"user {number}",
                           "payload": {"memory_id": f"0194f000-0000-7000-8000-{number:012}", "memory_type": "fact",
                                       "content": "beside"}} for number in range(20))])
    assert process.wait_exit() == 2
    assert "WRONGTYPE" in process.log and key in process.log
    case.server.client.delete(key)
    case.workers = [worker("redis")]
    case.assert_equal()


def test_a_wrong_password_is_told_at_once(case, worker):
    case.server.client.config_set("requirepass", "secret")
    process = worker("redis", wait=False)
    assert process.wait_exit() != 0
    assert "check user and password in REDIS_URL" in process.log and "NOAUTH" in process.log


def test_readers_do_without_a_silent_redis(case):
    case.start(count=1)
    receipt = case.add("is in both")
    case.key(receipt["memory_id"])
    case.proxy.set("stall")
    assert "is in both" in case.get(receipt["memory_id"], "--at-least", receipt["position"])
    case.proxy.set("pass")
    case.assert_equal()


def test_own_writes_are_read_when_a_stale_copy_takes_over(case):
    case.start(count=1)
    receipt = case.add("the old one")
    memory_id = receipt["memory_id"]
    case.drain()
    with case.server.replica(case.namespace) as replica:
        replica.promote()
        (newer,) = case.mneme("memory", "update", memory_id, "the new one", "--user", STREAM, "--json", expect=0).json_lines
        case.drain()
        case.server.kill()
        case.proxy.target = replica.address
        assert "the new one" in case.get(memory_id, "--at-least", newer["position"])
        wait_until(lambda: "the new one" in case.get(memory_id), message="the copy is filled again")
        case.assert_equal()
