"""Working memory and context of conversations through the command line: what is written, what is at hand, what is not."""

import json

import pytest
import redis

from harness.waiting import wait_until
from oracle import assert_equal_to_log

HERE = ("--user", "ada", "--conversation", "chat-1")
NOWHERE = "127.0.0.1:1"
NO_TABLES = {"DATABASE_URL": f"postgresql://nobody@{NOWHERE}/nothing"}
NO_REDIS = {"REDIS_URL": f"redis://{NOWHERE}/0"}


@pytest.fixture
def one(mneme):
    """Runs a command with --json about the conversation and gives its only line."""
    def run(*arguments, expect=0, **options):
        (line,) = mneme("--json", *arguments, *HERE, expect=expect, **options).json_lines
        return line
    return run


def keys(row):
    return {key["key"]: key["value"] for key in row["context"]}


def test_what_is_written_is_at_hand(worker, mneme, one):
    worker()
    receipt = one("working", "turn", "Two seats to Oslo, please", "--speaker", "Ada")
    assert (receipt["conversation_id"], receipt["stream_id"]) == ("chat-1", "ada")
    one("working", "turn", "-", "--role", "assistant", "--tokens", "3", "--model", "m/1", input="On which\nday?\n")
    one("working", "thought", "She is in a hurry", "--metadata", '{"sure":false}')
    one("working", "goal", "Book a flight")
    one("context", "set", "intent", "book_flight")
    one("context", "set", "slots", '{"to":"Oslo","seats":2.50}', "--ttl", "600")
    one("context", "set", "literal", "[1]", "--text")
    one("context", "set", "nothing", "1")
    one("context", "set", "nothing", "null")
    one("context", "append", '{"tool":"search"}')
    one("context", "append", "plain")
    row = one("working", "show", "--at-least", "last")
    assert [(turn["turn_index"], turn["role"], turn["speaker"], turn["content"]) for turn in row["turns"]] == [
        (0, "user", "Ada", "Two seats to Oslo, please"), (1, "assistant", None, "On which\nday?")]
    assert (row["turns"][1]["token_count"], row["turns"][1]["model"], row["turns"][1]["metadata"]) == (3, "m/1", {})
    assert [(thought["thought"], thought["metadata"]) for thought in row["thoughts"]] == [
        ("She is in a hurry", {"sure": False})]
    assert (row["tenant"], row["stream_id"], row["conversation_id"], row["goal"]) == (
        "default", "ada", "chat-1", "Book a flight")
    assert keys(row) == {"intent": "book_flight", "literal": "[1]", "nothing": None, "slots": {"to": "Oslo", "seats": 2.5}}
    assert [event["event"] for event in row["events"]] == [{"tool": "search"}, "plain"]

    assert mneme("context", "get", "intent", *HERE, expect=0).stdout == "book_flight\n"
    slots = one("context", "get", "slots")
    assert (slots["ttl_s"], slots["value"]["to"]) == (600, "Oslo")
    assert '"seats": 2.50' in mneme("context", "get", "slots", *HERE, expect=0).stdout
    assert [line["key"] for line in mneme("context", "get", "--json", *HERE, expect=0).json_lines] == [
        "intent", "literal", "nothing", "slots"]
    assert [line["event"] for line in mneme("context", "events", "--limit", "1", "--json", *HERE, expect=0).json_lines] == [
        "plain"]
    shown = mneme("working", "show", *HERE, expect=0).stdout
    assert "  Ada: Two seats to Oslo, please\n  assistant: On which\\nday?\n" in shown
    assert "goal          Book a flight\n" in shown and "  She is in a hurry\n" in shown
    assert mneme("working", "show", "--user", "bob", "--conversation", "chat-1", "--json", expect=0).json_lines[0]["turns"] == []


