"""The embedding endpoint is slow, hangs, refuses, hangs up and answers nonsense in mid-batch; the other groups go on."""

import random

from harness.chaos import folded
from harness.endpoint import MODES
from harness.finding import Finding
from harness.load import Load
from harness.waiting import wait_until

OWN_STACK = False
SHORT = {"troubles": 6, "rate": 120}
LONG = {"troubles": None, "rate": 400}
PROXIED = ("refuse", "stall", "cut")  # what happens on the way
ALWAYS = ("refuse", "stall", "wrong_dimension", "html")


def run(ground, troubles, rate):
    """Each trouble lasts until a request has met it and full text has gone on; then the group catches up."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    others = [mode for mode in (*MODES, *PROXIED) if mode not in ("answer", *ALWAYS)]
    chosen = [*ALWAYS, *rng.sample(others, len(others) if troubles is None else troubles - len(ALWAYS))]
    rng.shuffle(chosen)
    with Finding(ground) as finding:
        workers = finding.workers()
        with Load(namespace, seed=ground.seed, rate=rate):
            for mode in chosen:
                finding.wait_folded("embed", rng.randint(10, rate))
                trouble(finding, mode)
                finding.wait_folded("search", rate)
                heal(finding)
        finding.drain(timeout=120)
        finding.assert_equal()
        for process in workers.values():
            assert process.stop() == 0, process.log[-3000:]
    return f"{folded(namespace)} events, {', '.join(chosen)}"


def trouble(finding, mode):
    """Begins it, and waits until a request has met it."""
    asked, accepted = finding.endpoint.asked, finding.endpoint_proxy.accepted
    if mode in PROXIED:
        finding.endpoint_proxy.set(mode)
    else:
        finding.endpoint.set(mode, delay=5)
    if mode != "refuse":
        wait_until(lambda: finding.endpoint.asked > asked or finding.endpoint_proxy.accepted > accepted, message=f"a request meets {mode}")


def heal(finding):
    finding.endpoint_proxy.set("pass")
    finding.endpoint.set("answer")
