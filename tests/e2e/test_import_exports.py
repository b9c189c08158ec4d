"""Exports as products give them today: folders of files, branches, texts in attachments, texts that were cut in the middle
of a character, long pastes, and marks of an interface. What was imported is read back as users read it."""

import json
import pathlib

import pytest

from oracle import assert_equal_to_log

BRANCHES = """[{"uuid":"cb-1","name":"Journey","created_at":"2026-05-01T09:00:00Z","chat_messages":[
{"uuid":"m1","sender":"human","text":"Porto","parent_message_uuid":"00000000-0000-4000-8000-000000000000","created_at":"2026-05-01T09:00:00Z"},
{"uuid":"m2","sender":"assistant","text":"Ribeira","parent_message_uuid":"m1","created_at":"2026-05-01T09:00:10Z"},
{"uuid":"m3","sender":"human","text":"Lisbon","parent_message_uuid":"00000000-0000-4000-8000-000000000000","created_at":"2026-05-01T09:05:00Z"},
{"uuid":"m4","sender":"assistant","text":"Alfama","parent_message_uuid":"m3","created_at":"2026-05-01T09:05:10Z"},
{"uuid":"m5","sender":"assistant","text":"Belém","parent_message_uuid":"m3","created_at":"2026-05-01T09:06:10Z"}]}]"""


@pytest.fixture(scope="module")
def exports(folded):
    """The namespace, with a worker that makes what is imported searchable."""
    folded.start_worker("search")
    return folded


@pytest.fixture
def imported(exports, tmp_path):
    def run(form, user, *arguments, expect=0):
        done = exports.mneme("import", form, "--user", user, "--json", *arguments, expect=expect,
                             env={"MNEME_STATE_DIR": tmp_path / "marks"})
        exports.drain()
        done.reports = [line for line in done.json_lines if "events" in line]
        return done

    return run


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return path


def shown(exports, user, conversation):
    """The turns as `conversation show` gives them."""
    lines = exports.mneme("conversation", "show", conversation, "--stream", user, "--json", expect=0).json_lines
    return lines[1:]


def contents(exports, user, conversation):
    return [turn["content"] for turn in shown(exports, user, conversation)]


def found(exports, user, words):
    exports.drain("search")
    return [hit["text"] for hit in exports.mneme("search", words, "--user", user, "--json", expect=0).json_lines]


def node(identifier, parent, role, text, **fields):
    return {"id": identifier, "parent": parent, "children": [], "message": {
        "id": identifier, "author": {"role": role}, "content": {"content_type": "text", "parts": [text]}, **fields}}


def gpt(identifier, *messages, **fields):
    """A ChatGPT conversation of (role, text, fields of the message)."""
    nodes = [node(f"{identifier}-{i}", f"{identifier}-{i - 1}" if i else None, role, text, create_time=1770000000 + i, **more)
             for i, (role, text, more) in enumerate(messages)]
    return {"id": identifier, "title": identifier.title(), "create_time": 1770000000, "current_node": nodes[-1]["id"],
            "mapping": {entry["id"]: entry for entry in nodes}, **fields}


def claude(identifier, *messages, **fields):
    return {"uuid": identifier, "name": identifier.title(), "created_at": "2026-05-03T09:00:00Z", "chat_messages": [
        {"uuid": f"{identifier}-{i}", "created_at": f"2026-05-03T09:{i:02}:00Z", "text": "", **message}
        for i, message in enumerate(messages)], **fields}


# --- folders ---


def gpt_folder(path):
    path.mkdir()
    write(path / "conversations-000.json", [gpt("first", ("user", "one", {}))])
    write(path / "conversations-001.json", [gpt("second", ("user", "two", {})), gpt("third", ("user", "three", {}))])
    write(path / "user.json", '{"id":"user-x","email":"someone@example.com"}')
    write(path / "message_feedback.json", "[]")
    write(path / "shared_conversations.json", '[{"id":"s-1","conversation_id":"c-1","title":"T"}]')
    write(path / "export_manifest.json", '{"files":[{"name":"conversations-000.json"}]}')
    write(path / "chat.html", "<html></html>")
    return path


