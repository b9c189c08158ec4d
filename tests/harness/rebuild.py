"""Commands that make a projection anew while it lives, killed on their way."""

import os
import random
import signal
import subprocess
import time

from harness.chaos import folded, wait_folded
from harness.finding import Finding
from harness.load import Load
from harness.waiting import wait_until

EXIT_CONFLICT = 4
PHASES = ("load", "finish", "catch_up", "switch")


def scratch_schemas(namespace):
    """The schemas beside the projections' own: what a rebuild or a verification works in, or has left behind."""
    return {name for name, in namespace.rows(
        "SELECT nspname FROM pg_namespace WHERE nspname ~ '^mneme(_[a-z]+)?_(rebuild|verify|subject|old)$'")}


class Remaking:
    """A `mneme rebuild …` or `mneme reembed …` that tells its phases in its log, begun as soon as the server has
    noticed that the one before was killed."""

    def __init__(self, ground, number, *command):
        self.ground = ground
        self.command = command
        self.path = ground.namespace.folder / f"{command[0]}-{number}.log"
        wait_until(self._begin, message=lambda: f"{' '.join(command)} begins\n{self.log}")

    def _begin(self):
        with open(self.path, "wb") as log:
            self.process = self.ground.mneme.start(*self.command, env={"LOG_LEVEL": "info", "MNEME_LOG_FORMAT": "logfmt"}, stdin=subprocess.DEVNULL,
                                                   stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: "phase=" in self.log or self.process.poll() is not None, message="it begins or refuses",
                   interval=0.002)
        return self.process.poll() != EXIT_CONFLICT

    @property
    def log(self):
        return self.path.read_text(errors="replace")

    def kill_in(self, phase, moment):
        """SIGKILL `moment` seconds after the phase began, or not if it is done by then. Says what happened."""
        wait_until(lambda: f"phase={phase}" in self.log or self.process.poll() is not None, message=f"phase {phase}",
                   interval=0.002)
        try:
            code = self.process.wait(moment)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)
            return f"killed in {phase}"
        assert code == 0, self.log[-3000:]
        return f"done before it was killed in {phase}"

    def end(self):
        assert self.process.wait(240) == 0, self.log[-3000:]


def kill_and_end(ground, rng, phases, between, *command):
    """Kills the command once in each of the phases, with `between` events folded after each kill, and lets one end.
    Says what happened."""
    deeds = []
    for phase in phases:
        deeds.append(Remaking(ground, len(deeds), *command).kill_in(phase, rng.uniform(0, 0.2)))
        wait_folded(ground.namespace, between)
    begun = time.monotonic()
    Remaking(ground, len(deeds), *command).end()
    deeds.append(f"done in {time.monotonic() - begun:.1f} s")
    wait_folded(ground.namespace, between)
    assert any(deed.startswith("killed") for deed in deeds), deeds
    return deeds


def rebuild_under_load(ground, groups, backlog, phases, rate):
    """Rebuilds the last of the groups, killed in so many phases, while all of them go on."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    with Finding(ground, groups) as finding:
        workers = finding.workers()
        with Load(namespace, seed=ground.seed, count=backlog, rate=1e9) as load:
            wait_until(lambda: load.sent >= load.count, message="a backlog is made")
        finding.drain(timeout=240)
        chosen = [rng.choice(PHASES) for _ in range(phases)]
        with Load(namespace, seed=ground.seed + 1, rate=rate):
            deeds = kill_and_end(ground, rng, chosen, rate // 2, "rebuild", groups[-1])
        finding.drain(timeout=120)
        finding.assert_equal()
        assert not scratch_schemas(namespace), "something is left"
        finding.assert_embedded_once()
        for process in workers.values():
            assert process.stop() == 0, process.log[-3000:]
    return f"{folded(namespace)} events, {', '.join(deeds)}"