def test_a_turn_is_written_with_its_answer(worker, mneme, one):
    worker()
    receipt = one("working", "turn", "On Friday", "--agent-response", "Booked.", "--model", "m/1", "--wait", "postgres")
    assert receipt["verdict"] == "accepted"
    turns = mneme("conversation", "show", "chat-1", "--json", expect=0).json_lines[1:]
    assert [(turn["turn_index"], turn["role"], turn["content"], turn["model"]) for turn in turns] == [
        (0, "user", "On Friday", None), (1, "assistant", "Booked.", "m/1")]
    error = mneme("working", "turn", "x", "--role", "tool", "--agent-response", "y", *HERE, expect=1).stderr
    assert "agent_response is given with a turn of the role tool" in error


def test_a_person_reads_a_value_alone_and_in_a_table(worker, mneme, one):
    worker()
    big = "x" * 500_000
    for key, value in (("text", "two\nlines \x1b[0m"), ("json", '{"n": 1.50}'), ("nothing", "null"), ("empty", ""), ("quoted", '"a \\"b\\""')):
        one("context", "set", key, value)
    mneme("context", "set", "big", "-", *HERE, input=big, expect=0)
    mneme("context", "append", "plain", *HERE, expect=0)
    for key, shown in (("text", "two\nlines \\x1b[0m"), ("json", '{"n": 1.50}'), ("nothing", "null"), ("empty", ""), ("quoted", 'a "b"'),
                       ("big", big)):
        done = mneme("context", "get", key, *HERE, expect=0)
        assert (done.stdout, done.stderr) == (shown + "\n", "")
    mneme("context", "delete", "big", *HERE, expect=0)
    done = mneme("context", "get", *HERE, "--columns", "key,value", expect=0)
    assert [line.rstrip() for line in done.stdout.splitlines()] == [
        "KEY      VALUE", "empty", 'json     {"n": 1.50}', "nothing  null", 'quoted   a "b"', "text     two\\nlines \\x1b[0m"]
    assert mneme("context", "events", *HERE, "--columns", "event", expect=0).stdout == "EVENT\nplain\n"
    shown = mneme("working", "show", *HERE, expect=0).stdout
    assert '\ncontext\n  empty\n  json: {"n": 1.50}\n  nothing: null\n  quoted: a "b"\n  text: two\\nlines \\x1b[0m\nevents\n  plain\n' in shown
    mneme("working", "clear", "--yes", *HERE, expect=0)
    done = mneme("context", "get", *HERE, expect=0)
    assert (done.stdout, done.stderr) == ("", "mneme: the context has no keys\n")
    assert mneme("context", "events", *HERE, expect=0).stderr == "mneme: the context has no events\n"


def test_what_is_deleted_cleared_or_expired_is_not(worker, mneme, one):
    worker()
    one("context", "set", "a", "1")
    assert one("context", "delete", "a", "--wait", "postgres")["verdict"] == "accepted"
    assert one("context", "delete", "a", "--wait", "postgres", expect=5)["verdict"] == "not_found"
    assert "has no key a" in mneme("context", "get", "a", *HERE, expect=5).stderr
    one("context", "set", "b", "2")
    one("working", "thought", "hm")
    mneme.publish([{"type": "context_set", "user_id": "ada", "conversation_id": "chat-1", "occurred_at": "2026-01-01T00:00:00Z",
                    "payload": {"key": "old", "value": 1}}])
    one("context", "append", "1")
    row = one("working", "show", "--at-least", "last")
    assert keys(row) == {"b": 2} and len(row["events"]) == len(row["thoughts"]) == 1
    one("context", "clear", "--reason", "done", "--yes")
    row = one("working", "show", "--at-least", "last")
    assert keys(row) == {} and row["events"] == [] and len(row["thoughts"]) == 1
    one("working", "turn", "hi")
    one("working", "goal", "win")
    one("working", "clear", "--yes")
    one("working", "turn", "again")
    row = one("working", "show", "--at-least", "last")
    assert [turn["content"] for turn in row["turns"]] == ["again"] and (row["goal"], row["thoughts"]) == (None, [])
    one("working", "goal", "draw")
    one("working", "goal", "--none")
    assert one("working", "show", "--at-least", "last")["goal"] is None
    mneme.publish([{"type": "conversation_deleted", "user_id": "ada", "payload": {"conversation_id": "chat-1"}}])
    assert one("working", "show", "--at-least", "last")["turns"] == []


