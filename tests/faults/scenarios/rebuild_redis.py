"""A rebuild of Redis is killed in each of its phases while writes go on; the next run ends it."""

import contextlib
import random
import time

from harness.load import Load
from harness.namespace import redis_client
from harness.rebuild import PHASES, kill_and_end
from harness.waiting import wait_until

OWN_STACK = False
SHORT = {"backlog": 1500, "phases": 2, "rate": 150}
LONG = {"backlog": 20_000, "phases": 12, "rate": 800}
STALE = "recent-conversations"  # may have one that was made again for another user


def assert_one_space(namespace):
    with contextlib.closing(redis_client(namespace.env["REDIS_URL"])) as client:
        names = [key.removeprefix(namespace.redis_prefix) for key in client.scan_iter(namespace.redis_prefix + "*", count=1000)]
    spaces = {name.partition(":")[0] for name in names if name[0].isdigit()}
    assert len(spaces) == 1 and not {"rebuild", "verify"} & set(names), f"something is left: {spaces}"


def run(ground, backlog, phases, rate):
    """After each kill the workers go on with the live keys; in the end every key is what the log says,
    by the program's own comparison."""
    namespace, rng = ground.namespace, random.Random(ground.seed)
    workers = [ground.worker("postgres"), ground.worker("redis")]
    now = time.time_ns() // 1000
    with Load(namespace, seed=ground.seed, count=backlog, rate=1e9, start=now) as load:
        wait_until(lambda: load.sent >= load.count, message="a backlog is made")
    namespace.drain("redis", timeout=240)
    chosen = [rng.choice(PHASES) for _ in range(phases)]
    with Load(namespace, seed=ground.seed + 1, rate=rate, start=now):
        deeds = kill_and_end(ground, rng, chosen, rate // 2, "rebuild", "redis")
    namespace.drain(timeout=120)
    namespace.drain("redis", timeout=120)
    *tables, _ = ground.mneme("verify", "redis", "--json").json_lines
    wrong = [table for table in tables if any(table["first"].values()) and table["table"] != STALE]
    assert tables and not wrong, wrong
    assert_one_space(namespace)
    assert [process.stop() for process in workers] == [0, 0]
    return ", ".join(deeds)
