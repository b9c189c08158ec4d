"""Memories are promoted, prioritised and archived, by name or by rule, and policies say which are kept: all of it as
events, the same in every fold."""

import datetime
import re

import pytest

from oracle import assert_equal_to_log

NOW = datetime.datetime.now(datetime.UTC)


def ago(**age):
    return (NOW - datetime.timedelta(**age)).strftime("%Y-%m-%dT%H:%M:%SZ")


def created(user, text, occurred_at=None, **payload):
    return {"type": "memory_created", "user_id": user, "occurred_at": occurred_at or ago(minutes=1),
            "payload": {"memory_type": "fact", "content": text, **payload}}


@pytest.fixture
def remember(folded):
    """remember(lines) publishes memories and gives their ids by content, once they are in the tables."""
    def publish(lines):
        folded.publish(lines)
        users = [line["user_id"] for line in lines]
        return dict(folded.rows("SELECT content ->> 'text', id::text FROM memories WHERE user_id = ANY(%s)", users))

    return publish


def columns(folded, names, memory_id):
    (row,) = folded.rows(f"SELECT {names} FROM memories WHERE id = %s", memory_id)
    return row


def contents(folded, user, *options):
    return sorted(row["content"]["text"] for row in
                  folded.mneme("memory", "list", "--user", user, *options, "--json", expect=0).json_lines)


# --- by name ---


def test_promoted_memories_stay_and_matter_more(folded, remember):
    ids = remember([created("pia", "a", term="short_term", importance=0.5), created("pia", "b", importance=0.95)])
    receipts = folded.mneme("memory", "promote", ids["a"], ids["b"], "--reason", "used often", "--wait", "postgres",
                            "--json", expect=0).json_lines
    assert [(line["memory_id"], line["verdict"], line["stream_id"]) for line in receipts] == [
        (ids["a"], "accepted", "pia"), (ids["b"], "accepted", "pia")]
    assert columns(folded, "term, expires_at, round(importance::numeric, 6)::float, version", ids["a"]) == (
        "long_term", None, 0.6, 2)
    assert columns(folded, "term, importance", ids["b"]) == ("long_term", 1.0)
    (_, latest) = folded.mneme("memory", "history", ids["a"], "--json", expect=0).json_lines
    assert (latest["event_type"], latest["reason"]) == ("memory_promoted", "used often")
    assert_equal_to_log(folded)


def test_priorities_are_multiplied_within_bounds(folded, remember):
    ids = remember([created("pri", "a", priority=5), created("pri", "b", priority=9), created("pri", "c", priority=3)])
    folded.mneme("memory", "prioritize", *ids.values(), "--boost-factor", "1.5", "--user", "pri", "--wait", "postgres",
                 expect=0)
    assert [columns(folded, "priority", ids[name]) for name in "abc"] == [(7.5,), (10,), (4.5,)]
    assert re.search(r"^priority +7\.5$", folded.mneme("memory", "get", ids["a"], "--at-least", "last", expect=0).stdout, re.M)
    listed = folded.mneme("memory", "list", "--user", "pri", "--filter", "priority gt 4.4 AND priority lte 7.5", "--json", expect=0)
    assert sorted(row["priority"] for row in listed.json_lines) == [4.5, 7.5]
    assert "--boost-factor" in folded.mneme("memory", "prioritize", ids["a"], expect=2).stderr
    folded.mneme("memory", "prioritize", ids["a"], "--boost-factor", "11", expect=2)


def test_archived_memories_are_listed_only_on_request(folded, remember):
    ids = remember([created("arc", "kept"), created("arc", "put away")])
    folded.mneme("memory", "archive", ids["put away"], "--wait", "postgres", expect=0)
    assert contents(folded, "arc") == ["kept"]
    assert contents(folded, "arc", "--include-archived") == ["kept", "put away"]
    assert folded.mneme("memory", "get", ids["put away"], "--json", expect=0).json_lines[0]["is_archived"] is True