def test_a_folder_is_its_conversations_and_the_rest_is_counted(exports, imported, tmp_path):
    folder = gpt_folder(tmp_path / "export")
    done = imported("chatgpt", "folder", folder)
    assert [(pathlib.Path(report["file"]).name, report["published"]) for report in done.reports
            if not report["file_passed_over"]] == [("conversations-000.json", 2), ("conversations-001.json", 4)]
    assert sum(report["file_passed_over"] for report in done.reports) == 4
    assert [contents(exports, "folder", name) for name in ("first", "second", "third")] == [["one"], ["two"], ["three"]]
    again = imported("chatgpt", "folder", folder)
    assert [report["published"] for report in again.reports] == [0] * 6
    assert sum(report["already_imported"] for report in again.reports) == 2
    # By their names, as a shell writes them, with what is not JSON among them.
    named = exports.mneme("import", "chatgpt", "-n", "--user", "folder", *sorted(folder.iterdir()), expect=0)
    assert named.stdout.splitlines()[-1] == "2 files with conversations, 5 passed over"
    assert_equal_to_log(exports)


def test_a_claude_folder_too(exports, imported, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "conversations.json", [claude("tea", {"sender": "human", "text": "Assam"})])
    write(folder / "users.json", [{"uuid": "u", "full_name": "Ada"}])
    write(folder / "projects.json", [{"uuid": "p", "docs": [{"filename": "a.md", "content": 'about "chat_messages"'}]}])
    done = imported("claude", "cfolder", folder)
    assert sorted(report["file_passed_over"] for report in done.reports) == [False, True, True]
    assert contents(exports, "cfolder", "tea") == ["Assam"]


@pytest.mark.parametrize(("form", "name", "content", "words"), [
    ("chatgpt", "user.json", '{"id":"user-x"}', "nothing was imported: 1 file has no conversations"),
    ("chatgpt", "conversations.json", BRANCHES, "it is an export of Claude; use `mneme import claude`"),
    ("claude", "conversations.json", '[{"id":"a","mapping":{}}]', "it is an export of ChatGPT; use `mneme import chatgpt`"),
    ("claude", "all.json", '{"conversations": %s}' % BRANCHES, "it is not a conversation of a Claude export"),
    ("claude", "export.zip", "PK\x03\x04 and so on", "it is a zip archive; unpack it"),
])
def test_what_is_not_understood_is_no_success(exports, tmp_path, form, name, content, words):
    done = exports.mneme("import", form, "-n", "--user", "u", write(tmp_path / name, content), expect=1)
    assert words in done.stderr, done


def test_an_export_without_conversations_is_fine(exports, tmp_path):
    exports.mneme("import", "claude", "-n", "--user", "u", write(tmp_path / "conversations.json", "[]"), expect=0)


def test_conversations_one_behind_the_other_are_all_read(exports, imported, tmp_path):
    lines = "\n".join(json.dumps(gpt(name, ("user", name, {}))) for name in ("ant", "bee"))
    assert imported("chatgpt", "lines", write(tmp_path / "c.json", lines)).reports[0]["published"] == 4
    assert contents(exports, "lines", "bee") == ["bee"]


# --- what is said once ---


def test_a_model_named_for_the_conversation_is_that_of_its_answers(exports, imported, tmp_path):
    imported("chatgpt", "models", write(tmp_path / "c.json", [
        gpt("models", ("user", "q", {}), ("assistant", "a", {}), ("user", "q2", {}),
            ("assistant", "a2", {"metadata": {"model_slug": "gpt-5-mini"}}), default_model_slug="gpt-5-thinking"),
        gpt("auto", ("assistant", "a", {}), default_model_slug="auto")]))
    assert [turn["model"] for turn in shown(exports, "models", "models")] == [
        None, "gpt-5-thinking", None, "gpt-5-mini"]
    assert [turn["model"] for turn in shown(exports, "models", "auto")] == [None]
    imported("claude", "models", write(tmp_path / "d.json", [claude(
        "cm", {"sender": "human", "text": "q"}, {"sender": "assistant", "text": "a"}, model="claude-opus-4")]))
    assert [turn["model"] for turn in shown(exports, "models", "cm")] == [None, "claude-opus-4"]


# --- half characters ---

HALF = (r'[{"id":"h-0","title":"Whole","mapping":{"a":{"message":{"author":{"role":"user"},"content":{"parts":["fine"]}}}}},'
        r'{"id":"h-1","title":"Half \udc4d","current_node":"b","mapping":{'
        r'"a":{"message":{"author":{"role":"user"},"content":{"parts":["Cut in the middle of an emoji \ud83d"]}}},'
        r'"b":{"parent":"a","message":{"author":{"role":"assistant"},"content":{"parts":["I see \ud83d\udc4d"]}}}}}]')


