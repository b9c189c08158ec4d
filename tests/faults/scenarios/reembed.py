"""Another model takes over under load: abandoned, killed on its way and done; the former one answers until then."""

import random

from harness.chaos import folded
from harness.finding import Finding
from harness.load import Load
from harness.rebuild import Remaking, kill_and_end
from harness.waiting import wait_until

OWN_STACK = False
BATCH_EVENTS = 64  # what is lost with one that is killed before it saved a batch
PHASES = ("embed", "load", "finish", "catch_up", "switch")
SHORT = {"backlog": 600, "models": 1, "kills": 2, "rate": 100}
LONG = {"backlog": 6000, "models": 4, "kills": 6, "rate": 300}


def run(ground, backlog, models, kills, rate):
    """The live workers follow to each model; what was embedded and saved by one before is not embedded again."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    deeds = []
    with Finding(ground, ("postgres", "embed", "vectors"), env={"MNEME_BATCH_MAX_EVENTS": BATCH_EVENTS}) as finding:
        workers = finding.workers()
        with Load(namespace, seed=ground.seed, count=backlog, rate=1e9) as load:
            wait_until(lambda: load.sent >= load.count, message="a backlog is made")
        finding.drain(timeout=240)
        for number in range(models):
            command = ("reembed", "--model", f"fake/{number + 2}")
            with Load(namespace, seed=ground.seed + 1 + number, rate=rate):
                deeds.append(Remaking(ground, f"abandoned-{number}", *command).kill_in(rng.choice(PHASES[:3]), 0))
                if deeds[-1].startswith("killed"):
                    abandon(ground, command)
                    finding.assert_answers(finding.model)
                    deeds += kill_and_end(ground, rng, [rng.choice(PHASES) for _ in range(kills)], rate // 2, *command)
            finding.model = command[-1]
            finding.drain(timeout=240)
            print(", ".join(deeds))
            finding.assert_equal()
            finding.assert_answers(finding.model)
        finding.assert_embedded_once(but=BATCH_EVENTS * sum(deed.startswith("killed") for deed in deeds))
        for process in workers.values():
            assert process.stop() == 0, process.log[-3000:]
    return f"{folded(namespace)} events, {', '.join(deeds)}"


def abandon(ground, command):
    """As soon as the server has noticed that the one before was killed."""
    wait_until(lambda: ground.mneme(*command, "--abandon").returncode == 0, message="what was begun is dropped")
