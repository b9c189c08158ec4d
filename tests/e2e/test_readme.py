"""The shell blocks of README.md, typed word for word, give what they promise. What ops/quickstart itself does is in
test_quickstart.py."""

import os
import re
import shlex
import signal
import subprocess

import pytest

from harness.program import BUILD, clean_environment
from harness.stack import ROOT

GROUPS = ("postgres", "search", "embed", "vectors", "redis")


def blocks():
    return re.findall(r"^```\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)


def test_every_block_of_the_readme_is_known_here():
    drawing, two_commands, afterwards, install = blocks()
    assert "Kafka topic" in drawing
    assert [line.split("#")[0].strip() for line in two_commands.splitlines()] == ["ops/quickstart", "ops/test"]
    for line in two_commands.splitlines():
        assert os.access(ROOT / line.split()[0], os.X_OK)
    assert afterwards.startswith('eval "$(ops/stack env)"')
    assert [line.split("#")[0].split()[:2] for line in install.splitlines()] == [["cmake", "--preset"], ["cmake", "--install"], ["man", "mneme"]]


@pytest.fixture
def checkout(namespace, tmp_path):
    """A folder that looks like a checkout in which the quickstart has run: ops/stack tells where the services of this test
    are, and build/release has the program."""
    env = {name: value for name, value in namespace.env.items() if namespace.env.get(name) is not None}
    env |= {"MNEME_WAIT_TIMEOUT_MS": "120000", "MNEME_READ_OWN_WRITES_MS": "120000",
            "MNEME_RECALL_TIMEOUT_MS": "60000"}  # for a busy machine
    stack = tmp_path / "ops" / "stack"
    stack.parent.mkdir()
    stack.write_text('#!/bin/sh\n[ "$1" = env ] || exit 2\n' + "".join(
        f"echo {shlex.quote(f'export {name}={shlex.quote(str(value))}')}\n" for name, value in sorted(env.items())))
    stack.chmod(0o755)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "release").symlink_to(BUILD.resolve())
    return tmp_path


@pytest.mark.timeout(600)
def test_what_follows_the_quickstart_gives_what_it_promises(namespace, mneme, worker, embedding, checkout):
    # As the quickstart leaves it: every group has been there once, and is gone again.
    before = [worker(group) for group in GROUPS]
    mneme("memory", "add", "Likes the opera", "--user", "bob", "--wait", "postgres", expect=0)
    assert "Likes the opera" in mneme("recall", "Which music does he like?", "--user", "bob", "--no-record",
                                      env={"MNEME_READ_OWN_WRITES_MS": "120000", "MNEME_RECALL_TIMEOUT_MS": "60000"},
                                      expect=0).stdout
    for process in before:
        assert process.stop() == 0
    with open(checkout / "output", "wb") as output, open(checkout / "log", "wb") as log:
        shell = subprocess.Popen(["bash", "-c", "set -eu\n" + blocks()[2]], cwd=checkout, env=clean_environment(),
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=log, start_new_session=True)
        try:
            code = shell.wait(400)
        finally:
            os.killpg(shell.pid, signal.SIGKILL)  # the workers that it has started
            shell.wait()
    said = (checkout / "output").read_text()
    assert code == 0, said + (checkout / "log").read_text()
    added, recalled = said.split("memory_id", 1)[1].split("Prefers window seats", 1)
    assert "verdict    accepted" in added
    for group in ("postgres", "search", "embed", "vectors"):
        assert re.search(rf"^{group}", recalled, re.M), said
