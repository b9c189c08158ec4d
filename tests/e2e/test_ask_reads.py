"""Reading what agents, specialists and users left, through the command line over one folded history."""

import re
import uuid

import pytest

AGENTS = ["planner", "writer", "critic"]


def ident(number):
    return str(uuid.UUID(int=number, version=4))


def minute(number):
    return f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"


def event(kind, number, payload, **line):
    return {"type": kind, "occurred_at": minute(number), "payload": payload, **line}


@pytest.fixture(scope="module")
def history(folded):
    lines = []
    for number in range(36):
        lines.append(event("memory_created", number, {
            "memory_id": ident(number), "memory_type": "fact" if number % 2 else "insight", "content": f"m{number}",
            "confidence": 0.6 + number % 4 / 10}, agent_id=AGENTS[number % 3], user_id="ada"))
    for number in range(7):
        lines.append(event("agent_decision", 40 + number, {
            "decision_id": ident(100 + number), "decision": f"d{number}", "category": "daily" if number % 2 else "rare",
            "urgency": "high" if number == 6 else "low", "confidence": 0.5}, agent_id=AGENTS[number % 3]))
    for number in range(5):
        lines.append(event("hypothesis_formed", 50 + number, {
            "hypothesis_id": ident(200 + number), "hypothesis": f"h{number}", "confidence": 0.4}, agent_id="critic"))
    for number in range(4):
        lines.append(event("hypothesis_validated", 60 + number, {
            "hypothesis_id": ident(200 + number), "is_valid": number % 2 == 0, "final_confidence": 0.9}, agent_id="critic"))
    lines.append(event("agent_handoff", 70, {
        "handoff_id": ident(300), "from_agent": "planner", "to_agent": "writer", "topic": "the text",
        "context": {"pages": 3}, "reason": "it is planned"}, agent_id="planner"))
    for number, status in enumerate(["unvalidated", "validated"]):
        lines.append(event("knowledge_recorded", 80 + number, {
            "knowledge_id": ident(400), "domain": "cooking", "content": f"k{number}", "confidence": 0.3 + number / 2,
            "validation_status": status}, agent_id="critic", actor=f"cook {number}"))
    lines.append(event("user_onboarded", 90, {"profile": {"name": "Ada"}, "preferences": {"drinks": {"hot": "tea"}},
                                              "source": "web"}, user_id="ada", actor="form"))
    lines.append(event("user_onboarded", 91, {"profile": {"name": "Ada L."}}, user_id="ada"))
    lines.append(event("flow_run_recorded", 95, {"flow": "onboarding", "run": "r-1", "data": {"steps": [1, 2]}}, agent_id="planner"))
    lines.append(event("task_output_recorded", 96, {"task": "summarise", "output": {"text": "short"}}, agent_id="writer"))
    lines.append(event("memory_updated", 97, {"memory_id": ident(0), "content": "m0 again", "reason": "said twice"},
                       user_id="ada", agent_id="planner", actor="carol", correlation_id="req-1"))
    folded.publish(lines)
    return folded


@pytest.fixture
def ask(history):
    def run(*arguments, expect=0):
        return history.mneme(*arguments, "--json", expect=expect).json_lines
    return run


def test_decisions_handoffs_and_hypotheses_are_listed(ask):
    assert [row["decision"] for row in ask("agent", "decisions", "--all")] == [f"d{number}" for number in range(6, -1, -1)]
    assert [row["decision"] for row in ask("agent", "decisions", "--agent", "planner", "--limit", "2")] == ["d6", "d3"]
    assert [row["decision"] for row in ask("agent", "decisions", "--all", "--category", "daily", "--urgency", "low,high",
                                           "--since", minute(43))] == ["d5", "d3"]
    (row,) = ask("agent", "decisions", "--all", "--urgency", "high")
    assert (row["decision_id"], row["confidence"], row["insights_used"]) == (ident(106), 0.5, [])
    (row,) = ask("agent", "handoffs", "--to", "writer")
    assert (row["from_agent"], row["topic"], row["context"], row["reason"]) == ("planner", "the text", {"pages": 3}, "it is planned")
    assert ask("agent", "handoffs", "--from", "writer") == []
    assert len(ask("agent", "hypotheses", "--all")) == 5
    assert [row["hypothesis"] for row in ask("agent", "hypotheses", "--all", "--tested", "false")] == ["h4"]
    assert [row["hypothesis"] for row in ask("agent", "hypotheses", "--all", "--validated", "true")] == ["h2", "h0"]
    assert [row["hypothesis"] for row in ask("agent", "hypotheses", "--all", "--validated", "false")] == ["h4", "h3", "h1"]
    assert [row["hypothesis"] for row in ask("agent", "hypotheses", "--all", "--valid", "false")] == ["h3", "h1"]
    rows = ask("agent", "hypotheses", "--all", "--valid", "true")
    assert [(row["hypothesis"], row["final_confidence"], row["validated_at"]) for row in rows] \
        == [("h2", 0.9, "2026-01-01T01:02:00.000000Z"), ("h0", 0.9, "2026-01-01T01:00:00.000000Z")]


