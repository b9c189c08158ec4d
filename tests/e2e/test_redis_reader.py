"""Another program's way into Redis (examples/read_redis.py): what it finds by the table of names is what mneme answers."""

import importlib.util
import json
import subprocess
import sys

import pytest

from harness.program import clean_environment
from harness.stack import ROOT
from harness.waiting import wait_until

EXAMPLE = ROOT / "examples" / "read_redis.py"


def load():
    spec = importlib.util.spec_from_file_location("read_redis", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def hot(folded):
    folded.start_worker("redis")
    return folded


@pytest.fixture
def read(hot):
    """read(name, stream) gives what the example prints; None where Redis does not have it."""
    def run(name, stream=None):
        done = subprocess.run([sys.executable, EXAMPLE, name, *(["--stream", stream] if stream else [])], text=True,
                              env=clean_environment(hot.env), capture_output=True, timeout=120, check=False)
        assert done.returncode in (0, 5) and done.stderr == "", done
        return json.loads(done.stdout) if done.returncode == 0 else None

    return run


def same(read, wanted, name, stream=None):
    """Waits until Redis has it; a worker on a busy machine may be behind for a moment."""
    found = wait_until(lambda: (got := read(name, stream)) == wanted and (got,), message=lambda: f"{read(name, stream)}\n{wanted}")
    assert found


def test_partitions_are_those_of_kafkas_clients():
    # The values of org.apache.kafka.common.utils.Utils.murmur2.
    murmur2 = load().murmur2
    known = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536,
             b"a-little-bit-longer-string": -1486304829, b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
             b"abc": 479470107}
    assert {data: (value := murmur2(data)) - (value >> 31 << 32) for data in known} == known


def test_every_name_of_the_table_leads_to_what_mneme_answers(hot, read):
    mneme, stream = hot.mneme, "ada/1 ü"
    add = ["memory", "add", "--user", stream, "--agent", "plan ner", "--json"]
    ids = [mneme(*add, text, expect=0).json_lines[0]["memory_id"] for text in ("drinks tea", "likes rain")]
    alone = mneme("memory", "add", "of nobody", "--agent", "plan ner", "--json", expect=0).json_lines[0]["memory_id"]
    mneme("memory", "access", ids[0], "--stream", stream, expect=0)
    for number in range(12):
        mneme("working", "turn", f"turn {number}", "--user", stream, "--conversation", f"talk-{number}", expect=0)
    mneme.publish([{"type": "agent_decision", "user_id": stream if n % 2 else "bo", "agent_id": "chief",
                    "payload": {"decision": f"decision {n}"}} for n in range(7)])
    hot.drain()
    hot.drain("redis")

    def memory(memory_id, owner):
        told = mneme("memory", "get", memory_id, "--stream", owner, "--json", env={"REDIS_URL": "redis://127.0.0.1:1/0"},
                     expect=0).json_lines[0]
        told["importance"] -= 0.01 * told["access_count"]  # Redis has it without what accesses add
        return {name: told[name] for name in told if name not in ("last_accessed_at", "cursor")}

    same(read, memory(ids[0], stream), f"memory:{ids[0]}", stream)
    by_age = [memory(ids[1], stream), memory(ids[0], stream)]
    same(read, by_age, f"user:{stream}:agent:plan ner:memories")
    same(read, [memory(alone, "plan ner"), *by_age], "agent:plan ner:memories")
    conversation = mneme("conversation", "get", "talk-3", "--stream", stream, "--json", expect=0).json_lines[0]
    same(read, {name: conversation[name] for name in conversation if name not in ("memories", "cursor")},
         "conversation:talk-3:context", stream)
    same(read, mneme("conversation", "recent", "--user", stream, "--json", expect=0).json_lines, f"user:{stream}:recent_conversations")
    same(read, mneme("agent", "recent", "--agent", "chief", "--json", expect=0).json_lines, "agent:chief:recent_decisions")


def test_what_is_not_there_is_told(read):
    same(read, [], "user:nobody:recent_conversations")  # once the worker has come so far
    assert read("memory:0190a5a0-0000-7000-8000-00000000aaaa", "ada") is None