@pytest.mark.parametrize(("verb", "options"), [
    ("promote", ()), ("prioritize", ("--boost-factor", "2")), ("archive", ()), ("unarchive", ())])
def test_a_change_is_conditional_on_the_version(folded, remember, verb, options):
    user = f"version {verb}"
    ids = remember([created(user, "a"), created(user, "b")])
    wait = ("--wait", "postgres", "--json")
    conflict = folded.mneme("memory", verb, ids["a"], *options, "--expected-version", "7", *wait, expect=4)
    assert [(line["verdict"], line["actual_version"]) for line in conflict.json_lines] == [("rejected", 1)]
    folded.mneme("memory", verb, ids["a"], *options, "--expected-version", "1", *wait, expect=0)
    assert [columns(folded, "version", ids[name]) for name in "ab"] == [(2,), (1,)]
    refused = folded.mneme("memory", verb, *ids.values(), *options, "--expected-version", "1", expect=2)
    assert "a single memory" in refused.stderr


@pytest.mark.parametrize(("verb", "options"), [
    ("promote", ()), ("prioritize", ("--boost-factor", "2")), ("archive", ()), ("unarchive", ())])
def test_of_unknown_memories_nothing_is_published(folded, remember, verb, options):
    user = f"unknown {verb}"
    ids = remember([created(user, "a"), created(user, "b")])
    missing = "0190a5a0-0000-7000-8000-0000000000ff"
    ends = folded.end_offsets()
    assert missing in folded.mneme("memory", verb, ids["a"], missing, *options, expect=5).stderr
    assert "is not a UUID" in folded.mneme("memory", verb, ids["a"], "x", *options, expect=2).stderr
    assert folded.end_offsets() == ends
    # Where the stream is named nothing is looked up, and the log decides; the others are done all the same.
    done = folded.mneme("memory", verb, missing, ids["b"], *options, "--user", user, "--wait", "postgres", "--json",
                        expect=5)
    assert [line["verdict"] for line in done.json_lines] == ["not_found", "accepted"]


# --- ways back ---


WAIT = ("--wait", "postgres", "--json")


def before(receipt):
    """The position just before the event's."""
    partition, offset = receipt["position"].split(":")
    return f"{partition}:{int(offset) - 1}"


def flags(folded, memory_id, *options):
    (row,) = folded.mneme("memory", "get", memory_id, "--include-deleted", *options, "--json", expect=0).json_lines
    return row["is_archived"], row["is_deleted"], row["version"]


def test_archived_memories_come_back(folded, remember):
    ids = remember([created("una", "a"), created("una", "b")])
    folded.mneme("memory", "archive", *ids.values(), *WAIT, expect=0)
    assert contents(folded, "una") == []
    receipts = folded.mneme("memory", "unarchive", ids["a"], ids["b"], "--reason", "it goes on", *WAIT, expect=0).json_lines
    assert [(line["memory_id"], line["verdict"]) for line in receipts] == [(ids["a"], "accepted"), (ids["b"], "accepted")]
    assert contents(folded, "una") == ["a", "b"]
    assert flags(folded, ids["a"], "--as-of", before(receipts[0])) == (True, False, 2)
    assert flags(folded, ids["a"], "--as-of", receipts[0]["position"]) == (False, False, 3)
    # Once more changes nothing but the version; the same key again not even that.
    key = ("--idempotency-key", "back", "--user", "una")
    (again,) = folded.mneme("memory", "unarchive", ids["a"], *key, *WAIT, expect=0).json_lines
    (twice,) = folded.mneme("memory", "unarchive", ids["a"], *key, *WAIT, expect=0).json_lines
    assert (again["verdict"], twice["verdict"], again["event_id"]) == ("accepted", "duplicate", twice["event_id"])
    assert flags(folded, ids["a"]) == (False, False, 4)
    (*_, latest) = folded.mneme("memory", "history", ids["b"], "--json", expect=0).json_lines
    assert (latest["event_type"], latest["reason"], latest["is_archived"]) == ("memory_unarchived", "it goes on", False)
    assert_equal_to_log(folded)


