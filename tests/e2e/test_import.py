"""mneme import: conversations and lines become events once, however often and under whatever name a file comes."""

import json
import os
import pty
import re
import shutil

import pytest

from harness.stack import ROOT
from harness.waiting import wait_until
from oracle import assert_equal_to_log

SAMPLE = ROOT / "tests" / "data" / "sample-conversation.json"


def load_sample():
    return json.loads(SAMPLE.read_text())


def turns_of(conversation):
    """[(session, index, turn)] in order."""
    sessions = sorted(int(key.split("_")[1]) for key in conversation if re.fullmatch(r"session_\d+", key))
    return [(session, index, turn) for session in sessions
            for index, turn in enumerate(conversation[f"session_{session}"])]


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


@pytest.fixture
def folded(namespace, worker, drain):
    """Starts a worker once and drains."""
    started = []

    def fold():
        if not started:
            started.append(worker())
        drain()
    return fold


# --- conversations ---


def test_a_conversation_becomes_conversations_turns_and_memories(mneme, namespace, folded):
    (report,) = mneme("import", "locomo", SAMPLE, "--json", expect=0).json_lines
    turns = turns_of(load_sample())
    sessions = {session for session, _, _ in turns}
    assert report["events"] == report["published"] == len(sessions) + 2 * len(turns)
    assert (report["skipped"], report["dry_run"], report["format"]) == (0, False, "locomo")
    folded()
    assert_equal_to_log(namespace)
    assert namespace.rows("SELECT conversation_id, user_id, title, created_at::text, turn_count FROM conversations "
                          "ORDER BY created_at") == [
        ("ines-tobias-session-1", "ines-tobias", "Ines and Tobias, 9:12 am on 3 March, 2025",
         "2025-03-03 09:12:00+00", 14),
        ("ines-tobias-session-2", "ines-tobias", "Ines and Tobias, 6:40 pm on 24 March, 2025",
         "2025-03-24 18:40:00+00", 14),
        ("ines-tobias-session-3", "ines-tobias", "Ines and Tobias, 11:05 am on 19 May, 2025",
         "2025-05-19 11:05:00+00", 14)]
    rows = namespace.rows("SELECT conversation_id, turn_index, speaker, content, role, metadata ->> 'dia_id', "
                          "metadata ->> 'image_caption' FROM conversation_turns ORDER BY 1, 2")
    assert rows == [(f"ines-tobias-session-{session}", index, turn["speaker"], turn["text"],
                     "user" if turn["speaker"] == "Ines" else "assistant", turn["dia_id"], turn.get("blip_caption"))
                    for session, index, turn in turns]
    memories = namespace.rows("SELECT content ->> 'text', memory_type, conversation_id, metadata ->> 'dia_id', "
                              "metadata ->> 'speaker', (metadata ->> 'session')::int FROM memories ORDER BY created_at")
    assert memories == [
        (f"{turn['speaker']}: {turn['text']}"
         + (f" [{turn['blip_caption']}]" if "blip_caption" in turn else ""),
         "conversation", f"ines-tobias-session-{session}", turn["dia_id"], turn["speaker"], session)
        for session, _, turn in turns]


def test_the_same_file_twice_and_under_another_name_has_one_effect(mneme, namespace, folded, tmp_path):
    (first,) = mneme("import", "locomo", SAMPLE, "--json", expect=0).json_lines
    folded()
    state = [namespace.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4")
             for table in ("memories", "conversations", "conversation_turns")]
    renamed = shutil.copy(SAMPLE, tmp_path / "another-name.json")
    pretty = write(tmp_path / "pretty.json", json.dumps(load_sample(), indent=7, ensure_ascii=True))
    mneme("import", "locomo", SAMPLE, renamed, pretty, expect=0)
    folded()
    assert state == [namespace.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4")
                     for table in ("memories", "conversations", "conversation_turns")]
    assert dict(namespace.rows("SELECT verdict::text, count(*) FROM events GROUP BY 1")) == {
        "accepted": first["events"], "duplicate": 3 * first["events"]}
    assert_equal_to_log(namespace)


def test_a_file_that_has_grown_adds_what_is_new(mneme, namespace, folded, tmp_path):
    conversation = load_sample()
    short = {key: value for key, value in conversation.items() if "session_3" not in key}
    mneme("import", "locomo", write(tmp_path / "short.json", short), expect=0)
    mneme("import", "locomo", SAMPLE, expect=0)
    folded()
    assert namespace.count("conversation_turns") == len(turns_of(conversation))
    assert namespace.count("events", "verdict = 'accepted'") == 3 + 2 * len(turns_of(conversation))
    assert namespace.count("events", "verdict NOT IN ('accepted', 'duplicate')") == 0