def test_an_agent_sees_what_the_others_are_sure_of(ask, history):
    (row,) = ask("agent", "context", "--all", "planner")
    assert (row["user_id"], row["requesting_agent"]) == (None, "planner")
    assert row["cross_agent_memories"].keys() == {"writer", "critic"}
    for memories in row["cross_agent_memories"].values():
        times = [memory["timestamp"] for memory in memories]
        assert 0 < len(times) <= 10 and times == sorted(times, reverse=True)
        assert all(memory["confidence"] >= 0.7 and memory["content"] for memory in memories)
    assert [(taken["agent_id"], taken["decision"], taken["confidence"], taken["timestamp"]) for taken in row["recent_decisions"]] == [
        (AGENTS[number % 3], f"d{number}", 0.5, f"2026-01-01T00:{40 + number}:00.000000Z") for number in range(6, 1, -1)]
    assert [(held["hypothesis"], held["confidence"], held["evidence"], held["timestamp"]) for held in row["validated_hypotheses"]] \
        == [("h2", 0.9, None, "2026-01-01T01:02:00.000000Z"), ("h0", 0.9, None, "2026-01-01T01:00:00.000000Z")]
    (row,) = ask("agent", "context", "planner", "--user", "bob")
    assert (row["user_id"], row["cross_agent_memories"], row["recent_decisions"], row["validated_hypotheses"]) == ("bob", {}, [], [])
    text = history.mneme("agent", "context", "planner", "--all", expect=0).stdout
    assert "\nrecent decisions\n  planner: d6\n  critic: d5\n" in text and "\n  critic\n    " in text


def test_knowledge_has_versions(ask, history):
    (row,) = ask("knowledge", "list", "--all", "--domain", "cooking", "--status", "validated")
    assert (row["content"], row["version"]) == ("k1", 2)
    assert ask("knowledge", "list", "--all", "--status", "refuted") == []
    (row,) = ask("knowledge", "get", ident(400))
    assert row["confidence"] == 0.8
    versions = ask("knowledge", "history", ident(400))
    assert [(v["version"], v["content"], v["actor"], v["event_type"]) for v in versions] \
        == [(1, "k0", "cook 0", "knowledge_recorded"), (2, "k1", "cook 1", "knowledge_recorded")]
    assert versions[0]["valid_to"] == versions[1]["recorded_at"] and versions[1]["valid_to"] is None
    (row,) = ask("knowledge", "get", ident(400), "--as-of", versions[0]["position"])
    assert row["content"] == "k0"
    ask("knowledge", "get", ident(401), expect=5)
    assert "not a UUID" in history.mneme("knowledge", "get", "x", expect=2).stderr


def test_a_profile_is_shown_and_has_a_history(ask, history):
    (row,) = ask("profile", "show", "ada")
    assert (row["profile"], row["preferences"], row["version"]) == ({"name": "Ada L."}, {"drinks": {"hot": "tea"}}, 2)
    versions = ask("profile", "history", "ada")
    assert [(v["profile"]["name"], v["actor"], v["changes"].get("source")) for v in versions] \
        == [("Ada", "form", "web"), ("Ada L.", None, None)]
    ask("profile", "show", "bob", expect=5)
    text = history.mneme("profile", "show", "ada", expect=0).stdout
    assert re.search(r"^user id +ada$", text, re.M) and '"Ada L."' in text


def test_the_timeline_has_everything_by_time(ask):
    rows = ask("timeline", "--all", "--limit", "1000")
    times = [row["at"] for row in rows]
    assert times == sorted(times, reverse=True)
    types = {row["type"] for row in rows}
    assert {"fact", "insight", "decision", "hypothesis", "knowledge"} <= types
    (row,) = [row for row in rows if row["reference"] == ident(0)]
    assert (row["summary"], row["access_count"], row["is_archived"]) == ("m0 again", 0, False)
    assert row["last_accessed_at"] is None and row["metadata"] == {}
    assert {row["type"] for row in ask("timeline", "--type", "hypothesis,knowledge", "--agent", "critic")} == {"hypothesis", "knowledge"}
    assert len(ask("timeline", "--since", minute(34), "--until", minute(36), "--user", "ada")) == 2


