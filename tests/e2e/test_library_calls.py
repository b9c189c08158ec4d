"""Calls of libmneme from a process that stays: own writes, notes, and their bound when a service falls silent."""

import ctypes
import json
import time
import urllib.parse

import pytest

from harness.installed import prefix  # noqa: F401
from harness.proxy import Proxy


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
    missing = "the last writes from here are not in the tables yet after 100 ms"
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