@pytest.fixture(params=["redis", "tables"])
def from_place(request, worker, drain):
    """Starts the workers, and gives what makes a read ask that place alone."""
    worker()
    if request.param == "tables":
        return {"wait": drain, "env": NO_REDIS}
    worker("redis")
    return {"wait": lambda: (drain(), drain("redis")), "env": NO_TABLES}


def test_only_the_latest_are_shown_where_that_is_asked(mneme, from_place):
    for number in range(5):
        mneme("working", "turn", f"turn {number}", *HERE, expect=0)
        mneme("working", "thought", f"thought {number}", *HERE, expect=0)
        mneme("context", "append", str(number), *HERE, expect=0)
    mneme("context", "set", "a", "1", *HERE, expect=0)
    mneme("context", "set", "b", "2", *HERE, expect=0)
    from_place["wait"]()

    def show(*options):
        done = wait_until(lambda: (done := mneme("working", "show", *options, "--json", *HERE, env=from_place["env"])).returncode == 0
                          and done, message="the place has no answer")
        row = done.json_lines[0]
        return ([turn["content"] for turn in row["turns"]], [thought["thought"] for thought in row["thoughts"]],
                [event["event"] for event in row["events"]], keys(row))

    assert show("--limit", "2") == (["turn 3", "turn 4"], ["thought 3", "thought 4"], [3, 4], {"a": 1, "b": 2})
    assert show("--limit", "100") == show() == (
        [f"turn {n}" for n in range(5)], [f"thought {n}" for n in range(5)], [*range(5)], {"a": 1, "b": 2})


def test_all_events_of_a_context_are_read_a_page_at_a_time(worker, mneme, drain):
    worker()
    context = {"type": "context_appended", "user_id": "ada", "conversation_id": "chat-1"}
    mneme.publish([{**context, "payload": {"event": -1}}, {"type": "context_cleared", "user_id": "ada", "payload": {
        "conversation_id": "chat-1"}}])
    mneme.publish([{**context, "payload": {"event": number}} if number % 3 else
                   {"type": "working_thought", "user_id": "ada", "payload": {"conversation_id": "chat-1", "thought": "hm"}}
                   for number in range(450)])
    drain()
    wanted = [number for number in range(450) if number % 3]

    def page(*options):
        return mneme("context", "events", *options, "--json", *HERE, expect=0).json_lines

    assert [line["event"] for line in page()] == wanted[-100:]
    assert [line["event"] for line in page("--limit", "1000")] == wanted
    back, before = [], ()
    while lines := page("--limit", "77", *before):
        back = [line["event"] for line in lines] + back
        before = ("--before", lines[0]["entry_index"])
    assert back == wanted
    forth, after = [], ("--after", "0")
    while lines := page("--limit", "77", *after):
        forth += [line["event"] for line in lines]
        after = ("--after", lines[-1]["entry_index"])
    assert forth == wanted
    assert [line["event"] for line in page("--after", lines_at(page, wanted[10]), "--before", lines_at(page, wanted[13]))] == wanted[11:13]
    (line,) = page("--limit", "1")
    assert set(line) == {"entry_index", "event", "created_at", "source_event_id"}


def test_a_goal_has_an_id_and_a_time(mneme, one, from_place):
    def active():
        from_place["wait"]()
        done = wait_until(lambda: (done := mneme("working", "show", "--json", *HERE, env=from_place["env"])).returncode == 0 and done,
                          message="the place has no answer")
        (row,) = done.json_lines
        goal = row["active_goal"]
        return row["goal"], goal and (goal["id"], goal["description"])

    assert one("working", "thought", "hm") and active() == (None, None)
    receipt = one("working", "goal", "Book a flight")
    assert active() == ("Book a flight", (receipt["event_id"], "Book a flight"))
    one("working", "goal", "Book a room", "--id", "trip/7")
    one("context", "clear", "--yes")
    assert active() == ("Book a room", ("trip/7", "Book a room"))
    one("working", "goal", "--none")
    assert active() == (None, None)
    shown = mneme("working", "goal", "again", *HERE, expect=0) and active() and mneme("working", "show", *HERE, expect=0).stdout
    assert "goal          again\n" in shown and "active" not in shown


