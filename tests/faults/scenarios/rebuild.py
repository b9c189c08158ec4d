"""A rebuild is killed in each of its phases while writes go on; the live tables go on, and the next run ends it."""

import os
import random
import signal
import subprocess
import time

from harness.chaos import folded, wait_folded
from harness.load import Load
from harness.waiting import wait_until
from oracle import assert_equal_to_log

OWN_STACK = False
SHORT = {"backlog": 4000, "rounds": 1, "rate": 500}
LONG = {"backlog": 60_000, "rounds": 4, "rate": 2000}
QUICK = {"MNEME_SESSION_TIMEOUT_MS": "3000"}
EXIT_CONFLICT = 4
PHASES = ("load", "finish", "catch_up", "switch")


class Rebuild:
    """A `mneme rebuild postgres` that tells its phases in its log, begun as soon as the server has noticed that the one
    before was killed."""

    def __init__(self, ground, number):
        self.ground = ground
        self.path = ground.namespace.folder / f"rebuild-{number}.log"
        wait_until(self._begin, 60, lambda: f"a rebuild begins\n{self.log}")

    def _begin(self):
        with open(self.path, "wb") as log:
            self.process = self.ground.mneme.start(
                "rebuild", "postgres", env={"LOG_LEVEL": "info"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        wait_until(lambda: "phase=" in self.log or self.process.poll() is not None, 60, "a rebuild begins or refuses",
                   interval=0.002)
        return self.process.poll() != EXIT_CONFLICT

    @property
    def log(self):
        return self.path.read_text(errors="replace")

    def kill_in(self, phase, moment):
        """SIGKILL `moment` seconds after the phase began, or not if it is done by then. Says what happened."""
        wait_until(lambda: f"phase={phase}" in self.log or self.process.poll() is not None, 120, f"phase {phase}",
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


def run(ground, backlog, rounds, rate):
    """After each kill the workers go on with the live tables; in the end the tables are those of a rebuild."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    workers = [ground.worker(env=QUICK), ground.worker(env=QUICK)]
    with Load(namespace, seed=ground.seed, count=backlog, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, 120, "a backlog is made")
    namespace.drain(timeout=240)
    deeds = []
    with Load(namespace, seed=ground.seed + 1, rate=rate):
        for phase in [phase for _ in range(rounds) for phase in rng.sample(PHASES, len(PHASES))]:
            deeds.append(Rebuild(ground, len(deeds)).kill_in(phase, rng.uniform(0, 0.2)))
            wait_folded(namespace, rate // 2)
        ended = time.monotonic()
        Rebuild(ground, len(deeds)).end()
        deeds.append(f"rebuilt in {time.monotonic() - ended:.1f} s")
        wait_folded(namespace, rate // 2)
    namespace.drain(timeout=120)
    assert_equal_to_log(namespace)
    assert not namespace.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%%\\_rebuild'"), "something is left"
    assert any(deed.startswith("killed") for deed in deeds), deeds
    assert [process.stop() for process in workers] == [0, 0]
    return f"{folded(namespace)} events, {', '.join(deeds)}"