def test_the_timeline_tells_accesses_as_the_memory_does(namespace, worker, mneme):
    worker()
    (memory,) = mneme("memory", "add", "tea", "--user", "bea", "--type", "fact", "--metadata", '{"from": "chat"}', "--json",
                      expect=0).json_lines
    mneme("memory", "access", memory["memory_id"], "--stream", "bea", expect=0)
    mneme.publish([{"type": "memory_accessed", "user_id": "bea", "stream_id": "bea",
                    "payload": {"memory_ids": [memory["memory_id"]], "counts": [1]}}])
    namespace.drain()
    (told,) = mneme("timeline", "--user", "bea", "--json", expect=0).json_lines
    (row,) = mneme("memory", "get", memory["memory_id"], "--json", expect=0).json_lines
    assert told["access_count"] == row["access_count"] == 2 and told["last_accessed_at"] == row["last_accessed_at"] is not None
    assert told["importance"] == row["importance"] and told["metadata"] == {"from": "chat"}


def test_statistics_count_by_agent_type_and_tier(ask):
    rows = ask("stats", "--user", "ada")
    agents = {(row["agent_id"], row["memory_type"]): row for row in rows if row["kind"] == "agent"}
    assert agents[("planner", "insight")]["total"] == agents[("planner", "insight")]["active"] == 6
    assert agents[("planner", "insight")]["mean_confidence"] == pytest.approx(0.7)
    assert agents[("planner", "fact")]["latest"] == "2026-01-01T00:33:00.000000Z"
    (whole,) = [row for row in rows if row["kind"] == "all"]
    assert whole["total"] >= 36
    (system,) = [row for row in rows if row["kind"] == "system"]
    assert (system["decisions"], system["handoffs"], system["knowledge"], system["profiles"]) == (7, 1, 1, 1)


def test_statistics_of_the_system_count_the_log_and_ask_the_services(ask, history):
    rows = history.rows
    lines = {row["kind"]: row for row in ask("stats", "--system") if row["kind"] in ("log", "services")}
    log, services = lines["log"], lines["services"]
    assert log["event_types_breakdown"] == dict(rows("SELECT event_type, count(*) FROM events GROUP BY 1"))
    assert [(log["unique_streams"], log["unique_event_types"])] == rows(
        "SELECT (SELECT count(*) FROM streams), count(DISTINCT event_type) FROM events")
    assert [(log["events_last_hour"],)] == rows("SELECT count(*) FROM events WHERE recorded_at > now() - interval '1 hour'")
    assert log["events_per_minute"] == pytest.approx(log["events_last_hour"] / 60, abs=0.001)
    assert services["postgres"]["active_connections"] >= 1 and services["redis"]["used_memory"] > 0
    assert services["vector"] == {"total_embeddings": 0}


def test_statistics_of_the_system_are_of_now(history):
    refused = history.mneme("stats", "--system", "--as-of", "2026-01-31", expect=2)
    assert "--system shows the present" in refused.stderr
    away = history.mneme("stats", "--system", "--json", expect=0, env={"REDIS_URL": "redis://127.0.0.1:1"}).json_lines[-1]
    assert away["redis"] == {"used_memory": None, "hit_rate": None} and away["postgres"]["active_connections"] >= 1


def test_operations_tell_who_did_what(ask):
    (row,) = ask("operations", "--actor", "carol")
    assert (row["operation"], row["subject_id"], row["verdict"], row["reason"], row["correlation_id"]) \
        == ("memory_updated", ident(0), "accepted", "said twice", "req-1")
    assert [row["operation"] for row in ask("operations", "--of", ident(0))] == ["memory_updated", "memory_created"]
    assert ask("operations", "--verdict", "rejected") == []


def test_runs_and_outputs_are_listed(ask):
    (row,) = ask("flow-runs", "--all", "--flow", "onboarding")
    assert (row["run"], row["data"], row["agent_id"]) == ("r-1", {"steps": [1, 2]}, "planner")
    (row,) = ask("task-outputs", "--all", "--task", "summarise")
    assert (row["output"], row["agent_id"]) == ({"text": "short"}, "writer")
    assert ask("flow-runs", "--all", "--flow", "other") == ask("task-outputs", "--agent", "planner") == []


def test_the_history_tells_who_when_why_and_what_each_version_says(ask):
    first, second = ask("memory", "history", ident(0))
    assert (first["version"], first["event_type"], first["content"]) == (1, "memory_created", {"text": "m0"})
    assert (second["actor"], second["reason"], second["content"], second["changes"]) \
        == ("carol", "said twice", {"text": "m0 again"}, {"content": {"text": "m0 again"}})
    assert first["valid_to"] == second["recorded_at"] and second["valid_to"] is None
    (row,) = ask("memory", "get", ident(0), "--as-of", first["position"])
    assert (row["version"], row["content"]) == (1, {"text": "m0"})


