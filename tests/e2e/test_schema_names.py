"""Schemas whose names need quotes, or are as long as a name can be: everything works in them, or nothing is begun."""

import json
import uuid

import psycopg
import pytest

from harness.namespace import SCHEMA, SCHEMAS
from harness.program import Program

NAMES = ("AgentMemory", "agent memory", "a.b", 'it\'s "größe"', "x" * 55)
SUFFIXES = [schema.removeprefix(SCHEMA) for schema in SCHEMAS.values()]


def schemas(namespace):
    return {name for name, in namespace.rows(
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')")}


@pytest.mark.parametrize("name", range(len(NAMES)), ids=lambda index: ascii(NAMES[index])[:20])
def test_a_name_is_never_read_as_sql(make_namespace, name):
    schema = NAMES[name]
    namespace = make_namespace(migrate=False, env={"MNEME_PG_SCHEMA": schema})
    program = Program(namespace.env)
    program("migrate", expect=0)
    program("topics", "create", expect=0)
    own = {schema + suffix for suffix in SUFFIXES}
    assert schemas(namespace) == own
    events = [{"type": "memory_created", "user_id": f"u{i % 3}",
               "payload": {"memory_id": str(uuid.uuid4()), "content": f"tea {i}", "memory_type": "fact"}} for i in range(30)]
    program("publish", "-", input="".join(json.dumps(event) + "\n" for event in events), expect=0)
    for projection in ("postgres", "search"):
        result = program("rebuild", projection, "--json", expect=0).json_lines[-1]
        assert result["state"] == "rebuilt" and result["events"] == 30
        tables = program("verify", projection, "--json", expect=0).json_lines
        assert tables[0]["table"] == "definitions" and tables[-1]["state"] == "equal"
        assert "0 rows would change" in program("rebuild", projection, "--dry-run", expect=0).stdout
        program("rebuild", projection, "--abandon", expect=0)
    program("rebuild", "postgres", "--user", "u1", expect=0)
    program("audit", "verify", expect=0)
    program("status", expect=0)
    assert len(program("search", "tea", "--user", "u1", "--json", expect=0).json_lines) == 10
    assert len(program("memory", "list", "--user", "u1", "--json", expect=0).json_lines) == 10
    assert schemas(namespace) == own, "a scratch schema is left behind"


def test_a_missing_index_has_its_name_told_in_such_a_schema(make_namespace):
    namespace = make_namespace(migrate=False, env={"MNEME_PG_SCHEMA": "Agent.Memory"})
    mneme = Program(namespace.env)
    mneme("migrate", expect=0)
    mneme("topics", "create", expect=0)
    with psycopg.connect(namespace.database_url, autocommit=True) as connection:
        connection.execute('DROP INDEX "Agent.Memory".memories_user')
    found = mneme("verify", "postgres", "--json", expect=6).json_lines[0]
    assert found["first"]["missing"] == ["memories/index/memories_user"] and found["different"] == 0
    mneme("rebuild", "postgres", expect=0)
    mneme("verify", "postgres", expect=0)


def test_a_name_that_is_too_long_or_used_twice_makes_nothing(make_namespace):
    namespace = make_namespace(migrate=False)
    mneme = Program(namespace.env)
    for env, told in (({"MNEME_PG_SCHEMA": "x" * 60}, "MNEME_PG_SCHEMA"),
                      ({"MNEME_EMBED_SCHEMA": "mneme_search"}, "MNEME_EMBED_SCHEMA")):
        refused = mneme("migrate", env=env, expect=2)
        assert told in refused.stderr
    assert not schemas(namespace)
