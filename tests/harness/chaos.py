"""What the fault tests do to workers while a load is on, by a seed that repeats the same choices."""

import random

from harness.waiting import wait_until

RSS_LIMIT_KB = 200_000


def backlog(load, more):
    """A condition: `more` events are sent from now on."""
    start = load.sent
    return lambda: load.sent >= start + more


def folded(namespace, projection="postgres", topic=None):
    """Events that the projection has behind it, by its saved progress."""
    return sum(namespace.progress(projection, topic).values())


def wait_folded(namespace, more, timeout=60, projection="postgres", topic=None):
    """Waits until the projection has come `more` events further."""
    start = folded(namespace, projection, topic)
    wait_until(lambda: folded(namespace, projection, topic) >= start + more, timeout,
               lambda: f"{projection} moves on from {start} by {more}, it is at {folded(namespace, projection, topic)}")


def watch_memory(worker, until, timeout=60, message="the end of the watch"):
    """Waits for `until` and looks at the worker's memory all the while. Gives the highest in KB."""
    highest = 0

    def look():
        nonlocal highest
        assert worker.is_running, f"the worker ended\n{worker.log[-3000:]}"
        highest = max(highest, worker.rss_kb)
        return until()

    wait_until(look, timeout, message)
    assert highest < RSS_LIMIT_KB, f"the worker takes {highest} KB"
    return highest


def pause_in_transaction(namespace, process, timeout=60):
    """Stops the worker while its Postgres session is in a transaction that has written and waits for more."""

    def is_caught():
        process.pause()
        if namespace.rows("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE %s AND backend_xid IS NOT NULL "
                          "AND wait_event_type = 'Client'", f"%/{process.pid}/%"):
            return True
        process.resume()
        return False

    wait_until(is_caught, timeout, "the worker is caught in a transaction", interval=0.001)


class Herd:
    """Workers that come and go; at least one is there after each step."""

    def __init__(self, start, seed, most=3):
        self.start = start
        self.rng = random.Random(seed)
        self.most = most
        self.workers = [start()]
        self.deeds = []

    def step(self):
        deed = self.rng.choice(["kill", "kill", "stop", "join", "replace"])
        if deed == "join" and len(self.workers) >= self.most:
            deed = "kill"
        self.deeds.append(deed)
        if deed == "join":
            self.workers.append(self.start(wait=False))
            return
        victim = self.workers.pop(self.rng.randrange(len(self.workers)))
        if deed == "stop":
            assert victim.stop() == 0, victim.log[-3000:]
        elif deed == "replace":
            self.workers.append(self.start(wait=False))
            victim.kill()
        else:
            victim.kill()
        if not self.workers:
            self.workers.append(self.start(wait=False))
