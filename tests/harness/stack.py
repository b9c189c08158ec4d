"""The services that the tests talk to: those of the environment, or a private stack by ops/stack."""

import fcntl
import os
import pathlib
import shlex
import subprocess
from contextlib import contextmanager

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEEDED = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "REDIS_URL")
WELCOME = ("OPENAI_BASE_URL", "EMBEDDING_MODEL", "CHROMA_URL")


@contextmanager
def file_lock(path):
    """One process at a time, across the workers of a test run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Stack:
    """Running services. `env` is what their clients need; `folder` is None for services that somebody else runs."""

    def __init__(self, env, folder=None):
        self.env = dict(env)
        self.folder = folder

    @classmethod
    def of_environment(cls):
        """The services that the environment names, or None."""
        if not all(os.environ.get(name) for name in NEEDED):
            return None
        env = {name: value for name, value in os.environ.items() if name in NEEDED + WELCOME or name.startswith("MNEME_STACK_")}
        folder = env.get("MNEME_STACK_DIR")
        return cls(env, pathlib.Path(folder) if folder else None)

    @classmethod
    def private(cls, folder):
        """Brings a stack up in `folder`, or finds it up there. It is for tests: nothing waits for the disk, and nothing
        is compiled for a long life."""
        stack = cls({}, pathlib.Path(folder))
        stack.run("up")
        stack.refresh()
        return stack

    def run(self, *arguments, timeout=180):
        """ops/stack with these arguments, on this stack."""
        assert self.folder, "these services were not started by ops/stack: MNEME_STACK_DIR is not set"
        self.folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [ROOT / "ops" / "stack", *arguments],
            env={**os.environ, "MNEME_STACK_DIR": str(self.folder), "MNEME_STACK_FSYNC": "off",
                 "MNEME_STACK_JAVA": "-XX:TieredStopAtLevel=1"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
        )
        assert done.returncode == 0, f"ops/stack {shlex.join(arguments)} failed:\n{done.stdout}{done.stderr}"
        return done.stdout

    def refresh(self):
        """Reads again what clients need."""
        for line in self.run("env").splitlines():
            name, _, value = shlex.split(line)[1].partition("=")
            if name != "SCHEMA_REGISTRY_URL":  # it decides the framing: who wants that one asks for it
                self.env[name] = value

    @property
    def registry_url(self):
        """The schema registry's, None when there is none."""
        return self.env.get("MNEME_STACK_REGISTRY_URL")

    def up(self, *services):
        self.run("up", *services)
        self.refresh()

    def down(self):
        self.run("down")

    def reset(self):
        self.run("reset", "--all")

    def stop(self, service):
        self.run("stop", service)

    def start(self, service):
        self.run("start", service)

    def kill(self, service):
        self.run("kill", service)

    def pause(self, service):
        self.run("pause", service)

    def resume(self, service):
        self.run("resume", service)
