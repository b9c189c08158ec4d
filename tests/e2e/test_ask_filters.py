"""The filter language, held against an evaluation in Python over the rows that the program itself shows."""

import json
import random
import uuid

import pytest

WORDS = ["tea", "green tea", "coffee", "it's", 'say "hi"', "Zürich", ""]
COLUMNS = {
    "text": ["user_id", "agent_id", "run_id", "memory_type", "term", "tier"],
    "number": ["confidence", "importance", "priority", "version", "access_count"],
    "time": ["created_at", "expires_at", "last_accessed_at"],
    "list": ["tags", "entities"],
    "path": ["metadata.kind", "metadata.n", "metadata.deep.list", "metadata.deep.flag", 'metadata."odd key"', "content.text"],
}
TEXTS = {"user_id": ["ada", "bob"], "agent_id": ["planner", "writer"], "run_id": ["r1"], "term": ["short_term"],
         "memory_type": ["fact", "insight", "rule"], "tier": ["warm", "hot"]}


def seeded_memories(rng, count):
    lines = []
    for number in range(count):
        metadata = {}
        if rng.random() < 0.8:
            metadata["kind"] = rng.choice([*WORDS, 5, True, None, ["tea", 5]])
        if rng.random() < 0.7:
            metadata["n"] = rng.choice([number, number / 4, str(number), -1e3, [1, 2.5]])
        if rng.random() < 0.6:
            metadata["deep"] = {"list": rng.sample([*WORDS, 1, 2, False], 3), "flag": rng.choice([True, False, "true"])}
        if rng.random() < 0.3:
            metadata["odd key"] = rng.choice(WORDS)
        line = {"type": "memory_created", "user_id": rng.choice(["ada", "bob"]),
                "occurred_at": f"2026-01-{rng.randint(1, 28):02}T00:00:00Z",
                "payload": {"memory_id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                            "memory_type": rng.choice(TEXTS["memory_type"]), "content": " ".join(rng.choices(WORDS[:6], k=3)),
                            "metadata": metadata, "tags": rng.sample(WORDS[:6], rng.randint(0, 3)),
                            "confidence": rng.randint(0, 10) / 10, "priority": rng.randint(0, 10)}}
        if rng.random() < 0.5:
            line["agent_id"] = rng.choice(TEXTS["agent_id"])
        if rng.random() < 0.2:
            line["payload"]["expires_at"] = f"2100-01-{rng.randint(1, 28):02}T00:00:00Z"
        if rng.random() < 0.3:
            line["payload"]["term"] = "long_term"
        lines.append(line)
    return lines


# --- evaluation ---


def look_up(row, column):
    """The value, None when it is missing."""
    name, _, path = column.partition(".")
    value = row[name]
    if not path:
        return value
    for key in path.replace('"', "").split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b
    return type(a) is type(b) and a == b


def ordered(a, b, op):
    numbers = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (a, b))
    if not numbers and not (isinstance(a, str) and isinstance(b, str)):
        return False
    a, b = (a, b) if numbers else (a.encode(), b.encode())
    return {"gt": a > b, "gte": a >= b, "lt": a < b, "lte": a <= b}[op]


def holds(row, test):
    column, op, value = test
    have = look_up(row, column)
    if op in ("ne", "nin"):
        return not holds(row, (column, {"ne": "eq", "nin": "in"}[op], value))
    if op == "eq" and value is None:
        return have is None
    if have is None:
        return False
    if column in COLUMNS["list"]:
        wanted = value if isinstance(value, list) else [value]
        return all(x in have for x in wanted) if op == "contains" else any(x in have for x in wanted)
    if op == "eq":
        return same(have, value)
    if op == "in":
        return any(same(have, item) for item in value)
    if op == "contains":
        if isinstance(have, list):
            return any(same(item, value) for item in have)
        return isinstance(have, str) and isinstance(value, str) and value in have
    return ordered(have, value, op)


def evaluate(row, tree):
    kind = tree[0]
    if kind == "NOT":
        return not evaluate(row, tree[1])
    if kind in ("AND", "OR"):
        return (all if kind == "AND" else any)(evaluate(row, part) for part in tree[1])
    return holds(row, tree[1])


# --- random filters, in both forms ---


def value_for(rng, column, rows):
    """Mostly a value that some row has."""
    have = look_up(rng.choice(rows), column)
    if isinstance(have, list):
        have = rng.choice(have) if have else "tea"
    if have is None or isinstance(have, dict) or rng.random() < 0.2:
        have = rng.choice(TEXTS.get(column, WORDS)) if column not in COLUMNS["number"] + COLUMNS["time"] else None
    if have is None:
        have = rng.randint(0, 10) / 10 if column in COLUMNS["number"] else "2026-01-15T00:00:00.000000Z"
    return have


def random_test(rng, rows):
    kind = rng.choice(list(COLUMNS))
    column = rng.choice(COLUMNS[kind])
    ops = {"text": ["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte", "contains"],
           "number": ["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte"], "list": ["contains", "in", "nin"],
           "path": ["eq", "ne", "in", "nin", "gt", "gte", "lt", "lte", "contains"]}
    op = rng.choice(ops["number" if kind == "time" else kind])
    value = value_for(rng, column, rows)
    if op in ("gt", "gte", "lt", "lte") and isinstance(value, bool):
        value = 5
    if op in ("in", "nin"):
        value = [value_for(rng, column, rows) for _ in range(rng.randint(0, 3))]
    elif op in ("eq", "ne") and rng.random() < 0.15:
        value = None
    return column, op, value


