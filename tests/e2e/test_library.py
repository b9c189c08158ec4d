"""libmneme as other programs use it: the examples, and every operation by its name, linked statically and dynamically."""

import json
import re
import signal
import subprocess
import threading

import pytest

from harness.installed import compile_program, pkg_config, prefix, run  # noqa: F401
from harness.program import clean_environment
from harness.stack import ROOT
from harness.waiting import wait_until

EXAMPLES = tuple(sorted(path.stem for path in (ROOT / "examples").glob("*.c")))


@pytest.fixture(scope="module")
def programs(prefix, pkg_config, tmp_path_factory):
    """{(example, kind): program}, each compiled as its first comment says."""
    folder = tmp_path_factory.mktemp("examples")
    (library,) = prefix.glob("lib*/**/libmneme.a")
    flags = {
        "shared": [*pkg_config("--cflags", "--libs"), f"-Wl,-rpath,{library.parent}"],
        "static": [*pkg_config("--cflags"), library,
                   *(flag for flag in pkg_config("--libs", "--static") if flag != "-lmneme")],
    }
    made = {}
    for example in EXAMPLES:
        for kind in flags:
            made[example, kind] = folder / f"{example}-{kind}"
            compile_program(ROOT / "examples" / f"{example}.c", made[example, kind], flags[kind])
    return made


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_an_example_publishes_one_memory(programs, namespace, worker, drain, kind):
    event = {"type": "memory_created", "user_id": "ada",
             "payload": {"memory_type": "fact", "content": {"text": 'Ada likes "green" tea\n'}}}
    done = run(programs["publish_one", kind], json.dumps(event), env=namespace.env)
    assert done.returncode == 0, done.stderr
    match = re.fullmatch(r"event ([0-9a-f-]{36}) is at (\d+):(\d+)\n", done.stdout)
    assert match, done.stdout
    worker()
    drain()
    assert namespace.rows("SELECT event_id::text, kafka_partition, kafka_offset, verdict::text FROM events") == [
        (match[1], int(match[2]), int(match[3]), "accepted")]
    assert namespace.value("SELECT content ->> 'text' FROM memories") == 'Ada likes "green" tea\n'


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_an_example_publishes_many_turns_and_twice_is_once(programs, namespace, worker, drain, kind):
    for _ in range(2):
        done = run(programs["publish_many", kind], "ada", "2000", env=namespace.env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "2000 acknowledged, 0 failed\n", "")
    worker()
    drain()
    assert namespace.rows("SELECT verdict::text, count(*) FROM events GROUP BY 1 ORDER BY 1") == [
        ("accepted", 2000), ("duplicate", 2000)]
    assert namespace.rows("SELECT turn_index, content FROM conversation_turns ORDER BY turn_index") == [
        (i, f"This is turn {i}.") for i in range(2000)]


