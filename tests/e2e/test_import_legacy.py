"""mneme import legacy-json: memories of older stores become memories here, each judged by itself, once."""

import json
import os
import pty
import re
import shutil
import signal

import pytest

from harness.stack import ROOT
from harness.waiting import wait_until
from oracle import assert_equal_to_log

LEGACY = ROOT / "tests" / "data" / "legacy"
BROKEN = LEGACY / "broken"
OFFLINE = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
ORIGIN = "'{migrated_from,migration_timestamp,source_file,original_structure}'::text[]"
COLUMNS = (f"SELECT agent_id, user_id, run_id, conversation_id, memory_type, content, metadata - {ORIGIN}, confidence FROM memories "
           "ORDER BY content::text")


@pytest.fixture
def imported(mneme, tmp_path):
    """Imports and gives the lines of JSON; what is remembered lies in the test's own folder."""
    def run(*arguments, expect=0, env=None, timeout=120):
        done = mneme("import", "legacy-json", "--json", *arguments, expect=expect, timeout=timeout,
                     env={"MNEME_STATE_DIR": tmp_path / "marks", **(env or {})})
        return done.json_lines
    return run


@pytest.fixture
def folded(worker, drain):
    started = []

    def fold():
        if not started:
            started.append(worker())
        drain()
    return fold


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def memories(count, agent="bot"):
    return [{"id": i, "agent_id": agent, "user_id": f"u{i % 50}", "type": "observation", "confidence": 0.8,
             "content": f"The customer {i} prefers to be called in the morning.", "timestamp": 1_700_000_000 + i}
            for i in range(count)]


# --- shapes ---


def test_a_list_of_memories_in_the_words_of_older_stores(namespace, imported, folded):
    (report,) = imported(LEGACY / "list.json")
    assert (report["events"], report["published"], report["refused"], report["unknown_types"]) == (8, 8, 0, 1)
    assert report["agents"] == [{"agent_id": "support-bot", "memories": 8, "types": {
        "fact": 3, "analysis": 1, "recommendation": 1, "insight": 1, "conversation": 1, "decision": 1}}]
    folded()
    assert_equal_to_log(namespace)
    bot = "support-bot"
    assert namespace.rows(COLUMNS) == sorted([
        (bot, "ines", None, None, "fact", {"text": "Ines keeps the boat behind the house from October to April."},
         {"id": "obs-0017", "source": "chat"}, 0.92),
        (bot, "ines", None, None, "analysis", {"asks_about": "varnish", "times": 4},
         {"window_days": 30, "source": "weekly job", "legacy_source": "analytics"}, 1),
        (bot, "tobias", None, None, "recommendation",
         {"text": "Offer Tobias the two-component varnish before the season begins."}, {}, 0),
        (bot, "4711", None, "call-88", "insight", {"text": "Prefers to be called in the morning."}, {}, 1),
        (bot, "tobias", "run-3", None, "conversation", {"data": ["Is the mast out?", "Since Sunday."]}, {}, 1),
        (bot, "tobias", None, None, "decision", {"text": "Ship the varnish on Monday."}, {}, 1),
        (bot, "tobias", None, None, "fact", {"text": "He may sell the boat."}, {"legacy_type": "hunch"}, 1),
        (bot, "tobias", None, None, "fact", {"boat": {"name": "Heron", "length_m": 7.2}, "moored_at": "Kappeln"}, {}, 1),
    ], key=lambda row: namespace.value("SELECT %s::jsonb::text", json.dumps(row[5])))
    assert namespace.rows("SELECT importance, priority, tags, entities, created_at::text FROM memories "
                          "WHERE metadata ->> 'id' = 'obs-0017'") == [
        (0.7, 7, ["boat", "winter"], ["Ines", "Heron"], "2024-03-03 08:12:00+00")]
    assert namespace.value("SELECT tags FROM memories WHERE memory_type = 'recommendation'") == ["varnish", "spring"]


