"""Ctrl-C in the middle of every command that may take long: it ends soon, with 130, whole lines and one sentence at most, and
nothing is half done."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from urllib.parse import urlsplit

import pytest

from e2e.test_drop import parked  # noqa: F401
from e2e.test_redrive import is_whole, text
from harness.endpoint import Endpoint
from harness.program import Program
from harness.proxy import Proxy
from harness.stack import ROOT
from harness.waiting import PATIENCE, wait_until

LATE = "600000"  # milliseconds, and beyond PATIENCE; no bound of the program's own may be what ends it
PATIENT = {name: LATE for name in (
    "MNEME_REGISTRY_TIMEOUT_MS", "MNEME_PG_CONNECT_TIMEOUT_MS", "MNEME_PG_COMMAND_TIMEOUT_MS", "MNEME_REDIS_TIMEOUT_MS",
    "MNEME_EMBEDDING_TIMEOUT_MS", "MNEME_CHROMA_TIMEOUT_MS", "MNEME_RECALL_TIMEOUT_MS", "MNEME_PUBLISH_TIMEOUT_MS",
    "MNEME_WAIT_TIMEOUT_MS", "MNEME_READ_OWN_WRITES_MS")}
EVENT = json.dumps({"type": "memory_created", "user_id": "ada",
                    "payload": {"memory_type": "fact", "content": "tea"}}) + "\n"
MEMORY = "0190a5a0-0000-7000-8000-000000000001"
CONVERSATION = ROOT / "tests" / "data" / "sample-conversation.json"

# What is asked, and which service takes the connection and never says a word.
WAITS = [
    ("publish", "kafka"), ("import jsonl {events}", "kafka"), ("import turns {turns} --validate --user ada", "postgres"),
    ("work postgres", "postgres"), ("work postgres", "kafka"), ("work redis", "redis"), ("work all", "postgres"),
    ("recall tea --all", "postgres"), ("search tea --all", "postgres"),
    ("events --all", "postgres"), ("events --all --follow", "postgres"), ("replay --all", "kafka"),
    ("status", "postgres"), ("status", "kafka"), ("status --watch", "postgres"),
    ("doctor", "postgres"), ("doctor", "kafka"), ("doctor", "redis"), ("doctor", "embedding"),
    ("dead-letters list", "postgres"), ("dead-letters show 0:0", "postgres"),
    ("dead-letters redrive --all", "postgres"), ("dead-letters drop 0:0 --yes", "postgres"),
    ("rebuild postgres", "postgres"), ("rebuild postgres", "kafka"), ("rebuild redis", "redis"),
    ("verify postgres", "postgres"), ("verify postgres", "kafka"), ("verify redis", "redis"),
    ("reembed --model other", "postgres"), ("audit verify", "postgres"), ("audit heads", "postgres"),
    ("eval locomo {conversation}", "kafka"), ("migrate", "postgres"),
    ("topics create", "kafka"), ("topics check", "kafka"), ("topics repartition --to {copy} --partitions 2", "kafka"),
    ("lock acquire nightly", "redis"), ("lock run nightly -- true", "redis"),
    ("memory add tea --user ada", "kafka"), ("memory list --all", "postgres"), (f"memory get {MEMORY}", "postgres"),
    ("memory delete --all --user ada --yes", "postgres"), ("memory archive --user ada --yes", "postgres"),
    (f"memory update {MEMORY} coffee", "postgres"),
    ("conversation delete chat --yes", "postgres"), ("conversation show chat", "postgres"),
    ("working show --conversation chat --user ada", "redis"), ("stats", "postgres"), ("timeline --all", "postgres"),
    ("vector query --collection default --vector [1,2]", "postgres"),
]


class Silent:
    """A service that takes connections, and what is sent, and says nothing."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                self.connections.append(self._listener.accept()[0])
            except OSError:
                return

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            connection.close()


