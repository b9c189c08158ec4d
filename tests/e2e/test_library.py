"""libmneme as other programs use it: installed into a folder of its own, found by pkg-config, static and shared."""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import urllib.parse

import pytest

from harness.program import BUILD, clean_environment
from harness.proxy import Proxy
from harness.stack import ROOT
from harness.waiting import wait_until

EXAMPLES = tuple(sorted(path.stem for path in (ROOT / "examples").glob("*.c")))
FORMER = ROOT / "tests" / "data" / "former_header"
CC = os.environ.get("CC", "cc")


def is_sanitized():
    """Whether the library needs the run-time part of a sanitizer, which a plain program lacks."""
    return "MNEME_SANITIZE:STRING=\n" not in (BUILD / "CMakeCache.txt").read_text()


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not (BUILD / "libmneme.so").exists() or not (BUILD / "libmneme.a").exists():
        pytest.fail(f"{BUILD} holds no libmneme; build it first: cmake --build {BUILD}")
    if is_sanitized():
        pytest.skip("a sanitized library is of no use to other programs")
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", folder], check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def pkg_config(prefix):
    (found,) = prefix.glob("lib*/**/pkgconfig")

    def ask(*options):
        return subprocess.run(["pkg-config", *options, "mneme"], check=True, capture_output=True, text=True,
                              env={**os.environ, "PKG_CONFIG_PATH": str(found)}).stdout.split()
    return ask


def compile_program(source, program, flags):
    done = subprocess.run([CC, "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", source, "-o", program, *flags],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


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


def run(program, *arguments, env):
    return subprocess.run([program, *arguments], env=clean_environment(env), capture_output=True, text=True,
                          timeout=120, check=False)


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
    assert "whose data" in call("memory.list", status=2)
    assert "was not found" in call("memory.get", '{"memory_ids":["0190a5a0-0000-7000-8000-0000000000ff"]}', status=5)
    held = json.loads(call("lock.acquire", '{"name":"nightly","ttl":60}'))
    assert "somebody else has it" in call("lock.acquire", '{"name":"nightly","wait_ms":0}', status=4)
    holder = json.dumps({"name": "nightly", "value": held["value"]})
    assert 0 < json.loads(call("lock.extend", holder))["valid_ms"] <= 10000
    assert json.loads(call("lock.release", holder)) == {"name": "nightly", "tenant": "default", "released": True}
    assert "nightly" in call("lock.release", holder, status=5)
    assert call("dead-letters.list") == ""
    assert "no event is parked at 0:7" in call("dead-letters.show", '{"positions":["0:7"]}', status=5)


def test_only_the_public_headers_are_installed_and_each_stands_alone(prefix, pkg_config, tmp_path):
    headers = sorted(path.relative_to(prefix / "include") for path in prefix.glob("include/**/*.h"))
    assert headers == sorted(path.relative_to(ROOT / "include") for path in (ROOT / "include").glob("mneme/*.h"))
    whole = (prefix / "include" / "mneme" / "mneme.h").read_text()
    for header in headers:
        included = re.findall(r"#include [<\"]([^>\"]+)", (prefix / "include" / header).read_text())
        assert all(name.startswith("mneme/") or name.startswith("std") or name == "string.h" for name in included), header
        assert header.name == "mneme.h" or f"#include <{header}>" in whole
        for suffix, compiler in ((".c", [CC, "-std=c11"]), (".cpp", ["c++", "-std=c++17"])):
            if shutil.which(compiler[0]) is None:
                continue
            source = tmp_path / f"{header.stem}{suffix}"
            source.write_text(f"#include <{header}>\n#include <{header}>\n")
            done = subprocess.run([*compiler, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
                                   *pkg_config("--cflags"), source], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr


def test_a_program_of_the_former_header_goes_on(prefix, pkg_config, namespace, worker, tmp_path):
    """What was compiled against the first header runs with this library as it does when compiled anew, and no function
    of that header is gone or changed."""
    (library,) = prefix.glob("lib*/**/libmneme.so")
    linked = [*pkg_config("--libs"), f"-Wl,-rpath,{library.parent}"]
    compile_program(FORMER / "program.c", tmp_path / "former", [f"-I{FORMER}", *linked])
    compile_program(FORMER / "program.c", tmp_path / "newest", ["-DNEWEST", *pkg_config("--cflags"), *linked])
    worker()
    done = [run(tmp_path / name, env=namespace.env) for name in ("former", "newest")]
    first, second = (program.stdout.splitlines() for program in done)
    assert (done[0].returncode, done[0].stderr) == (0, "")
    assert "2 rows, 1 delivered" in first and "0 " in first and "did you mean memory.add" in done[0].stdout
    assert first[:1] == second[:1] and first[-2:] == second[-2:]
    source = tmp_path / "both.c"
    source.write_text(f'#include <mneme/mneme.h>\n#include "{FORMER}/functions.h"\nint main(void) {{ return 0; }}\n')
    compile_program(source, tmp_path / "both", pkg_config("--cflags"))


def test_the_library_has_the_soname_that_programs_ask_for(prefix):
    (library,) = prefix.glob("lib*/**/libmneme.so")
    shown = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True).stdout
    assert re.search(r"\(SONAME\).*\[libmneme\.so\.0\]", shown)


# --- without a compiler ---


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 1024)]


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("len", ctypes.c_size_t)]


