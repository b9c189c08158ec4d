"""Every kind of thing that agents leave is recorded by a verb of its own, and read again by the verb beside it."""

import uuid

import pytest

from oracle import assert_equal_to_log


@pytest.fixture
def one(folded):
    """Runs a command with --json and gives its only line."""
    def run(*arguments, expect=0, **options):
        (line,) = folded.mneme(*arguments, "--json", expect=expect, **options).json_lines
        return line
    return run


@pytest.fixture
def recorded(one):
    """Runs a command that writes, with --wait, and gives its receipt."""
    def run(*arguments, **options):
        receipt = one(*arguments, "--wait", "postgres", **options)
        assert receipt["verdict"] == "accepted"
        return receipt
    return run


@pytest.fixture(autouse=True)
def equal_to_the_log(folded):
    yield
    folded.drain()
    assert_equal_to_log(folded)


def test_a_decision(recorded, one):
    receipt = recorded("decision", "record", "Rest today", "--agent", "coach", "--user", "ada", "--category", "sport", "--urgency",
                       "high", "--confidence", "0.8", "--context", '{"hrv": 41}', "--insights-used", "a,b", "--triggering-events",
                       "e-1", "--metadata", '{"n": 1}', "--correlation", "req-9")
    row = one("agent", "decisions", "--agent", "coach")
    assert (row["decision_id"], row["stream_id"], row["decision"], row["category"], row["urgency"], row["confidence"], row["context"],
            row["insights_used"], row["triggering_events"], row["metadata"]) == (
        receipt["decision_id"], "ada", "Rest today", "sport", "high", 0.8, {"hrv": 41}, ["a", "b"], ["e-1"], {"n": 1})
    made = str(uuid.uuid4())
    assert recorded("decision", "add", "-", "--agent", "lead", "--id", made, input="from a pipe\n")["decision_id"] == made
    assert one("decision", "list", "--agent", "lead")["decision"] == "from a pipe"


def test_a_decision_says_what_it_rests_on(recorded, one):
    recorded("decision", "record", "Go by train", "--agent", "guide", "--context-summary", "It rains.",
             "--cross-agent-collaboration", '{"weather": "asked"}')
    row = one("agent", "decisions", "--agent", "guide")
    assert (row["context_summary"], row["cross_agent_collaboration"], row["category"], row["urgency"]) == (
        "It rains.", {"weather": "asked"}, "general", "normal")
    assert one("agent", "recent", "--agent", "guide") == {key: value for key, value in row.items() if key != "source_sequence"}


def test_a_handoff_says_how_it_is_meant(recorded, one, folded):
    recorded("handoff", "record", "the flight", "--from", "desk", "--to", "pilot", "--type", "transfer", "--urgency", "critical",
             "--expected-duration", "an hour", "--requires-response", "false")
    row = one("handoff", "list", "--to", "pilot")
    assert (row["handoff_type"], row["urgency"], row["expected_duration"], row["requires_response"]) == (
        "transfer", "critical", "an hour", False)
    recorded("handoff", "record", "the bags", "--from", "desk", "--to", "porter")
    row = one("handoff", "list", "--to", "porter")
    assert (row["handoff_type"], row["urgency"], row["expected_duration"], row["requires_response"], row["reason"]) == (
        "consultation", "normal", "unknown", True, "specialist_expertise_required")
    assert "there is no urgency 'soon'" in folded.mneme(
        "handoff", "record", "x", "--from", "desk", "--to", "pilot", "--urgency", "soon", expect=2).stderr


def test_knowledge_says_when_it_was_checked(recorded, one, folded):
    known = recorded("knowledge", "record", "Bread rises", "--domain", "baking", "--agent", "baker", "--status", "validated",
                     "--validated-at", "2026-01-31T06:00:00Z")["knowledge_id"]
    assert one("knowledge", "get", known)["validated_at"] == "2026-01-31T06:00:00.000000Z"
    recorded("knowledge", "record", "Bread rises twice", "--domain", "baking", "--agent", "baker", "--id", known,
             "--validated-at", "2026-02-01")
    listed = one("knowledge", "list", "--all", "--domain", "baking")
    assert (listed["validation_status"], listed["validated_at"]) == ("validated", "2026-02-01T00:00:00.000000Z")
    versions = folded.mneme("knowledge", "history", known, "--json", expect=0).json_lines
    assert [version["validated_at"] for version in versions] == ["2026-01-31T06:00:00.000000Z", "2026-02-01T00:00:00.000000Z"]