def test_deleted_memories_come_back_as_they_were(folded, remember):
    ids = remember([created("res", "a", tags=["tea"], importance=0.9), created("res", "b"), created("res", "stays")])
    (was,) = folded.mneme("memory", "get", ids["a"], "--json", expect=0).json_lines
    folded.mneme("memory", "delete", ids["a"], ids["b"], *WAIT, expect=0)
    folded.mneme("memory", "unarchive", ids["a"], expect=5)  # which does not find what is deleted
    told = folded.mneme("events", "--stream", "res", "--type", "memory_deleted", "--since", "1h", "--json", expect=0).json_lines
    assert [event["payload"]["memory_id"] for event in told] == [ids["a"], ids["b"]]
    receipts = folded.mneme("memory", "restore", ids["a"], ids["b"][:20], "--reason", "by mistake", *WAIT, expect=0).json_lines
    assert [(line["memory_id"], line["verdict"], line["stream_id"]) for line in receipts] == [
        (ids["a"], "accepted", "res"), (ids["b"], "accepted", "res")]
    (now,) = folded.mneme("memory", "get", ids["a"], "--json", expect=0).json_lines
    changed = {"version", "updated_at", "source_event_id", "cursor"}
    assert {key: now[key] for key in now.keys() - changed} == {key: was[key] for key in was.keys() - changed}
    assert contents(folded, "res") == ["a", "b", "stays"]
    assert flags(folded, ids["a"], "--as-of", before(receipts[0])) == (False, True, 2)
    assert flags(folded, ids["a"], "--as-of", receipts[0]["position"]) == (False, False, 3)
    assert contents(folded, "res", "--as-of", before(receipts[0])) == ["stays"]
    # What is there cannot be restored, whether it was restored or never deleted.
    for name in ("a", "stays"):
        (line,) = folded.mneme("memory", "restore", ids[name], *WAIT, expect=4).json_lines
        assert line["verdict"] == "exists"
    assert flags(folded, ids["a"]) == (False, False, 3)
    (*_, latest) = folded.mneme("memory", "history", ids["b"], "--json", expect=0).json_lines
    assert (latest["event_type"], latest["reason"], latest["is_deleted"]) == ("memory_restored", "by mistake", False)
    assert_equal_to_log(folded)


def test_a_memory_that_never_was_is_not_restored(folded, remember):
    ids = remember([created("never", "a")])
    missing = "0190a5a0-0000-7000-8000-0000000000ff"
    ends = folded.end_offsets()
    folded.mneme("memory", "delete", ids["a"], *WAIT, expect=0)
    assert missing in folded.mneme("memory", "restore", ids["a"], missing, expect=5).stderr
    assert sum(folded.end_offsets().values()) == sum(ends.values()) + 1
    done = folded.mneme("memory", "restore", missing, ids["a"], "--user", "never", *WAIT, expect=5).json_lines
    assert [line["verdict"] for line in done] == ["not_found", "accepted"]
    conflict = folded.mneme("memory", "restore", ids["a"], "--expected-version", "1", *WAIT, expect=4).json_lines
    assert conflict[0]["verdict"] == "exists"
    folded.mneme("memory", "delete", ids["a"], *WAIT, expect=0)
    (conflict,) = folded.mneme("memory", "restore", ids["a"], "--expected-version", "1", *WAIT, expect=4).json_lines
    assert (conflict["verdict"], conflict["actual_version"]) == ("rejected", 4)
    folded.mneme("memory", "restore", ids["a"], "--expected-version", "4", *WAIT, expect=0)


