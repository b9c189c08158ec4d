"""Workers are killed, stopped, replaced and added under load, in an order that the seed decides."""

from harness.chaos import Herd, wait_folded
from harness.load import Load
from oracle import assert_equal_to_log

OWN_STACK = False
SHORT = {"steps": 8, "rate": 1500}
LONG = {"steps": 60, "rate": 2500}
QUICK = {"MNEME_SESSION_TIMEOUT_MS": "2000"}


def run(ground, steps, rate):
    herd = Herd(lambda **options: ground.worker(env=QUICK, **options), ground.seed)
    with Load(ground.namespace, seed=ground.seed, rate=rate):
        for _ in range(steps):
            herd.step()
            wait_folded(ground.namespace, rate // 4)
    ground.namespace.drain(timeout=60)
    fold = assert_equal_to_log(ground.namespace)
    assert len(fold.events) > steps * rate // 4
    assert [process.stop() for process in herd.workers] == [0] * len(herd.workers)
    return f"{len(fold.events)} events, {', '.join(herd.deeds)}"