def test_half_a_character_costs_no_more_than_itself(exports, imported, tmp_path):
    done = imported("chatgpt", "half", write(tmp_path / "c.json", HALF))
    (report,) = done.reports
    assert (report["published"], report["refused"], report["mended"], report["warnings"]) == (5, 0, 2, 2)
    assert contents(exports, "half", "h-1") == ["Cut in the middle of an emoji \ufffd", "I see 👍"]
    assert exports.value("SELECT title FROM conversations WHERE conversation_id = 'h-1'") == "Half \ufffd"
    assert len(done.stderr.splitlines()) == 2
    assert "c.json" in done.stderr and "(message a, conversation h-1)" in done.stderr, done


@pytest.mark.parametrize(("form", "line", "read"), [
    ("claude", r'[{"uuid":"c","name":"\ud83d","chat_messages":[{"uuid":"1","sender":"human","text":"cut \ud83d"}]}]', "turns"),
    ("turns", r'{"conversation_id":"c","role":"user","content":"cut \ud83d"}', "turns"),
    ("legacy-json", r'[{"content":"cut \ud83d"}]', "memories"),
    ("jsonl", r'{"type":"memory_created","payload":{"memory_type":"fact","content":{"text":"cut \ud83d"}}}', "memories"),
])
def test_so_in_every_format(exports, imported, tmp_path, form, line, read):
    user = f"half of {form}"
    done = imported(form, user, write(tmp_path / "half.json", line))
    assert done.reports[-1]["mended"] == (2 if form == "claude" else 1) and "U+FFFD" in done.stderr, done
    told = (contents(exports, user, "c") if read == "turns" else
            [line["content"]["text"] for line in
             exports.mneme("memory", "list", "--user", user, "--json", expect=0).json_lines])
    assert told == ["cut \ufffd"]


def test_a_nul_and_bytes_of_half_a_character_are_mended_too(exports, imported, tmp_path):
    path = tmp_path / "c.json"
    path.write_bytes(json.dumps([gpt("nul", ("user", "a\0b", {}), ("user", "half @@@", {}))]).encode()
                     .replace(b"@@@", b"\xed\xa0\xbd"))
    assert imported("chatgpt", "nul", path).reports[0]["mended"] == 2
    assert contents(exports, "nul", "nul") == ["a\ufffdb", "half \ufffd"]


# --- branches ---


def test_the_branch_of_the_latest_message_counts_in_claude_too(exports, imported, tmp_path):
    (report,) = imported("claude", "tree", write(tmp_path / "c.json", BRANCHES)).reports
    assert (report["published"], report["left_out"]) == (3, 3)
    assert contents(exports, "tree", "cb-1") == ["Lisbon", "Belém"]
    # The export that says which message was seen last adds what is new, behind what was there.
    other = json.loads(BRANCHES)
    other[0]["current_leaf_message_uuid"] = "m2"
    (report,) = imported("claude", "tree", write(tmp_path / "d.json", other)).reports
    assert report["left_out"] == 3
    assert contents(exports, "tree", "cb-1") == ["Lisbon", "Belém", "Porto", "Ribeira"]
    imported("claude", "leaf", tmp_path / "d.json")
    assert contents(exports, "leaf", "cb-1") == ["Porto", "Ribeira"]
    # And the same once more says that nothing is new.
    (report,) = imported("claude", "leaf", tmp_path / "d.json").reports
    assert report["already_imported"] and contents(exports, "leaf", "cb-1") == ["Porto", "Ribeira"]
    assert_equal_to_log(exports)


def test_a_message_that_is_lost_takes_no_other_with_it(exports, imported, tmp_path):
    lost = json.loads(BRANCHES)
    lost[0]["chat_messages"][2:4] = []  # m3, to which m5 belongs, and m4
    lost[0]["current_leaf_message_uuid"] = "gone"
    done = imported("claude", "lost", write(tmp_path / "c.json", lost))
    assert contents(exports, "lost", "cb-1") == ["Porto", "Ribeira", "Belém"]
    assert "current_leaf_message_uuid is not among its messages" in done.stderr
    gone = gpt("gone", ("user", "q", {}), ("assistant", "a", {}), current_node="nowhere")
    done = imported("chatgpt", "lost", write(tmp_path / "d.json", [gone]))
    assert contents(exports, "lost", "gone") == ["q", "a"] and "current_node is not in its mapping" in done.stderr


# --- attachments and long texts ---