def random_tree(rng, rows, depth=3):
    if depth == 0 or rng.random() < 0.4:
        return "TEST", random_test(rng, rows)
    if rng.random() < 0.3:
        return "NOT", random_tree(rng, rows, depth - 1)
    return rng.choice(["AND", "OR"]), [random_tree(rng, rows, depth - 1) for _ in range(rng.randint(1, 3))]


def quoted(value):
    if isinstance(value, list):
        return "(" + ", ".join(map(quoted, value)) + ")"
    return json.dumps(value, ensure_ascii=False)


def as_text(tree):
    kind, rest = tree
    if kind == "TEST":
        return f"{rest[0]} {rest[1]} {quoted(rest[2])}"
    if kind == "NOT":
        return f"NOT ({as_text(rest)})"
    return "(" + f" {kind} ".join(map(as_text, rest)) + ")"


def as_json(tree):
    kind, rest = tree
    if kind == "TEST":
        return {rest[0]: {rest[1]: rest[2]}}
    return {kind: as_json(rest) if kind == "NOT" else [as_json(part) for part in rest]}


@pytest.fixture(scope="module")
def rows(folded):
    rng = random.Random(42)
    lines = seeded_memories(rng, 150)
    folded.publish(lines)
    ids = [line["payload"]["memory_id"] for line in lines]
    folded.mneme("memory", "access", *ids[:40], "--json", expect=0)
    folded.mneme("memory", "access", *ids[:10], "--count", "70", "--at", "2026-02-01", expect=0)
    folded.drain()
    found = folded.mneme("memory", "list", "--all", "--json", "--limit", "1000", expect=0).json_lines
    assert len(found) == 150 and {row["access_count"] for row in found} == {0, 1, 71}
    return found


def test_random_filters_choose_what_python_chooses(folded, rows):
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    chosen = 0
    for number in range(60):
        tree = random_tree(rng, rows)
        text = as_text(tree) if number % 2 else json.dumps(as_json(tree))
        result = folded.mneme("memory", "list", "--all", "--json", "--limit", "1000", "--filter", text, expect=0)
        have = {row["id"] for row in result.json_lines}
        want = {row["id"] for row in rows if evaluate(row, tree)}
        assert have == want, f"seed {seed}, filter {text}: {sorted(have ^ want)[:3]}"
        chosen += 0 < len(want) < len(rows)
    assert chosen > 10, f"seed {seed} made filters that say nothing"


def test_a_bare_literal_at_a_path_is_no_text(folded, rows):
    def flags(text):
        found = folded.mneme("memory", "list", "--all", "--json", "--limit", "1000", "--filter", text, expect=0).json_lines
        return {json.dumps(row["metadata"]["deep"]["flag"]) for row in found}

    assert flags("metadata.deep.flag eq true") == {"true"}
    assert flags("metadata.deep.flag contains true") == set()
    assert flags('metadata.deep.flag contains "true"') == {'"true"'}


def test_what_is_missing_equals_nothing(folded, rows):
    def count(text):
        return len(folded.mneme("memory", "list", "--all", "--json", "--limit", "1000", "--filter", text, expect=0).json_lines)

    without = sum(row["agent_id"] is None for row in rows)
    planner = sum(row["agent_id"] == "planner" for row in rows)
    assert 0 < without and 0 < planner
    assert count("agent_id eq null") == without and count("agent_id ne null") == len(rows) - without
    assert count("agent_id eq planner") == planner and count("agent_id ne planner") == len(rows) - planner
    assert count("NOT agent_id eq planner") == count("agent_id nin (planner)") == len(rows) - planner
    assert count('metadata."odd key" eq null') == sum(not row["metadata"].get("odd key") and
                                                      "odd key" not in row["metadata"] for row in rows)


def test_filters_hold_for_stats_and_deleting_too(folded, rows):
    mine = {"type": "memory_created", "user_id": "eve", "payload": {"memory_type": "fact", "content": "x"}}
    folded.publish([{**mine, "payload": {**mine["payload"], "priority": number % 10}} for number in range(30)])
    for line in folded.mneme("stats", "--user", "eve", "--filter", "priority gte 7", "--json", expect=0).json_lines:
        if line["kind"] == "all":
            assert line["total"] == 9
    done = folded.mneme("memory", "delete", "--all", "--user", "eve", "--filter", "priority gte 7", "--yes", "--json",
                        expect=0)
    assert done.json_lines == [{"deleted": 9, "failed": 0}]
    folded.drain()
    assert len(folded.mneme("memory", "list", "--user", "eve", "--json").json_lines) == 21
    assert "--filter applies only to --all" in folded.mneme("memory", "delete", str(uuid.uuid4()), "--filter", "priority eq 1",
                                                   expect=2).stderr
    assert "did you mean 'priority'?" in folded.mneme("memory", "delete", "--all", "--user", "eve", "--filter",
                                                      "prioritty eq 1", expect=2).stderr


def test_a_wrong_filter_is_told_with_its_place(folded):
    for command in (["memory", "list", "--all"], ["stats"]):
        error = folded.mneme(*command, "--filter", "user_id eq ada AND confidence gt high", expect=2).stderr
        assert "'high' cannot be compared with 'confidence' at character 34; give a number" in error
