"""What a person sees on a terminal: tables and forms that fit, headings, questions before something is destroyed."""

import pytest

from harness.terminal import on_terminal, width
from harness.waiting import wait_until


def test_headings_are_bold_on_a_terminal_unless_no_color_is_set():
    text, code = on_terminal({}, "memory", "--help")
    assert code == 0 and "\033[1mExamples\033[0m" in text
    text, code = on_terminal({"NO_COLOR": "1"}, "memory", "--help")
    assert code == 0 and "\033" not in text


def test_help_fits_a_narrow_terminal_too():
    text, code = on_terminal({}, "memory", "list", "--help", columns=60)
    assert code == 0
    prose = text[:text.index("Examples")]
    assert max(map(width, prose.splitlines())) <= 60


def test_tables_fit_the_terminal(namespace, mneme, worker, drain):
    worker()
    for text in ("a very long text " * 20, "日本語のとても長いテキスト" * 10, "e\u0301" * 200, "line\nfeed\t\x1b[2Jand more"):
        mneme("memory", "add", text, "--user", "ada", expect=0)
    drain()
    for columns in (60, 100):
        text, code = on_terminal(namespace.env, "memory", "list", "--all", columns=columns)
        assert code == 0
        lines = text.splitlines()
        assert len(lines) == 5
        assert max(map(width, lines)) <= columns
        assert "\033" not in text
    assert "x1b[2J" in text
    text, code = on_terminal(namespace.env, "memory", "list", "--user", "nobody")
    assert (text, code) == ("mneme: no memory matches\n", 0)


@pytest.fixture
def some_memories(namespace, mneme, worker, drain):
    """Ids of a few memories: two of one millisecond, others apart, one of no time."""
    worker()
    ids = ["018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e", "018f0f5e-7a5b-7cd2-8a1b-0c4d5e2f6a1b", "018f0f61-0001-7000-8000-000000000001",
           "c0ffee00-1234-4abc-8def-0123456789ab"]
    mneme.publish([{"type": "memory_created", "user_id": "ada", "occurred_at": f"2026-01-02T03:04:0{number}Z",
                    "payload": {"memory_id": memory, "memory_type": "fact", "content": f"tea number {number} " + "and so on " * 20}}
                   for number, memory in enumerate(ids)])
    drain()
    return ids


def test_a_list_leaves_room_for_its_text(namespace, some_memories):
    text, code = on_terminal(namespace.env, "memory", "list", "--user", "ada", columns=80)
    lines = text.splitlines()
    assert code == 0 and max(map(width, lines)) <= 80
    assert lines[0].split() == ["ID", "SUBJECT", "TYPE", "CREATED", "CONTENT"]
    assert 80 - lines[0].index("CONTENT") >= 25, lines[0]
    assert [line.split()[0] for line in lines[1:]] == [memory[:17] for memory in reversed(some_memories)], "what tells them apart"
    assert "2026-01-02 03:04  tea number" in text, "to the minute"


def test_a_wide_list_has_whole_values_and_wraps_the_text(namespace, some_memories):
    text, code = on_terminal(namespace.env, "memory", "list", "--user", "ada", "--wide", columns=120)
    assert code == 0 and max(map(width, text.splitlines())) <= 120
    for memory in some_memories:
        assert memory in text
    assert "2026-01-02 03:04:03" in text and "…" not in text
    assert " ".join(text.split()).count("and so on") >= 70, "all of it is there"


def test_columns_are_chosen(namespace, mneme, some_memories):
    text, code = on_terminal(namespace.env, "memory", "list", "--user", "ada", "--columns", "content,id", columns=80)
    assert code == 0 and text.splitlines()[0].split() == ["CONTENT", "ID"]
    chosen = mneme("memory", "list", "--user", "ada", "--columns", "id,confidence,created_at", expect=0).stdout.splitlines()
    assert chosen[0].split() == ["ID", "CONFIDENCE", "CREATED_AT"]
    assert chosen[1].split()[0] == some_memories[-1], "whole where output is piped"
    error = mneme("memory", "list", "--user", "ada", "--columns", "id,contnt", expect=2)
    assert error.stdout == "" and "there is no column 'contnt'; did you mean 'content'?" in error.stderr
    assert "there is no column" in mneme("events", "--all", "--columns", "who", expect=2).stderr
    with_json = mneme("memory", "list", "--user", "ada", "--columns", "id", "--json", expect=0).json_lines[0]
    assert set(with_json) > {"id", "content", "confidence"}, "JSON lines have all"