def test_type_term_and_expiry_change(folded, remember):
    ids = remember([created("upd", "a", term="short_term"), created("upd", "b")])
    update = ("memory", "update", ids["a"])
    (first,) = folded.mneme(*update, "--type", "insight", "--clear-expires-at", *WAIT, expect=0).json_lines
    assert columns(folded, "memory_type, term, expires_at", ids["a"]) == ("insight", "short_term", None)
    (row,) = folded.mneme("memory", "get", ids["a"], "--as-of", before(first), "--json", expect=0).json_lines
    assert (row["memory_type"], row["expires_at"] is None) == ("fact", False)
    folded.mneme(*update, "--term", "long_term", *WAIT, expect=0)
    assert columns(folded, "term, expires_at", ids["a"]) == ("long_term", None)
    folded.mneme(*update, "--clear-term", *WAIT, expect=0)
    assert columns(folded, "term", ids["a"]) == (None,)
    (last,) = folded.mneme(*update, "--term", "short_term", *WAIT, expect=0).json_lines
    term, expires = columns(folded, "term, expires_at - updated_at", ids["a"])
    assert (term, expires) == ("short_term", datetime.timedelta(days=7))
    (row,) = folded.mneme("memory", "get", ids["a"], "--as-of", before(last), "--json", expect=0).json_lines
    assert (row["term"], row["expires_at"]) == (None, None)
    folded.mneme("memory", "update", ids["b"], "--expires-at", "2h", *WAIT, expect=0)
    folded.mneme("memory", "update", ids["b"], "--clear-expires-at", *WAIT, expect=0)
    assert columns(folded, "expires_at, version", ids["b"]) == (None, 3)
    assert "clear_expires_at is true and expires_at is given" in folded.mneme(
        *update, "--clear-expires-at", "--expires-at", "2h", expect=1).stderr
    assert "clear_term is true and term is given" in folded.mneme(*update, "--clear-term", "--term", "long_term", expect=1).stderr
    folded.mneme(*update, "--term", "forever", expect=2)
    folded.mneme(*update, "--type", "song", expect=2)
    folded.mneme("memory", "update", "0190a5a0-0000-7000-8000-0000000000ff", "--type", "insight", "--user", "upd", *WAIT, expect=5)
    assert_equal_to_log(folded)


# --- by rule ---


def old_and_new(user):
    return [created(user, "old", ago(days=31), importance=0.1),
            created(user, "old but important", ago(days=31), importance=0.3),
            created(user, "old but used", ago(days=31), importance=0.1),
            created(user, "new", ago(days=29), importance=0.1),
            created(user, "very old", ago(days=400), importance=0.29)]


def test_old_unimportant_unused_memories_of_a_scope_are_archived(folded, remember):
    ids = remember([*old_and_new("rule"), *old_and_new("someone else")])
    user_ids = dict(folded.rows("SELECT content ->> 'text', id::text FROM memories WHERE user_id = 'rule'"))
    assert len(ids) == len(user_ids) == 5
    folded.mneme("memory", "access", user_ids["old but used"], "--count", "2", expect=0)
    folded.drain()
    ends = folded.end_offsets()
    *listed, counts = folded.mneme("memory", "archive", "--user", "rule", "--dry-run", "--json", expect=0).json_lines
    assert [row["content"]["text"] for row in listed] == ["old", "very old"]
    assert counts == {"selected": 2, "archived": 0, "failed": 0, "dry_run": True}
    assert "2 memories would be archived" in folded.mneme("memory", "archive", "--user", "rule", "-n", expect=0).stdout
    assert folded.end_offsets() == ends
    (counts,) = folded.mneme("memory", "archive", "--user", "rule", "--yes", "--json", expect=0).json_lines
    assert counts == {"selected": 2, "archived": 2, "failed": 0, "dry_run": False}
    folded.drain()
    assert contents(folded, "rule") == ["new", "old but important", "old but used"]
    assert len(contents(folded, "someone else")) == 5
    assert "0 memories archived" in folded.mneme("memory", "archive", "--user", "rule", "--yes", expect=0).stdout
    (counts,) = folded.mneme("memory", "archive", "--user", "rule", "--older-than", "4w", "--below-importance", "0.5",
                             "--accessed-under", "9", "--yes", "--json", expect=0).json_lines
    assert counts["archived"] == 3
    assert_equal_to_log(folded)


