"""Garbage, null values, cut events and messages of an unknown schema lie among real writes of the same keys and of others,
while workers of every projection are killed; the partitions that wait go on when those messages are parked by hand."""

import json
import random

from harness.finding import GROUPS, Finding
from harness.waiting import wait_until
from oracle.encode import Encoder

OWN_STACK = False
SHORT = {"rounds": 2, "others": 40}
LONG = {"rounds": 20, "others": 200}
USERS = ("ada", "bob", "cyd")


def write(user, number):
    return {"type": "memory_created", "user_id": user,
            "payload": {"memory_id": f"0190a5a0-0000-7000-8000-{number:012x}", "memory_type": "fact", "content": f"word {number}"}}


def noise(rng, user):
    """What is not an event, under the key of a user who writes."""
    good = Encoder().message(write(user, 0))["value"]
    value = rng.choice([None, b"", b"garbage", b"\0" + rng.randbytes(4) + b"?" + rng.randbytes(30), b"?" + rng.randbytes(30), good[:-1], good[:20], good + b"\0"])
    return {"key": f"default/{user}".encode(), "value": value}


def unknown(number):
    """An event of the next version, of somebody else."""
    message = Encoder(header=b"\xc3\x01" + number.to_bytes(8, "big")).message(write(f"mystery {number}", number))
    return [message, Encoder().message(write(f"mystery {number}", number + 1))]


def waiting(mneme):
    lines = mneme("status", "--json").json_lines
    return {(line["projection"], line["waits_at"]) for line in lines if "waits_at" in line}


def run(ground, rounds, others):
    namespace, mneme, rng = ground.namespace, ground.mneme, random.Random(ground.seed)
    receipts, mysteries, deeds = [], 0, []
    with Finding(ground, groups=(*GROUPS, "redis")) as finding:
        workers = finding.workers()
        for number in range(rounds):
            mysteries += 1
            positions = namespace.produce(unknown(1000 * mysteries))
            place = f"{positions[0][0]}:{positions[0][1]}"
            for part in range(5):
                at = 100_000 * (number + 1) + 1000 * part
                namespace.produce([Encoder().message(write(f"user {n}", at + 100 + n)) for n in range(others)])
                namespace.produce([noise(rng, user) for user in (*USERS, *(f"user {n}" for n in range(others)))])
                lines = [json.dumps(write(user, at + n)) for n, user in enumerate(USERS)]
                receipts += mneme("publish", input="\n".join(lines) + "\n", expect=0).json_lines
                victim = rng.choice(sorted(workers))
                deeds.append(f"kill {victim}")
                workers[victim].kill()
                workers[victim] = finding.worker(victim, wait=False)
            for group in ("postgres", "search", "embed", "redis"):
                wait_until(lambda group=group: (group, place) in waiting(mneme), message=f"{group} waits at {place}")
            mneme("dead-letters", "park", place, expect=0)
        finding.drain(timeout=120)
        fold = finding.assert_equal()
        # Nothing that was acknowledged is missing: garbage of its key holds up no write.
        for receipt in receipts:
            partition, offset = map(int, receipt["position"].split(":"))
            assert fold.events[offset * 4096 + partition]["verdict"] == "accepted", receipt
        assert len(receipts) == rounds * 5 * len(USERS) and not waiting(mneme)
        for process in workers.values():
            assert process.stop() == 0, process.log[-3000:]
    return f"{len(fold.events)} events, {len(fold.parked_events)} parked, {', '.join(deeds)}"
