"""The embeddings topic is deleted while workers run; `mneme rebuild embed` makes everything again, killed on its way."""

import random

from confluent_kafka.admin import AdminClient

from harness.chaos import folded
from harness.finding import Finding
from harness.load import Load
from harness.rebuild import Remaking, kill_and_end
from harness.waiting import wait_until

OWN_STACK = False
PHASES = ("embed", "load", "finish", "catch_up", "switch")
SHORT = {"backlog": 400, "losses": 1, "kills": 2, "rate": 60}
LONG = {"backlog": 4000, "losses": 4, "kills": 6, "rate": 200}


def run(ground, backlog, losses, kills, rate):
    """Workers that have lost their topic end with advice; the ledger goes on, and what comes meanwhile is embedded too."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    deeds = []
    with Finding(ground, ("postgres", "embed", "vectors")) as finding:
        workers = finding.workers()
        with Load(namespace, seed=ground.seed, count=backlog, rate=1e9) as load:
            wait_until(lambda: load.sent >= load.count, 120, "a backlog is made")
        finding.drain(timeout=240)
        for number in range(losses):
            lose_topic(namespace, finding.embeddings_topic)
            with Load(namespace, seed=ground.seed + 1 + number, rate=rate):
                for group in ("embed", "vectors"):
                    assert workers[group].wait_exit(120) == 6, workers[group].log[-3000:]
                    assert "run `mneme rebuild embed`" in workers[group].log, workers[group].log[-3000:]
                deeds.append(Remaking(ground, f"first-{number}", "rebuild", "embed").kill_in("embed", 0))
                deeds += kill_and_end(ground, rng, [rng.choice(PHASES) for _ in range(kills)], rate // 2, "rebuild", "embed")
            for group in ("embed", "vectors"):
                workers[group] = finding.worker(group)
            finding.drain(timeout=240)
            finding.assert_equal()
        for process in workers.values():
            assert process.stop() == 0, process.log[-3000:]
    return f"{folded(namespace)} events, {', '.join(deeds)}"


def lose_topic(namespace, topic):
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    admin.delete_topics([topic])[topic].result()
    wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, 60, "the topic is gone")
