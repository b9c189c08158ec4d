"""Workers of search, embed and vectors are stopped past their session in mid-batch, others go on, and they come back
with what is old by then: a newer version and a delete stay."""

import random

from harness.chaos import folded
from harness.finding import Finding
from harness.load import Load

OWN_STACK = False
GROUPS = ("search", "embed", "vectors")
SHORT = {"rounds": 3, "rate": 200, "groups": ("search",)}
LONG = {"rounds": 8, "rate": 400}


def run(ground, rounds, rate, groups=GROUPS, store="pgvector"):
    """The one that is stopped has work in its hands: for embed the endpoint is slow at that moment."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    order = []
    with Finding(ground, ("postgres", *groups), store) as finding:
        everyone = [finding.worker("postgres")]
        owners = {group: finding.worker(group) for group in groups}
        with Load(namespace, seed=ground.seed, rate=rate):
            for group in [group for _ in range(rounds) for group in rng.sample(groups, len(groups))]:
                order.append(group)
                finding.wait_folded(group, rng.randint(1, rate))
                if group == "embed":
                    finding.endpoint.set("slow", delay=rng.uniform(0, 0.5))
                zombie = owners[group]
                zombie.pause()
                finding.endpoint.set("answer")
                owners[group] = finding.worker(group)
                finding.wait_folded(group, rate // 2)
                zombie.resume()
                finding.wait_folded(group, rate // 4)
                everyone.append(zombie)
        finding.drain(timeout=120)
        finding.assert_equal()
        for process in (*everyone, *owners.values()):
            assert process.stop() == 0, process.log[-3000:]
    return f"{folded(namespace)} events, late: {', '.join(order)}"
