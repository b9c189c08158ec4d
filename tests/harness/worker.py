"""Worker processes: started, made ready, stopped, killed, paused."""

import ctypes
import os
import pathlib
import random
import re
import signal
import socket
import subprocess

import requests

from harness.program import BINARY, clean_environment
from harness.waiting import PATIENCE, wait_until


def is_free(run_folder, port):
    """Whether it can be had; then no other process of the test run takes it."""
    try:
        os.close(os.open(run_folder / f"port-{port}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(run_folder, count=1):
    """The first of so many loopback ports in a row. Below the range of outgoing connections and of the stack's own
    ports."""
    for _ in range(500):
        port = random.randrange(10000, 20000 - count)
        if all(is_free(run_folder, port + i) for i in range(count)):
            return port
    raise AssertionError("no free port was found")


def processes():
    """{pid: (parent's pid, command line)} of all that run; one that has ended and waits for its parent is none."""
    found = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state, parent = folder.joinpath("stat").read_text().rpartition(")")[2].split()[:2]
            words = folder.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
        except (OSError, ValueError):
            continue
        if state not in "ZX":
            found[int(folder.name)] = (int(parent), words)
    return found


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def die_with_parent():
    """A test run that is killed leaves no worker behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


GROUP_SIZE = 5  # the most workers that `mneme work all` starts


class Worker:
    """One `mneme work …` process with its log in a file; `mneme work all` has members."""

    def __init__(self, namespace, number, projection="postgres", arguments=(), env=None):
        self.port = free_port(namespace.run_folder, GROUP_SIZE if projection == "all" else 1)
        self.log_path = namespace.folder / f"worker-{number}.log"
        self._log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [BINARY, "work", projection, "--metrics", str(self.port), *map(str, arguments)],
            env=clean_environment(namespace.env, env), stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=die_with_parent,
        )

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    @property
    def is_running(self):
        return self.process.poll() is None

    def members(self):
        """{projection: pid} of the workers that `mneme work all` has running."""
        return {words[2]: pid for pid, (parent, words) in processes().items() if parent == self.pid and words[1:2] == ["work"]}

    @property
    def rss_kb(self):
        """Resident memory now."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def get(self, path, timeout=5):
        """The metrics port's answer, or None when there is none."""
        try:
            return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=timeout)
        except requests.RequestException:
            return None

    def metrics(self):
        """All samples as {"name{labels}": value}; empty when the port does not answer."""
        answer = self.get("/metrics")
        lines = answer.text.splitlines() if answer is not None else []
        pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def is_ready(self):
        answer = self.get("/readyz")
        return answer is not None and answer.status_code == 200

    def wait_ready(self, timeout=PATIENCE):
        wait_until(lambda: self.is_ready() or not self.is_running, timeout, lambda: f"worker is ready\n{self.log[-4000:]}")
        assert self.is_running, f"the worker ended with {self.process.returncode}\n{self.log[-4000:]}"
        return self

    def wait_exit(self, timeout=PATIENCE):
        """The exit code (negative: the signal)."""
        timeout = max(timeout, PATIENCE)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the worker did not end within {timeout} s\n{self.log[-4000:]}") from None

    def signal(self, number):
        if self.is_running:
            self.process.send_signal(number)

    def stop(self, timeout=PATIENCE):
        """SIGTERM, and the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_exit(timeout)

    def kill(self):
        """SIGKILL."""
        self.signal(signal.SIGKILL)
        return self.wait_exit()

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def clean_up(self):
        if self.is_running:
            self.process.kill()
            self.process.wait()
        self._log.close()