def test_the_text_of_an_attachment_is_what_was_said(exports, imported, tmp_path):
    minutes = {"file_name": "paste.txt", "extracted_content": "Minutes of 3 May: Bruno paints the fence green."}
    imported("claude", "pasted", write(tmp_path / "c.json", [claude(
        "pasted", {"sender": "human", "content": [], "attachments": [minutes], "files": []},
        {"sender": "assistant", "text": "Noted."},
        {"sender": "human", "text": "And this one?", "attachments": [{"extracted_content": "Clara plants a walnut tree."}]})]))
    assert contents(exports, "pasted", "pasted") == [
        "Minutes of 3 May: Bruno paints the fence green.", "Noted.", "And this one?\n\nClara plants a walnut tree."]
    assert found(exports, "pasted", "fence") == ["User: Minutes of 3 May: Bruno paints the fence green."]
    assert len(found(exports, "pasted", "walnut")) == 1


def test_a_long_message_is_kept_to_its_end(exports, imported, tmp_path):
    words = " ".join(f"item{i}" for i in range(10_000))
    text = words[:30_560] + " the cellar door"
    (report,) = imported("chatgpt", "long", write(tmp_path / "c.json", [
        gpt("long", ("user", text, {}), ("assistant", "Read.", {}))])).reports
    assert report["refused"] == 0
    turns = contents(exports, "long", "long")
    assert "".join(turns[:-1]) == text and turns[-1] == "Read."
    assert "cellar" in found(exports, "long", "cellar")[0]


def test_what_is_longer_than_a_turn_may_be_becomes_parts(exports, imported, tmp_path):
    text = "".join(f"Line {i} of the log: é.\n" for i in range(400))
    path = write(tmp_path / "c.json", [gpt("log", ("user", text, {}), ("assistant", "x" * 2500, {}))])
    done = exports.mneme("import", "chatgpt", "--user", "parts", path, "--json", expect=0,
                         env={"MNEME_CONTENT_MAX_CHARS": "1000", "MNEME_STATE_DIR": tmp_path / "marks"})
    exports.drain()
    turns = shown(exports, "parts", "log")
    asked = [turn for turn in turns if turn["role"] == "user"]
    assert "".join(turn["content"] for turn in asked) == text and len(asked) > 9
    assert all(turn["content"].endswith("\n") and len(turn["content"]) <= 1000 for turn in asked)
    assert [turn["metadata"]["part"] for turn in asked] == list(range(1, len(asked) + 1))
    assert {turn["metadata"]["parts"] for turn in asked} == {len(asked)}
    assert [len(turn["content"]) for turn in turns if turn["role"] == "assistant"] == [1000, 1000, 500]
    assert done.json_lines[-1]["published"] == 1 + len(turns)
    # A turn that says its place itself has no room for a second one.
    line = {"conversation_id": "c", "role": "user", "content": text, "turn_index": 3}
    refused = exports.mneme("import", "turns", "-n", "--user", "u", write(tmp_path / "t.jsonl", line), expect=1,
                            env={"MNEME_CONTENT_MAX_CHARS": "1000"})
    assert "leave turn_index out" in refused.stderr
    assert_equal_to_log(exports)


# --- marks ---


def test_marks_of_an_interface_are_no_text(exports, imported, tmp_path):
    imported("chatgpt", "marks", write(tmp_path / "c.json", [gpt(
        "marks", ("user", "Where is it open?", {}),
        ("assistant", "\ue200entity\ue202[\"city\",\"Braga\",\"in Portugal\"]\ue201 is open "
         "\ue200cite\ue202turn0search1\ue202turn0search3\ue201. See the list 【12†source】.", {}))]))
    assert contents(exports, "marks", "marks")[1] == "Braga is open. See the list."
    imported("claude", "marks", write(tmp_path / "d.json", [claude(
        "poem", {"sender": "human", "text": "What does <antArtifact identifier=\"x\">y</antArtifact> mean?"},
        {"sender": "assistant", "text": "Here:\n\n<antArtifact identifier=\"p\" type=\"text/markdown\" title=\"Sea\">\n"
                                        "Grey and wide.\n</antArtifact>\n\n```\nThis block is not supported on your current "
                                        "device yet.\n```\n\nMore?"})]))
    assert contents(exports, "marks", "poem") == [
        "What does <antArtifact identifier=\"x\">y</antArtifact> mean?", "Here:\n\nSea\nGrey and wide.\n\n\nMore?"]