def test_what_changed_meanwhile_is_not_archived(folded, remember):
    """The event names the version that was read: an update that the tables did not have yet wins."""
    ids = remember([created("race", "old", ago(days=60), importance=0.1)])
    assert folded.worker.stop() == 0
    try:
        folded.mneme("memory", "update", ids["old"], "--importance", "0.9", expect=0)
        folded.mneme("memory", "archive", "--user", "race", "--yes", expect=0)
    finally:
        folded.worker = folded.start_worker()
    folded.drain()
    assert columns(folded, "is_archived, importance, version", ids["old"]) == (False, 0.9, 2)


@pytest.mark.parametrize("arguments", [["archive"], ["archive", "--dry-run"], ["archive", "--user", ""],
                                       ["set-retention", "--max-age-days", "1"],
                                       ["set-retention", "--agent", "", "--max-age-days", "1"]])
def test_without_a_scope_nothing_is_archived(folded, arguments):
    ends = folded.end_offsets()
    done = folded.mneme("memory", *arguments, expect=6)
    assert "nothing was archived" in done.stderr or "is empty; give an id" in done.stderr
    assert folded.end_offsets() == ends


@pytest.mark.parametrize(("arguments", "words"), [
    (["archive", "--user", "u", "--older-than", "30"], "such as 30d"),
    (["archive", "--user", "u", "--expected-version", "1"], "named by their ids"),
    (["archive", "0190a5a0-0000-7000-8000-0000000000ff", "--older-than", "1d"], "whole scope"),
    (["set-retention", "--user", "u", "--min-priority", "11"], "from 0 to 10"),
    (["set-retention", "--run", "r", "--max-age-days", "1", "--yes"], "user_id"),
])
def test_wrong_usage_is_told(folded, arguments, words):
    ends = folded.end_offsets()
    done = folded.mneme("memory", *arguments)
    assert done.returncode in (1, 2) and words in done.stderr, done
    assert folded.end_offsets() == ends


# --- by policy ---


def test_a_policy_is_kept_with_its_history_and_carried_out(folded, remember):
    remember([created("pol", "kept by priority", ago(days=20), priority=8, importance=0.1),
              created("pol", "kept by age", ago(days=9), priority=1, importance=0.1),
              created("pol", "kept by score", ago(days=20), priority=1, importance=0.6),
              created("pol", "dropped", ago(days=20), priority=1, importance=0.1)])
    rule = ["--user", "pol", "--min-priority", "5", "--max-age-days", "10", "--score-threshold", "0.5"]
    ends = folded.end_offsets()
    *listed, counts = folded.mneme("memory", "set-retention", *rule, "--dry-run", "--json", expect=0).json_lines
    assert [row["content"]["text"] for row in listed] == ["dropped"]
    assert counts == {"selected": 1, "archived": 0, "failed": 0, "dry_run": True}
    assert folded.end_offsets() == ends
    (told,) = folded.mneme("memory", "set-retention", *rule, "--reason", "tidy", "--yes", "--json", expect=0).json_lines
    assert (told["stream_id"], told["selected"], told["archived"], told["dry_run"]) == ("pol", 1, 1, False)
    folded.drain()
    assert contents(folded, "pol") == ["kept by age", "kept by priority", "kept by score"]
    # A new policy replaces all of the one before, and another scope has one of its own.
    assert "0 memories archived" in folded.mneme("memory", "set-retention", "--user", "pol", expect=0).stdout
    folded.mneme("memory", "set-retention", "--user", "pol", "--agent", "planner", "--max-age-days", "3", "--yes",
                 expect=0)
    folded.drain()
    assert folded.rows("SELECT agent_id, min_priority, max_age_days, score_threshold, version FROM retention_policies "
                       "WHERE user_id = 'pol' ORDER BY agent_id NULLS FIRST") == [
        (None, None, None, None, 2), ("planner", None, 3, None, 1)]
    assert folded.rows("SELECT min_priority, max_age_days, score_threshold, source_event_id::text "
                       "FROM retention_policies_history WHERE user_id = 'pol'") == [(5, 10, 0.5, told["event_id"])]
    assert len(contents(folded, "pol")) == 3
    assert_equal_to_log(folded)