def test_one_memory_is_wrapped_beside_its_labels(namespace, mneme, some_memories):
    text, code = on_terminal(namespace.env, "memory", "get", some_memories[0], columns=60)
    lines = text.splitlines()
    assert code == 0 and max(map(width, lines)) <= 60
    at = lines[0].index(some_memories[0])
    labelled = [line for line in lines if line[0] != " "]
    assert all(line[at - 2:at] == "  " and line[at] != " " for line in labelled), "values stand in one column"
    wrapped = [line for line in lines if line[0] == " "]
    assert wrapped and all(line[:at].isspace() and line[at] != " " for line in wrapped)
    assert " ".join(text.split()).count("and so on") == 20
    piped = mneme("memory", "get", some_memories[0], expect=0).stdout
    assert "and so on " * 20 in piped, "not wrapped where it is piped"


def test_no_text_turns_or_hides_another(namespace, mneme, worker, drain):
    worker()
    mneme("memory", "add", "pay \u202e001\u202c to \u2066bob\u2069 \u200f\x9b", "--user", "ada", expect=0)
    drain()
    shown, _ = on_terminal(namespace.env, "memory", "list", "--all", columns=100)
    for text in (shown, mneme("memory", "list", "--all", expect=0).stdout):
        assert "pay \\u202e001\\u202c to \\u2066bob\\u2069 \\u200f\\x9b" in text
    error = mneme("memory", "list", "--user", "ada", "--type", "\x1b[31m\u202e", expect=2).stderr
    assert "[31m\\u202e" in error and "\x1b" not in error and "\u202e" not in error


def test_deleting_all_asks_on_a_terminal(namespace, mneme, worker, drain):
    worker()
    mneme("memory", "add", "tea", "--user", "ada", expect=0)
    drain()
    text, code = on_terminal(namespace.env, "memory", "delete", "--all", "--user", "ada", stdin=b"n\n")
    assert code == 6 and "Delete all memories of this scope?" in text
    text, code = on_terminal(namespace.env, "memory", "delete", "--all", "--user", "ada", stdin=b"y\n")
    assert code == 0 and "1 memories deleted" in text
    wait_until(lambda: namespace.value("SELECT is_deleted FROM memories"), message="the memory is deleted")


DESTROYING = [
    ["memory", "delete", "--all", "--user", "ada"], ["conversation", "delete", "chat-1"],
    ["memory", "archive", "--user", "ada"], ["memory", "set-retention", "--user", "ada", "--max-age-days", "1"],
    ["working", "clear", "--user", "ada", "--conversation", "chat-1"],
    ["context", "clear", "--user", "ada", "--conversation", "chat-1"],
]


def test_without_a_terminal_only_yes_destroys(namespace, mneme, worker, drain):
    worker()
    mneme.publish([{"type": "memory_created", "user_id": "ada", "payload": {"memory_type": "fact", "content": "tea"}},
                   {"type": "conversation_turn", "user_id": "ada", "conversation_id": "chat-1",
                    "payload": {"conversation_id": "chat-1", "role": "user", "content": "hi"}}])
    drain()
    before = sum(namespace.end_offsets().values())
    for arguments in DESTROYING:
        for answer in ("", "y\n"):  # a pipe cannot agree, whatever it says
            done = mneme(*arguments, input=answer, expect=6)
            assert "give --yes" in done.stderr and done.stdout == "", done
    assert sum(namespace.end_offsets().values()) == before
    for arguments in DESTROYING:
        mneme(*arguments, "--yes", expect=0)
    drain()
    assert namespace.value("SELECT count(*) FROM memories WHERE NOT is_deleted") == 0
    assert namespace.value("SELECT count(*) FROM conversations WHERE NOT is_deleted") == 0


def test_a_working_memory_is_cleared_when_the_terminal_agrees(namespace, mneme):
    clear = ["working", "clear", "--user", "ada", "--conversation", "chat-1"]
    text, code = on_terminal(namespace.env, *clear, stdin=b"no\n")
    assert code == 6 and "nothing was cleared: you did not agree" in text
    assert sum(namespace.end_offsets().values()) == 0
    text, code = on_terminal(namespace.env, *clear, stdin=b"y\n")
    assert code == 0 and sum(namespace.end_offsets().values()) == 1