class Setting(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p)]


class Library:
    """The installed library, called as its headers say."""

    def __init__(self, path, env):
        self.functions = ctypes.CDLL(str(path))
        self.functions.mneme_result_json.restype = Text
        self.functions.mneme_note_text.restype = Text
        self.notes = []  # of the last call: (kind, sentence)
        self.error = Error()
        self.handle = ctypes.c_void_p()
        settings = (Setting * len(env))(*((name.encode(), value.encode()) for name, value in env.items()))
        assert self.functions.mneme_connect(ctypes.byref(self.handle), None, settings, len(env),
                                            ctypes.byref(self.error)) == 0, self.message

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.functions.mneme_disconnect(self.handle)

    @property
    def message(self):
        return self.error.message.decode()

    def call(self, operation, timeout_ms, **fields):
        """The status and the rows."""
        rows = []
        request = ctypes.c_void_p()
        given = json.dumps(fields).encode()
        error = ctypes.byref(self.error)

        @ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)
        def take(row, _):
            text = self.functions.mneme_result_json(ctypes.c_void_p(row))
            rows.append(json.loads(ctypes.string_at(text.data, text.len)))
            return True

        @ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
        def note(given_note, _):
            text = self.functions.mneme_note_text(ctypes.c_void_p(given_note))
            kind = self.functions.mneme_note_kind(ctypes.c_void_p(given_note))
            self.notes.append((kind, ctypes.string_at(text.data, text.len).decode()))
        self.notes = []
        assert self.functions.mneme_request_new(ctypes.byref(request), self.handle, operation.encode(), error) == 0, self.message
        assert self.functions.mneme_request_set_json(request, Text(given, len(given)), error) == 0, self.message
        self.functions.mneme_request_on_note(request, note, None)
        status = self.functions.mneme_call(self.handle, request, take, None, timeout_ms, error)
        self.functions.mneme_request_free(request)
        return status, rows


@pytest.fixture(scope="module")
def shared_library(prefix):
    (library,) = prefix.glob("lib*/**/libmneme.so")
    return library


TIMEOUT = -7


def test_a_read_has_what_the_same_program_wrote(shared_library, namespace, worker):
    """It waits a moment for its own writes without being asked to, and `last` waits for them as a promise."""
    worker()
    env = {name: namespace.env[name] for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "MNEME_TOPIC_PREFIX")}
    with Library(shared_library, env) as library:
        status, _ = library.call("memory.list", 60000, user_id="ada", at_least="last")
        assert status == -5 and "nothing was written from here yet" in library.message
        for i in range(5):
            status, (receipt,) = library.call("memory.add", 60000, user_id="ada", text=f"tea {i}")
            assert status == 0, library.message
            status, rows = library.call("memory.list", 60000, user_id="ada", at_least="last")
            assert status == 0 and rows[0]["id"] == receipt["memory_id"], library.message
        text = ctypes.c_char_p()
        assert library.functions.mneme_written(ctypes.byref(text), library.handle, None) == 0
        assert receipt["position"] in text.value.decode().split(",")


