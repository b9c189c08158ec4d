"""Services that stop, die and hang under the workers: they wait in bounded memory, catch up, and every row is what
the log says. On a stack of their own."""

import pytest

from harness.chaos import backlog, folded, wait_folded, watch_memory
from harness.load import Load
from harness.waiting import wait_until
from oracle import assert_equal_to_log
from oracle.encode import Encoder
from oracle.wire import read_topic

# One stack for these tests, one after the other: xdist keeps a group in one process.
pytestmark = pytest.mark.xdist_group("services")

EAGER = {"MNEME_RETRY_MAX_MS": "500", "MNEME_SESSION_TIMEOUT_MS": "3000"}


@pytest.fixture
def namespace(make_namespace, private_stack):
    return make_namespace(stack=private_stack)


def test_a_worker_that_waits_for_postgres_says_so_and_stops_when_asked(namespace, private_stack, worker):
    process = worker(env=EAGER)
    private_stack.stop("postgres")
    namespace.produce([Encoder().message({"type": "custom", "user_id": "u", "payload": {"type": "x", "json": 1}})])
    wait_until(lambda: not process.is_ready(), message="the worker is not ready")
    assert process.get("/healthz").status_code == 200
    assert "Postgres" in process.log
    assert process.stop(timeout=20) == 0
    private_stack.start("postgres")
    worker()
    namespace.drain()
    assert_equal_to_log(namespace)


@pytest.mark.timeout(280)
def test_kafka_goes_and_comes_back(namespace, private_stack, worker):
    workers = [worker(env=EAGER), worker(env=EAGER)]
    with Load(namespace, seed=12, rate=1500) as load:
        for leave in ("stop", "kill"):
            wait_folded(namespace, 1000)
            getattr(private_stack, leave)("kafka")
            watch_memory(workers[0], backlog(load, 3000), message=f"events wait after {leave}")
            private_stack.start("kafka")
            wait_folded(namespace, 4000, timeout=90)
    namespace.drain(timeout=60)
    assert_equal_to_log(namespace)
    assert [process.stop() for process in workers] == [0, 0]


def test_a_publisher_waits_for_kafka_within_its_bound(namespace, private_stack, mneme):
    private_stack.stop("kafka")
    line = '{"type":"custom","user_id":"u","payload":{"type":"x","json":1}}\n'
    done = mneme("publish", "-", input=line, env={"MNEME_PUBLISH_TIMEOUT_MS": "2000"}, timeout=40)
    assert done.returncode == 3 and done.stdout == "", done
    assert namespace.brokers in done.stderr
    private_stack.start("kafka")
    mneme("publish", "-", input=line, expect=0)


@pytest.mark.timeout(240)
def test_both_go_at_once(namespace, private_stack, worker):
    process = worker(env=EAGER)
    with Load(namespace, seed=13, rate=1500):
        wait_folded(namespace, 1000)
        private_stack.kill("postgres")
        private_stack.kill("kafka")
        private_stack.start("postgres")
        private_stack.start("kafka")
        wait_folded(namespace, 4000, timeout=90)
    namespace.drain(timeout=60)
    assert_equal_to_log(namespace)
    assert process.stop() == 0


@pytest.mark.timeout(240)
def test_a_registry_that_hangs_stops_nobody_who_knows_the_schema(make_namespace, private_stack, worker, mneme):
    """Known ids go on; who must ask waits, skips nothing, and goes on when the registry is back."""
    private_stack.up("registry")
    namespace = make_namespace(stack=private_stack, use_registry=True)
    line = '{"type":"custom","user_id":"u","payload":{"type":"x","json":1}}\n'
    quick = {**namespace.env, "MNEME_REGISTRY_TIMEOUT_MS": "500", **EAGER}
    knows = worker(namespace=namespace, env=namespace.env)
    mneme("publish", "-", input=line, env=namespace.env, expect=0)
    namespace.drain()
    private_stack.pause("registry")
    try:
        framed = read_topic(namespace)[0][0]
        namespace.produce([{"key": framed.key, "value": framed.value}] * 3)
        namespace.drain()
        knows.kill()
        asks = worker(namespace=namespace, env=quick, wait=False)
        namespace.produce([{"key": framed.key, "value": framed.value}] * 3)
        before = folded(namespace)
        wait_until(lambda: "registry" in asks.log.lower(), message=lambda: f"the worker tells why it waits\n{asks.log[-2000:]}")
        assert asks.is_running and folded(namespace) == before
        done = mneme("publish", "-", input=line, env=quick, timeout=60)
        assert done.returncode == 3 and "registry" in done.stderr.lower(), done
    finally:
        private_stack.resume("registry")
    namespace.drain(timeout=60)
    assert_equal_to_log(namespace)
    assert asks.stop() == 0
