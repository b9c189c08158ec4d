"""Workers of search, embed, vectors and redis are killed, stopped, replaced and added under load, each group by itself."""

import time

from harness.chaos import Herd, folded
from harness.finding import Finding
from harness.load import Load

OWN_STACK = False
GROUPS = ("search", "embed", "vectors", "redis")
SHORT = {"rounds": 2, "rate": 200}
LONG = {"rounds": 25, "rate": 500}


def run(ground, rounds, rate, groups=GROUPS, store="pgvector"):
    with Finding(ground, ("postgres", *groups), store) as finding:
        ledger = finding.worker("postgres")

        def herd(group, number):
            return Herd(lambda **options: finding.worker(group, **options), ground.seed + number, most=2)

        herds = {group: herd(group, number) for number, group in enumerate(groups)}
        with Load(ground.namespace, seed=ground.seed, rate=rate, start=time.time_ns() // 1000):
            for _ in range(rounds):
                for group, workers in herds.items():
                    workers.step()
                    finding.wait_folded(group, rate // 4)
        finding.drain(timeout=120)
        finding.assert_equal()
        everyone = [ledger, *(process for workers in herds.values() for process in workers.workers)]
        for process in everyone:
            assert process.stop() == 0, process.log[-3000:]
    told = "; ".join(f"{group}: {', '.join(workers.deeds)}" for group, workers in herds.items())
    return f"{folded(ground.namespace)} events, {told}"
