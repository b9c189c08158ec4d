"""A rebuild is killed in each of its phases while writes go on; the live tables go on, and the next run ends it."""

import random

from harness.chaos import folded
from harness.load import Load
from harness.rebuild import PHASES, kill_and_end
from harness.waiting import wait_until
from oracle import assert_equal_to_log

OWN_STACK = False
SHORT = {"backlog": 4000, "rounds": 1, "rate": 500}
LONG = {"backlog": 60_000, "rounds": 4, "rate": 2000}
QUICK = {"MNEME_SESSION_TIMEOUT_MS": "3000"}


def run(ground, backlog, rounds, rate):
    """After each kill the workers go on with the live tables; in the end the tables are those of a rebuild."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    workers = [ground.worker(env=QUICK), ground.worker(env=QUICK)]
    with Load(namespace, seed=ground.seed, count=backlog, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="a backlog is made")
    namespace.drain(timeout=240)
    phases = [phase for _ in range(rounds) for phase in rng.sample(PHASES, len(PHASES))]
    with Load(namespace, seed=ground.seed + 1, rate=rate):
        deeds = kill_and_end(ground, rng, phases, rate // 2, "rebuild", "postgres")
    namespace.drain(timeout=120)
    assert_equal_to_log(namespace)
    assert not namespace.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%%\\_rebuild'"), "something is left"
    assert [process.stop() for process in workers] == [0, 0]
    return f"{folded(namespace)} events, {', '.join(deeds)}"
