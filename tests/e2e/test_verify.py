"""`mneme verify postgres` and `mneme rebuild postgres --dry-run`: each row against the log."""

import pytest

from harness.chaos import wait_folded
from harness.load import Load
from harness.rebuild import scratch_schemas
from harness.waiting import wait_until

DAMAGE = {  # table -> (statement, kind of difference)
    "memories": ("UPDATE memories SET importance = importance + 0.001 WHERE id = (SELECT min(id::text)::uuid FROM "
                 "memories)", "different"),
    "streams": ("DELETE FROM streams WHERE ctid = (SELECT min(ctid) FROM streams)", "missing"),
    "verdict_exceptions": ("INSERT INTO verdict_exceptions VALUES (0, 999999999, 'exists', 1)", "extra"),
    "parked_events": ("UPDATE parked_events SET value = '\\x00' WHERE ctid = (SELECT min(ctid) FROM parked_events)",
                      "different"),
    "conversation_turns": ("UPDATE conversation_turns SET role = role || '.' WHERE ctid = (SELECT min(ctid) FROM "
                           "conversation_turns)", "different"),
    "context_keys": ("UPDATE context_keys SET expires_at = expires_at + interval '1 microsecond' WHERE ctid = (SELECT "
                     "min(ctid) FROM context_keys)", "different"),
    "working_entries": ("DELETE FROM working_entries WHERE ctid = (SELECT min(ctid) FROM working_entries)", "missing"),
    "working_memory": ("UPDATE working_memory SET cleared_sequence = cleared_sequence + 1 WHERE ctid = (SELECT min(ctid) "
                       "FROM working_memory)", "different"),
}


@pytest.fixture
def filled(namespace, worker):
    worker()
    with Load(namespace, seed=21, count=4000, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="the load is made")
    namespace.drain()
    return namespace


def test_each_damaged_row_is_named(filled, mneme):
    *tables, result = mneme("verify", "postgres", "--json", expect=0).json_lines
    assert result["state"] == "equal" and result["events"] == sum(filled.progress().values())
    assert {line["table"]: line["rows"] for line in tables}["events"] == filled.count("events")
    with filled.connect() as connection:
        for statement, _ in DAMAGE.values():
            assert connection.execute(statement).rowcount == 1
    *tables, result = mneme("verify", "postgres", "--json", expect=6).json_lines
    found = {line["table"]: line for line in tables}
    for table, line in found.items():
        kind = DAMAGE[table][1] if table in DAMAGE else None
        counts = {name: line[name] for name in ("missing", "extra", "different")}
        assert counts == {name: int(name == kind) for name in counts}, table
    assert found["verdict_exceptions"]["first"]["extra"] == ["0/999999999"]
    identity = filled.value("SELECT min(id::text) FROM memories")
    assert found["memories"]["first"]["different"][0].startswith(identity + "/")
    assert result["differences"] == len(DAMAGE)
    assert not scratch_schemas(filled)


def test_a_dry_run_tells_and_changes_nothing(filled, mneme):
    with filled.connect() as connection:
        connection.execute("DELETE FROM memories WHERE ctid = (SELECT min(ctid) FROM memories)")
    before = filled.rows("SELECT md5(string_agg(m::text, '' ORDER BY m::text)) FROM memories m")
    told = mneme("rebuild", "postgres", "--dry-run", expect=0).stdout
    assert "1 to add" in told and "1 rows would change" in told
    assert filled.rows("SELECT md5(string_agg(m::text, '' ORDER BY m::text)) FROM memories m") == before
    assert not scratch_schemas(filled)


def test_tables_are_compared_while_they_are_written(namespace, mneme, worker):
    worker()
    with Load(namespace, seed=22, rate=1500):
        wait_folded(namespace, 1000)
        *_, result = mneme("verify", "postgres", "--json", expect=0).json_lines
        wait_folded(namespace, 500)
    assert result["state"] == "equal"


def test_tables_of_another_log_are_not_compared(filled, mneme):
    with filled.connect() as connection:
        connection.execute("UPDATE progress SET next_offset = next_offset + 1000000")
    refused = mneme("verify", "postgres", expect=6)
    assert "mneme rebuild postgres" in refused.stderr
    assert "rows would change" in mneme("rebuild", "postgres", "--dry-run", expect=0).stdout


def test_what_is_missing_of_the_tables_is_named_and_mended(namespace, mneme, worker):
    worker()
    worker("search")
    with Load(namespace, seed=24, count=300, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="the load is made")
    namespace.drain()
    namespace.drain("search")
    month = namespace.value("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^events_2' ORDER BY 1 LIMIT 1")
    with namespace.connect() as connection:
        connection.execute(f"""
            DROP INDEX memories_user; ALTER TABLE streams DROP CONSTRAINT streams_pkey;
            ALTER TABLE memories ALTER importance DROP NOT NULL; DROP INDEX {month}_recorded;
            CREATE INDEX mine ON memories (importance);
            DROP INDEX mneme_search.documents_words; DROP INDEX mneme_embed.documents_turns""")
    definitions, *_, result = mneme("verify", "postgres", "--json", expect=6).json_lines
    assert set(definitions["first"]["missing"]) == {
        "memories/index/memories_user", "streams/index/streams_pkey", "streams/constraint/streams_pkey",
        f"{month}/index/{month}_recorded"}
    assert definitions["first"]["different"] == ["memories/column/importance"]
    assert result["differences"] == 5 and result["mend"] == "mneme rebuild postgres"
    told = mneme("verify", "search", expect=6).stdout
    assert "missing: documents/index/documents_words" in told and "run `mneme rebuild search`" in told
    assert mneme("verify", "embed", "--json", expect=6).json_lines[-1]["mend"] == "mneme migrate --mend"
    assert "CREATE INDEX mine ON mneme.memories" in mneme("rebuild", "postgres", expect=0).stderr
    mneme("rebuild", "search", expect=0)
    for projection in ("postgres", "search"):
        mneme("verify", projection, expect=0)
    assert "documents_turns" in mneme("migrate", "--mend", expect=0).stdout
    assert mneme("migrate", "--mend", expect=0).stdout == ""
    assert mneme("verify", "embed", "--json", expect=0).json_lines[-1]["state"] == "equal"


def test_a_table_or_column_that_is_gone_is_named_before_rows_are_compared(namespace, mneme):
    with namespace.connect() as connection:
        connection.execute("DROP TABLE verdict_exceptions CASCADE; ALTER TABLE memories DROP COLUMN importance CASCADE")
    definitions, result = mneme("verify", "postgres", "--json", expect=6).json_lines
    assert {"verdict_exceptions/table/verdict_exceptions", "ledger_exceptions/view/ledger_exceptions",
            "memories/column/importance"} <= set(definitions["first"]["missing"])
    assert result["state"] == "different"
    mneme("rebuild", "postgres", expect=0)
    mneme("verify", "postgres", expect=0)
