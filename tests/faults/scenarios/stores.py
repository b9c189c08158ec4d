"""Postgres and Chroma are stopped, killed and paused while every group works; each waits, and nothing is lost."""

import random

from harness.chaos import folded
from harness.finding import Finding
from harness.load import Load

OWN_STACK = True
SHORT = {"rounds": 1, "rate": 120}
LONG = {"rounds": 6, "rate": 400}
WAYS = {"stop": "start", "kill": "start", "pause": "resume"}


def run(ground, rounds, rate):
    """A service is away until events have piled up behind it."""
    namespace, stack, rng = ground.namespace, ground.stack, random.Random(ground.seed)
    order = []
    with Finding(ground, store="chroma") as finding:
        workers = finding.workers()
        with Load(namespace, seed=ground.seed, rate=rate):
            finding.wait_folded("embed", rate)
            for _ in range(rounds):
                for service in ("postgres", "chroma"):
                    leave = rng.choice(sorted(WAYS))
                    order.append(f"{leave} {service}")
                    getattr(stack, leave)(service)
                    if service == "chroma":
                        finding.wait_folded("search", rate)
                    getattr(stack, WAYS[leave])(service)
                    finding.wait_folded("vectors", rate // 4)
        finding.drain(timeout=120)
        finding.assert_equal()
        for process in workers.values():
            assert process.stop() == 0, process.log[-3000:]
    return f"{folded(namespace)} events, {', '.join(order)}"
