"""The redis group after a random history: every key is what the log says."""

import contextlib
import time

import pytest

from harness.history import publish_steps
from harness.namespace import redis_client
from oracle.compare import fold_topic
from oracle.compare_redis import redis_differences
from oracle.encode import rfc3339
from oracle.generator import Generator

EVENTS = 800  # over some 35 minutes of their own clock
# Of each kind some are kept, and some were over before they were written.
ENV = {"MNEME_REDIS_MEMORY_TTL_S": "1500", "MNEME_REDIS_CONVERSATION_TTL_S": "1000", "MNEME_REDIS_WORKING_TTL_S": "2000",
       "MNEME_REDIS_RECENT_CONVERSATIONS_TTL_S": "1200", "MNEME_REDIS_RECENT_DECISIONS_TTL_S": "800",
       "MNEME_BATCH_MAX_EVENTS": "40"}
FEW = 40
ACCESSES_ALONE = "0" * 19  # begins what is known of a memory that is not kept, for a minute


@pytest.fixture
def check(namespace):
    """Waits for the group, and compares."""

    def drain_and_compare():
        namespace.drain()
        namespace.drain("redis")
        fold = fold_topic(namespace)
        found = redis_differences(namespace, fold, ENV)
        assert not found, f"{len(found)} keys are not what the log says:\n" + "\n".join(found[:20])
        return fold

    return drain_and_compare


def forget_everything(namespace):
    """As a server does that was restarted without its data."""
    with contextlib.closing(redis_client(namespace.env["REDIS_URL"])) as client:
        for key in client.scan_iter(namespace.redis_prefix + "*", count=1000):
            client.delete(key)


def accesses(generator, count):
    """Of memories that are there, were there or never were, told in the stream beside theirs, with times of all kinds."""
    rng, known = generator.rng, [stream for stream in generator.streams if stream.memories]
    for _ in range(count):
        stream = rng.choice(known)
        ids = rng.sample(sorted(stream.memories), min(3, len(stream.memories))) + [generator.id()]
        yield {"type": "memory_accessed", "tenant": stream.tenant, "stream_id": f"{stream.key.partition('/')[2]}#access",
               "payload": {"memory_ids": ids, "counts": [rng.randint(1, 3) for _ in ids],
                           "last_accessed_at": rng.choice([generator.time(), rfc3339(-1)])}}


def test_every_key_is_what_the_log_says(namespace, mneme, worker, check):
    generator = Generator(11, start=time.time_ns() // 1000 - 2_400_000_000)
    worker("postgres", env=ENV)
    redis_worker = worker("redis", env=ENV)
    publish_steps(mneme, namespace, generator.history(EVENTS))
    mneme.publish(accesses(generator, 60))
    publish_steps(mneme, namespace, generator.history(100))
    check()
    forget_everything(namespace)
    publish_steps(mneme, namespace, generator.history(100))
    check()
    assert redis_worker.stop() == 0, redis_worker.log[-3000:]


def test_a_partition_keeps_its_share(namespace, mneme, worker, check):
    env = {**ENV, "MNEME_REDIS_CAPACITY": str(FEW)}
    worker("postgres", env=env)
    worker("redis", env=env)
    generator = Generator(12, start=time.time_ns() // 1000 - 600_000_000)
    publish_steps(mneme, namespace, generator.history(600))
    check()
    with contextlib.closing(redis_client(namespace.env["REDIS_URL"])) as client:
        for partition in range(namespace.partitions):
            base = f"{namespace.redis_prefix}1:{{{partition}}}:"
            values = client.mget(list(client.scan_iter(base + "memory:*", count=1000)))
            kept = sum(value is not None and not value.startswith(ACCESSES_ALONE) for value in values)
            assert 0 < kept <= FEW // namespace.partitions, f"{kept} in partition {partition}"
            assert int(client.hget(base + "progress", "evicted")) > 0