def test_a_handoff_is_given_by_the_agent_that_it_belongs_to(recorded, one, folded):
    receipt = recorded("handoff", "record", "the letter", "--from", "planner", "--to", "writer", "--user", "ada", "--context",
                       '{"pages": 3}', "--reason", "it is planned")
    row = one("agent", "handoffs", "--to", "writer")
    assert (row["handoff_id"], row["from_agent"], row["to_agent"], row["topic"], row["context"], row["reason"], row["user_id"]) == (
        receipt["handoff_id"], "planner", "writer", "the letter", {"pages": 3}, "it is planned", "ada")
    receipt = recorded("handoff", "record", "taxes", "--agent", "clerk", "--to", "accountant")
    assert receipt["stream_id"] == "clerk"
    assert one("handoff", "list", "--from", "clerk")["topic"] == "taxes"
    assert recorded("handoff", "record", "rent", "--from", "clerk", "--to", "landlord")["stream_id"] == "clerk"
    error = folded.mneme("handoff", "record", "nothing", "--to", "writer", "--user", "ada", expect=2).stderr
    assert "no agent that hands over is named; give --from, or --agent" in error


def test_a_hypothesis(recorded, one):
    receipt = recorded("hypothesis", "form", "Coffee keeps Ada awake", "--agent", "coach", "--user", "ada", "--confidence", "0.4",
                       "--evidence", '["a night"]')
    row = one("hypothesis", "list", "--agent", "coach")
    assert (row["hypothesis_id"], row["hypothesis"], row["confidence"], row["evidence"], row["is_valid"]) == (
        receipt["hypothesis_id"], "Coffee keeps Ada awake", 0.4, ["a night"], None)


def test_a_hypothesis_is_validated_where_it_lies(recorded, one, folded):
    formed = recorded("hypothesis", "form", "Tea helps", "--agent", "coach", "--user", "dora")
    known = formed["hypothesis_id"]
    receipt = recorded("hypothesis", "validate", known, "--valid", "true", "--confidence", "0.9", "--evidence", '{"nights": 3}')
    assert (receipt["hypothesis_id"], receipt["stream_id"]) == (known, "dora")
    row = one("hypothesis", "list", "--user", "dora", "--validated", "true")
    assert (row["is_valid"], row["final_confidence"], row["final_evidence"], row["agent_id"]) == (True, 0.9, {"nights": 3}, "coach")
    before = folded.end_offsets()
    error = folded.mneme("hypothesis", "validate", str(uuid.uuid4()), "--valid", "false", expect=5).stderr
    assert "hypothesis" in error and "was not found" in error
    assert folded.end_offsets() == before
    elsewhere = one("hypothesis", "validate", known, "--valid", "false", "--user", "emil", "--wait", "postgres", expect=5)
    assert elsewhere["verdict"] == "not_found"


def test_knowledge_and_its_next_version(recorded, one):
    receipt = recorded("knowledge", "record", "Twice its volume of water", "--domain", "rice", "--type", "ratio", "--agent", "chef",
                       "--confidence", "0.5", "--evidence", '{"tries": 1}')
    known = receipt["knowledge_id"]
    again = recorded("knowledge", "add", "Three times", "--domain", "rice", "--agent", "chef", "--status", "validated", "--id", known)
    assert again["knowledge_id"] == known
    row = one("knowledge", "get", known)
    assert (row["content"], row["validation_status"], row["confidence"], row["knowledge_type"], row["version"]) == (
        "Three times", "validated", 0.5, "ratio", 2)


def test_a_profile_is_patched(recorded, one):
    receipt = recorded("profile", "record", "bob", "--profile", '{"name": "Bob"}', "--preferences", '{"tea": {"milk": true}}',
                       "--source", "form", "--actor", "clerk")
    assert receipt["stream_id"] == "bob"
    recorded("profile", "add", "bob", "--profile", '{"name": "Bobby"}')
    row = one("profile", "show", "bob")
    assert (row["profile"], row["preferences"], row["source"], row["version"]) == (
        {"name": "Bobby"}, {"tea": {"milk": True}}, "form", 2)


