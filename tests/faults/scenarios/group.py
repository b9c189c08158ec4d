"""Members of `mneme work all` are killed and stopped, then the parent is, and another one goes on from there."""

import os
import random
import signal

from harness.chaos import folded
from harness.finding import GROUPS, Finding
from harness.load import Load
from harness.waiting import wait_until
from harness.worker import processes

OWN_STACK = False
SHORT = {"rounds": 3, "rate": 300}
LONG = {"rounds": 15, "rate": 600}
ALL = (*GROUPS, "redis")


def wait_members(group):
    wait_until(lambda: not group.is_running or set(group.members()) == set(ALL), message=lambda: f"all members run\n{group.log[-3000:]}")
    assert group.is_running, group.log[-3000:]
    return group.members()


def wait_gone(pids):
    wait_until(lambda: not set(pids) & set(processes()), message="the members are gone")


def run(ground, rounds, rate):
    rng = random.Random(ground.seed)
    deeds = []
    with Finding(ground, groups=ALL) as finding:
        group = ground.worker("all", wait=False)
        with Load(ground.namespace, seed=ground.seed, rate=rate):
            for _ in range(rounds):
                members = wait_members(group)
                finding.wait_folded("vectors", rng.randint(1, 50), timeout=120)
                deed = rng.choice(["member", "member", "parent", "stop"])
                deeds.append(deed)
                if deed == "member":
                    for name in rng.sample(ALL, rng.randint(1, len(ALL))):
                        os.kill(members[name], signal.SIGKILL)
                    wait_until(lambda before=members: not set(group.members().items()) >= set(before.items()),
                               message="a member is missed")
                    continue
                if deed == "parent":
                    group.kill()
                else:
                    assert group.stop() == 0, group.log[-3000:]
                wait_gone(members.values())
                group = ground.worker("all", wait=False)
        finding.drain(timeout=120)
        finding.assert_equal()
        members = wait_members(group)
        assert group.stop() == 0, group.log[-3000:]
        wait_gone(members.values())
    return f"{folded(ground.namespace)} events, {', '.join(deeds)}"