def test_wrappers_single_objects_and_names_of_files_and_folders(namespace, imported, folded):
    reports = imported(LEGACY / "support-bot_memories.json", LEGACY / "nested-data.json", LEGACY / "single.json",
                       LEGACY / "one-after-the-other.json", LEGACY / "agents")
    assert [report["published"] for report in reports] == [2, 2, 1, 2, 2, 1]
    assert reports[0]["passed_over"] == "version, exported_at"
    folded()
    assert_equal_to_log(namespace)
    assert namespace.rows("SELECT agent_id, user_id, content FROM memories ORDER BY agent_id, user_id, "
                          "content::text COLLATE \"C\"") == [
        ("crm", "u-1", {"text": "Wants invoices by post."}),
        ("crm", "u-2", {"text": "Has moved to Kiel."}),
        ("logger", None, {"text": "first line"}),
        ("logger", None, {"text": "second line"}),
        ("planner", None, {"topic": "harbour fees", "due": "2024-07-01"}),
        ("researcher", "ada", {"text": "Ada reads the footnotes first."}),
        ("researcher", None, {"text": "The museum opens its archive on Thursdays."}),
        ("researcher", None, {"text": "Three of four sources agree on 1911."}),
        ("support-bot", "ines", {"text": "Answers mails late in the evening."}),
        ("support-bot", "ines-2", {"text": "Drinks tea, never coffee."}),
    ]


def test_times_in_the_shapes_that_people_have(namespace, imported, folded):
    imported(LEGACY / "times.json")
    folded()
    assert namespace.rows("SELECT created_at::text, count(*) FROM memories GROUP BY 1") == [("2024-03-03 09:12:00+00", 10)]


def test_ids_of_the_command_line_stand_between_the_data_and_the_names(namespace, imported, folded, tmp_path):
    path = write(tmp_path / "user_eve.json", [{"content": "a"}, {"content": "b", "user_id": "own"}])
    imported(path, "--user", "ada", "--run", "r1")
    imported(path, "--agent", "guide")
    folded()
    assert sorted(namespace.rows("SELECT content ->> 'text', user_id, run_id FROM memories WHERE run_id = 'r1'")) == [
        ("a", "ada", "r1"), ("b", "own", "r1")]
    assert sorted(namespace.rows("SELECT content ->> 'text', user_id, agent_id FROM memories WHERE agent_id = 'guide'")) == [
        ("a", "eve", "guide"), ("b", "own", "guide")]


# --- once ---


def test_the_same_memories_have_one_effect_in_whatever_form_they_come(namespace, mneme, imported, folded, tmp_path):
    entries = json.loads((LEGACY / "list.json").read_text()) + [{"agent_id": "b", "content": "Grüße, 李雷 🙂"}]
    first = write(tmp_path / "one.json", entries)
    turned = [dict(reversed(entry.items())) for entry in entries]
    second = write(tmp_path / "two.json", json.dumps({"data": turned}, indent=3, ensure_ascii=False))
    (report,) = imported(first)
    assert report["published"] == 9
    folded()
    state = namespace.rows("SELECT * FROM memories ORDER BY id")
    ends = namespace.end_offsets()
    (report,) = imported(first)
    assert (report["already_imported"], report["already"], report["published"]) == (True, 9, 0)
    assert "already imported (9 memories)" in mneme("import", "legacy-json", first, expect=0,
                                                    env={"MNEME_STATE_DIR": tmp_path / "marks"}).stdout
    assert namespace.end_offsets() == ends
    (report,) = imported(second)
    assert (report["already_imported"], report["published"]) == (False, 9)
    (report,) = imported(first, "--again")
    assert (report["already_imported"], report["published"]) == (False, 9)
    folded()
    assert namespace.rows("SELECT * FROM memories ORDER BY id") == state
    assert dict(namespace.rows("SELECT verdict::text, count(*) FROM events GROUP BY 1")) == {
        "accepted": 9, "duplicate": 18}
    assert_equal_to_log(namespace)


def test_what_is_remembered_is_not_believed_of_another_log(imported, tmp_path):
    """The same topic made anew: the mark is there, but not the event it names."""
    path = write(tmp_path / "some.json", memories(20))
    (report,) = imported(path)
    assert report["published"] == 20
    (mark,) = (tmp_path / "marks").glob("import-*.json")
    facts = json.loads(mark.read_text())
    assert facts["finished"] and facts["events"] == 20
    mark.write_text(json.dumps({**facts, "event_id": "00000000-0000-5000-8000-000000000000"}))
    (report,) = imported(path)
    assert (report["already_imported"], report["published"]) == (False, 20)
    mark.write_text(mark.read_text()[:40])
    (report,) = imported(path)
    assert (report["already_imported"], report["published"]) == (False, 20)
    assert imported(path)[0]["already_imported"]


