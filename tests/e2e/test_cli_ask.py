"""Remembering and asking through the command line, with a worker that folds."""

import json
import re
import signal
import subprocess
import uuid

import pytest

from harness.waiting import wait_until

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
POSITION = re.compile(r"\d+:\d+")


@pytest.fixture
def one(mneme):
    """Runs a command with --json and gives its only line."""
    def run(*arguments, expect=0, **options):
        (line,) = mneme("--json", *arguments, expect=expect, **options).json_lines
        return line
    return run


def test_a_memory_is_added_read_changed_and_forgotten(worker, mneme, one):
    worker()
    receipt = one("memory", "add", "Ada prefers tea", "--user", "ada", "--agent", "waiter", "--type", "insight",
                  "--tags", "drinks,taste", "--confidence", "0.75", "--metadata", '{"from":{"kind":"chat"}}')
    assert set(receipt) == {"memory_id", "event_id", "position", "stream_id"}
    assert POSITION.fullmatch(receipt["position"]) and receipt["stream_id"] == "ada"
    memory_id = receipt["memory_id"]

    memory = one("memory", "get", memory_id, "--at-least", receipt["position"])
    assert memory["content"] == {"text": "Ada prefers tea"}
    assert (memory["user_id"], memory["agent_id"], memory["memory_type"]) == ("ada", "waiter", "insight")
    assert (memory["tags"], memory["confidence"], memory["version"]) == (["drinks", "taste"], 0.75, 1)
    assert memory["metadata"] == {"from": {"kind": "chat"}} and memory["expires_at"] is None
    assert memory["source_event_id"] == receipt["event_id"] and TIME.fullmatch(memory["created_at"])

    changed = one("memory", "update", memory_id, "Ada prefers green tea", "--importance", "0.9", "--reason", "said so",
                  "--expected-version", "1", "--wait", "postgres")
    assert (changed["verdict"], changed["version"], changed["stream_id"]) == ("accepted", 2, "ada")
    assert "actual_version" not in changed
    conflict = one("memory", "update", memory_id, "--tags", "x", "--expected-version", "1", "--wait", "postgres", expect=4)
    assert (conflict["verdict"], conflict["actual_version"]) == ("rejected", 2) and "version" not in conflict
    memory = one("memory", "get", memory_id)
    assert memory["content"] == {"text": "Ada prefers green tea"} and memory["tags"] == ["drinks", "taste"]

    gone = one("memory", "delete", memory_id, "--reason", "asked to forget", "--wait", "postgres")
    assert gone["verdict"] == "accepted"
    assert "was not found" in mneme("memory", "get", memory_id, expect=5).stderr
    assert "was not found" in mneme("memory", "delete", memory_id, expect=5).stderr
    assert one("memory", "get", memory_id, "--include-deleted")["is_deleted"] is True
    assert mneme("memory", "list", "--all", "--json", expect=0).stdout == ""

    history = mneme("memory", "history", memory_id, "--json", expect=0).json_lines
    assert [(row["version"], row["event_type"], row["reason"]) for row in history] == [
        (1, "memory_created", None), (2, "memory_updated", "said so"), (3, "memory_deleted", "asked to forget")]
    assert history[1]["changes"] == {"content": {"text": "Ada prefers green tea"}, "importance": 0.9,
                                     "expected_memory_version": 1}
    assert mneme("memory", "history", str(uuid.uuid4()), expect=5).stdout == ""


def test_content_stays_what_it_was(worker, one):
    worker()
    texts = ["tab\tline\nfeed \"quotes\" \\ back", "日本語 e\u0301 😀", "'; DROP TABLE memories; --", "--json", "\x1b[2J\x7f"]
    for text in texts:
        receipt = one("memory", "add", "--user", "ada", "--wait", "postgres", "--", text)
        assert one("memory", "get", receipt["memory_id"])["content"] == {"text": text}
    receipt = one("memory", "add", "-", "--user", "ada", "--wait", "postgres", input="from a pipe\nwith lines\n")
    assert one("memory", "get", receipt["memory_id"])["content"] == {"text": "from a pipe\nwith lines"}
    content = {"text": "Tea at four", "place": ["garden", None, 1.5]}
    receipt = one("memory", "add", "--content", json.dumps(content), "--user", "ada", "--wait", "postgres")
    assert one("memory", "get", receipt["memory_id"])["content"] == content


@pytest.mark.parametrize("arguments, said", [
    (["", "--user", "ada"], "content"),
    (["x" * 100_001, "--user", "ada"], "content"),
    (["x"], "scope"),
    (["x", "--user", "ada", "--metadata", "[1]"], "metadata"),
    (["--content", "{", "--user", "ada"], "content"),
])
def test_bad_input_is_refused_and_nothing_is_published(namespace, mneme, arguments, said):
    result = mneme("memory", "add", *arguments, expect=1)
    assert result.stdout == "" and said in result.stderr
    assert sum(namespace.end_offsets().values()) == 0