def test_users_named_by_the_caller_have_memories_of_their_own(mneme, namespace, folded):
    for user in ("ada", "bob"):
        mneme("import", "locomo", SAMPLE, "--user", user, "--agent", "guide", "--run", "r1", "--tenant", "acme", expect=0)
    folded()
    turns = len(turns_of(load_sample()))
    assert namespace.rows("SELECT tenant, user_id, agent_id, run_id, count(*) FROM memories GROUP BY 1, 2, 3, 4 "
                          "ORDER BY 2") == [("acme", "ada", "guide", "r1", turns), ("acme", "bob", "guide", "r1", turns)]


def test_the_data_sets_own_file_of_many_conversations(mneme, namespace, folded, tmp_path):
    """A list of samples, each with its conversation inside."""
    other = {"speaker_a": "Zoë O'Hara", "speaker_b": "李雷", "session_1_date_time": "12:05 am on 29 February, 2024",
             "session_1": [{"speaker": "李雷", "dia_id": "D1:1", "text": "你好 🙂"},
                           {"speaker": "Zoë O'Hara", "dia_id": "D1:2", "text": " ", "blip_caption": "a photo of rain"},
                           {"speaker": "Zoë O'Hara", "dia_id": "D1:3", "text": ""}]}
    path = write(tmp_path / "all.json", [{"sample_id": "a", "conversation": load_sample(), "qa": []},
                                         {"sample_id": "b", "conversation": other, "qa": []}])
    (report,) = mneme("import", "locomo", path, "--json", expect=0).json_lines
    assert report["skipped"] == 1
    folded()
    assert namespace.rows("SELECT user_id, content, created_at::text FROM conversation_turns JOIN conversations "
                          "USING (tenant, stream_id, conversation_id) WHERE user_id <> 'ines-tobias' "
                          "ORDER BY turn_index".replace("created_at", "conversation_turns.created_at")) == [
        ("zoë-o-hara-李雷", "你好 🙂", "2024-02-29 00:05:00+00"),
        ("zoë-o-hara-李雷", "a photo of rain", "2024-02-29 00:05:00.000001+00")]


def broken_samples():
    def change(**changes):
        conversation = load_sample()
        for key, value in changes.items():
            if value is None:
                del conversation[key]
            else:
                conversation[key] = value
        return conversation

    late = load_sample()
    late["session_3"][13]["text"] = "x" * 100_001
    stranger = load_sample()
    stranger["session_2"][4]["speaker"] = "Eve"
    mute = load_sample()
    del mute["session_3"][2]["text"]
    return [
        ("no JSON", SAMPLE.read_text()[:-30], "the file"),
        ("another thing", "42", "it is a number"),
        ("no speakers", change(speaker_b=None), "speaker_b is missing"),
        ("no date", change(session_2_date_time=None), "session_2_date_time"),
        ("a wrong date", change(session_2_date_time="yesterday"), "yesterday"),
        ("a turn too long, at the end", late, "session_3, turn 14"),
        ("a speaker nobody knows", stranger, "session_2, turn 5"),
        ("a turn without text", mute, "session_3, turn 3"),
        ("turns that are none", change(session_3=[1, 2]), "session_3, turn 1"),
    ]


@pytest.mark.parametrize(("what", "content", "reason"), broken_samples(), ids=[case[0] for case in broken_samples()])
def test_of_a_malformed_file_nothing_is_published(quiet_topic, tmp_path, what, content, reason):
    path = write(tmp_path / "broken.json", content)
    done = quiet_topic.mneme("import", "locomo", path, expect=1)
    assert re.match(rf"mneme: {re.escape(str(path))} was not imported: .*{re.escape(reason)}", done.stderr), done
    assert done.stderr.count("\n") == 1 and done.stdout == ""
    assert sum(quiet_topic.end_offsets().values()) == 0


def test_one_malformed_file_keeps_no_other_out(mneme, tmp_path):
    broken = write(tmp_path / "broken.json", "{")
    done = mneme("import", "locomo", broken, tmp_path / "missing.json", tmp_path, SAMPLE, expect=1)
    assert re.fullmatch(rf"{re.escape(str(SAMPLE))}: \d+ events published, 0 skipped, in \S+ s \(\d+ events/s\)\n",
                        done.stdout)
    assert len(done.stderr.splitlines()) == 3


# --- lines ---


def event(number, **fields):
    return json.dumps({"type": "custom", "payload": {"type": "t", "json": number}, **fields})


def test_lines_have_one_effect_by_their_content_or_their_own_identity(mneme, namespace, folded, tmp_path):
    lines = [event(1, user_id="ada"), event(2, user_id="ada", idempotency_key="k"), "",
             event(3, user_id="ada", event_id="0190a5a0-0000-7000-8000-00000000aaaa"), event(1, user_id="ada")]
    one = write(tmp_path / "one.jsonl", "\n".join(lines) + "\n")
    two = write(tmp_path / "two.jsonl", "\ufeff" + "\r\n".join(lines))
    (first, second) = mneme("import", "jsonl", one, two, "--json", expect=0).json_lines
    assert (first["published"], first["skipped"]) == (second["published"], second["skipped"]) == (4, 1)
    folded()
    assert namespace.rows("SELECT (payload ->> 'json')::int FROM events WHERE verdict = 'accepted' ORDER BY version") == [
        (1,), (2,), (3,)]
    assert namespace.count("events", "verdict = 'duplicate'") == 5
    assert_equal_to_log(namespace)


