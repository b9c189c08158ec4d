"""Times as people write them, wherever a command takes one."""

import datetime

import pytest

WORDS_OF_THE_PAST = ["1h", "2h30m", "1d", "yesterday"]


@pytest.fixture(scope="module")
def said(folded):
    folded.publish([
        {"type": "memory_created", "user_id": "ada", "agent_id": "planner",
         "payload": {"memory_type": "fact", "content": "tea at four"}},
        {"type": "conversation_turn", "user_id": "ada", "conversation_id": "chat-1",
         "payload": {"conversation_id": "chat-1", "role": "user", "content": "hello"}},
    ])
    return folded.mneme


ASKING = [
    (["events", "--stream", "ada"], "--since", "--until"), (["timeline", "--user", "ada"], "--since", "--until"),
    (["operations", "--stream", "ada"], "--since", "--until"), (["replay", "--stream", "ada"], "--from", "--to"),
    (["conversation", "show", "chat-1"], "--since", "--until"), (["memory", "list", "--user", "ada"], "--since", "--until"),
]


def answers(mneme, command, *options):
    lines = mneme(*command, *options, "--json", expect=0).json_lines
    return [line for line in lines if "turn_index" in line] if command[0] == "conversation" else lines


@pytest.mark.parametrize("command, since, until", ASKING, ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "")
def test_a_range_is_named_in_words(said, command, since, until):
    everything = answers(said, command)
    assert everything
    for word in WORDS_OF_THE_PAST:
        assert answers(said, command, since, word) == everything
        assert answers(said, command, until, word) == []
    assert answers(said, command, until, "tomorrow") == everything
    error = said(*command, since, "next week", expect=2).stderr
    assert f"{since} was not taken: 'next week'" in error and "7d (ago), yesterday, 2026-11-30" in error


def test_the_past_is_asked_for_in_words(said):
    now = said("memory", "list", "--user", "ada", "--as-of", "now", "--json", expect=0).json_lines
    assert [row["content"] for row in now] == [{"text": "tea at four"}]
    for word in WORDS_OF_THE_PAST:
        assert said("memory", "list", "--user", "ada", "--as-of", word, "--json", expect=0).stdout == ""
        assert len(said("memory", "list", "--user", "ada", "--filter", f"created_at >= {word}", "--json").json_lines) == 1
        assert said("memory", "list", "--user", "ada", "--filter", f"created_at<{word}", "--json").stdout == ""


def expiry(mneme, text):
    """When a memory of this --expires-at expires, from now on."""
    added = mneme("memory", "add", "milk", "--user", "bob", "--expires-at", text, "--wait", "postgres", "--json", expect=0)
    shown = mneme("memory", "get", added.json_lines[0]["memory_id"], "--json", expect=0).json_lines[0]["expires_at"]
    return datetime.datetime.fromisoformat(shown) - datetime.datetime.now(datetime.UTC)


def test_what_expires_lies_ahead(said):
    day = datetime.timedelta(days=1)
    assert 6 * day < expiry(said, "7d") <= 7 * day
    assert 27 * day < expiry(said, "4w") <= 28 * day
    assert -day < expiry(said, "tomorrow") - day <= datetime.timedelta()
    assert "7d (from now)" in said("memory", "add", "x", "--user", "bob", "--expires-at", "soon", expect=2).stderr
