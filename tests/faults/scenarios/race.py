"""Ten publishers race conditional appends while workers are killed and rebalanced; a rebuild then decides the same."""

from harness.chaos import Herd, folded
from harness.race import Race, assert_fair
from harness.waiting import wait_until
from oracle import assert_equal_to_log

OWN_STACK = False
SHORT = {"appends": 1500}
LONG = {"appends": 10_000}
RACERS, STREAMS = 10, 50
QUICK = {"MNEME_SESSION_TIMEOUT_MS": "2000"}


def run(ground, appends):
    """Every accepted version is unique and without gaps, and every answer is what the ledger says, before and after."""
    namespace = ground.namespace
    herd = Herd(lambda **options: ground.worker(env=QUICK, **options), ground.seed)
    with Race(namespace, ground.seed, RACERS, STREAMS, appends) as race:
        while race.is_on:
            herd.step()
            goal = folded(namespace) + appends // 10
            wait_until(lambda: folded(namespace) >= goal or not race.is_on, message="the race goes on")
    namespace.drain()
    accepted = assert_fair(namespace, race)
    ground.mneme("rebuild", "postgres", expect=0, timeout=240)
    namespace.drain()
    assert assert_fair(namespace, race) == accepted
    assert_equal_to_log(namespace)
    assert [process.stop() for process in herd.workers] == [0] * len(herd.workers)
    return f"{appends} appends, {accepted} accepted, {', '.join(herd.deeds)}"
