"""The broker freezes for longer than the session time-out, again and again, under workers with --id; each keeps its name."""

import random
import time

from harness.chaos import folded, wait_folded
from harness.load import Load
from harness.waiting import wait_until
from oracle import assert_equal_to_log

OWN_STACK = True
SHORT = {"rounds": 2}
LONG = {"rounds": 20}
SESSION_S = 3
EAGER = {"MNEME_SESSION_TIMEOUT_MS": str(SESSION_S * 1000), "MNEME_RETRY_MAX_MS": "500"}


def run(ground, rounds):
    rng = random.Random(ground.seed)
    workers = [ground.worker("postgres", "--id", f"name-{number}", env=EAGER) for number in range(2)]
    with Load(ground.namespace, seed=ground.seed, rate=500):
        for _ in range(rounds):
            wait_folded(ground.namespace, 200, timeout=120)
            ground.stack.pause("kafka")
            try:  # how long it is frozen is what happens, not what is waited for
                time.sleep(SESSION_S * rng.uniform(1.5, 5))
            finally:
                ground.stack.resume("kafka")
    ground.namespace.drain(timeout=150)
    assert_equal_to_log(ground.namespace)
    for process in workers:
        wait_until(lambda p=process: p.is_ready() or not p.is_running, 150, lambda p=process: f"a worker is ready\n{p.log[-3000:]}")
        assert process.is_running, process.log[-3000:]
    fenced = sum(process.log.count("worker looks for who has its name") for process in workers)
    assert [process.stop() for process in workers] == [0, 0]
    return f"{folded(ground.namespace)} events, fenced {fenced} times"
