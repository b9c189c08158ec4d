"""Running the `mneme` program once and looking at what it said."""

import json
import os
import pathlib
import re
import shlex
import subprocess

from harness.stack import ROOT
from harness.waiting import PATIENCE

BUILD = pathlib.Path(os.environ.get("MNEME_BUILD_DIR") or ROOT / "build" / "release")
BINARY = pathlib.Path(os.environ.get("MNEME_BIN") or BUILD / "mneme").resolve()
FOREIGN = ("MNEME_", "KAFKA_", "SCHEMA_REGISTRY_", "DATABASE_", "REDIS_", "CHROMA_", "OPENAI_", "EMBEDDING_", "LOG_", "PG")


def clean_environment(*overlays):
    """The environment of this process without any setting of Mneme or of Postgres, then the overlays in order;
    a value of None takes a name away."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    env["LC_ALL"] = "C.UTF-8"
    for overlay in overlays:
        env.update(overlay or {})
    return {name: str(value) for name, value in env.items() if value is not None}


class Result(subprocess.CompletedProcess):
    """A finished program: text in stdout and stderr."""

    @property
    def json_lines(self):
        """stdout as a list, one value for each line."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.strip()]

    def __str__(self):
        return (f"{shlex.join(map(str, self.args))} ended with {self.returncode}\n"
                f"--- stdout\n{self.stdout[-4000:]}\n--- stderr\n{self.stderr[-4000:]}")


class Program:
    """Callable: mneme("publish", "-", input=…) runs the binary in a namespace's environment."""

    def __init__(self, env):
        self.env = dict(env)
        self.binary = BINARY

    def __call__(self, *arguments, input=None, env=None, timeout=PATIENCE, expect=None, cwd=None):
        """`input` is text or bytes. `env` overrides for this call (None takes a name away). With `expect` another
        exit code is an assertion that shows both outputs."""
        data = input.encode() if isinstance(input, str) else input
        done = subprocess.run(
            [self.binary, *map(str, arguments)], input=data if data is not None else b"",
            env=clean_environment(self.env, env), capture_output=True, timeout=timeout, cwd=cwd, check=False,
        )
        result = Result([BINARY.name, *map(str, arguments)], done.returncode,
                        done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        if expect is not None:
            assert result.returncode == expect, f"expected exit code {expect}: {result}"
        return result

    def start(self, *arguments, env=None, **popen):
        """A process that the caller ends."""
        return subprocess.Popen([self.binary, *map(str, arguments)], env=clean_environment(self.env, env), **popen)

    def measured(self, *arguments, expect=0, env=None):
        """What it printed, and the most memory it had, in KB."""
        process = self.start(*map(str, arguments), env=env, stdout=subprocess.PIPE, text=True)
        peak = 0
        while process.poll() is None:
            try:
                found = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())
            except ProcessLookupError:
                break
            if found is None:  # it is over
                break
            peak = max(peak, int(found[1]))
        output = process.communicate(timeout=120)[0]
        assert process.returncode == expect, output
        return output, peak

    def publish(self, events, *options, expect=0, timeout=120, env=None):
        """Publishes dictionaries (or ready lines) and gives the receipts."""
        lines = "".join((event if isinstance(event, str) else json.dumps(event)) + "\n" for event in events)
        return self("publish", *options, "-", input=lines, expect=expect, timeout=timeout, env=env).json_lines