def test_accesses_are_counted_without_touching_the_memory(ask, history):
    (receipt,) = ask("memory", "access", ident(1), ident(2), ident(1), "--at", "2026-02-01T00:00:00Z")
    assert (receipt["stream_id"], receipt["memories"]) == ("ada#access", 2)
    (row,) = ask("memory", "get", ident(1), "--at-least", receipt["position"])
    assert (row["access_count"], row["last_accessed_at"], row["version"]) == (2, "2026-02-01T00:00:00.000000Z", 1)
    assert row["importance"] == 0.52
    ask("memory", "access", ident(2), "--count", "100")
    history.drain()
    (row,) = ask("memory", "get", ident(2))
    assert (row["access_count"], row["importance"]) == (101, 1)
    (row,) = ask("memory", "get", ident(2), "--as-of", receipt["position"])
    assert (row["access_count"], row["importance"]) == (1, 0.51)
    before = sum(history.end_offsets().values())
    ask("memory", "access", ident(1), ident(999), expect=5)
    assert sum(history.end_offsets().values()) == before


def test_a_conversation_goes_with_its_memories(ask, history):
    made = [ident(500 + number) for number in range(3)]
    history.publish([
        event("conversation_turn", 200, {"conversation_id": "talk", "role": "user", "content": "hi"}, user_id="eve"),
        *(event("memory_created", 201 + number, {"memory_id": made[number], "memory_type": "fact", "content": f"c{number}"},
                user_id="eve", **({"conversation_id": "talk"} if number < 2 else {})) for number in range(3)),
        event("memory_created", 210, {"memory_id": ident(510), "memory_type": "fact", "content": "stays"}, user_id="eve"),
        event("conversation_memory_linked", 211, {"conversation_id": "talk", "memory_id": made[2], "insights": ["likes tea"],
                                                  "follow_up_actions": ["buy tea"]}, user_id="eve"),
    ])
    rows = ask("conversation", "show", "talk", "--memories")
    memories = {row["id"]: row for row in rows if "memory_type" in row}
    assert memories.keys() == set(made)
    assert (memories[made[2]]["is_linked"], memories[made[2]]["insights"], memories[made[2]]["follow_up_actions"]) \
        == (True, ["likes tea"], ["buy tea"])
    assert memories[made[0]]["is_linked"] is False
    (row,) = ask("conversation", "get", "talk")
    assert (row["turn_count"], row["user_id"]) == (1, "eve")
    ends = sum(history.end_offsets().values())
    (dry,) = ask("conversation", "delete", "talk", "--dry-run")
    assert (dry["memories"], dry["dry_run"]) == (3, True)
    assert sum(history.end_offsets().values()) == ends
    (done,) = ask("conversation", "delete", "talk", "--reason", "asked to forget", "--actor", "eve", "--yes")
    assert (done["memories"], done["dry_run"]) == (3, False)
    assert sum(history.end_offsets().values()) == ends + 4
    ask("conversation", "get", "talk", "--at-least", done["position"], expect=5)
    assert [row["id"] for row in ask("memory", "list", "--user", "eve")] == [ident(510)]
    (last, *_) = ask("operations", "--of", made[2])
    assert (last["operation"], last["reason"], last["actor"]) == ("memory_deleted", "asked to forget", "eve")
    ask("conversation", "delete", "talk", "--yes", expect=5)


@pytest.mark.parametrize("command", [["agent", "decisions"], ["agent", "handoffs"], ["agent", "hypotheses"],
                                     ["knowledge", "list"], ["timeline"], ["stats"], ["operations"], ["flow-runs"], ["task-outputs"]])
def test_a_person_sees_a_table_and_finds_help(history, command):
    assert "Examples" in history.mneme(*command, "--help", expect=0).stdout
    assert history.mneme(*command, env={"MNEME_ALL": "1"}, expect=0).stdout.splitlines()[0].split()[0].isupper()
    empty = history.mneme(*command, "--tenant", "nobody", env={"MNEME_ALL": "1"}, expect=0)
    assert "Traceback" not in empty.stderr


@pytest.mark.parametrize("one, other", [
    (["agent", "decisions", "--all"], ["decision", "list", "--all"]),
    (["agent", "handoffs", "--all"], ["handoff", "list", "--all"]),
    (["agent", "hypotheses", "--all"], ["hypothesis", "list", "--all"]),
    (["profile", "show", "ada"], ["profile", "get", "ada"]),
    (["flow-runs", "--all"], ["run", "list", "--all"]),
    (["task-outputs", "--all"], ["output", "list", "--all"]),
])
def test_a_read_has_a_name_with_its_noun_too(ask, one, other):
    rows = ask(*one)
    assert rows and rows == ask(*other)


def test_an_empty_id_is_nobody(history):
    for option in ("--user", "--agent"):
        assert "is empty" in history.mneme("agent", "decisions", option, "", expect=2).stderr
    assert "is empty" in history.mneme("handoff", "list", "--to", "", expect=2).stderr
