"""mneme import chatgpt, claude and turns: what was said elsewhere becomes conversations and turns, once, however often an
export is made again."""

import json

import pytest

from harness.stack import ROOT
from oracle import assert_equal_to_log

CHATS = ROOT / "tests" / "data" / "chats"
PORTO = "67c5a001-0000-8000-8000-000000000001"
SAMPLES = [("chatgpt", "chatgpt.json"), ("claude", "claude.json"), ("turns", "turns.jsonl")]


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return path


@pytest.fixture
def imported(folded, tmp_path):
    """imported(format, path, user) imports, waits for the tables, and gives the report."""
    def run(form, path, user, *options, expect=0):
        *_, report = folded.mneme("import", form, path, "--user", user, *options, "--json", expect=expect,
                                  env={"MNEME_STATE_DIR": tmp_path / "marks"}).json_lines
        folded.drain()
        return report

    return run


def turns_of(folded, user, columns="conversation_id, turn_index, role, speaker, content, model, created_at::text"):
    names = ", ".join("t." + column for column in columns.split(", "))
    return folded.rows(f"SELECT {names} FROM conversation_turns AS t WHERE t.stream_id = %s "
                       "ORDER BY t.conversation_id, t.turn_index", user)


def chat(identifier, texts, **fields):
    """A conversation as ChatGPT exports it: a question, an answer, …"""
    nodes = {f"{identifier}-{i}": {
        "id": f"{identifier}-{i}", "parent": f"{identifier}-{i - 1}" if i else None, "children": [],
        "message": {"author": {"role": "assistant" if i % 2 else "user"}, "create_time": 1741000000 + i,
                    "content": {"content_type": "text", "parts": [text]}}} for i, text in enumerate(texts)}
    return {"id": identifier, "title": identifier.title(), "create_time": 1741000000, "mapping": nodes,
            "current_node": f"{identifier}-{len(texts) - 1}", **fields}


def test_a_chatgpt_export_is_its_current_branches(folded, imported):
    report = imported("chatgpt", CHATS / "chatgpt.json", "gpt")
    assert (report["events"], report["published"], report["skipped"], report["left_out"], report["refused"]) == (9, 9, 2, 1, 0)
    assert folded.rows("SELECT conversation_id, title, created_at::text, metadata, turn_count FROM conversations "
                       "WHERE user_id = 'gpt' ORDER BY 1") == [
        (PORTO, "A weekend in Porto", "2025-03-03 11:06:40.25+00", {"source": "chatgpt"}, 6),
        ("67c5a002-0000-8000-8000-000000000002", None, "2025-03-04 14:53:20+00", {"source": "chatgpt"}, 1)]
    assert turns_of(folded, "gpt") == [
        (PORTO, 0, "user", None, "Where should Ana and I eat in Porto?", None, "2025-03-03 11:06:50.5+00"),
        (PORTO, 1, "assistant", None, "Try the market hall at Bolhão.\nGo before noon.", "gpt-4o", "2025-03-03 11:07:10+00"),
        (PORTO, 2, "user", None, "Is this the hall?", None, "2025-03-03 11:08:20+00"),
        (PORTO, 3, "assistant", None, "print('Bolhão')", "gpt-4o", "2025-03-03 11:08:30+00"),
        (PORTO, 4, "tool", "python", "Bolhão", None, "2025-03-03 11:08:31+00"),
        (PORTO, 5, "assistant", None, "Yes, that is Bolhão.", "gpt-4o", "2025-03-03 11:08:31.000001+00"),
        ("67c5a002-0000-8000-8000-000000000002", 0, "user", None, "你好 🙂", None, "2025-03-04 14:53:20.5+00")]
    assert [row[0] for row in turns_of(folded, "gpt", "metadata")][2:5] == [
        {"source": "chatgpt", "message_id": "u2", "content_type": "multimodal_text", "attachments": 1},
        {"source": "chatgpt", "message_id": "c1", "content_type": "code"},
        {"source": "chatgpt", "message_id": "t1", "content_type": "execution_output"}]
    assert_equal_to_log(folded)


def test_a_claude_export_is_what_was_said(folded, imported):
    report = imported("claude", CHATS / "claude.json", "cl")
    assert (report["events"], report["skipped"], report["left_out"]) == (5, 1, 0)
    assert folded.rows("SELECT title, turn_count FROM conversations WHERE user_id = 'cl' ORDER BY created_at") == [
        ("Sourdough that rises", 3), (None, 0)]
    assert turns_of(folded, "cl", "turn_index, role, content, created_at::text") == [
        (0, "user", "My starter smells of vinegar. What do I do?\n\nday 1: flour", "2025-03-03 09:12:01+00"),
        (1, "assistant", "Feed it more often.\n\nTwice a day will do.", "2025-03-03 09:12:09+00"),
        (2, "user", "Thank you!", "2025-03-03 09:16:00+00")]
    assert turns_of(folded, "cl", "metadata")[0] == ({"source": "claude", "message_id": "m1", "attachments": 2},)


