"""mneme import --validate: compares the events of a file with the store."""

import gzip
import json

import pytest

from harness.stack import ROOT

LEGACY = ROOT / "tests" / "data" / "legacy"
SAMPLES = [("locomo", ROOT / "tests" / "data" / "sample-conversation.json"), ("legacy-json", LEGACY / "list.json"),
           ("chatgpt", ROOT / "tests" / "data" / "chats" / "chatgpt.json"),
           ("turns", ROOT / "tests" / "data" / "chats" / "turns.jsonl")]
OFFLINE = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
MEMORIES = [
    {"agent": "bot", "type": "observation", "content": "tea", "tags": ["hot"], "confidence": "80%"},
    {"agent": "bot", "type": "pattern", "content": {"drink": 1.50, "with": ["milk", None]}, "priority": 7},
    {"agent": "bot", "type": "note", "content": "a \u00e9\u0301 \ud83d\ude42", "expires_at": "2099-01-01"},
    {"agent": "planner", "type": "observation", "content": "a plan", "metadata": {"n": 1e3}, "term": "short_term"},
    {"user": "ada", "content": "hers", "timestamp": 1_700_000_000},
]


@pytest.fixture
def imported(namespace, mneme, worker, drain, tmp_path):
    """Imports a file of memories and waits for the tables; gives its path."""
    started = []

    def run(form, path, *options, expect=0):
        done = mneme("import", form, path, *options, env={"MNEME_STATE_DIR": tmp_path / "marks"}, expect=expect)
        if not started:
            started.append(worker())
        drain()
        return done

    return run


@pytest.fixture
def validated(mneme):
    def run(form, *options, expect=0):
        done = mneme("import", form, "--validate", "--json", *options, env=OFFLINE, expect=expect)
        return [line for line in done.json_lines if "format" not in line], done.json_lines[-1]

    return run


def write(folder, value):
    """In a folder whose name says nothing of an agent."""
    path = folder / "export" / "memories.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def test_what_was_imported_is_there_by_agent_and_type(mneme, imported, validated, tmp_path):
    path = write(tmp_path, MEMORIES)
    imported("legacy-json", path)
    findings, report = validated("legacy-json", path)
    assert findings == []
    assert {name: report[name] for name in ("validated", "events", "as_in_store", "missing", "differing", "published")} == {
        "validated": True, "events": 5, "as_in_store": 5, "missing": 0, "differing": 0, "published": 0}
    assert report["agents"] == [
        {"agent_id": "bot", "memories": 3, "types": {"fact": 1, "analysis": 1, "insight": 1}, "in_store": 3,
         "types_in_store": {"fact": 1, "analysis": 1, "insight": 1}},
        {"agent_id": None, "memories": 1, "types": {"fact": 1}, "in_store": 1, "types_in_store": {"fact": 1}},
        {"agent_id": "planner", "memories": 1, "types": {"fact": 1}, "in_store": 1, "types_in_store": {"fact": 1}}]
    shown = mneme("import", "legacy-json", "--validate", path, env=OFFLINE, expect=0).stdout
    assert "bot: 3 of 3 (fact 1 of 1, analysis 1 of 1, insight 1 of 1)" in shown and "0 missing, 0 differing" in shown


def test_what_is_missing_or_differs_is_named(namespace, mneme, imported, validated, drain, tmp_path):
    path = write(tmp_path, MEMORIES)
    imported("legacy-json", path)
    ids = dict(namespace.rows("SELECT content::text, id::text FROM memories"))
    tea = ids['{"text": "tea"}']
    mneme("memory", "update", ids['{"text": "a plan"}'], "another", "--agent", "planner", expect=0)
    mneme("memory", "delete", ids['{"text": "hers"}'], "--user", "ada", "--yes", expect=0)
    drain()
    # As a store that was damaged: what no event made.
    with namespace.connect() as database:
        database.execute("UPDATE memories SET tags = '{}', confidence = 0.1 WHERE id = %s", [tea])
    longer = write(tmp_path, [*MEMORIES, {"agent": "late", "content": "new here"}])
    findings, report = validated("legacy-json", longer, expect=6)
    assert {name: report[name] for name in ("as_in_store", "missing", "differing", "changed_since", "deleted_since")} == {
        "as_in_store": 2, "missing": 1, "differing": 1, "changed_since": 1, "deleted_since": 1}
    assert [(line["entry"], *(name for name in line if name in ("missing", "differing", "changed", "deleted")))
            for line in findings] == [(1, "differing"), (4, "changed"), (5, "deleted"), (6, "missing")]
    assert (findings[0]["memory_id"], findings[0]["differing"]) == (tea, "confidence, tags")
    assert findings[1]["changed"] == "content; the memory is at version 2"
    agents = {agent["agent_id"]: (agent["memories"], agent["in_store"]) for agent in report["agents"]}
    assert agents == {"bot": (3, 3), "planner": (1, 1), None: (1, 0), "late": (1, 0)}
    told = mneme("import", "legacy-json", "--validate", longer, env=OFFLINE, expect=6)
    assert f"mneme: {longer}: entry 1 (line 1) is differing: event " in told.stderr and "late: 0 of 1 (fact 0 of 1)" in told.stdout


@pytest.mark.parametrize(("form", "path"), SAMPLES, ids=[form for form, _ in SAMPLES])
def test_every_format_can_be_compared(imported, validated, tmp_path, form, path):
    user = ["--user", "ada"] if form != "legacy-json" else []
    packed = tmp_path / f"{path.name}.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    imported(form, packed, *user)
    findings, report = validated(form, path, *user)
    assert findings == [] and report["as_in_store"] == report["events"] > 0


def test_what_was_never_imported_is_missing_and_stays_so(namespace, imported, validated, tmp_path):
    imported("legacy-json", write(tmp_path, MEMORIES[:1]))
    path = write(tmp_path, [{"agent": "bot", "content": f"memory {i}"} for i in range(1_200)])
    findings, report = validated("legacy-json", path, expect=6)
    assert (report["missing"], report["as_in_store"], len(findings)) == (1_200, 0, 1_200)
    assert {line["entry"] for line in findings} == set(range(1, 1_201))
    assert namespace.count("events") == 1