def test_a_note_says_that_what_was_written_is_not_in_the_answer_yet(shared_library, namespace, mneme):
    """No worker folds it; the command line says the same on stderr."""
    env = {name: namespace.env[name] for name in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "MNEME_TOPIC_PREFIX")}
    with Library(shared_library, {**env, "MNEME_READ_OWN_WRITES_MS": "100"}) as library:
        assert library.call("memory.list", 60000, user_id="ada") == (0, []) and library.notes == []
        assert library.call("memory.add", 60000, user_id="ada", text="tea")[0] == 0, library.message
        assert library.call("memory.list", 60000, user_id="ada") == (0, [])
    missing = "what was written last from here is not in the tables yet after 100 ms"
    ((kind, sentence),) = library.notes
    assert kind == 2 and sentence.startswith(missing)
    mneme("memory", "add", "tea", "--user", "ada", expect=0)
    assert f"mneme: {missing}" in mneme("memory", "list", "--user", "ada", env={"MNEME_READ_OWN_WRITES_MS": "100"},
                                        expect=0).stderr


def test_a_call_ends_in_time_when_postgres_falls_silent(shared_library, namespace, worker, mneme):
    """A server that hangs in the middle of a session hears no request to cancel; the next call makes a new connection."""
    worker()
    mneme("memory", "add", "tea", "--user", "ada", "--wait", "postgres", expect=0)
    url = urllib.parse.urlsplit(namespace.env["DATABASE_URL"])
    with Proxy((url.hostname, url.port)) as proxy:
        with Library(shared_library, {"DATABASE_URL": proxy.url(namespace.env["DATABASE_URL"]),
                                      "KAFKA_BOOTSTRAP_SERVERS": namespace.env["KAFKA_BOOTSTRAP_SERVERS"],
                                      "MNEME_PG_CONNECT_TIMEOUT_MS": "600000"}) as library:
            assert library.call("memory.list", 60000, user_id="ada")[0] == 0, library.message
            proxy.set("stall")
            for _ in range(2):
                before = time.monotonic()
                status, rows = library.call("memory.list", 500, user_id="ada")
                assert status == TIMEOUT and rows == [] and ";" in library.message, library.message
                assert time.monotonic() - before < 10
            proxy.set("pass")
            status, (memory,) = library.call("memory.list", 60000, user_id="ada")
            assert status == 0 and memory["content"]["text"] == "tea", library.message


def declared_functions(prefix):
    """The functions of all installed headers."""
    return {name for header in prefix.glob("include/**/*.h")
            for name in re.findall(r"MNEME_API[^;]*?\b(mneme_\w+)\(", header.read_text())}


def test_the_library_shows_nothing_but_its_interface(prefix):
    (library,) = prefix.glob("lib*/**/libmneme.so")
    listed = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    symbols = {line.split()[2].split("@")[0] for line in listed.splitlines()}
    declared = declared_functions(prefix)
    assert declared and symbols == declared


def test_the_man_page_names_every_function(prefix):
    (page,) = prefix.glob("share/man/man3/libmneme.3")
    for name in declared_functions(prefix):
        assert name in page.read_text(), f"{name} is missing from {page.name}"


CXX = r"""
#include <mneme/mneme.h>
static bool on_row(mneme_result *row, void *) { return mneme_result_text(row, "id").data != nullptr; }
static void on_note(const mneme_note *note, void *) { (void)(mneme_note_kind(note) == MNEME_NOTE_STALE); }
static void on_delivery(const mneme_receipt *receipt, void *) { (void)mneme_receipt_status(receipt); }
int main() {
    mneme_error error = {};
    struct mneme *handle = nullptr;
    mneme_request *request = nullptr;
    mneme_lease *lease = nullptr;
    int status = mneme_connect(&handle, nullptr, nullptr, 0, &error);
    status |= mneme_request_new(&request, handle, "memory.list", &error);
    mneme_request_on_note(request, on_note, nullptr);
    status |= mneme_call(handle, request, on_row, nullptr, 1000, &error);
    status |= mneme_submit_event(handle, mneme_str_from("{}"), on_delivery, nullptr, &error);
    status |= mneme_lease_new(&lease, handle, "nightly", nullptr, &error);
    return status == MNEME_OK && mneme_version() != nullptr;
}
"""


@pytest.mark.skipif(shutil.which("c++") is None, reason="no C++ compiler here")
def test_the_header_is_fit_for_cxx(pkg_config, tmp_path):
    source = tmp_path / "use.cpp"
    source.write_text(CXX)
    subprocess.run(["c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", source, *pkg_config("--cflags", "--libs"),
                    "-o", tmp_path / "use"], check=True, timeout=60)