def test_plain_lines_are_turns(folded, imported):
    report = imported("turns", CHATS / "turns.jsonl", "ines")
    assert (report["events"], report["skipped"]) == (6, 1)
    assert turns_of(folded, "ines") == [
        ("support-17", 0, "user", "Ines", "The kettle does not switch off.", None, "2025-04-01 08:00:00+00"),
        ("support-17", 1, "assistant", None, "Is there lime on the lid?", "helper-2", "2025-04-01 08:00:05+00"),
        ("support-17", 2, "user", "Ines", "Yes.", None, "2025-04-01 08:00:05.000001+00"),
        ("support-17", 3, "user", "Ines", "Yes.", None, "2025-04-01 08:00:05.000002+00")]
    assert turns_of(folded, "shop", "turn_index, role, content") == [
        (0, "user", "Does it come in red?"), (7, "assistant", "It does.")]
    assert turns_of(folded, "ines", "metadata")[1] == ({"source": "turns", "metadata": {"ticket": 17}},)


@pytest.mark.parametrize(("form", "name"), SAMPLES)
def test_the_same_file_twice_has_one_effect(folded, imported, tmp_path, form, name):
    user = f"twice {form}"
    first = imported(form, CHATS / name, user)
    before = turns_of(folded, user, "conversation_id, turn_index, content, source_sequence")
    assert imported(form, CHATS / name, user)["already_imported"] is True
    again = imported(form, write(tmp_path / "renamed", (CHATS / name).read_text() + "\n"), user)
    assert (again["already_imported"], again["published"]) == (False, first["published"])
    assert turns_of(folded, user, "conversation_id, turn_index, content, source_sequence") == before


def test_a_later_export_adds_what_is_new(folded, imported, tmp_path):
    user = "later"
    imported("chatgpt", write(tmp_path / "a.json", [chat("trip", ["q1", "a1"])]), user)
    imported("chatgpt", write(tmp_path / "b.json", [chat("trip", ["q1", "a1", "q2", "a2"], title="Renamed"),
                                                    chat("cake", ["q"])]), user)
    assert turns_of(folded, user, "conversation_id, turn_index, content") == [
        ("cake", 0, "q"), ("trip", 0, "q1"), ("trip", 1, "a1"), ("trip", 2, "q2"), ("trip", 3, "a2")]
    # The user went back and asked otherwise: what was said on the new branch comes behind what was there.
    branched = chat("trip", ["q1", "a1", "q2", "a2"])
    branched["mapping"]["other"] = {"parent": "trip-1", "message": {
        "author": {"role": "user"}, "create_time": 1741009999, "content": {"parts": ["q3"]}}}
    report = imported("chatgpt", write(tmp_path / "c.json", [branched | {"current_node": "other"}]), user)
    assert report["left_out"] == 2
    assert turns_of(folded, user, "turn_index, content")[1:] == [(0, "q1"), (1, "a1"), (2, "q2"), (3, "a2"), (4, "q3")]
    assert folded.rows("SELECT title FROM conversations WHERE conversation_id = 'trip' AND user_id = 'later'") == [("Trip",)]
    # And lines that were appended to a file.
    lines = [{"conversation_id": "c", "role": "user", "content": "yes"}] * 2
    imported("turns", write(tmp_path / "one.jsonl", "\n".join(map(json.dumps, lines))), user)
    imported("turns", write(tmp_path / "two.jsonl", "\n".join(map(json.dumps, [*lines, lines[0]]))), user)
    assert [row for row in turns_of(folded, user, "conversation_id, turn_index") if row[0] == "c"] == [
        ("c", 0), ("c", 1), ("c", 2)]


def test_what_is_wrong_is_told_and_the_rest_is_imported(folded, imported, tmp_path):
    odd = chat("odd", ["fine", "x" * 10_001, "also fine"])
    odd["mapping"]["odd-1"]["message"]["author"]["role"] = "chorus"
    odd["mapping"]["odd-0"]["message"]["author"]["role"] = "critic"
    path = write(tmp_path / "conversations.json",
                 "[" + ",\n".join([json.dumps(odd), '{"title": "no conversation"}', "7", '{"id": "x", "mapping": nope}',
                                   json.dumps(chat("good", ["hello"]))]) + "]")
    done = folded.mneme("import", "chatgpt", path, "--user", "wrong", expect=1)
    told = [line.split(" was not imported: ") for line in done.stderr.splitlines()]
    assert [place for place, _ in told] == [f"mneme: entry {entry} of {path} (line {line})"
                                            for entry, line in ((2, 1), (3, 1), (5, 2), (6, 3), (7, 4))]
    for (_, reason), words in zip(told, ['message 1 of "Odd": its role is "critic"', 'message 2 of "Odd": its role is "chorus"',
                                         'conversation 2: it is not a conversation', "conversation 3: it is not",
                                         "conversation 4: it is not valid JSON"], strict=True):
        assert reason.startswith(words), done.stderr
    assert "4 turns and conversations published, 0 already there, 5 refused" in done.stdout
    folded.drain()
    assert turns_of(folded, "wrong", "conversation_id, turn_index, content") == [
        ("good", 0, "hello"), ("odd", 0, "also fine")]