def test_a_value_may_be_kept_for_ever(worker, mneme, drain, namespace):
    assert "[$MNEME_CONTEXT_TTL_S, default 3600]" in mneme("context", "set", "--help", expect=0).stdout
    worker()
    mneme("context", "set", "for ever", "1", "--ttl", "0", *HERE, expect=0)
    mneme("context", "set", "an hour", "1", *HERE, expect=0)
    mneme("context", "set", "as set", "1", *HERE, env={"MNEME_CONTEXT_TTL_S": "0"}, expect=0)
    drain()
    found = {line["key"]: (line["ttl_s"], line["expires_at"][:4]) for line in
             mneme("context", "get", "--json", *HERE, expect=0).json_lines}
    assert found["for ever"] == found["as set"] == (0, "9999") and found["an hour"][0] == 3600
    assert_equal_to_log(namespace)


def lines_at(page, event):
    """The index of an event."""
    return next(line["entry_index"] for line in page("--limit", "1000") if line["event"] == event)


def test_a_context_of_its_own_needs_no_conversation(worker, mneme, namespace, drain):
    worker()
    own = ("--user", "ada", "--context", "trip")
    receipt = mneme("context", "set", "to", "Oslo", "--json", *own, expect=0).json_lines[0]
    assert receipt["conversation_id"] == "trip"
    mneme("context", "append", '{"seen":1}', *own, expect=0)
    mneme("context", "set", "to", "Bergen", *HERE, expect=0)
    drain()
    assert mneme("context", "get", "to", *own, expect=0).stdout == "Oslo\n"
    assert mneme("context", "get", "to", *HERE, expect=0).stdout == "Bergen\n"
    assert [line["event"] for line in mneme("context", "events", "--json", *own, expect=0).json_lines] == [{"seen": 1}]
    assert namespace.rows("SELECT conversation_id, payload ->> 'conversation_id' FROM events ORDER BY sequence_id") == [
        (None, "trip"), (None, "trip"), ("chat-1", "chat-1")]
    assert namespace.count("conversations") == 0
    mneme("context", "delete", "to", *own, "--wait", "postgres", expect=0)
    mneme("context", "clear", "--yes", *own, expect=0)
    drain()
    mneme("context", "get", "to", *own, expect=5)
    assert mneme("context", "events", *own, "--json", expect=0).json_lines == []


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (("context", "set", "k", "v", "--user", "ada"), 2, "give --conversation"),
    (("context", "set", "k", "v", "--conversation", "c"), 2, "--user, --agent or --stream"),
    (("context", "get", "--conversation", "c"), 2, "--user, --agent or --stream"),
    (("context", "set", "k", '{"a":', *HERE), 2, "add --text to keep it as a text"),
    (("context", "set", "k", "v", "--ttl", "-1", *HERE), 2, "0 to 315360000"),
    (("context", "set", "", "v", *HERE), 1, "payload.key"),
    (("context", "events", "--limit", "10001", *HERE), 2, "--limit"),
    (("context", "set", "k", "v", "--context", "c", *HERE), 2, "give one of them"),
    (("working", "show", "--limit", "0", *HERE), 2, "--limit"),
    (("working", "goal", *HERE), 2, "give its text, or --none"),
    (("working", "goal", "win", "--none", *HERE), 2, "give one of them"),
    (("working", "turn", "hi", "--role", "boss", *HERE), 2, "user, assistant, system or tool"),
    (("working", "thought", " ", *HERE), 1, "payload.thought"),
])
def test_odd_input_is_refused_with_what_to_do(mneme, arguments, code, words):
    refused = mneme(*arguments, expect=code)
    assert words in refused.stderr and refused.stdout == "", refused.stderr