def test_a_type_that_is_not_known_is_wrong_usage(namespace, mneme):
    result = mneme("memory", "add", "x", "--user", "ada", "--type", "guess", expect=2)
    assert result.stdout == "" and "there is no memory type 'guess'; choose one of fact" in result.stderr
    assert sum(namespace.end_offsets().values()) == 0


def test_the_same_key_again_has_no_second_effect(worker, mneme, one):
    worker()
    add = ("memory", "add", "once", "--user", "ada", "--idempotency-key", "k1", "--wait", "postgres")
    first, second = one(*add), one(*add)
    assert first["memory_id"] == second["memory_id"] and first["event_id"] == second["event_id"]
    assert (first["verdict"], second["verdict"]) == ("accepted", "duplicate")
    assert len(mneme("memory", "list", "--all", "--json", expect=0).json_lines) == 1


def test_an_id_that_is_taken_is_a_conflict_and_a_missing_one_is_not_found(worker, one):
    worker()
    memory_id = str(uuid.uuid4())
    add = ("memory", "add", "x", "--user", "ada", "--id", memory_id, "--wait", "postgres")
    assert one(*add)["verdict"] == "accepted"
    assert one(*add, expect=4)["verdict"] == "exists"
    missing = one("memory", "update", str(uuid.uuid4()), "y", "--user", "ada", "--wait", "postgres", expect=5)
    assert missing["verdict"] == "not_found"


def test_a_stream_version_can_be_expected(worker, one):
    worker()
    add = ("memory", "add", "x", "--user", "ada", "--expected-version", "0", "--wait", "postgres")
    assert one(*add)["verdict"] == "accepted"
    rejected = one(*add, expect=4)
    assert (rejected["verdict"], rejected["actual_version"]) == ("rejected", 1)


def test_a_read_that_the_tables_are_not_ready_for_ends_in_time(mneme):
    receipt = mneme("memory", "add", "x", "--user", "ada", "--json", expect=0).json_lines[0]
    result = mneme("memory", "list", "--all", "--at-least", receipt["position"], "--wait-timeout", "300", expect=3)
    assert "is not in the tables yet" in result.stderr and "mneme work postgres" in result.stderr
    waiting = mneme("memory", "add", "y", "--user", "ada", "--wait", "postgres", "--wait-timeout", "300", "--json",
                    expect=3)
    assert "verdict" not in waiting.json_lines[0], "what was published is told all the same"


def test_a_wait_ends_with_130_when_interrupted(namespace, mneme):
    receipt = mneme("memory", "add", "x", "--user", "ada", "--json", expect=0).json_lines[0]
    process = mneme.start("memory", "list", "--all", "--at-least", receipt["position"], "--wait-timeout", "60000",
                          stderr=subprocess.PIPE, text=True)
    wait_until(lambda: namespace.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                                       "AND application_name LIKE 'mneme%%' AND query LIKE '%%FROM progress%%'"),
               message="it waits")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in errors


def test_lists_are_filtered_paged_and_apart_by_tenant(worker, drain, mneme):
    worker()
    mneme.publish([{"type": "memory_created", "user_id": "ada", "agent_id": f"agent-{number % 2}",
                    "occurred_at": f"2026-01-01T00:00:{number:02}Z",
                    "payload": {"memory_type": "fact" if number % 3 else "rule", "content": f"n{number}",
                                "tags": ["all", f"t{number % 2}"], "metadata": {"number": number}}}
                   for number in range(10)])
    mneme("memory", "add", "of blue", "--user", "ada", "--tenant", "blue", expect=0)
    drain()

    def listed(*options):
        return [row["content"]["text"] for row in mneme("memory", "list", "--json", *options, env={"MNEME_ALL": "1"},
                                                             expect=0).json_lines]

    assert listed() == [f"n{number}" for number in range(9, -1, -1)]
    assert listed("--tenant", "blue") == ["of blue"]
    assert listed("--agent", "agent-1", "--type", "rule") == ["n9", "n3"]
    assert listed("--user", "ada", "--tags", "t0,all", "--limit", "2") == ["n8", "n6"]
    assert listed("--metadata", '{"number":4}') == ["n4"]
    assert listed("--user", "bob") == []
    seen, cursor = [], None
    while True:
        page = mneme("memory", "list", "--all", "--json", "--limit", "4", *(["--cursor", cursor] if cursor else []),
                     expect=0).json_lines
        if not page:
            break
        seen += [row["content"]["text"] for row in page]
        cursor = page[-1]["cursor"]
    assert seen == listed()
    assert listed("--limit", "3", "--offset", "4") == ["n5", "n4", "n3"]
    empty = mneme("memory", "list", "--user", "bob", expect=0)
    assert (empty.stdout, empty.stderr) == ("", "mneme: no memory matches\n")
    assert "there are more than these 3" in mneme("memory", "list", "--all", "--limit", "3", expect=0).stderr