def test_the_scope_of_the_command_line_is_for_lines_without_one(mneme, namespace, folded, tmp_path):
    path = write(tmp_path / "lines.jsonl", "\n".join([event(1), event(2, user_id="own"), event(3, agent_id="bot"),
                                                      event(4, run_id="r0")]))
    mneme("import", "jsonl", path, "--user", "ada", "--run", "r9", expect=0)
    folded()
    assert namespace.rows("SELECT (payload ->> 'json')::int, user_id, agent_id, run_id FROM events ORDER BY 1") == [
        (1, "ada", None, "r9"), (2, "own", None, "r9"), (3, None, "bot", "r9"), (4, "ada", None, "r0")]


@pytest.mark.parametrize(("bad", "reason"), [
    ("{", "it is not valid JSON"), ("[]", "an array"), (event(1), "scope"), ('{"type":"nope","user_id":"a"}', "nope"),
    (event("x" * 2_000_000, user_id="a"), "bytes"), ("x" * 5_000_000, "4 MiB"),
], ids=["no JSON", "no object", "no scope", "no type", "too large", "too long"])
def test_of_a_file_with_a_bad_line_nothing_is_published(quiet_topic, tmp_path, bad, reason):
    path = write(tmp_path / "lines.jsonl", event(1, user_id="ada") + "\n" + bad + "\n" + event(3, user_id="ada"))
    done = quiet_topic.mneme("import", "jsonl", path, expect=1)
    assert "line 2: " in done.stderr and reason in done.stderr, done
    assert sum(quiet_topic.end_offsets().values()) == 0


def test_streams_keep_the_order_of_the_file(mneme, namespace, folded, tmp_path):
    path = write(tmp_path / "lines.jsonl", "\n".join(event(i, user_id=f"u{i % 50}") for i in range(20_000)))
    mneme("import", "jsonl", path, expect=0)
    folded()
    assert namespace.value("SELECT count(*) FROM (SELECT (payload ->> 'json')::int AS number, lag((payload ->> 'json')"
                           "::int) OVER (PARTITION BY stream_id ORDER BY version) AS before FROM events) AS pairs "
                           "WHERE before >= number") == 0
    assert namespace.count("events", "verdict = 'accepted'") == 20_000


# --- the command ---


def test_a_dry_run_publishes_nothing_and_needs_no_brokers(quiet_topic, tmp_path):
    offline = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    done = quiet_topic.mneme("import", "locomo", "--dry-run", SAMPLE, env=offline, expect=0)
    assert "87 events" in done.stdout and "nothing was published" in done.stdout
    (report,) = quiet_topic.mneme("import", "locomo", "-n", SAMPLE, "--json", env=offline, expect=0).json_lines
    assert (report["events"], report["published"], report["dry_run"]) == (87, 0, True)
    quiet_topic.mneme("import", "jsonl", "--dry-run", write(tmp_path / "bad.jsonl", "{"), env=offline, expect=1)
    assert sum(quiet_topic.end_offsets().values()) == 0
    quiet_topic.mneme("import", "locomo", SAMPLE, env=offline, expect=3)


def test_wrong_usage_is_told(quiet_topic):
    assert "locomo, jsonl" in quiet_topic.mneme("import", "tarot", SAMPLE, expect=2).stderr
    quiet_topic.mneme("import", "locomo", expect=2)


def test_a_pipe_is_refused_since_it_is_read_twice(quiet_topic, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "mneme publish" in quiet_topic.mneme("import", "jsonl", tmp_path / "pipe", expect=1).stderr


def test_a_bar_is_drawn_on_a_terminal_only(mneme, tmp_path):
    path = write(tmp_path / "lines.jsonl", "\n".join(event(i, user_id=f"u{i}") for i in range(60_000)))
    assert mneme("import", "jsonl", path, expect=0).stderr == ""
    reader, terminal = pty.openpty()
    process = mneme.start("import", "jsonl", str(path), stderr=terminal, env={"TERM": "xterm"})
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


def test_an_interrupted_import_can_be_done_again(mneme, namespace, folded, tmp_path):
    path = write(tmp_path / "lines.jsonl", "\n".join(event(i, user_id=f"u{i % 9}") for i in range(150_000)))
    process = mneme.start("import", "jsonl", str(path))
    wait_until(lambda: sum(namespace.end_offsets().values()) > 1000, message="it publishes", interval=0.01)
    process.terminate()
    assert process.wait(30) == 130
    assert sum(namespace.end_offsets().values()) < 150_000, "it was over before it was interrupted"
    mneme("import", "jsonl", path, expect=0, timeout=120)
    folded()
    assert namespace.count("events", "verdict = 'accepted'") == 150_000
