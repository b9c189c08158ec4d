"""ops/quickstart from an empty data folder to remembered rows."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENT_SETTINGS = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "REDIS_URL", "SCHEMA_REGISTRY_URL")


@pytest.fixture
def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name not in CLIENT_SETTINGS}
    build = pathlib.Path(os.environ.get("MNEME_BUILD_DIR", ROOT / "build" / "release")).parent
    kept |= {"MNEME_STACK_DIR": str(tmp_path / "stack"), "MNEME_BUILD_ROOT": str(build)}
    yield kept
    subprocess.run([ROOT / "ops" / "stack", "reset", "--all"], env=kept, check=False, capture_output=True)


def quickstart(environment, *arguments):
    return subprocess.run([ROOT / "ops" / "quickstart", *arguments], env=environment, capture_output=True, text=True,
                          timeout=400, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.timeout(900)  # builds, starts a stack with a model, and all of it twice
def test_a_conversation_is_remembered_and_a_second_run_changes_nothing(environment, tmp_path):
    first = quickstart(environment)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "87 events published now: 87 accepted, 0 seen before." in first.stdout
    assert re.search(r"^ines-tobias-session-3 .*Ines and Tobias", first.stdout, re.M)
    recalled = first.stdout.split("== Recall")[1]
    assert "Tobias: Only to hazelnuts." in recalled and "degraded" not in first.stderr
    second = quickstart(environment)
    assert "87 events published now: 0 accepted, 87 seen before." in second.stdout
    assert "Postgres 42 turns" in second.stdout
    assert not list((tmp_path / "stack" / "workers").glob("*.pid"))

    # The commands that it prints work as they stand, in a new shell.
    commands = [line.strip() for line in second.stdout.split("Try next\n")[1].splitlines() if line.startswith("    ")]
    shell = "set -e\n" + "\n".join(commands[:-1])
    done = subprocess.run(["bash", "-c", shell], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert "ines-tobias-session-3" in done.stdout


def test_a_file_that_is_not_there_stops_it_before_anything_is_done(environment, tmp_path):
    done = quickstart(environment, "no-such-file.json")
    assert done.returncode == 1
    assert done.stderr.startswith("ops/quickstart: cannot read no-such-file.json: ")
    assert not (tmp_path / "stack").exists()