def test_an_example_says_why_it_cannot_publish(programs, namespace):
    event = '{"type":"custom","user_id":"ada","payload":{"type":"note","json":1}}'
    done = run(programs["publish_one", "shared"], event, env={**namespace.env, "MNEME_TOPIC_PREFIX": "none."})
    assert done.returncode == 1
    assert done.stdout == ""
    assert "none.events" in done.stderr and "mneme topics create" in done.stderr
    done = run(programs["publish_one", "shared"], '{"type":"memory_created"}', env=namespace.env)
    assert done.returncode == 1 and done.stderr.startswith("publish_one: event refused"), done.stderr


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_an_example_learns_the_verdict(programs, namespace, worker, kind):
    worker()
    texts = [run(programs["conditional_update", kind], "ada", str(expected), "tea", env=namespace.env)
             for expected in (0, 1, 0)]
    assert [(done.returncode, done.stdout, done.stderr) for done in texts] == [
        (0, "accepted, version 1\n", ""), (0, "accepted, version 2\n", ""),
        (4, "rejected, the actual version is 2\n", "")]
    assert namespace.rows("SELECT verdict::text, version, actual_version FROM events ORDER BY sequence_id") == [
        ("accepted", 1, None), ("accepted", 2, None), ("rejected", None, 2)]


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_an_example_replays_a_stream(programs, namespace, mneme, kind):
    receipts = mneme.publish([{"type": "memory_created", "user_id": user, "payload": {"memory_type": "fact", "content": "tea"}}
                              for user in ("ada", "bob", "ada", "ada")])
    lines = [f"{receipt['position']} memory_created" for receipt in receipts]
    done = run(programs["replay_stream", kind], "ada", env=namespace.env)
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (
        0, [lines[0], *lines[2:], "3 events"], "")
    done = run(programs["replay_stream", kind], "ada", receipts[2]["position"], receipts[2]["position"],
               env=namespace.env)
    assert (done.returncode, done.stdout.splitlines()) == (0, [lines[2], "1 events"])
    done = run(programs["replay_stream", kind], "ada", "someday", env=namespace.env)
    assert done.returncode == 1 and "someday" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_an_example_holds_a_lock(programs, stack, tmp_path, kind):
    env = {"REDIS_URL": stack.env["REDIS_URL"], "MNEME_REDIS_PREFIX": f"{tmp_path.name}-{kind}:"}
    tokens = []
    for _ in range(2):
        done = run(programs["hold_lock", kind], "nightly", tmp_path / "store", env=env)
        assert done.returncode == 0, done.stderr
        tokens.append(int(re.fullmatch(r"token (\d+): taken\n", done.stdout)[1]))
    assert tokens[0] < tokens[1]
    (tmp_path / "store").write_text(f"{2 * tokens[1]}\n")
    assert run(programs["hold_lock", kind], "nightly", tmp_path / "store", env=env).stdout.endswith(": refused\n")


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_an_example_follows_the_log_past_a_handler_that_fails(programs, namespace, mneme, kind):
    """Each event reaches each handler once, in the form of `mneme replay`; the next run goes on behind the last."""
    receipts = mneme.publish([
        {"type": "memory_created", "user_id": "ada", "payload": {"memory_type": "fact", "content": "tea"}},
        {"type": "custom", "user_id": "ada", "metadata": {"a": "b"}, "payload": {"type": "note", "json": {"n": 1}}},
        {"type": "memory_created", "user_id": "ada", "payload": {"memory_type": "fact", "content": "milk"}}])
    replayed = mneme("replay", "--all", expect=0).json_lines
    done = run(programs["follow_log", kind], "beginning", "2", env=namespace.env)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == replayed[:2]
    failure, end = done.stderr.splitlines()
    assert failure == f"count failed at {receipts[1]['position']}: note is not a memory"
    positions = re.fullmatch(r"1 memories; go on from ([0-9:,]+)", end)[1]
    done = run(programs["follow_log", kind], positions, "1", env=namespace.env)
    assert [json.loads(line) for line in done.stdout.splitlines()] == replayed[2:], done
    assert done.stderr.startswith("1 memories; go on from ")
    done = run(programs["follow_log", kind], "someday", env=namespace.env)
    assert done.returncode == 1 and "'someday' is not a place in the log" in done.stderr


