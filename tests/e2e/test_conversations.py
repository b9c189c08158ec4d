"""Conversations are shown and deleted, one or several at once, with their turns and memories."""

import datetime
import uuid

import pytest

from oracle import assert_equal_to_log


@pytest.fixture(autouse=True)
def equal_to_the_log(folded):
    yield
    folded.drain()
    assert_equal_to_log(folded)


@pytest.fixture
def ask(folded):
    def run(*arguments, expect=0):
        return folded.mneme(*arguments, "--json", expect=expect).json_lines
    return run


def turn(conversation, user, content, **fields):
    return {"type": "conversation_turn", "user_id": user,
            "payload": {"conversation_id": conversation, "role": "user", "content": content, **fields}}


def memory(user, content, conversation=None):
    made = str(uuid.uuid4())
    scope = {"conversation_id": conversation} if conversation else {}
    return made, {"type": "memory_created", "user_id": user, **scope,
                  "payload": {"memory_id": made, "memory_type": "fact", "content": content}}


def ends(folded):
    return sum(folded.end_offsets().values())


def test_several_are_shown_one_behind_the_other(folded, ask):
    made, event = memory("ada", "likes tea", "first")
    folded.publish([turn("first", "ada", "hello"), turn("first", "ada", "tea?"), turn("second", "ada", "bye"), event])
    lines = ask("conversation", "show", "first", "second", "--memories")
    assert [(line["conversation_id"], line.get("turn_index"), line.get("id"), "cursor" in line) for line in lines] == [
        ("first", None, None, True), ("first", 0, None, False), ("first", 1, None, False), ("first", None, made, False),
        ("second", None, None, True), ("second", 0, None, False)]
    assert list(lines[0]) == ["conversation_id", "tenant", "stream_id", "user_id", "agent_id", "title", "metadata", "is_active",
                              "is_deleted", "turn_count", "created_at", "updated_at", "last_activity_at", "version",
                              "source_event_id", "cursor"]
    assert list(lines[1]) == ["conversation_id", "stream_id", "turn_index", "role", "speaker", "content", "content_hash",
                              "token_count", "model", "metadata", "created_at", "source_event_id"]
    text = folded.mneme("conversation", "show", "first", "second", "--memories", expect=0).stdout
    first, turns, memories, second, rest = text.split("\n\n")
    assert first.startswith("conversation   first\n") and "\nactive         yes\n" in first
    assert turns == "0 user: hello\n1 user: tea?"
    assert memories.split("\n")[0].split() == ["ID", "SUBJECT", "TYPE", "CREATED", "CONTENT"]
    assert memories.split("\n")[1].startswith(f"{made}  ada") and memories.endswith("likes tea")
    assert second.startswith("conversation   second\n") and rest == "0 user: bye\n"
    shown = folded.mneme("conversation", "show", "first", "nowhere", "--memories", "--wide", expect=5)
    assert shown.stdout == "\n\n".join([first, turns, memories]) + "\n" and "nowhere was not found" in shown.stderr
    assert ask("conversation", "show", "first", "nowhere", expect=5)[0] == lines[0]


def test_a_turn_is_read_whole_and_obeyed_by_no_terminal(folded):
    folded.publish([turn("talk", "bob", "one\ntwo \x1b[31mred", speaker="Bob")])
    text = folded.mneme("conversation", "show", "talk", expect=0).stdout
    assert text.endswith("\n\n0 Bob: one\ntwo \\x1b[31mred\n")


def test_it_says_that_there_are_more_turns(folded, ask):
    folded.publish([turn("long", "cleo", f"turn {number}") for number in range(3)])
    shown = folded.mneme("conversation", "show", "long", "--limit", "2", expect=0)
    assert shown.stderr == "mneme: there are more turns than these; --from and --limit show others\n"
    assert "turn 1" in shown.stdout and "turn 2" not in shown.stdout
    assert folded.mneme("conversation", "show", "long", "--limit", "3", expect=0).stderr == ""
    assert len(ask("conversation", "show", "long", "--limit", "2")) == 3


def test_a_closed_one_says_so(folded, ask):
    folded.publish([turn("over", "dan", "bye"),
                    {"type": "conversation_closed", "user_id": "dan", "payload": {"conversation_id": "over"}},
                    turn("open", "dan", "hi")])
    assert "\nactive         no\n" in folded.mneme("conversation", "show", "over", expect=0).stdout
    listed = {options: [row["conversation_id"] for row in ask("conversation", "list", "--user", "dan", *options)]
              for options in [(), ("--active",), ("--closed",), ("--active", "--closed")]}
    assert listed == {(): ["open", "over"], ("--active",): ["open"], ("--closed",): ["over"],
                      ("--active", "--closed"): ["open", "over"]}
    first, second = ask("conversation", "list", "--user", "dan")
    assert ask("conversation", "list", "--user", "dan", "--cursor", first["cursor"]) == [second]


