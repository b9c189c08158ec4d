"""What a command prints arrives whole, or the command says that it did not: every command that reads, to a full disk."""

import re
import subprocess

import pytest

from harness.program import BINARY, Program, clean_environment

HERE = ["--user", "ada", "--conversation", "chat-1"]

# Every command that reads, with arguments for which it has something to print; MEMORY and KNOWLEDGE stand for ids.
READING = [
    ["agent", "context", "critic", "--user", "ada"], ["agent", "decisions", "--agent", "planner"],
    ["agent", "handoffs", "--agent", "planner"], ["agent", "hypotheses", "--agent", "planner"],
    ["agent", "recent", "--agent", "planner"],
    ["audit", "heads"], ["audit", "verify"], ["config"], ["completion", "bash"], ["completion", "zsh"],
    ["context", "events", *HERE], ["context", "get", *HERE],
    ["conversation", "get", "chat-1"], ["conversation", "list", "--user", "ada"], ["conversation", "recent", "--user", "ada"],
    ["conversation", "show", "chat-1"], ["conversation", "turns", "--user", "ada"], ["events", "--stream", "ada"],
    ["events", "--stream", "ada", "--version"], ["events", "--stream", "ada", "--follow", "--limit", "1", "--since", "2020-01-01"],
    ["flow-runs", "--user", "ada"], ["knowledge", "get", "KNOWLEDGE"], ["knowledge", "history", "KNOWLEDGE"],
    ["knowledge", "list", "--user", "ada"], ["memory", "get", "MEMORY"], ["memory", "history", "MEMORY"],
    ["memory", "hot", "--agent", "planner"], ["memory", "list", "--user", "ada"],
    ["memory", "archive", "--user", "ada", "--older-than", "0s", "--dry-run"], ["operations", "--stream", "ada"],
    ["profile", "history", "ada"], ["profile", "show", "ada"], ["recall", "tea", "--user", "ada", "--no-record"],
    ["replay", "--stream", "ada"], ["search", "tea", "--user", "ada"], ["stats"], ["status"],
    ["task-outputs", "--user", "ada"], ["timeline", "--user", "ada"], ["topics", "check"], ["vector", "query", "--vector", "[1]"],
    ["verify", "postgres"], ["version"], ["working", "show", *HERE],
]


def event(kind, **payload):
    return {"type": kind, "user_id": "ada", "agent_id": "planner", "conversation_id": "chat-1", "payload": payload}


@pytest.fixture(scope="module")
def filled(folded):
    folded.ids = {"MEMORY": "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e", "KNOWLEDGE": "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5f"}
    folded.publish([
        event("memory_created", memory_id=folded.ids["MEMORY"], memory_type="fact", content="green tea", confidence=0.9),
        event("conversation_turn", conversation_id="chat-1", role="user", content="tea, please"),
        event("agent_decision", decision="serve tea", category="menu"),
        event("agent_handoff", from_agent="planner", to_agent="writer", topic="tea"),
        event("hypothesis_formed", hypothesis="tea is liked"),
        event("flow_run_recorded", flow="serve", run="one", data={"cups": 1}),
        event("task_output_recorded", task="boil", output="hot"),
        event("knowledge_recorded", knowledge_id=folded.ids["KNOWLEDGE"], domain="tea", content="leaves"),
        event("user_onboarded", profile={"name": "Ada"}),
        event("context_set", conversation_id="chat-1", key="cup", value=1),
        event("context_appended", conversation_id="chat-1", event={"poured": True}),
    ])
    return folded


def run(namespace, arguments, stdout):
    words = [namespace.ids.get(word, word) for word in arguments]
    return subprocess.run([BINARY, *words], env=clean_environment(namespace.env), stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, timeout=120, check=False)


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_full_disk_is_told(filled, command, form):
    printed = run(filled, [*command, *form], subprocess.PIPE)
    with open("/dev/full", "wb") as full:
        done = run(filled, [*command, *form], full)
    if printed.stdout:
        assert done.returncode != 0
        assert b"the output was not written: No space left on device" in done.stderr, done.stderr
    else:  # such as vectors that are not there
        assert done.returncode == printed.returncode and b"not written" not in done.stderr


def test_most_of_these_print_something(filled):
    silent = [command for command in READING if not run(filled, command, subprocess.PIPE).stdout]
    assert [command[0] for command in silent] in (["search", "vector"], ["recall", "search", "vector"]), silent


def leaves(*path):
    """The words of every command that can be run."""
    text = Program({})(*path, "--help", expect=0).stdout
    found = re.search(r"\nCommands\n(.*?)(\n\n|$)", text, re.S)
    if found is None:
        return [path]
    return [leaf for name in re.findall(r"^  ([a-z-]+) ", found[1], re.M) for leaf in leaves(*path, name)]


def test_the_help_of_every_command_is_checked_too():
    assert len(leaves()) > 60
    for leaf in leaves():
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BINARY, *leaf, "--help"], env=clean_environment(), stdout=full, stderr=subprocess.PIPE,
                                  timeout=60, check=False)
        assert (done.returncode, b"No space left" in done.stderr) == (1, True), leaf


@pytest.fixture(scope="module")
def much(quiet_topic):
    """More than any buffer holds."""
    quiet_topic.mneme.publish([event("memory_created", memory_type="fact", content="x" * 1000) for _ in range(3000)])
    return quiet_topic


def test_output_is_cut_in_its_midst(much, tmp_path):
    """The disk is full long before the last flush, and the write that failed is none of the last."""
    limited = f"ulimit -f 500; trap '' XFSZ; exec {BINARY} replay --stream ada > {tmp_path}/cut"
    done = subprocess.run(["bash", "-c", limited], env=clean_environment(much.env), capture_output=True, timeout=120, check=False)
    assert done.returncode == 1 and b"the output was not written: File too large" in done.stderr, done.stderr


def test_a_reader_that_has_enough_is_no_error(much):
    piped = f"set -o pipefail; {BINARY} replay --stream ada | head -n 3 | wc -l"
    done = subprocess.run(["bash", "-c", piped], env=clean_environment(much.env), capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, b"3", b"")


def test_what_was_published_is_said_to_stay(much):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, "memory", "add", "tea", "--user", "bob"], env=clean_environment(much.env), stdout=full,
                              stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 1 and b"what was published stays published" in done.stderr
    assert len(much.mneme("replay", "--stream", "bob", expect=0).json_lines) == 1