@pytest.mark.parametrize(("content", "words", "published"), [
    ('[{"id": "a", "mapping": {}}', "a comma or the end of the list is missing at byte", 1),
    ('[{"id": "a", "mapping": {}}, {"id": "b", "mapp', "the file ends in the middle of a conversation at byte", 1),
    ('[{"id": "a", "mapping": {]}]', "brackets do not match at byte", 0),
    ('[{"id": "a", "mapping": {}},]', "a conversation is missing at byte", 1),
    ("hello", "neither a list of conversations nor a conversation", 0),
    ("", "neither a list of conversations nor a conversation", 0),
])
def test_a_broken_file_is_read_as_far_as_it_goes(quiet_topic, tmp_path, content, words, published):
    path = write(tmp_path / "conversations.json", content)
    done = quiet_topic.mneme("import", "chatgpt", "--dry-run", path, "--user", "u", expect=1)
    assert words in done.stderr and done.stderr.count("\n") == 1, done
    assert f"{published} turns and conversations to import, 1 refused" in done.stdout


@pytest.mark.parametrize(("line", "words"), [
    ("{", "it is not valid JSON"), ("[]", "it is an array"),
    ('{"role":"user","content":"x"}', "no conversation_id"), ('{"conversation_id":"c","content":"x"}', "no role"),
    ('{"conversation_id":"c","role":"user","content":" "}', "content is missing or blank"),
    ('{"conversation_id":"c","role":"chorus","content":"x"}', 'its role is "chorus"'),
    ('{"conversation_id":"c","role":"user","content":"x","turn_index":1.5}', "turn_index"),
    ('{"conversation_id":"c","role":"user","content":"x","turn_index":-1}', "turn_index"),
    (json.dumps({"conversation_id": "c" * 256, "role": "user", "content": "x"}), "conversation_id"),
    ('{"conversation_id":"c","role":"user","content":"' + "x" * 5_000_000 + '"}', "4 MiB"),
])
def test_a_bad_line_is_told_and_the_others_are_fine(quiet_topic, tmp_path, line, words):
    fine = '{"conversation_id":"c","role":"user","content":"fine"}'
    path = write(tmp_path / "turns.jsonl", f"{fine}\n{line}\n{fine}\n")
    done = quiet_topic.mneme("import", "turns", "-n", path, "--user", "u", expect=1)
    assert f"entry 2 of {path} (line 2) was not imported: " in done.stderr and words in done.stderr, done
    assert "2 turns to import, 1 refused" in done.stdout


def test_whose_conversations_these_are_must_be_said(quiet_topic):
    for form, name in SAMPLES[:2]:
        assert "--user" in quiet_topic.mneme("import", form, "-n", CHATS / name, expect=2).stderr
    assert "give --user" in quiet_topic.mneme("import", "turns", "-n", CHATS / "turns.jsonl", expect=1).stderr
    folder = quiet_topic.mneme("import", "claude", "-n", CHATS, "--user", "u", expect=1)
    assert "5 turns and conversations to import, 0 refused" in folder.stdout
    assert "chatgpt.json was not imported" in folder.stderr and "export of ChatGPT" in folder.stderr
    assert "regular file" in quiet_topic.mneme("import", "turns", "-n", CHATS, "--user", "u", expect=1).stderr


def test_an_export_of_any_size_takes_a_bounded_amount_of_memory(quiet_topic, tmp_path):
    path = tmp_path / "conversations.json"
    with path.open("w") as file:
        file.write("[")
        for number in range(400):
            texts = [f"{number} {i} " + "x" * 500 for i in range(80)]
            file.write((",\n" if number else "") + json.dumps(chat(f"c{number}", texts)))
        file.write("]")
    assert path.stat().st_size > 20_000_000
    output, peak_kb = quiet_topic.mneme.measured("import", "chatgpt", "-n", "--json", "--user", "u", path)
    assert json.loads(output)["events"] == 400 * 81
    assert peak_kb < 48_000, f"{peak_kb} KB for {path.stat().st_size} bytes"
