"""Workers are stopped past their session with work in their hands, others go on, and they come back with what is old.

A newer version and a delete stay, in full text, on the embeddings topic, in the vector store and in Redis."""

import random
import time

from harness.chaos import folded, pause_in_transaction
from harness.finding import Finding
from harness.load import Load

OWN_STACK = False
GROUPS = ("search", "embed", "vectors", "redis")
SHORT = {"rounds": 1, "rate": 100}
LONG = {"rounds": 8, "rate": 400}


def run(ground, rounds, rate, groups=GROUPS, store="pgvector"):
    namespace, rng = ground.namespace, random.Random(ground.seed)
    deeds = []
    with Finding(ground, ("postgres", *groups), store) as finding:
        everyone = [finding.worker("postgres")]
        owners = {group: finding.worker(group) for group in groups}
        with Load(namespace, seed=ground.seed, rate=rate, start=time.time_ns() // 1000):
            for group in [group for _ in range(rounds) for group in rng.sample(groups, len(groups))]:
                finding.wait_folded(group, rng.randint(1, rate))
                zombie = owners[group]
                deeds.append(f"{group} {stop(finding, zombie, group, rng)}")
                owners[group] = finding.worker(group)
                finding.wait_folded(group, rate // 2)
                zombie.resume()
                finding.wait_folded(group, rate // 4)
                everyone.append(zombie)
        finding.drain(timeout=120)
        finding.assert_equal()
        for process in (*everyone, *owners.values()):
            assert process.stop() == 0, process.log[-3000:]
    return f"{folded(namespace)} events, {', '.join(deeds)}"


def stop(finding, worker, group, rng):
    """In the middle of something: of a transaction, for embed also of a request. What redis writes is no transaction of
    Postgres."""
    if rng.random() < 0.5 and group != "redis":
        pause_in_transaction(finding.namespace, worker)
        return "in a transaction"
    if group == "embed":
        asked = finding.endpoint.asked
        finding.endpoint.set("hang")
        finding.wait_asked(asked)
    worker.pause()
    finding.endpoint.set("answer")
    return "in a request" if group == "embed" else "anywhere"