def test_a_biometric_and_an_error_are_in_the_ledger(recorded, one):
    recorded("biometric", "record", "heart_rate", "58.5", "--unit", "bpm", "--device", "watch", "--user", "cleo", "--at",
             "2026-01-31T06:30:00Z", "--metadata", '{"rest": true}')
    assert one("events", "--stream", "cleo", "--type", "biometric_received")["payload"] == {
        "metric": "heart_rate", "value": 58.5, "unit": "bpm", "device": "watch", "measured_at": "2026-01-31T06:30:00.000000Z",
        "metadata": {"rest": True}}
    recorded("error", "record", "timeout", "the calendar did not answer", "--component", "calendar", "--severity", "warning",
             "--details", '{"ms": 3000}', "--agent", "planner")
    assert one("events", "--stream", "planner", "--type", "error_occurred")["payload"] == {
        "error_type": "timeout", "message": "the calendar did not answer", "component": "calendar", "severity": "warning",
        "details": {"ms": 3000}}


def test_a_conversation_begins_changes_and_ends(recorded, one, folded):
    receipt = recorded("conversation", "create", "trip", "--user", "gil", "--title", "Oslo", "--metadata", '{"seats": 2}')
    assert (receipt["conversation_id"], receipt["stream_id"]) == ("trip", "gil")
    assert one("conversation", "create", "trip", "--user", "gil", "--wait", "postgres", expect=4)["verdict"] == "exists"
    recorded("conversation", "update", "trip", "--title", "Bergen")
    memory = recorded("memory", "add", "likes the sea", "--user", "gil")["memory_id"]
    recorded("conversation", "link", "trip", memory, "--insights", '["sea"]', "--follow-up-actions", '["book"]', "--context", "[0, 1]")
    row, linked = folded.mneme("conversation", "show", "trip", "--memories", "--json", expect=0).json_lines
    assert (row["title"], row["metadata"], row["is_active"], row["turn_count"]) == ("Bergen", {"seats": 2}, True, 0)
    assert (linked["id"], linked["insights"], linked["follow_up_actions"], linked["message_context"]) == (memory, ["sea"], ["book"], [0, 1])
    closed = recorded("conversation", "close", "trip", "--reason", "booked")
    assert (closed["conversation_id"], closed["stream_id"]) == ("trip", "gil")
    assert one("conversation", "get", "trip")["is_active"] is False
    assert one("events", "--stream", "gil", "--type", "conversation_closed")["conversation_id"] == "trip"
    assert "was not found" in folded.mneme("conversation", "close", "nowhere", expect=5).stderr


def test_a_conversation_has_an_id_of_its_own_where_none_is_given(recorded, one):
    receipt = recorded("conversation", "create", "--agent", "clerk", "--title", "Rent")
    assert receipt["conversation_id"] == receipt["event_id"]
    assert one("conversation", "get", receipt["conversation_id"])["title"] == "Rent"


def test_a_conversation_id_in_two_streams_is_not_guessed(recorded, folded):
    for user in ("hans", "iris"):
        recorded("conversation", "create", "shared", "--user", user)
    error = folded.mneme("conversation", "close", "shared", expect=2).stderr
    assert "conversation shared is ambiguous: 2 streams use this id; choose one with --stream" in error
    assert recorded("conversation", "close", "shared", "--stream", "iris")["stream_id"] == "iris"


@pytest.mark.parametrize("given, options, kept", [
    ('{"steps": [1, 2]}', [], {"steps": [1, 2]}),
    ("all went well", [], "all went well"),
    ("12", [], 12),
    ("12", ["--text"], "12"),
    ('"quoted"', ["--text"], '"quoted"'),
])
def test_what_a_run_or_a_task_left_is_json_or_a_text(recorded, one, given, options, kept):
    agent = f"agent-{uuid.uuid4()}"
    recorded("run", "record", "onboarding", given, "--run", "r-1", "--agent", agent, *options)
    row = one("flow-runs", "--flow", "onboarding", "--agent", agent)
    assert (row["run"], row["data"]) == ("r-1", kept)
    recorded("output", "record", "summarise", given, "--agent", agent, "--run", "r-1", "--metadata", '{"n": 1}', *options)
    row = one("task-outputs", "--task", "summarise", "--agent", agent)
    assert (row["output"], row["run_id"], row["metadata"]) == (kept, "r-1", {"n": 1})