def test_an_import_killed_midway_goes_on_where_it_was(namespace, mneme, imported, folded, tmp_path):
    count = 30_000
    path = write(tmp_path / "bot.json", {"memories": memories(count)})
    state = {"MNEME_STATE_DIR": tmp_path / "marks", "MNEME_PUBLISH_QUEUE_EVENTS": "200"}
    process = mneme.start("import", "legacy-json", str(path), env=state)
    wait_until(lambda: any((tmp_path / "marks").glob("import-*.json")), message="it remembers how far it is", interval=0.005)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    published = sum(namespace.end_offsets().values())
    assert published < count, "it was over before it was killed"
    (report,) = imported(path)
    assert report["already"] > 0 and report["already"] + report["published"] == count
    assert report["agents"] == [{"agent_id": "bot", "memories": count, "types": {"fact": count}}]
    assert imported(path)[0]["already_imported"]
    folded()
    assert namespace.count("events", "verdict = 'accepted'") == namespace.count("memories") == count


def test_an_interrupted_import_says_so_and_goes_on(namespace, mneme, imported, tmp_path):
    count = 30_000
    path = write(tmp_path / "bot.json", memories(count))
    process = mneme.start("import", "legacy-json", str(path),
                          env={"MNEME_STATE_DIR": tmp_path / "marks", "MNEME_PUBLISH_QUEUE_EVENTS": "200"})
    wait_until(lambda: sum(namespace.end_offsets().values()) > 100, message="it publishes", interval=0.005)
    process.terminate()
    assert process.wait(30) == 130
    published = sum(namespace.end_offsets().values())
    assert published < count, "it was over before it was interrupted"
    (report,) = imported(path)
    assert (report["already"], report["published"]) == (published, count - published)


# --- what is refused ---


@pytest.mark.parametrize(("name", "whole", "refused"), [
    ("truncated", 1, [(None, "the file ends in the middle of it")]),
    ("latin1", 1, [(1, "invalid UTF-8 at byte 34, line 1")]),
    ("crossed-brackets", 1, [(None, "a bracket is closed by the wrong kind")]),
    ("given-twice", 1, [(1, '"content" occurs twice'), (2, '"x" occurs twice')]),
    ("no-content", 1, [(1, "null or empty"), (2, "null or empty"), (3, "it has no content")]),
    ("empty-list", 0, [(None, "it contains no memories")]),
    ("empty-memories", 0, [(None, "it contains no memories")]),
    ("empty-file", 0, [(None, "it contains no memories")]),
    ("scalar", 0, [(1, "it is a string")]),
    ("no-objects", 1, [(1, "it is an array"), (2, "it is a string"), (3, "it is null"), (4, "it is a number"),
                       (5, '"memories" must be a list')]),
    ("no-comma", 1, [(None, "it lacks a comma")]),
    ("quotes", 1, [(1, "it is not valid JSON")]),
])
def test_what_is_broken_is_told_and_the_rest_goes_on(quiet_topic, name, whole, refused):
    done = quiet_topic.mneme("import", "legacy-json", "--dry-run", "--json", BROKEN / f"{name}.json", env=OFFLINE, expect=1)
    *told, report = done.json_lines
    assert (report["events"], report["refused"], report["published"]) == (whole, len(refused), 0)
    assert [(line["entry"], reason in line["refused"]) for line, (_, reason) in zip(told, refused, strict=True)] == [
        (entry, True) for entry, _ in refused]
    assert len(done.stderr.splitlines()) == len(refused)
    assert all(line.startswith("mneme: ") and f"{name}.json" in line for line in done.stderr.splitlines())