def test_several_are_deleted_with_more_memories_than_a_page(folded, ask):
    many = [memory("eve", f"n{number}", "wide")[1] for number in range(1001)]
    folded.publish([turn("wide", "eve", "hi"), turn("narrow", "eve", "hi"), memory("eve", "kept")[1], *many])
    before = ends(folded)
    dry = ask("conversation", "delete", "wide", "narrow", "--dry-run")
    assert dry == [{"conversation_id": "wide", "stream_id": "eve", "memories": 1001, "dry_run": True},
                   {"conversation_id": "narrow", "stream_id": "eve", "memories": 0, "dry_run": True}]
    error = folded.mneme("conversation", "delete", "wide", "nowhere", "--yes", expect=5).stderr
    assert "conversation nowhere was not found" in error
    assert ends(folded) == before
    wide, narrow = ask("conversation", "delete", "wide", "narrow", "--yes", "--reason", "asked", "--correlation", "req-1")
    assert list(wide) == ["conversation_id", "stream_id", "memories", "dry_run", "event_id", "position"]
    assert (wide["memories"], narrow["memories"]) == (1001, 0)
    assert ends(folded) == before + 1003
    folded.drain()
    assert [row["content"] for row in ask("memory", "list", "--user", "eve")] == [{"text": "kept"}]
    assert ask("conversation", "list", "--user", "eve") == []
    kinds = [row["type"] for row in ask("events", "--correlation", "req-1", "--limit", "2000")]
    assert (kinds.count("memory_deleted"), kinds.count("conversation_deleted")) == (1001, 2)




def test_what_was_deleted_can_be_seen_as_of_before(folded, ask):
    folded.publish([turn("gone", "fay", "hi")])
    (shown, *_) = ask("conversation", "show", "gone")
    (done,) = ask("conversation", "delete", "gone", "--yes")
    ask("conversation", "show", "gone", "--at-least", done["position"], expect=5)
    partition, offset = done["position"].split(":")
    (before, *turns) = ask("conversation", "show", "gone", "--as-of", f"{partition}:{int(offset) - 1}")
    assert before == shown and [line["content"] for line in turns] == ["hi"]


def test_an_id_in_two_streams_is_not_guessed(folded, ask):
    folded.publish([turn("shared", "gil", "hi"), turn("shared", "hans", "ho")])
    for verb in (["show"], ["delete", "--dry-run"]):
        error = folded.mneme("conversation", *verb, "shared", expect=2).stderr
        assert "conversation shared is ambiguous: 2 streams use this id; choose one with --stream" in error
    assert [line.get("content") for line in ask("conversation", "show", "shared", "--stream", "hans")] == [None, "ho"]


def test_what_was_said_lately_is_read_over_all_conversations(folded, ask):
    def said(conversation, content, hours, user="ida", **fields):
        at = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=hours)).isoformat()
        return {**turn(conversation, user, content, **fields), "occurred_at": at}

    assert folded.mneme("conversation", "turns", "--user", "ida", expect=0).stderr == "mneme: nothing was said lately\n"
    receipts = folded.publish([
        said("monday", "long ago", 30), said("monday", "a walk?", 3), said("tuesday", "tea?", 2, speaker="Ida"),
        said("monday", "yes", 1, agent_response="at four"), said("closed", "gone", 1), said("monday", "other", 1, user="jon")])
    (deleted,) = ask("conversation", "delete", "closed", "--yes", "--stream", "ida")

    def contents(*options):
        return [row["content"] for row in ask("conversation", "turns", "--user", "ida", "--at-least", deleted["position"], *options)]

    assert contents() == ["a walk?", "tea?", "yes", "at four"]
    assert contents("--hours", "48") == ["long ago", "a walk?", "tea?", "yes", "at four"]
    assert contents("--hours", "1.5") == ["yes", "at four"]
    assert contents("--limit", "3") == ["tea?", "yes", "at four"]
    assert contents("--as-of", receipts[2]["position"]) == ["a walk?", "tea?"]
    rows = ask("conversation", "turns", "--user", "ida", "--limit", "1")
    assert [(row["conversation_id"], row["turn_index"], row["role"], row["user_id"]) for row in rows] == [
        ("monday", 3, "assistant", "ida")]
    everybody = [row["content"] for row in ask("conversation", "turns", "--all", "--hours", "4")]
    assert "other" in everybody and "tea?" in everybody
    lines = folded.mneme("conversation", "turns", "--user", "ida", expect=0).stdout.splitlines()
    assert lines[0].split() == ["WHEN", "CONVERSATION", "TURN", "WHO", "CONTENT"]
    assert lines[2].split()[-2:] == ["Ida", "tea?"]
    folded.mneme("conversation", "turns", expect=2)
