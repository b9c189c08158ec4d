"""What the program advises: each command that a sentence of it names exists and takes these options; and what is advised
for tables that somebody changed mends them."""

import re

import pytest

from harness.load import Load
from harness.program import Program
from harness.stack import ROOT
from harness.waiting import wait_until

PLACES = ("common", "schemas", "consumers", "producers", "queries", "embedding", "vectors", "hot", "locks", "library", "cli")


def sentences():
    """{command as it is written: a file that names it}, with neighbouring literals joined."""
    found = {}
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.c")):
            text = re.sub(r'"\s*(?:PRI\w+\s*)?"', "", path.read_text())
            for command in re.findall(r"`(mneme [^`\n]+)`", text):
                found.setdefault(command, path.relative_to(ROOT))
    return found


def test_each_command_that_is_named_exists_and_takes_its_options():
    mneme = Program({})
    helps = {}
    named = sentences()
    assert len(named) > 30
    for command, path in named.items():
        words = command.replace("%s%s", "%s").split()[1:]
        verbs = []
        for word in words:
            if not re.fullmatch(r"[a-z][a-z-]*", word):
                break
            verbs.append(word)
        if not verbs:  # `mneme COMMAND --help`
            continue
        if tuple(verbs) not in helps:
            shown = mneme(*verbs, "--help")
            assert shown.returncode == 0, f"{path} names `{command}`, which is no command: {shown.stderr}"
            helps[tuple(verbs)] = shown.stdout
        for option in re.findall(r"--[a-z][a-z-]*", command):
            assert option in helps[tuple(verbs)] or option in ("--help", "--json"), f"{path} names `{command}`"


@pytest.mark.parametrize("damage, advice", [
    ("UPDATE schema_migrations SET checksum = 'another' WHERE version = 5", "mneme rebuild PROJECTION"),
    ("UPDATE ledger_heads SET hash = '\\x00'", "mneme rebuild postgres"),
    ("UPDATE progress SET next_offset = next_offset + 1000", "mneme rebuild postgres"),
    ("UPDATE progress SET next_offset = 0, last_digest = NULL", "mneme rebuild postgres"),
], ids=["migrations", "heads", "progress-ahead", "progress-behind"])
def test_tables_that_were_changed_are_mended_as_it_is_advised(namespace, mneme, worker, damage, advice):
    first = worker()
    with Load(namespace, seed=51, count=300, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, 60, "the load is made")
    namespace.drain()
    assert first.stop() == 0
    with namespace.connect() as connection:
        assert connection.execute(damage).rowcount > 0
    refused = worker(wait=False)
    assert refused.wait_exit(60) == 6 and advice in refused.log, refused.log[-2000:]
    mneme("rebuild", "postgres", expect=0)
    mneme("verify", "postgres", expect=0)
    mneme("audit", "verify", expect=0)
    worker()
    namespace.drain()