def test_policies_are_carried_out_again(folded, remember):
    """What has grown old since the policy was set is archived by the next run, and only once."""
    folded.mneme("memory", "set-retention", "--user", "again", "--max-age-days", "5", "--yes", expect=0)
    folded.mneme("memory", "set-retention", "--user", "other", "--max-age-days", "5", "--yes", expect=0)
    remember([created("again", "old", ago(days=9)), created("again", "young", ago(days=1)),
              created("other", "old too", ago(days=9))])
    ends = folded.end_offsets()
    assert "nothing was archived" in folded.mneme("memory", "apply-retention", "--user", "again", expect=6).stderr
    assert "no scope is given" in folded.mneme("memory", "apply-retention", "--yes", expect=2).stderr
    *listed, counts = folded.mneme("memory", "apply-retention", "--user", "again", "--dry-run", "--json",
                                   expect=0).json_lines
    assert [row["content"]["text"] for row in listed] == ["old"]
    assert counts == {"selected": 1, "archived": 0, "failed": 0, "dry_run": True}
    assert folded.end_offsets() == ends
    assert "1 memories archived" in folded.mneme("memory", "apply-retention", "--user", "again", "--yes",
                                                 expect=0).stdout
    folded.drain()
    assert contents(folded, "again") == ["young"] and contents(folded, "other") == ["old too"]
    done = folded.mneme("memory", "apply-retention", "--user", "again", "--yes", "--json", expect=0)
    assert done.json_lines == [{"selected": 0, "archived": 0, "failed": 0, "dry_run": False}]
    assert_equal_to_log(folded)


def lifetime(folded, memory_id):
    return columns(folded, "extract(epoch FROM expires_at - created_at)::bigint", memory_id)[0]


def test_how_long_short_term_is_can_be_set(folded):
    hour = {"MNEME_SHORT_TERM_S": "3600"}
    ids = [folded.mneme("memory", "add", text, "--user", "hera", "--term", "short_term", *options, "--json", expect=0,
                        env=env).json_lines[0]["memory_id"]
           for text, options, env in (("usual", (), {}), ("an hour", (), hour), ("said", ("--expires-at", "2w"), hour))]
    kept = folded.mneme("memory", "add", "kept", "--user", "hera", "--json", expect=0).json_lines[0]["memory_id"]
    folded.drain()
    assert [lifetime(folded, one) for one in ids[:2]] == [7 * 86400, 3600]
    assert lifetime(folded, ids[2]) == pytest.approx(14 * 86400, abs=60)
    for memory, options in ((kept, ()), (ids[0], ("--clear-expires-at",))):
        folded.mneme("memory", "update", memory, "--term", "short_term", *options, expect=0, env=hour)
    folded.drain()
    assert columns(folded, "expires_at IS NULL", ids[0]) == (True,)
    assert columns(folded, "term, extract(epoch FROM expires_at - updated_at)::bigint", kept) == ("short_term", 3600)
    assert_equal_to_log(folded)


def test_how_old_is_old_can_be_set(folded, remember):
    remember([created("iris", "of a week", occurred_at=ago(days=7), importance=0.1)])

    def selected(**env):
        return folded.mneme("memory", "archive", "--user", "iris", "--dry-run", "--json", expect=0, env=env).json_lines[-1]["selected"]

    assert (selected(), selected(MNEME_ARCHIVE_AFTER_S="86400")) == (0, 1)


def test_how_much_agents_see_of_each_other_can_be_set(folded, remember):
    remember([{**created("juno", f"known {number}"), "agent_id": "teller"} for number in range(3)])

    def seen(*options, **env):
        (row,) = folded.mneme("agent", "context", "hearer", "--user", "juno", *options, "--json", expect=0, env=env).json_lines
        return len(row["cross_agent_memories"]["teller"])

    assert (seen(), seen(MNEME_CONTEXT_MEMORIES="2"), seen("--memories", "1", MNEME_CONTEXT_MEMORIES="2")) == (3, 2, 1)
