"""Time travel against the oracle: the log cut at a moment and folded apart from the product."""

import random
import uuid

import pytest

from harness.history import publish_steps
from oracle.compare import micros_of
from oracle.encode import rfc3339
from oracle.fold import Fold
from oracle.generator import Generator
from oracle.wire import Decoder, read_topic

LIMIT = "10000"
LONG_AGO = -10 ** 15  # microseconds; longer than turns are looked for


@pytest.fixture(scope="module")
def log(folded):
    """Every message of a generated history that is folded."""
    publish_steps(folded.mneme, folded, Generator(7, tenants=2, streams_per_tenant=4).history(900))
    folded.drain()
    messages, _ = read_topic(folded)
    return messages


def fold_of(folded, messages):
    fold = Fold(Decoder(), folded.partitions, folded.topic)
    for message in messages:
        fold.apply(message)
    return fold


def cuts(log):
    """(what --as-of is given, the messages that count then)."""
    rng = random.Random(3)
    chosen = rng.sample(log, 5)
    for message in chosen[:3]:
        yield f"{message.partition}:{message.offset}", [
            other for other in log
            if (other.offset <= message.offset if other.partition == message.partition
                else other.timestamp_ms <= message.timestamp_ms)]
    for message in chosen[3:]:
        yield rfc3339(message.timestamp_ms * 1000), [other for other in log if other.timestamp_ms <= message.timestamp_ms]


def accesses(fold, key):
    rows = [row for (tenant, stream, memory_id), row in fold.memory_access.items()
            if memory_id == key[0] and tenant == key[1] and stream in (key[2], key[2] + "#access")]
    return sum(row["access_count"] for row in rows), max((row["last_accessed_at"] for row in rows), default=None)


def tenants(fold):
    return sorted({tenant for tenant, _ in fold.streams})


def ask(folded, *arguments, expect=0):
    """The rows; that some key has parked events is told behind them."""
    return [row for row in folded.mneme(*arguments, "--json", expect=expect).json_lines if "stale" not in row]


def test_memories_are_as_the_cut_log_makes_them(folded, log):
    seen = 0
    for as_of, messages in cuts(log):
        fold = fold_of(folded, messages)
        for tenant in tenants(fold):
            have = {(row["id"], row["stream_id"]): row for row in ask(
                folded, "memory", "list", "--all", "--tenant", tenant, "--as-of", as_of, "--limit", LIMIT,
                "--include-expired", "--include-archived")}
            want = {(str(key[0]), key[2]): (key, row) for key, row in fold.memories.items()
                    if key[1] == tenant and not row["is_deleted"]}
            assert have.keys() == want.keys(), f"as of {as_of}"
            seen += len(want)
            for place, (key, row) in want.items():
                count, last = accesses(fold, key)
                shown = have[place]
                assert shown["version"] == row["version"], (as_of, place)
                assert shown["source_event_id"] == str(row["source_event_id"])
                assert (shown["tags"], shown["is_archived"], shown["priority"]) == (row["tags"], row["is_archived"], row["priority"])
                assert shown["access_count"] == count, (as_of, place)
                assert (shown["last_accessed_at"] and micros_of(shown["last_accessed_at"])) == last
                assert shown["importance"] == pytest.approx(min(1, row["importance"] + 0.01 * count))
    assert seen > 100


def test_single_reads_and_histories_are_as_the_cut_log_makes_them(folded, log):
    for as_of, messages in list(cuts(log))[::2]:
        fold = fold_of(folded, messages)
        for key, row in random.Random(1).sample(sorted(fold.memories.items(), key=str), min(4, len(fold.memories))):
            place = ("--tenant", key[1], "--stream", key[2], "--as-of", as_of)
            (shown,) = ask(folded, "memory", "get", str(key[0]), *place, "--include-deleted")
            assert (shown["version"], shown["is_deleted"]) == (row["version"], row["is_deleted"])
            if row["is_deleted"]:
                ask(folded, "memory", "get", str(key[0]), *place, expect=5)
            versions = ask(folded, "memory", "history", str(key[0]), *place)
            assert [version["version"] for version in versions] == list(range(1, row["version"] + 1))
            assert versions[-1]["event_id"] == str(row["source_event_id"])
        never = next((key for key in fold_of(folded, log).memories if key not in fold.memories), None)
        if never:
            ask(folded, "memory", "get", str(never[0]), "--tenant", never[1], "--as-of", as_of, expect=5)