def test_deleting_all_is_for_a_scope_only(worker, drain, mneme, one, namespace):
    worker()
    mneme.publish([{"type": "memory_created", "user_id": user, "payload": {"memory_type": "fact", "content": "x"}}
                   for user in ["ada"] * 1500 + ["bob"] * 3])
    mneme("memory", "add", "of blue", "--user", "ada", "--tenant", "blue", expect=0)
    drain()
    for arguments in ([], ["--user", ""], ["--tenant", "blue"], ["--user", "", "--agent", "x"]):
        done = mneme("memory", "delete", "--all", *arguments, expect=6)
        assert "nothing was deleted" in done.stderr or "--user is empty" in done.stderr
    before = sum(namespace.end_offsets().values())
    assert one("memory", "delete", "--all", "--user", "ada", "--yes") == {"deleted": 1500, "failed": 0}
    assert sum(namespace.end_offsets().values()) == before + 1500
    drain()
    assert namespace.rows("SELECT tenant, user_id, count(*) FROM memories WHERE NOT is_deleted GROUP BY 1, 2 ORDER BY 1") \
        == [("blue", "ada", 1), ("default", "bob", 3)]
    assert one("memory", "delete", "--all", "--user", "ada", "--yes") == {"deleted": 0, "failed": 0}


def test_conversations_are_listed_and_shown(worker, drain, mneme):
    worker()
    mneme.publish([{"type": "conversation_created", "user_id": "ada",
                    "payload": {"conversation_id": "talk", "title": "Tea"}}])
    mneme.publish([{"type": "conversation_turn", "user_id": "ada", "occurred_at": f"2026-01-01T00:0{number}:00Z",
                    "payload": {"conversation_id": "talk", "role": "user" if number % 2 == 0 else "assistant",
                                "content": f"turn {number}", "metadata": {"n": number}}} for number in range(5)])
    mneme("memory", "add", "likes tea", "--user", "ada", "--conversation", "talk", expect=0)
    mneme.publish([{"type": "conversation_turn", "user_id": "bob",
                    "payload": {"conversation_id": "other", "role": "user", "content": "hm"}}])
    drain()
    rows = mneme("conversation", "list", "--all", "--json", expect=0).json_lines
    assert {(row["conversation_id"], row["turn_count"], row["is_active"]) for row in rows} \
        == {("talk", 5, True), ("other", 1, True)}
    assert [row["conversation_id"] for row in mneme("conversation", "list", "--user", "ada", "--json").json_lines] == ["talk"]

    def shown(*options):
        first, *rest = mneme("conversation", "show", "talk", "--json", *options, expect=0).json_lines
        assert first["conversation_id"] == "talk" and first["title"] == "Tea"
        return rest

    turns = shown()
    assert [(turn["turn_index"], turn["content"], turn["metadata"]) for turn in turns] \
        == [(number, f"turn {number}", {"n": number}) for number in range(5)]
    assert [turn["turn_index"] for turn in shown("--from", "1", "--to", "3")] == [1, 2, 3]
    assert [turn["turn_index"] for turn in shown("--since", "2026-01-01T00:01:00Z", "--until", "2026-01-01T00:03:00Z")] == [1, 2]
    assert [turn["turn_index"] for turn in shown("--limit", "2")] == [0, 1]
    assert shown("--memories")[-1]["content"] == {"text": "likes tea"}
    text = mneme("conversation", "show", "talk", expect=0).stdout
    assert "\n3 assistant: turn 3\n" in text
    assert "was not found" in mneme("conversation", "show", "nothing", expect=5).stderr
    assert "was not found" in mneme("conversation", "show", "talk", "--tenant", "blue", expect=5).stderr


