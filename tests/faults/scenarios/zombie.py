"""A worker is stopped past its session time-out, others take over, and it is let go again: it must not write any more."""

import random

from harness.chaos import folded, wait_folded
from harness.load import Load
from oracle import assert_equal_to_log

OWN_STACK = False
SHORT = {"rounds": 2, "rate": 2000}
LONG = {"rounds": 12, "rate": 3000}
QUICK = {"MNEME_SESSION_TIMEOUT_MS": "2000"}


def run(ground, rounds, rate):
    """The heir takes over only because the zombie is silent: it is there before, or comes after."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    zombie = ground.worker(env={**QUICK, "MNEME_BATCH_MAX_EVENTS": "500"})
    ways = []
    with Load(namespace, seed=ground.seed, rate=rate):
        for _ in range(rounds):
            is_there_before = rng.random() < 0.5
            ways.append("before" if is_there_before else "after")
            if is_there_before:
                heir = ground.worker(env=QUICK)
            wait_folded(namespace, rng.randint(1, 600))
            zombie.pause()
            if not is_there_before:
                heir = ground.worker(env=QUICK, wait=False)
            heir.wait_ready(timeout=30)
            wait_folded(namespace, 2000)
            zombie.resume()
            wait_folded(namespace, 1000)
            assert heir.stop() == 0, heir.log[-3000:]
            zombie.wait_ready(timeout=30)
            wait_folded(namespace, 500)
    namespace.drain()
    assert_equal_to_log(namespace)
    assert zombie.stop() == 0, zombie.log[-3000:]
    return f"{folded(namespace)} events, the heir came {', '.join(ways)}"
