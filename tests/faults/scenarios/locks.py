"""Programs contend for a lock over three Redis servers, which are killed, emptied and stalled, and so are its holders:
the store takes no write that comes too late, and tokens only grow."""

import contextlib
import pathlib
import random
import signal
import subprocess
import sys

from harness import lock_holder
from harness.program import BINARY, clean_environment
from harness.redis_server import RedisServer
from harness.waiting import wait_until
from harness.worker import die_with_parent

OWN_STACK = False
SHORT = {"rounds": 3, "holders": 3}
LONG = {"rounds": 40, "holders": 5}
SETTINGS = {"MNEME_LOCK_TTL_MS": "800", "MNEME_LOCK_TIMEOUT_MS": "200", "MNEME_LOCK_RETRY_MS": "50"}
KINDS = ("emptied", "all emptied", "killed", "silent")


class Contest:
    """Processes that contend, each with its number, and what their store says of them."""

    def __init__(self, ground, servers, count):
        self.store = ground.namespace.connect()
        self.store.execute(lock_holder.TABLES)
        env = clean_environment(ground.namespace.env, SETTINGS, {
            "MNEME_LOCK_URLS": ",".join(server.url for server in servers), "MNEME_BIN": BINARY,
            "PGOPTIONS": "-c search_path=mneme"})
        self.logs = [open(ground.namespace.folder / f"holder-{number}.log", "w+", encoding="utf-8") for number in range(count)]
        self.processes = [
            subprocess.Popen([sys.executable, lock_holder.__file__, str(number)], env=env, stdin=subprocess.DEVNULL,
                             stderr=log, preexec_fn=die_with_parent)
            for number, log in enumerate(self.logs)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process, log in zip(self.processes, self.logs, strict=True):
            process.kill()
            process.wait()
            log.close()
        self.store.close()

    def value(self, query, *parameters):
        return self.store.execute(query, parameters).fetchone()[0]

    def wait_grants(self, more, other_than=-1):
        """Waits until so many more locks were granted to others than that one."""
        query = "SELECT count(*) FROM grants WHERE holder <> %s"
        before = self.value(query, other_than)
        wait_until(lambda: self.value(query, other_than) >= before + more, message=lambda: f"the lock changes hands\n{self.errors()}")

    def errors(self):
        """What the holders complained about."""
        return "".join(pathlib.Path(log.name).read_text(encoding="utf-8") for log in self.logs)

    def stop_a_holder(self):
        """Stops one in the middle of its writes until others have had the lock and have written, and lets it go on."""
        while True:
            self.wait_grants(1)
            token, number = self.store.execute("SELECT token, holder FROM grants ORDER BY token DESC LIMIT 1").fetchone()
            process = self.processes[number]
            process.send_signal(signal.SIGSTOP)
            written = self.value("SELECT count(*) FROM writes WHERE token = %s", token)
            if written < lock_holder.STEPS - 2:  # one may be on its way, and one is left
                break
            process.send_signal(signal.SIGCONT)
        wait_until(lambda: self.value("SELECT token FROM store") > token, message="another one writes")
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: self.value("SELECT count(*) FROM refusals WHERE token = %s", token), message="the store refuses who was stopped")

    def end(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            assert process.wait(60) == 0, self.errors()


def trouble(servers, number, kind, contest):
    """While one server is killed, or silent, the others grant; when all have forgotten everything, their clocks are left."""
    if kind == "silent":
        servers[number].pause()
        contest.wait_grants(2)
        servers[number].resume()
    elif kind == "all emptied":
        for server in servers:  # at once: what one has forgotten the others would tell it
            server.kill()
        for server in servers:
            server.restart(is_empty=True)
    else:
        servers[number].kill()
        contest.wait_grants(2)
        servers[number].restart(is_empty=kind == "emptied")


def assert_fenced(store):
    """In the order in which writes were taken, tokens never fall; each grew over all that had been told before."""
    writes = store.execute("SELECT token, holder, step FROM writes ORDER BY id").fetchall()
    for earlier, later in zip(writes, writes[1:]):
        assert earlier[0] <= later[0], f"{later} was taken after {earlier}"
        assert earlier[0] < later[0] or earlier[1:] < later[1:], f"{later} and {earlier} have one token"
    assert {(token, holder) for token, holder, _ in writes} <= set(store.execute("SELECT token, holder FROM grants"))
    lower = store.execute("SELECT * FROM grants WHERE token <= above").fetchall()
    assert not lower, f"not greater than what was told before: {lower}"


def run(ground, rounds, holders):
    """A holder is stopped in each round, before, while or after a server is in trouble."""
    rng = random.Random(ground.seed)
    kinds = ["emptied", "all emptied"] + [rng.choice(KINDS) for _ in range(rounds - 2)]
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(RedisServer(ground.namespace)) for _ in range(3)]
        contest = stack.enter_context(Contest(ground, servers, holders))
        contest.wait_grants(3)
        for kind in kinds:
            trouble(servers, rng.randrange(len(servers)), kind, contest)
            contest.stop_a_holder()
        contest.end()
        assert_fenced(contest.store)
        granted, refused = contest.value("SELECT count(*) FROM grants"), contest.value("SELECT count(*) FROM refusals")
        return f"{granted} locks, {refused} writes refused, servers: {', '.join(kinds)}"