def test_a_folder_with_broken_files_is_imported_but_for_them(namespace, imported, folded, tmp_path):
    shutil.copytree(LEGACY, tmp_path / "legacy")
    *_, dry = imported(tmp_path / "legacy", "--dry-run", expect=1, env=OFFLINE)
    assert dry["dry_run"]
    lines = imported(tmp_path / "legacy", tmp_path / "missing.json", expect=1)
    reports = [line for line in lines if "events" in line]
    assert len(reports) == 22 and sum(report["published"] for report in reports) == 28 + 14
    again = [line for line in imported(tmp_path / "legacy", expect=1) if "events" in line]
    assert [report["published"] for report in again if report["events"]] == [0] * 18
    assert [report["refused"] for report in again] == [report["refused"] for report in reports]
    folded()
    assert namespace.count("memories", "content ->> 'text' = 'lost'") == 0
    assert namespace.count("memories", "agent_id = 'a' AND content ->> 'text' = 'whole'") == 5  # said in five ways
    assert_equal_to_log(namespace)


def test_limits_hold_for_each_entry(quiet_topic, tmp_path):
    entry = {"agent_id": "a", "content": "fine"}
    path = write(tmp_path / "limits.json", [
        {**entry, "content": "x" * 100_001}, {**entry, "agent_id": "x" * 256}, {**entry, "tags": ["t"] * 101},
        {**entry, "metadata": {"long": "x" * 1_100_000}}, entry])
    *told, report = quiet_topic.mneme("import", "legacy-json", "--dry-run", "--json", path, expect=1).json_lines
    assert [line["entry"] for line in told] == [1, 2, 3, 4] and report["events"] == 1
    for line, reason in zip(told, ["100000", "255", "100", "bytes"], strict=True):
        assert reason in line["refused"]


def test_an_entry_of_50_megabytes_is_refused_and_the_rest_goes_on(quiet_topic, tmp_path):
    path = tmp_path / "large.json"
    with path.open("w") as file:
        file.write('{"memories": [{"agent_id": "a", "content": "before"}, {"agent_id": "a", "content": "')
        for _ in range(50):
            file.write("x" * 1_000_000)
        file.write('"},\n{"agent_id": "a", "content": "behind"}]}')
    done, peak_kb = quiet_topic.mneme.measured("import", "legacy-json", "--json", path, "--dry-run", expect=1)
    (told, report) = [json.loads(line) for line in done.splitlines()]
    assert told["entry"] == 2 and "the maximum is 4194304" in told["refused"]
    assert report["events"] == 2
    assert peak_kb < 60_000


# --- size ---


def test_a_large_file_is_streamed(namespace, mneme, tmp_path):
    """A tenth of 100 MB, so that it takes a second; the bound is one for any size."""
    path = tmp_path / "large.json"
    count = 0
    with path.open("w") as file:
        file.write('{"exported": "today", "data": {"memories": [')
        while file.tell() < 10_000_000:
            file.write((",\n" if count else "") + ",\n".join(map(json.dumps, memories(2000, f"bot-{count}"))))
            count += 2000
        file.write("]}}")
    output, peak_kb = mneme.measured("import", "legacy-json", "--json", path, env={"MNEME_STATE_DIR": str(tmp_path / "marks")})
    report = json.loads(output)
    assert report["published"] == count == sum(namespace.end_offsets().values())
    assert sum(agent["memories"] for agent in report["agents"]) == count
    assert peak_kb < 48_000, f"{peak_kb} KB for {path.stat().st_size} bytes"


def test_a_bar_is_drawn_on_a_terminal(quiet_topic, tmp_path):
    path = write(tmp_path / "bot.json", memories(10_000))
    reader, terminal = pty.openpty()
    process = quiet_topic.mneme.start("import", "legacy-json", str(path), stderr=terminal, stdout=-3,
                                      env={"MNEME_STATE_DIR": str(tmp_path / "marks"), "TERM": "xterm"})
    os.close(terminal)
    drawn = b""
    try:
        while chunk := os.read(reader, 65536):
            drawn += chunk
    except OSError:  # Linux: the other end is closed
        pass
    os.close(reader)
    assert process.wait(60) == 0
    assert re.search(rb"\[#*\.*\] +\d+ %, \d+ events, \d+/s", drawn), drawn[-500:]