def test_the_ledger_is_read_by_stream_type_time_correlation_and_causation(worker, drain, mneme, one):
    worker()
    for number in range(1, 6):
        mneme("memory", "add", f"n{number}", "--user", "ada", "--correlation", f"req-{number % 2}", "--causation",
              f"cause-{number // 2}", expect=0)
    mneme("memory", "add", "late", "--user", "ada", "--expected-version", "1", expect=0)
    mneme.publish([{"type": "custom", "user_id": "bob", "payload": {"type": "tea.ordered", "json": {"cups": 1}}}])
    drain()

    def found(*options):
        return [row["payload"].get("content", {}).get("text", row["event_type"])
                for row in mneme("events", "--json", *options, env={"MNEME_ALL": "1"}, expect=0).json_lines]

    assert found("--stream", "ada", "--from", "1", "--to", "3") == ["n2", "n3"]
    assert one("events", "--stream", "ada", "--version") == {"stream_id": "ada", "version": 5}
    assert found("--correlation", "req-0") == ["n2", "n4"]
    assert found("--causation", "cause-2") == ["n4", "n5"]
    assert found("--causation", "cause-2", "--correlation", "req-0") == ["n4"]
    assert found("--causation", "cause-9") == []
    assert found("--stream", "ada", "--causation", "cause-1", "--from", "2", "--to", "9") == ["n3"]
    assert found("--type", "tea.ordered") == ["tea.ordered"]
    assert found("--verdict", "rejected") == ["late"]
    assert found("--stream", "ada", "--since", "2100-01-01") == []
    assert len(found("--until", "2100-01-01")) == 7
    assert found("--stream", "ada", "--limit", "2") == ["n1", "n2"]
    (last,) = mneme("events", "--json", "--stream", "ada", "--from", "1", "--to", "2").json_lines
    assert found("--stream", "ada", "--after", str(last["sequence_id"]))[0] == "n3"
    assert (last["version"], last["verdict"], last["correlation_id"]) == (2, "accepted", "req-0")
    # Of all partitions by time, however far each has come.
    assert found("--newest") == ["tea.ordered", "late", "n5", "n4", "n3", "n2", "n1"]
    assert found("--newest", "--limit", "2") == ["tea.ordered", "late"]
    assert found("--newest", "--type", "memory_created", "--limit", "2") == ["late", "n5"]
    assert found("--newest", "--type", "memory_created,tea.ordered,no_such,tea.ordered", "--limit", "2") == ["tea.ordered", "late"]
    assert found("--newest", "--type", "memory_created", "--verdict", "accepted", "--limit", "1") == ["n5"]
    assert found("--newest", "--stream", "ada", "--correlation", "req-1") == ["n5", "n3", "n1"]
    assert found("--newest", "--causation", "cause-2") == ["n5", "n4"]
    assert found("--newest", "--after", str(last["sequence_id"])) == ["n1"]
    assert found("--newest", "--type", "memory_created", "--until", last["recorded_at"]) == ["n1"]
    assert found("--newest", "--tenant", "blue") == []


def test_what_events_print_can_be_published(worker, drain, mneme):
    worker()
    added = ("type", "event_type", "position", "sequence_id", "version", "verdict", "actual_version", "recorded_at")
    mneme.publish([
        {"type": "memory_created", "user_id": "ada", "metadata": {"k": "v"}, "correlation_id": "c",
         "payload": {"memory_type": "fact", "content": "tea", "tags": ["a"]}},
        {"type": "custom", "user_id": "ada", "payload": {"type": "tea.ordered", "json": {"cups": [1, None]}}},
    ])
    drain()
    printed = mneme("events", "--stream", "ada", "--json", expect=0).json_lines
    again = [{**{key: value for key, value in row.items() if key not in added and value is not None},
              "type": row["type"], "tenant": "blue"} for row in printed]
    mneme.publish(again)
    drain()
    copies = mneme("events", "--all", "--tenant", "blue", "--json", expect=0).json_lines
    assert [row["verdict"] for row in copies] == ["accepted", "accepted"]
    same = ("type", "event_type", "event_id", "metadata", "payload", "correlation_id", "occurred_at", "user_id")
    assert [[row[key] for key in same] for row in copies] == [[row[key] for key in same] for row in printed]


def test_the_status_tells_lag_progress_and_sizes(namespace, worker, drain, mneme):
    mneme.publish([{"type": "memory_created", "user_id": f"u{number}",
                    "payload": {"memory_type": "fact", "content": "x"}} for number in range(20)])

    def status(**options):
        lines = mneme("status", "--json", **options).json_lines
        projections = [line for line in lines if "projection" in line and "partitions" in line]
        tables = {line["table"]: line["rows"] for line in lines if "table" in line}
        return projections[0], tables

    projection, tables = status(expect=0)
    assert (projection["projection"], projection["topic"]) == ("postgres", namespace.topic)
    assert (projection["lag"], projection["events"], projection["workers"]) == (20, 0, 0)
    assert tables["events"] == 0
    worker()
    drain()
    projection, tables = status(expect=0)
    assert (projection["lag"], projection["events"], projection["workers"], projection["parked"]) == (0, 20, 1, 0)
    assert projection["group_state"] == "Stable" and len(projection["partitions"]) == 4
    assert sum(partition["next_offset"] for partition in projection["partitions"]) == 20
    assert (tables["events"], tables["memories"], tables["streams"]) == (20, 20, 20)
    without = mneme("status", "--json", env={"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, expect=3)
    assert without.json_lines[0]["lag"] is None and without.json_lines[0]["parked"] == 0
    assert "KAFKA_BOOTSTRAP_SERVERS" in without.stderr
    assert re.search(r"^postgres +Stable +1 +0 +20 ", mneme("status", expect=0).stdout, re.M)
