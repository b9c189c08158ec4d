"""Parked events are tried again and dropped by commands that are killed at any moment, beside workers of every projection that
are killed too; what is left is done by running them again, and each event was applied once or never."""

import contextlib
import random
import signal
import subprocess
import uuid

from harness.finding import GROUPS, Finding
from oracle.encode import Encoder

OWN_STACK = False
SHORT = {"rounds": 25, "users": 60}
LONG = {"rounds": 120, "users": 400}
REFUSED = "a text of more than thirty characters, which a small limit refuses"


def memory(number):
    return str(uuid.UUID(int=(0x0190A5A0 << 96) | (7 << 76) | (8 << 60) | number))


def message(encoder, user, kind, number, content):
    payload = {"memory_id": memory(number), "content": content}
    if kind == "memory_created":
        payload["memory_type"] = "fact"
    return encoder.message({"type": kind, "user_id": user, "payload": payload})


def history(encoder, user):
    """Two that a small limit refuses, among others that depend on them or do not."""
    return [message(encoder, user, "memory_created", 1, "first"),
            message(encoder, user, "memory_created", 2, REFUSED),
            message(encoder, user, "memory_updated", 1, f"changed by {user}"),
            message(encoder, user, "memory_updated", 2, "a change of the long one"),
            message(encoder, user, "memory_created", 3, REFUSED + " again"),
            message(encoder, user, "memory_created", 2, "once more"),
            {"key": f"default/{user}".encode(), "value": b"no event"}]


def run(ground, rounds, users):
    namespace, mneme, rng = ground.namespace, ground.mneme, random.Random(ground.seed)
    encoder = Encoder()
    names = [f"user-{number}" for number in range(users)]
    deeds = {"redrive": 0, "drop": 0, "kill": 0}
    with Finding(ground, groups=(*GROUPS, "redis")) as finding:
        first = finding.worker("postgres", env={"MNEME_CONTENT_MAX_CHARS": "30"})
        workers = {group: finding.worker(group) for group in (*GROUPS, "redis") if group != "postgres"}
        namespace.produce([message for user in names for message in history(encoder, user)])
        finding.drain(timeout=120)
        assert first.stop() == 0, first.log[-3000:]
        assert namespace.count("parked_events") >= 5 * users
        workers["postgres"] = finding.worker("postgres")
        chosen = []
        for number in range(rounds):
            namespace.produce([message(encoder, rng.choice(names), "memory_created", 1000 + number, f"between {number}")])
            rows = namespace.rows("SELECT partition, kafka_offset, convert_from(key, 'UTF8') FROM parked_events ORDER BY 1, 2")
            if not rows:
                break
            partition, offset, key = rng.choice(rows)
            deed = rng.choice(["redrive", "drop", "drop", "kill"])
            deeds[deed] += 1
            if deed == "kill":
                victim = rng.choice(sorted(workers))
                workers[victim].kill()
                workers[victim] = finding.worker(victim, wait=False)
                continue
            if deed == "redrive":
                arguments = ["redrive", rng.choice([key, f"{partition}:{offset}", "--all"])]
            else:
                arguments = ["drop", f"{partition}:{offset}", "--yes", "--reason", f"round {number}"]
                chosen.append(arguments)
            process = mneme.start("dead-letters", *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.suppress(Exception):
                process.wait(rng.uniform(0.01, 0.5))  # only where it is killed is left to chance
            process.send_signal(signal.SIGKILL)
            process.wait()
        for arguments in chosen:  # 5: it was killed before it dropped, and a redrive has applied the event
            done = mneme("dead-letters", *arguments)
            assert done.returncode in (0, 1, 5), done
        done = mneme("dead-letters", "redrive", "--all")
        assert done.returncode in (0, 1), done  # 1: what is not an event
        finding.drain(timeout=120)
        fold = finding.assert_equal()
        assert all(row["value"] == b"no event" for row in fold.parked_events.values())
        for projection in ("postgres", "search", "redis"):
            mneme("verify", projection, expect=0)
        mneme("audit", "verify", expect=0)
        for process in workers.values():
            assert process.stop() == 0, process.log[-3000:]
    return f"{len(fold.events)} events, {len(fold.dropped)} dropped, {deeds}"