@pytest.fixture
def silent():
    service = Silent()
    yield service
    service.close()


def leads_to(service, port):
    address = f"127.0.0.1:{port}"
    return {
        "kafka": {"KAFKA_BOOTSTRAP_SERVERS": address},
        "postgres": {"DATABASE_URL": f"postgresql://mneme:x@{address}/mneme?sslmode=disable&gssencmode=disable"},
        "redis": {"REDIS_URL": f"redis://{address}/0", "MNEME_LOCK_URLS": f"redis://{address}/0", "MNEME_LOCK_TIMEOUT_MS": "60000"},
        "embedding": {"OPENAI_BASE_URL": f"http://{address}/v1", "OPENAI_API_KEY": "x", "EMBEDDING_MODEL": "other"},
    }[service]


def interrupt(process):
    """What it printed; it ended in time, and as it should."""
    at = time.monotonic()
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"it did not end: {process.communicate()}") from None
    print(f"ended after {time.monotonic() - at:.1f} s: {err}")
    assert process.returncode == 130, (process.returncode, out, err)
    said = [line for line in err.splitlines() if line.startswith("mneme: ")]
    assert len(said) <= 1, err
    assert not out or out.endswith("\n"), "the last line was cut off"
    return out, err


def start(mneme, *words, env=None, **more):
    return mneme.start(*words, env=PATIENT | (env or {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


@pytest.fixture
def words_of(namespace, tmp_path):
    events, turns = tmp_path / "events.jsonl", tmp_path / "turns.jsonl"
    events.write_text(EVENT * 3)
    turns.write_text('{"conversation_id": "chat", "role": "user", "content": "tea"}\n')
    return lambda command: command.format(events=events, turns=turns, conversation=CONVERSATION, copy=f"{namespace.name}.copy.").split()


@pytest.mark.parametrize(("command", "service"), WAITS, ids=lambda value: value.replace(" ", "_"))
def test_a_service_that_says_nothing_holds_up_no_interrupt(namespace, mneme, silent, words_of, command, service):
    reading, writing = os.pipe()
    os.write(writing, EVENT.encode())
    process = start(mneme, *words_of(command), env=leads_to(service, silent.port), stdin=reading)
    os.close(reading)
    try:
        wait_until(lambda: silent.connections or process.poll() is not None, message="it waits for the service")
        assert process.poll() is None, process.communicate()
        out, _ = interrupt(process)
    finally:
        os.close(writing)


# --- in the middle of a change, on services that work ---


@pytest.fixture
def stalling(namespace):
    """A way to Postgres that stops in the middle: stalling(answers) is the environment that leads there."""
    parts = urlsplit(namespace.database_url)
    with Proxy((parts.hostname, parts.port or 5432)) as proxy:
        def after(answers):
            proxy.set("stall", after=answers)
            # Without TLS each answer of the server is one of the proxy's.
            return {"DATABASE_URL": proxy.url(namespace.database_url) + "?sslmode=disable&gssencmode=disable"}

        after.proxy = proxy
        yield after


def interrupt_stalled(mneme, stalling, answers, *words):
    process = start(mneme, *words, env=stalling(answers))
    wait_until(lambda: stalling.proxy.stalled or process.poll() is not None, message="it waits for an answer")
    assert process.poll() is None, process.communicate()
    interrupt(process)
    stalling.proxy.set("refuse")  # what was still to be sent is lost, as with the process


@pytest.mark.parametrize("answers", [8, 16, 24])
def test_redriving_goes_on_where_it_was(namespace, mneme, parked, stalling, answers):  # noqa: F811
    assert namespace.worker.stop() == 0
    interrupt_stalled(mneme, stalling, answers, "dead-letters", "redrive", "--all")
    mneme("dead-letters", "redrive", "--all", expect=0)
    is_whole(namespace, mneme)


@pytest.mark.parametrize("answers", [8, 14, 20])
def test_a_drop_is_done_or_not(namespace, mneme, parked, stalling, answers):  # noqa: F811
    assert namespace.worker.stop() == 0
    interrupt_stalled(mneme, stalling, answers, "dead-letters", "drop", text(parked[1]), "--yes")
    dropped = namespace.count("dropped_events")
    assert namespace.count("parked_events") in ((4,) if dropped == 0 else (0, 3))
    mneme("dead-letters", "drop", text(parked[1]), "--yes", expect=0)
    is_whole(namespace, mneme)


@pytest.mark.parametrize("answers", [6, 20, 40])
def test_a_rebuild_changes_nothing_until_it_is_done(namespace, mneme, worker, drain, stalling, answers):
    namespace.worker = worker()
    mneme.publish([EVENT.strip()] * 20)
    drain()
    assert namespace.worker.stop() == 0
    interrupt_stalled(mneme, stalling, answers, "rebuild", "postgres")
    assert namespace.count("memories") == 20
    mneme("verify", "postgres", expect=0)
    mneme("rebuild", "postgres", expect=0)
    assert namespace.count("memories") == 20


def test_a_bulk_change_goes_on_where_it_was(namespace, mneme, worker, drain, stalling):
    worker()
    mneme.publish([EVENT.strip()] * 20)
    drain()
    interrupt_stalled(mneme, stalling, 5, "memory", "delete", "--all", "--user", "ada", "--yes")
    mneme("memory", "delete", "--all", "--user", "ada", "--yes", expect=0)
    drain()
    assert mneme("memory", "list", "--all", "--json", expect=0).json_lines == []


@pytest.mark.parametrize("projection", ["postgres", "all"])
def test_workers_finish_what_they_have_and_leave(namespace, mneme, tmp_path, projection):
    with open(tmp_path / "log", "w+", encoding="utf-8") as log:
        process = mneme.start("work", projection, stderr=log)
        wait_until(lambda: "partitions assigned" in (tmp_path / "log").read_text() or process.poll() is not None,
                   message="it works")
        assert process.poll() is None, (tmp_path / "log").read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    lines = (tmp_path / "log").read_text().splitlines()
    assert any("worker ended" in line for line in lines)
    assert not any(line.startswith("mneme:") for line in lines)


def test_a_lock_that_is_waited_for_is_not_left_behind(mneme):
    held = mneme("lock", "acquire", "nightly", "--ttl", "60", "--json", expect=0).json_lines[0]
    process = start(mneme, "lock", "run", "nightly", "--wait", "600", "--", "true")
    wait_until(lambda: has_connection(process) or process.poll() is not None, message="it has asked")
    assert process.poll() is None, process.communicate()
    interrupt(process)
    mneme("lock", "release", "nightly", "--value", held["value"], expect=0)
    mneme("lock", "acquire", "nightly", "--wait", "0", expect=0)


def has_connection(process):
    folder = f"/proc/{process.pid}/fd"
    try:
        return any(os.readlink(f"{folder}/{name}").startswith("socket:") for name in os.listdir(folder))
    except FileNotFoundError:
        return False


def test_a_recall_waits_for_no_model(namespace, worker, drain):
    with Endpoint() as endpoint:
        env = {"OPENAI_BASE_URL": endpoint.url, "EMBEDDING_MODEL": "first"}
        mneme = Program(namespace.env | env)
        for group in ("postgres", "search", "embed", "vectors"):
            worker(group, env=env)
        mneme.publish([EVENT.strip()])
        for progress in ("postgres", "search", "embed.first"):
            namespace.drain(progress)
        namespace.drain("vectors", topic=f"{namespace.topic_prefix}embeddings.first")
        endpoint.set("hang")
        asked = endpoint.asked
        process = start(mneme, "recall", "tea", "--all")
        wait_until(lambda: endpoint.asked > asked or process.poll() is not None, message="the model is asked")
        assert process.poll() is None, process.communicate()
        interrupt(process)