def test_a_read_behind_what_is_not_folded_says_so(mneme, one):
    receipt = one("context", "set", "k", json.dumps("v"))
    error = mneme("context", "get", "k", *HERE, "--at-least", receipt["position"], "--wait-timeout", "100", expect=3).stderr
    assert receipt["position"] in error


class Hot:
    """A namespace with workers of groups postgres and redis, and working memory of one conversation."""

    def __init__(self, namespace, mneme, worker):
        self.namespace, self.mneme = namespace, mneme
        worker()
        self.worker = worker("redis")
        self.redis = redis.Redis.from_url(namespace.env["REDIS_URL"])
        for words in (("working", "turn", "hi \"there\""), ("working", "turn", "yes?", "--role", "assistant"),
                      ("working", "thought", "hm"), ("working", "goal", "greet"), ("context", "append", "[1, 2.50]"),
                      *(("context", "set", f"k{number}", '{"n":1}') for number in (2, 10, 1))):
            mneme(*words, *HERE, expect=0)

    def show(self, *options, env=None, expect=0):
        return self.mneme("working", "show", "--json", *HERE, *options, env=env, expect=expect).stdout

    def keys(self, pattern):
        return list(self.redis.scan_iter(f"{self.namespace.redis_prefix}{pattern}", count=1000))


def test_redis_answers_as_the_tables_do_and_is_given_what_it_misses(namespace, mneme, worker):
    hot = Hot(namespace, mneme, worker)
    told = hot.show("--at-least", "last", env=NO_REDIS)
    wait_until(lambda: hot.mneme("working", "show", "--json", *HERE, "--at-least", "last", env=NO_TABLES).stdout == told,
               message="Redis and the tables differ")
    assert [key["key"] for key in json.loads(told)["context"]] == ["k1", "k10", "k2"]
    assert "2.50" in told

    (turns,) = hot.keys("*:working:default/ada/chat-1:turns")
    hot.redis.delete(turns)  # as a Redis that is short of memory does
    assert hot.show() == told and hot.redis.exists(turns)
    assert hot.show(env=NO_TABLES) == told
    hot.redis.delete(*hot.keys("*:working:default/ada/chat-1*"))
    assert hot.show() == told
    assert hot.show(env=NO_TABLES) == told
    assert 0 < hot.redis.ttl(turns) <= 86400

    assert hot.mneme("context", "get", "k2", *HERE, env=NO_TABLES, expect=0).stdout == '{"n": 1}\n'
    hot.mneme("working", "clear", "--yes", *HERE, expect=0)
    assert json.loads(hot.show("--at-least", "last"))["turns"] == []

    hot.worker.stop()
    hot.redis.delete(*hot.keys("*:live"))
    hot.mneme("working", "goal", "another", *HERE, expect=0)
    assert json.loads(hot.show("--at-least", "last"))["goal"] == "another"
    assert "another" not in hot.show(env=NO_TABLES, expect=3)


def test_redis_answers_without_the_last_write_where_nobody_else_can(namespace, mneme, worker):
    """The tables are away, and Redis is behind: a read answers with a word about it, and one that insists does not."""
    hot = Hot(namespace, mneme, worker)
    hot.show("--at-least", "last")
    wait_until(lambda: hot.mneme("working", "show", "--json", *HERE, "--at-least", "last", env=NO_TABLES).returncode == 0,
               message="Redis has no answer")
    hot.worker.pause()
    for live in hot.keys("*:live"):
        hot.redis.persist(live)
    hot.mneme("working", "goal", "another", *HERE, expect=0)
    brief = {**NO_TABLES, "MNEME_READ_OWN_WRITES_MS": "100"}
    done = hot.mneme("working", "show", "--json", *HERE, env=brief, expect=0)
    assert json.loads(done.stdout)["goal"] == "greet" and "not in Redis yet after 100 ms" in done.stderr
    hot.mneme("working", "show", *HERE, "--at-least", "last", "--wait-timeout", "100", env=NO_TABLES, expect=3)
    assert json.loads(hot.show())["goal"] == "another"