@pytest.mark.parametrize("arguments, said, code", [
    (["decision", "record", "x"], "scope", 1),
    (["decision", "record", "--agent", "a"], "TEXT", 2),
    (["decision", "record", "x", "--agent", "a", "--urgency", "soon"], "urgency", 2),
    (["decision", "record", "x", "--agent", "a", "--confidence", "2"], "--confidence", 2),
    (["decision", "record", "x", "--agent", "a", "--context", "{"], "--context", 1),
    (["knowledge", "record", "x", "--agent", "a"], "--domain is missing", 2),
    (["biometric", "record", "hrv", "high", "--user", "ada"], "give a number", 2),
    (["error", "record", "t", "m", "--agent", "a", "--severity", "bad"], "severity", 2),
    (["run", "record", "f", "{broken", "--agent", "a"], "add --text to keep it as a text", 2),
    (["profile", "record", "ada", "--profile", "[1]"], "--profile", 1),
    (["profile", "record", ""], "empty", 2),
    (["hypothesis", "validate", "0194f000-0000-7000-8000-000000000001", "--user", "ada"], "--valid is missing", 2),
    (["conversation", "create", "", "--user", "ada"], "empty", 2),
    (["conversation", "update", "trip", "--user", "ada"], "give --title or --metadata", 2),
    (["agent", "control", "planner", "dance"], "one of set_retention", 2),
    (["agent", "control", "planner", "forget"], "name them in the params", 2),
    (["agent", "control", "planner", "prioritize", '{"memory_ids": ["0194f000-0000-7000-8000-000000000001"]}'], "boost_factor", 2),
    (["agent", "control", "planner", "set_retention", '{"criteria": {"min_prio": 3}}'], "min_priority", 2),
])
def test_wrong_records_change_nothing(folded, arguments, said, code):
    before = folded.end_offsets()
    result = folded.mneme(*arguments, expect=code)
    assert result.stdout == "" and said in result.stderr
    assert folded.end_offsets() == before


def test_agents_control_what_is_kept_of_their_memories(one, recorded, folded):
    agent = f"agent-{uuid.uuid4()}"
    kept, old, gone = (recorded("memory", "add", text, "--agent", agent, "--priority", priority, "--importance", "0.2")["memory_id"]
                       for text, priority in (("kept", "4"), ("old", "2"), ("gone", "8")))
    stays = recorded("memory", "add", "of another", "--agent", "someone", "--priority", "1")["memory_id"]

    def control(action, params=None, expect=0):
        return one("agent", "control", agent, action, *([params] if params else []), "--wait", "postgres", expect=expect)

    receipt = control("prioritize", f'{{"memory_ids": ["{kept}"], "boost_factor": 2}}')
    assert (receipt["memory_id"], receipt["verdict"]) == (kept, "accepted")
    assert one("memory", "get", kept)["priority"] == 8
    control("promote", f'{{"memory_ids": ["{kept}"]}}')
    control("forget", f'{{"memory_ids": ["{gone}"], "reason": "asked to"}}')
    folded.mneme("memory", "get", gone, expect=5)
    lines = folded.mneme("agent", "control", agent, "set_retention", '{"criteria": {"min_priority": 3}, "dry_run": true}', "--json",
                         expect=0).json_lines
    assert (lines[0]["id"], lines[-1]["selected"], lines[-1]["dry_run"]) == (old, 1, True)
    receipt = one("agent", "control", agent, "set_retention", '{"criteria": {"min_priority": 3}}')
    assert (receipt["selected"], receipt["archived"]) == (1, 1)
    folded.drain()
    assert [one("memory", "get", memory)["is_archived"] for memory in (kept, old, stays)] == [False, True, False]
    done = folded.mneme("operations", "--actor", agent, "--json", expect=0).json_lines
    assert {row["operation"] for row in done} >= {"memory_prioritized", "memory_promoted", "memory_deleted", "retention_set"}
