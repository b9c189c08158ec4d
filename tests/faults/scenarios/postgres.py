"""Postgres is stopped, killed in the middle of a batch and paused under load; the worker waits in bounded memory."""

import random

from harness.chaos import backlog, folded, wait_folded, watch_memory
from harness.load import Load
from oracle import assert_equal_to_log

OWN_STACK = True
SHORT = {"rounds": 1, "rate": 1500}
LONG = {"rounds": 5, "rate": 2500}
EAGER = {"MNEME_RETRY_MAX_MS": "500", "MNEME_SESSION_TIMEOUT_MS": "3000"}
WAYS = {"stop": "start", "kill": "start", "pause": "resume"}


def run(ground, rounds, rate):
    namespace, stack, rng = ground.namespace, ground.stack, random.Random(ground.seed)
    process = ground.worker(env=EAGER)
    order = []
    with Load(namespace, seed=ground.seed, rate=rate) as load:
        for _ in range(rounds):
            for leave in rng.sample(sorted(WAYS), len(WAYS)):
                order.append(leave)
                wait_folded(namespace, rng.randint(200, 1500))
                getattr(stack, leave)("postgres")
                watch_memory(process, backlog(load, 2 * rate), message=f"a backlog grows after {leave}")
                getattr(stack, WAYS[leave])("postgres")
                watch_memory(process, lambda: folded(namespace) >= load.delivered - 1000,
                             message=f"the worker catches up after {leave}")
    namespace.drain(timeout=60)
    assert_equal_to_log(namespace)
    process.wait_ready()
    assert process.stop() == 0, process.log[-3000:]
    return f"{folded(namespace)} events, {', '.join(order)}"
