/*
 * Definitions of live tables against the migrations, and scratch schemas: their names, and the sessions that
 * a rebuild which was killed has left behind.
 */
#include "consumers/store/rebuild/definitions.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "consumers/projections.h"
#include "consumers/store/migrate.h"
#include "consumers/store/rebuild/scratch.h"
#include "tests/support/fixture.h"

static struct mneme_fixture fixture;
static struct mneme_error error;

static void set_up(void) {
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_POSTGRES, 0, &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_fixture_tear_down(&fixture);
}

TestSuite(definitions, .init = set_up, .fini = tear_down);

static void set(enum mneme_setting setting, const char *value) {
    cr_assert_eq(mneme_config_set(fixture.config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static struct mneme_postgres *connect_to(enum mneme_projection schema) {
    struct mneme_postgres *postgres = NULL;
    cr_assert_eq(mneme_pg_connect_to(&postgres, fixture.config, schema, "mneme test", &error), MNEME_OK, "%s",
                 error.message);
    return postgres;
}

static void run(enum mneme_projection schema, const char *sql) {
    struct mneme_postgres *postgres = connect_to(schema);
    cr_assert_eq(mneme_pg_run(postgres, sql, &error), MNEME_OK, "%s", error.message);
    mneme_pg_close(postgres);
}

static void migrate(const struct mneme_projection_facts *projection) {
    char name[MNEME_PG_NAME_BYTES];
    struct mneme_postgres *postgres = connect_to(projection->id);
    cr_assert_eq(mneme_pg_schema_name(name, fixture.config, projection->id, &error), MNEME_OK);
    cr_assert_eq(
        mneme_migrate(postgres, name, *mneme_projection_migrations[projection->id], NULL, NULL, &error),
        MNEME_OK, "%s", error.message);
    mneme_pg_close(postgres);
}

static struct mneme_buffer missing; /* what the last comparison found */
static int64_t different;

static void take(void *context, const struct mneme_rebuild_table_difference *table) {
    (void)context;
    mneme_buffer_clean_up(&missing);
    missing = (struct mneme_buffer){0};
    mneme_buffer_append(&missing, table->keys[MNEME_REBUILD_ROW_MISSING].data,
                        table->keys[MNEME_REBUILD_ROW_MISSING].len);
    mneme_buffer_append_byte(&missing, '\0');
    different = table->counts[MNEME_REBUILD_ROW_DIFFERENT];
    cr_assert(table->is_definitions && table->log_rows > 10);
}

static int64_t verify(const struct mneme_projection_facts *projection, bool *has_all_columns) {
    const struct mneme_definitions definitions = {.schema = projection->id,
                                                  .migrations = mneme_projection_migrations[projection->id]};
    const struct mneme_verify_options options = {.config = fixture.config, .visit = take};
    struct mneme_verify_outcome outcome = {0};
    cr_assert_eq(mneme_definitions_verify(&outcome, has_all_columns, &definitions, &options, &error),
                 MNEME_OK, "%s", error.message);
    return outcome.differences;
}

static void count_made(void *context, const char *statement) {
    *(int *)context += strstr(statement, "memories") != NULL ? 1 : 0;
}

Test(definitions, of_every_projection_are_as_migrated) {
    bool has_all_columns = false;
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        const struct mneme_projection_facts *projection = &mneme_projections[i];
        if (!projection->has_schema) {
            continue;
        }
        migrate(projection);
        cr_assert_eq(verify(projection, &has_all_columns), 0, "%s: %s", projection->name, missing.data);
        cr_assert(has_all_columns);
    }
    mneme_buffer_clean_up(&missing);
}

Test(definitions, that_are_missing_are_named_and_made_again) {
    const struct mneme_projection_facts *ledger = &mneme_projections[MNEME_PROJECTION_POSTGRES];
    const struct mneme_definitions definitions = {.schema = ledger->id,
                                                  .migrations = mneme_projection_migrations[ledger->id]};
    bool has_all_columns = false;
    int made = 0;
    set(MNEME_SETTING_PG_SCHEMA, "it's \"a.b\"");
    migrate(ledger);
    run(ledger->id, "DROP INDEX memories_user; ALTER TABLE memories DROP CONSTRAINT memories_pkey");
    cr_assert_eq(verify(ledger, &has_all_columns), 3);
    cr_assert_not_null(strstr(missing.data, "memories/index/memories_user"), "%s", missing.data);
    cr_assert_not_null(strstr(missing.data, "memories/constraint/memories_pkey"), "%s", missing.data);
    cr_assert(has_all_columns, "rows can be compared without indexes");
    cr_assert_eq(mneme_definitions_repair(&definitions, fixture.config, count_made, &made, &error), MNEME_OK,
                 "%s", error.message);
    cr_assert_eq(made, 2);
    cr_assert_eq(verify(ledger, &has_all_columns), 0);
    run(ledger->id, "ALTER TABLE memories ALTER importance DROP NOT NULL");
    cr_assert_eq(verify(ledger, &has_all_columns), 1);
    cr_assert(different == 1 && has_all_columns);
    run(ledger->id, "ALTER TABLE memories DROP importance CASCADE");
    cr_assert_gt(verify(ledger, &has_all_columns), 0);
    cr_assert_not(has_all_columns, "a column that is gone cannot be compared");
    mneme_buffer_clean_up(&missing);
}

/* The migrations before that one. */
static struct mneme_migration_set before(const struct mneme_migration_set *all, const char *name) {
    struct mneme_migration_set some = {all->migrations, 0};
    while (some.count < all->count && strcmp(all->migrations[some.count].name, name) != 0) {
        some.count++;
    }
    cr_assert_lt(some.count, all->count, "there is no migration %s", name);
    return some;
}

static int64_t count_of(enum mneme_projection schema, const char *sql) {
    struct mneme_postgres *postgres = connect_to(schema);
    PGresult *rows = NULL;
    cr_assert_eq(mneme_pg_query(&rows, postgres, sql, NULL, false, &error), MNEME_OK, "%s", error.message);
    int64_t count = strtoll(PQgetvalue(rows, 0, 0), NULL, 10);
    PQclear(rows);
    mneme_pg_close(postgres);
    return count;
}

Test(definitions, of_months_that_were_there_before_a_migration_are_those_of_new_ones) {
    const struct mneme_projection_facts *ledger = &mneme_projections[MNEME_PROJECTION_POSTGRES];
    char name[MNEME_PG_NAME_BYTES];
    struct mneme_postgres *postgres = connect_to(ledger->id);
    cr_assert_eq(mneme_pg_schema_name(name, fixture.config, ledger->id, &error), MNEME_OK);
    cr_assert_eq(mneme_migrate(postgres, name,
                               before(mneme_projection_migrations[ledger->id], "narrow_indexes"), NULL, NULL,
                               &error),
                 MNEME_OK, "%s", error.message);
    mneme_pg_close(postgres);
    run(ledger->id,
        "SELECT ledger_make_month('2026-01-15', true), ledger_make_month('2026-02-15', true), "
        "ledger_make_month('2026-03-15', false); "
        "INSERT INTO events (sequence_id, event_id, tenant, stream_id, event_type, version, verdict, "
        "payload, metadata, "
        "occurred_at, recorded_at, kafka_partition, kafka_offset, hash) "
        "SELECT n * 4096, gen_random_uuid(), 'default', 'ada', 'memory_created', n, 'accepted', '{}', '{}', "
        "day, day, 0, n, '' "
        "FROM (VALUES (0, timestamptz '2026-01-20'), (1, '2026-02-20'), (2, '2026-03-20')) AS rows (n, day); "
        "SELECT ledger_detach_month('2026-02-01')");
    migrate(ledger);
    run(ledger->id, "SELECT ledger_make_month('2026-04-15', true)");
    cr_assert_eq(
        count_of(ledger->id, "SELECT count(*) FROM pg_indexes WHERE tablename LIKE 'events\\_2026%'"), 4 * 7);
    cr_assert_eq(
        count_of(
            ledger->id,
            "SELECT count(DISTINCT definitions) FROM (SELECT string_agg(replace(indexdef, tablename, "
            "'month'), "
            "';' ORDER BY indexname) AS definitions FROM pg_indexes WHERE tablename LIKE 'events\\_2026%' "
            "GROUP BY tablename) AS months"),
        1);
    cr_assert_eq(count_of(ledger->id, "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND "
                                      "conrelid::regclass::text LIKE 'events\\_2026%'"),
                 4);
    run(ledger->id, "SELECT ledger_attach_month('2026-02-01')");
    cr_assert_eq(count_of(ledger->id, "SELECT count(*) FROM events"), 3);
}

static struct mneme_scratch open_scratch(void) {
    struct mneme_scratch scratch;
    cr_assert_eq(mneme_scratch_open(&scratch, fixture.config, MNEME_PROJECTION_POSTGRES, "rebuild", &error),
                 MNEME_OK, "%s", error.message);
    return scratch;
}

Test(definitions, of_a_schema_can_be_made_again_as_soon_as_the_former_scratch_schema_is_closed) {
    for (int i = 0; i < 50; i++) {
        struct mneme_scratch scratch = open_scratch();
        cr_assert_eq(mneme_pg_run(scratch.postgres, i % 2 == 0 ? "BEGIN" : "SELECT 1", &error), MNEME_OK);
        mneme_scratch_close(&scratch);
    }
}

Test(definitions, of_names_that_fill_their_room_have_scratch_schemas_of_their_own) {
    char name[MNEME_PG_NAME_BYTES];
    char first[MNEME_PG_NAME_BYTES];
    for (int i = 0; i < 2; i++) { /* two that differ in the last byte alone, behind letters of two bytes */
        snprintf(
            name, sizeof name, "%s%d",
            "\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6"
            "\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6"
            "\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6\xC3\xB6",
            i);
        cr_assert_eq(strlen(name), MNEME_PG_NAME_BYTES - 1);
        set(MNEME_SETTING_PG_SCHEMA, name);
        struct mneme_scratch scratch = open_scratch();
        cr_assert(strlen(scratch.name) < sizeof scratch.name && strlen(scratch.old) < sizeof scratch.old);
        cr_assert_str_neq(scratch.name, scratch.old);
        cr_assert(i == 0 || strcmp(first, scratch.name) != 0);
        memcpy(first, scratch.name, sizeof first);
        cr_assert_eq(mneme_scratch_make(&scratch, mneme_migrations_postgres, &error), MNEME_OK, "%s",
                     error.message);
        cr_assert_eq(mneme_scratch_drop(&scratch, &error), MNEME_OK, "%s", error.message);
        mneme_scratch_close(&scratch);
    }
}

Test(definitions, of_a_killed_rebuild_are_worked_on_by_nobody_when_the_next_begins) {
    struct mneme_scratch scratch = open_scratch();
    cr_assert_eq(mneme_scratch_make(&scratch, mneme_migrations_postgres, &error), MNEME_OK, "%s",
                 error.message);
    struct mneme_postgres *waiting = NULL; /* has joined, and holds no table */
    struct mneme_postgres *building = NULL;
    cr_assert_eq(mneme_pg_connect_to(&waiting, scratch.config, MNEME_PROJECTION_POSTGRES,
                                     "mneme rebuild index", &error),
                 MNEME_OK);
    cr_assert_eq(mneme_scratch_join(waiting, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_pg_connect_to(&building, scratch.config, MNEME_PROJECTION_POSTGRES,
                                     "mneme rebuild index", &error),
                 MNEME_OK);
    cr_assert_eq(mneme_pg_run(building, "BEGIN; DROP INDEX memories_user", &error), MNEME_OK, "%s",
                 error.message);
    mneme_scratch_close(&scratch); /* as the end of its program does */
    scratch = open_scratch();
    cr_assert(scratch.is_there);
    cr_assert_neq(mneme_pg_run(waiting, "SELECT 1", &error), MNEME_OK, "its session was ended");
    cr_assert_neq(mneme_pg_run(building, "COMMIT", &error), MNEME_OK, "its session was ended");
    PGresult *rows = NULL;
    cr_assert_eq(mneme_pg_query(&rows, scratch.postgres, "SELECT to_regclass('memories_user') IS NOT NULL",
                                NULL, false, &error),
                 MNEME_OK);
    cr_assert_str_eq(PQgetvalue(rows, 0, 0), "t");
    PQclear(rows);
    mneme_pg_close(waiting);
    mneme_pg_close(building);
    cr_assert_eq(mneme_scratch_drop(&scratch, &error), MNEME_OK, "%s", error.message);
    mneme_scratch_close(&scratch);
}
