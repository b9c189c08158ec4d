/*
 * Migrations: applied once, recorded, refused where program and database do not fit, safe when many run them
 * at once.
 */
#include "consumers/store/migrate.h"

#include <criterion/criterion.h>
#include <pthread.h>

#include "tests/support/fixture.h"

static struct mneme_fixture fixture;
static struct mneme_postgres *postgres;
static struct mneme_error error;

static void set_up(void) {
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_POSTGRES, 0, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(mneme_pg_connect(&postgres, fixture.config, "test", &error), MNEME_OK, "%s", error.message);
}

static void tear_down(void) {
    mneme_pg_close(postgres);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(migrate, .init = set_up, .fini = tear_down);

static const struct mneme_migration first[] = {
    {1, "one", "CREATE TABLE one (a integer)"},
    {2, "two", "CREATE TABLE two (a integer); INSERT INTO two VALUES (1)"}};
static const struct mneme_migration changed[] = {{1, "one", "CREATE TABLE one (a bigint)"}};
static const struct mneme_migration broken[] = {
    {1, "one", "CREATE TABLE one (a integer)"},
    {2, "bad", "CREATE TABLE bad (a integer); SELECT nonsense()"}};

#define SET(array) ((struct mneme_migration_set){(array), sizeof(array) / sizeof *(array)})

static void count_applied(void *context, const struct mneme_migration *migration) {
    *(int *)context += migration->version;
}

static int run(struct mneme_migration_set set, int *told) {
    return mneme_migrate(postgres, "mneme", set, count_applied, told, &error);
}

static int64_t count_of(const char *sql) {
    PGresult *rows = NULL;
    cr_assert_eq(mneme_pg_query(&rows, postgres, sql, NULL, false, &error), MNEME_OK, "%s", error.message);
    int64_t count = strtoll(PQgetvalue(rows, 0, 0), NULL, 10);
    PQclear(rows);
    return count;
}

Test(migrate, applies_each_once_and_tells_of_it) {
    int told = 0;
    cr_assert_eq(run(SET(first), &told), MNEME_OK, "%s", error.message);
    cr_assert_eq(told, 3);
    told = 0;
    cr_assert_eq(run(SET(first), &told), MNEME_OK, "%s", error.message);
    cr_assert_eq(told, 0);
    cr_assert_eq(count_of("SELECT count(*) FROM two"), 1);
    cr_assert_eq(count_of("SELECT count(*) FROM schema_migrations WHERE length(checksum) = 64"), 2);
}

Test(migrate, counts_what_is_applied_without_changing_anything) {
    size_t applied = 9;
    cr_assert_eq(mneme_migrate_count(&applied, postgres, SET(first), &error), MNEME_OK);
    cr_assert_eq(applied, 0);
    cr_assert_eq(mneme_migrate_check(postgres, mneme_migrations_postgres, &error), MNEME_E_NOT_FOUND);
    cr_assert_eq(count_of("SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'mneme'"), 0);
}

Test(migrate, refuses_a_database_that_is_newer_than_the_program) {
    int told = 0;
    cr_assert_eq(run(SET(first), &told), MNEME_OK);
    struct mneme_migration_set older = {first, 1};
    size_t applied;
    cr_assert_eq(mneme_migrate_count(&applied, postgres, older, &error), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(error.message, "0002_two"));
    cr_assert_eq(run(older, &told), MNEME_E_UNSAFE);
}

Test(migrate, refuses_a_migration_that_was_applied_from_another_text) {
    int told = 0;
    struct mneme_migration_set one = {first, 1};
    cr_assert_eq(run(one, &told), MNEME_OK);
    cr_assert_eq(run(SET(changed), &told), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(error.message, "another text"));
}

Test(migrate, a_migration_that_fails_leaves_nothing_and_those_before_it_stay) {
    int told = 0;
    cr_assert_neq(run(SET(broken), &told), MNEME_OK);
    cr_assert_not_null(strstr(error.message, "0002_bad"));
    cr_assert_eq(told, 1);
    cr_assert_eq(count_of("SELECT count(*) FROM information_schema.tables WHERE table_name = 'bad'"), 0);
    cr_assert_eq(run(SET(first), &told), MNEME_OK, "%s", error.message);
}

static void *migrate_in_thread(void *result) {
    struct mneme_postgres *mine = NULL;
    struct mneme_error why = {0};
    int status = mneme_pg_connect(&mine, fixture.config, "test", &why);
    if (status == MNEME_OK) {
        status = mneme_migrate(mine, "mneme", mneme_migrations_postgres, NULL, NULL, &why);
    }
    mneme_pg_close(mine);
    *(int *)result = status;
    return NULL;
}

Test(migrate, many_may_run_at_once) {
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    int results[THREADS];
    for (int i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, migrate_in_thread, &results[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert_eq(results[i], MNEME_OK);
    }
    cr_assert_eq(mneme_migrate_check(postgres, mneme_migrations_postgres, &error), MNEME_OK, "%s",
                 error.message);
}