def test_conversations_and_turns_are_as_the_cut_log_makes_them(folded, log):
    seen = 0
    for as_of, messages in list(cuts(log))[1:4]:
        fold = fold_of(folded, messages)
        for tenant in tenants(fold):
            have = {(row["stream_id"], row["conversation_id"]): row for row in ask(
                folded, "conversation", "list", "--all", "--tenant", tenant, "--as-of", as_of, "--limit", LIMIT)}
            want = {key[1:]: row for key, row in fold.conversations.items() if key[0] == tenant and not row["is_deleted"]}
            assert have.keys() == want.keys(), as_of
            for place, row in want.items():
                shown = have[place]
                assert (shown["version"], shown["turn_count"], shown["is_active"], shown["title"]) \
                    == (row["version"], row["turn_count"], row["is_active"], row["title"]), (as_of, place)
                assert micros_of(shown["last_activity_at"]) == row["last_activity_at"], (as_of, place)
            said = {(turn["stream_id"], turn["conversation_id"], turn["turn_index"]): turn["content"] for turn in ask(
                folded, "conversation", "turns", "--all", "--tenant", tenant, "--as-of", as_of, "--hours", "876000", "--limit", LIMIT)}
            assert said == {key[1:]: row["content"] for key, row in fold.conversation_turns.items()
                            if key[0] == tenant and key[1:3] in want and row["created_at"] > LONG_AGO}, as_of
            for stream, name in sorted(want)[:4]:
                _, *turns = ask(folded, "conversation", "show", name, "--tenant", tenant, "--stream", stream, "--as-of", as_of)
                wanted = {key[3]: row["content"] for key, row in fold.conversation_turns.items() if key[:3] == (tenant, stream, name)}
                assert {turn["turn_index"]: turn["content"] for turn in turns} == wanted, (as_of, name)
                seen += len(wanted)
    assert seen > 10


def test_knowledge_profiles_and_stats_are_as_the_cut_log_makes_them(folded, log):
    seen = 0
    for as_of, messages in list(cuts(log))[:4]:
        fold = fold_of(folded, messages)
        for tenant in tenants(fold):
            have = {(row["knowledge_id"], row["stream_id"]): (row["version"], row["content"]) for row in ask(
                folded, "knowledge", "list", "--all", "--tenant", tenant, "--as-of", as_of, "--limit", LIMIT)}
            want = {(str(key[0]), key[2]): (row["version"], row["content"]) for key, row in fold.knowledge.items() if key[1] == tenant}
            assert have == want, as_of
            for key, row in sorted((key, row) for key, row in fold.profiles.items() if key[0] == tenant)[:2]:
                (shown,) = ask(folded, "profile", "show", key[2], "--tenant", tenant, "--stream", key[1], "--as-of", as_of)
                assert (shown["version"], shown["source_event_id"]) == (row["version"], str(row["source_event_id"]))
                seen += 1
            memories = [row for key, row in fold.memories.items() if key[1] == tenant]
            stats = ask(folded, "stats", "--tenant", tenant, "--as-of", as_of)
            (whole,) = [line for line in stats if line["kind"] == "all"]
            assert (whole["total"], whole["deleted"]) == (len(memories), sum(row["is_deleted"] for row in memories))
            assert sum(line["total"] for line in stats if line["kind"] == "agent") == len(memories)
            (system,) = [line for line in stats if line["kind"] == "system"]
            assert system["turns"] == sum(key[0] == tenant for key in fold.conversation_turns)
            assert system["decisions"] == sum(key[1] == tenant for key in fold.agent_decisions)
    assert seen > 2


def test_a_position_that_is_not_folded_is_told(folded, log):
    end = folded.end_offsets()[0]
    error = folded.mneme("memory", "list", "--all", "--as-of", f"0:{end + 5}", expect=5).stderr
    assert f"hold partition 0 of {folded.topic} only up to offset {end - 1}" in error
    error = folded.mneme("memory", "list", "--all", "--as-of", f"0:{end + 5}", "--at-least", f"0:{end + 5}", "--wait-timeout", "100",
                         expect=3).stderr
    assert "not within 100 ms" in error
    assert "nor a position such as 3:17" in folded.mneme("stats", "--as-of", "soon", expect=2).stderr
    assert ask(folded, "memory", "list", "--all", "--as-of", "2001-01-01") == []
    before = ask(folded, "memory", "list", "--all", "--limit", LIMIT)
    assert [row["id"] for row in ask(folded, "memory", "list", "--all", "--limit", LIMIT, "--as-of", "2100-01-01")] == [
        row["id"] for row in before if row["expires_at"] is None or row["expires_at"] > "2100-01-01"]
    assert ask(folded, "memory", "get", str(uuid.uuid4()), "--as-of", "2100-01-01", expect=5) == []
