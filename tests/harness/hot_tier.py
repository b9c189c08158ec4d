"""The hot tier on a Redis that is hurt: its workers are eager, and in the end every key is what the log says."""

from oracle.compare import fold_topic
from oracle.compare_redis import redis_differences

EAGER = {"MNEME_RETRY_MAX_MS": "500", "MNEME_SESSION_TIMEOUT_MS": "2000", "MNEME_REDIS_TIMEOUT_MS": "1000"}
SHOWN = 10


class HotTier:
    """Of the namespace of a scenario, whose programs use Redis at `url`."""

    def __init__(self, ground, url, env=None):
        self.ground = ground
        self.namespace = ground.namespace
        self.workers = []
        self.namespace.env |= {**EAGER, "REDIS_URL": url, **(env or {})}
        ground.mneme.env |= self.namespace.env

    def start(self, count=2):
        """The ledger's worker, and so many of the tier's."""
        self.ground.worker("postgres")
        self.workers = [self.ground.worker("redis") for _ in range(count)]

    def drain(self, timeout=60):
        """Waits until Redis has all that is on the topic when the call begins, and no worker has given up."""
        self.namespace.drain("redis", timeout)
        for worker in self.workers:
            assert worker.is_running, worker.log[-3000:]

    def assert_equal(self, drift_ms=0):
        """Every key, one by one. Gives how many events there are; stops the workers."""
        self.namespace.drain()
        self.drain()
        fold = fold_topic(self.namespace)
        found = redis_differences(self.namespace, fold, drift_ms=drift_ms, accesses_may_lag=True)
        assert not found, f"{len(found)} keys are not what the log says:\n" + "\n".join(found[:SHOWN])
        for worker in self.workers:
            assert worker.stop() == 0, worker.log[-3000:]
        return sum(fold.next_offsets.values())