def test_an_example_follows_what_comes_until_it_is_stopped(programs, namespace, mneme):
    """A follower without a beginning starts at the end; SIGINT ends it in order."""
    note = {"type": "custom", "user_id": "ada", "payload": {"type": "note", "json": 1}}
    mneme.publish([note])
    with subprocess.Popen([programs["follow_log", "shared"]], env=clean_environment(namespace.env), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as following:
        seen = []
        reader = threading.Thread(target=lambda: seen.append(following.stdout.readline()))
        reader.start()
        sent = []

        def has_come():
            sent.append(mneme.publish([note])[0]["position"])  # it may not have begun yet
            reader.join(0.5)
            return bool(seen)
        wait_until(has_come)
        following.send_signal(signal.SIGINT)
        rest, errors = following.communicate(timeout=60)
    assert following.returncode == 0, errors
    lines = [json.loads(line)["position"] for line in [seen[0], *rest.splitlines()]]
    assert lines == sent[-len(lines):] and "go on from" in errors


@pytest.mark.parametrize("kind", ["shared", "static"])
def test_an_example_remembers_and_lists_by_operations(programs, namespace, worker, mneme, kind):
    worker()
    done = run(programs["remember", kind], "ada", env=namespace.env)
    assert done.returncode == 0, done.stderr
    listed = mneme("memory", "list", "--user", "ada", "--json", expect=0).json_lines
    assert done.stdout.splitlines() == [
        *(f"{memory['id']} {json.dumps(memory['content'])}" for memory in listed), "2 memories"]
    assert [memory["content"]["text"] for memory in listed] == ["sits by the window", "prefers tea"]


OPERATIONS = r"""
#include <mneme/mneme.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool print_row(struct mneme_result *row, void *context) {
    (void)context;
    printf("%.*s\n", MNEME_STR_ARG(mneme_result_json(row)));
    return true;
}

int main(int argc, char **argv) {
    struct mneme *mneme;
    struct mneme_request *request = NULL;
    struct mneme_error error = {0};
    int status = mneme_connect(&mneme, NULL, NULL, 0, &error);
    if (status == MNEME_OK && argc == 1) {
        const char *name;
        for (size_t i = 0; (name = mneme_operation_name(i)) != NULL; i++) {
            puts(name);
        }
    } else if (status == MNEME_OK) {
        status = mneme_request_new(&request, mneme, argv[1], &error);
    }
    if (request != NULL && argc > 2) {
        status = mneme_request_set_json(request, mneme_str_from(argv[2]), &error);
    }
    if (request != NULL && status == MNEME_OK) {
        status = mneme_call(mneme, request, print_row, NULL, argc > 3 ? atoi(argv[3]) : 30000, &error);
    }
    mneme_request_free(request);
    mneme_disconnect(mneme);
    if (status != MNEME_OK) {
        fprintf(stderr, "%s\n", error.message);
    }
    return -status;
}
"""


def test_every_operation_is_there_by_its_name(pkg_config, prefix, namespace, worker, mneme, tmp_path):
    """One program, compiled once, that knows no operation: what joins the catalogue is there for it."""
    (library,) = prefix.glob("lib*/**/libmneme.so")
    source, program = tmp_path / "call.c", tmp_path / "call"
    source.write_text(OPERATIONS)
    compile_program(source, program, [*pkg_config("--cflags", "--libs"), f"-Wl,-rpath,{library.parent}"])

    def call(*arguments, status=0):
        done = run(program, *arguments, env=namespace.env)
        assert done.returncode == status, done
        return done.stderr if status else done.stdout

    names = call().split()
    assert len(names) == len(set(names))
    for name in names:
        mneme(*name.split("."), "--help", expect=0)
    assert {"memory.add", "memory.list", "search", "recall"} <= set(names)
    worker()
    receipt = json.loads(call("memory.add", json.dumps({"text": "tea", "user_id": "ada", "wait": "postgres"})))
    assert receipt["verdict"] == "accepted" and receipt["stream_id"] == "ada"
    (row,) = [json.loads(line) for line in call("memory.list", '{"user_id":"ada"}').splitlines()]
    assert row == mneme("memory", "list", "--user", "ada", "--json", expect=0).json_lines[0]
    again = json.dumps({"memory_id": receipt["memory_id"], "text": "x", "user_id": "ada", "wait": "postgres"})
    assert "not accepted" in call("memory.add", again, status=4)
    followed = call("events", '{"stream_id":"ada","follow":true,"since":"2020-01-01","limit":2}').splitlines()
    assert [json.loads(line)["verdict"] for line in followed] == ["accepted", "exists"]
    assert call("events", '{"all":true,"follow":true}', "1500") == "", "its time over is not an error"
    vectors = [{"id": "red", "vector": [1, 0]}, {"id": "blue", "vector": [0, 1]}]
    for lines in (vectors, "\n".join(map(json.dumps, vectors))):
        receipts = [json.loads(line) for line in call("vector.add", json.dumps({"lines": lines, "collection": "c"})).splitlines()]
        assert [(receipt["id"], receipt["collection"]) for receipt in receipts] == [("red", "c"), ("blue", "c")]
    assert json.loads(call("vector.add", '{"vector_id":"red","vector":[1,0]}'))["collection"] == "default"
    assert "2 vectors were refused; the first: line 2" in call("vector.add", '{"lines":[{"id":"a","vector":[1]},1,2]}', status=1)
    assert "give vector with vector_id" in call("vector.add", '{"vector_id":"red"}', status=2)
    assert json.loads(call("vector.delete", '{"vector_ids":["red"]}'))["id"] == "red"
    assert "did you mean memory.list" in call("memory.lst", status=2)
    assert "did you mean user_id" in call("memory.list", '{"user_di":"ada"}', status=2)
    assert "no scope is given" in call("memory.list", status=2)
    assert "was not found" in call("memory.get", '{"memory_ids":["0190a5a0-0000-7000-8000-0000000000ff"]}', status=5)
    held = json.loads(call("lock.acquire", '{"name":"nightly","ttl":60}'))
    assert "somebody else has it" in call("lock.acquire", '{"name":"nightly","wait_ms":0}', status=4)
    holder = json.dumps({"name": "nightly", "value": held["value"]})
    assert 0 < json.loads(call("lock.extend", holder))["valid_ms"] <= 10000
    assert json.loads(call("lock.release", holder)) == {"name": "nightly", "tenant": "default", "released": True}
    assert "nightly" in call("lock.release", holder, status=5)
    assert call("dead-letters.list") == ""
    assert "no event is parked at 0:7" in call("dead-letters.show", '{"positions":["0:7"]}', status=5)
