"""`mneme rebuild postgres`: tables made anew from the log while workers, readers and publishers go on."""

from confluent_kafka.admin import AdminClient

from harness.chaos import wait_folded
from harness.load import Load
from harness.program import Program
from harness.rebuild import scratch_schemas
from harness.waiting import wait_until
from oracle import assert_equal_to_log

SHAPE = {
    "columns": """
        SELECT c.relname, c.relkind::text, a.attnum, a.attname, a.atttypid::regtype::text, a.attnotnull,
               a.attcollation::regcollation::text, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'mneme'::regnamespace AND c.relkind IN ('r', 'p', 'v')
          AND a.attnum > 0 AND NOT a.attisdropped""",
    "options": """
        SELECT relname, reloptions, relpersistence::text, pg_get_expr(relpartbound, oid) FROM pg_class
        WHERE relnamespace = 'mneme'::regnamespace""",
    "indexes": """
        SELECT c.relname, pg_get_indexdef(c.oid), i.indisvalid
        FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
        WHERE c.relnamespace = 'mneme'::regnamespace""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(con.oid)
        FROM pg_constraint con
        WHERE connamespace = 'mneme'::regnamespace""",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'mneme'::regnamespace",
    "types": """
        SELECT typname, (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)
        FROM pg_type t WHERE typnamespace = 'mneme'::regnamespace AND typtype IN ('e', 'd')""",
    "triggers": """
        SELECT tgrelid::regclass::text, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
        WHERE c.relnamespace = 'mneme'::regnamespace AND NOT tgisinternal""",
    "migrations": "SELECT version, name, checksum FROM schema_migrations",
    "comment": "SELECT obj_description('mneme'::regnamespace, 'pg_namespace')",
}


def shape(namespace):
    """Everything that the schema consists of but its rows."""
    return {name: sorted(map(repr, namespace.rows(query))) for name, query in SHAPE.items()}


def fill(namespace, count, seed=1):
    with Load(namespace, seed=seed, count=count, rate=1e9) as load:
        wait_until(lambda: load.sent >= load.count, message="the load is made")


def test_tables_are_made_anew_under_load_and_stay_as_migrated(namespace, mneme, worker):
    worker()
    with Load(namespace, seed=3, rate=1500):
        wait_folded(namespace, 3000)
        before = shape(namespace)  # as migrated, with the months that the worker has made
        (result,) = mneme("rebuild", "postgres", "--json", expect=0).json_lines
        wait_folded(namespace, 1500)
    assert result["state"] == "rebuilt" and result["events"] >= 3000 and not result["resumed"]
    namespace.drain()
    assert_equal_to_log(namespace)
    after = shape(namespace)
    for part, expected in before.items():
        assert after[part] == expected, part
    assert not scratch_schemas(namespace)


def test_damaged_tables_are_mended(namespace, mneme):
    fill(namespace, 3000)
    mneme("rebuild", "postgres", expect=0)
    assert_equal_to_log(namespace)
    with namespace.connect() as connection:
        connection.execute("UPDATE memories SET content = '{}'")
        connection.execute("DELETE FROM streams")
        connection.execute("UPDATE progress SET next_offset = next_offset + 100000")
    mneme("rebuild", "postgres", expect=0)
    assert_equal_to_log(namespace)


def test_what_hangs_on_the_tables_is_not_dropped_with_them(namespace, mneme):
    with namespace.connect() as connection:
        connection.execute("CREATE VIEW mine AS SELECT * FROM memories")
        refused = mneme("rebuild", "postgres", expect=6)
        assert "mneme.mine" in refused.stderr
        connection.execute("DROP VIEW mine; CREATE VIEW public.mine AS SELECT count(*) FROM mneme.memories")
        refused = mneme("rebuild", "postgres", expect=6)
        assert "public.mine" in refused.stderr
        connection.execute("DROP VIEW public.mine; CREATE TABLE public.mine (verdict mneme.verdict)")
        refused = mneme("rebuild", "postgres", expect=6)
        assert "public.mine" in refused.stderr
        assert not scratch_schemas(namespace)
        connection.execute("CREATE SCHEMA mneme_rebuild; CREATE TABLE mneme_rebuild.precious ()")
        refused = mneme("rebuild", "postgres", expect=6)
        assert "mneme_rebuild" in refused.stderr
        assert connection.execute("SELECT to_regclass('mneme_rebuild.precious')").fetchone()[0]


def test_rights_stay_given(namespace, mneme):
    role = "reader_" + namespace.name
    with namespace.connect() as connection:
        connection.execute(f"CREATE ROLE {role}")
        try:
            connection.execute(f"GRANT USAGE ON SCHEMA mneme TO {role}; GRANT SELECT ON memories TO {role}")
            mneme("rebuild", "postgres", expect=0)
            assert connection.execute("SELECT has_table_privilege(%s, 'mneme.memories', 'SELECT'), "
                                      "has_table_privilege(%s, 'mneme.events', 'SELECT')", (role, role)).fetchone() == (
                True, False)
        finally:
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_two_rebuilds_give_the_same_rows(namespace, mneme):
    fill(namespace, 4000, seed=8)
    mneme("rebuild", "postgres", "--jobs", "1", expect=0)
    fold = assert_equal_to_log(namespace)
    assert fold.verdict_exceptions and fold.parked_events
    query = """SELECT c.relname, query_to_xml(format('SELECT md5(string_agg(t::text, E''\\n'' ORDER BY t::text)) FROM %%I t',
               c.relname), true, false, '')::text FROM pg_class c WHERE c.relnamespace = 'mneme'::regnamespace
               AND c.relkind IN ('r', 'p') AND c.relname NOT IN ('progress', 'parked_events', 'schema_migrations')"""
    first = sorted(namespace.rows(query))
    mneme("rebuild", "postgres", "--jobs", "4", expect=0)
    assert sorted(namespace.rows(query)) == first


def remake_topic(namespace, partitions):
    admin = AdminClient({"bootstrap.servers": namespace.brokers})
    for future in admin.delete_topics([namespace.topic], operation_timeout=15).values():
        future.result()
    wait_until(lambda: namespace.topic not in admin.list_topics(timeout=15).topics, message="the topic is gone")
    namespace.env["MNEME_TOPIC_PARTITIONS"] = str(partitions)
    Program(namespace.env)("topics", "create", expect=0)


def test_a_topic_with_another_partition_count_is_folded_anew(namespace, mneme, worker):
    fill(namespace, 1500, seed=12)
    worker()
    namespace.drain()
    assert len(namespace.progress()) == 4
    remake_topic(namespace, 3)
    fill(namespace, 1000, seed=13)
    refused = worker(wait=False)
    assert refused.wait_exit(60) == 6
    assert "mneme rebuild postgres" in refused.log
    mneme("rebuild", "postgres", expect=0)
    assert set(namespace.progress()) == {0, 1, 2}
    worker()
    fill(namespace, 500, seed=14)
    namespace.drain()
    assert_equal_to_log(namespace)
