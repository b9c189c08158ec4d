/*
 * Binary COPY: every kind of field arrives as it was meant, and every way in which a COPY fails is told.
 */
#include <criterion/criterion.h>

#include "common/postgres/postgres.h"
#include "tests/support/fixture.h"

static struct mneme_fixture fixture;
static struct mneme_postgres *postgres;
static struct mneme_error error;
static struct mneme_buffer rows;

static void set_up(void) {
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_POSTGRES, 0, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(mneme_pg_connect(&postgres, fixture.config, "mneme-test", &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(mneme_pg_run(postgres,
                              "CREATE SCHEMA mneme; CREATE TABLE t (id bigint PRIMARY KEY, secret text)",
                              &error),
                 MNEME_OK, "%s", error.message);
}

static void tear_down(void) {
    mneme_buffer_clean_up(&rows);
    mneme_pg_close(postgres);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(postgres_copy, .init = set_up, .fini = tear_down, .timeout = 60);

static void check_value(const char *sql, const char *wanted) {
    PGresult *result = NULL;
    cr_assert_eq(mneme_pg_query(&result, postgres, sql, NULL, false, &error), MNEME_OK, "%s", error.message);
    cr_assert_str_eq(PQgetvalue(result, 0, 0), wanted, "%s", sql);
    PQclear(result);
}

static void begin(const char *sql) {
    cr_assert_eq(mneme_pg_copy_begin(postgres, sql, &rows, &error), MNEME_OK, "%s", error.message);
}

static void add_row(int64_t id, struct mneme_str secret) {
    mneme_copy_row(&rows, 2);
    mneme_copy_long(&rows, id);
    mneme_copy_str(&rows, secret);
}

Test(postgres_copy, stores_every_kind_of_field) {
    cr_assert_eq(mneme_pg_run(postgres,
                              "CREATE TABLE k (a text, b jsonb, c int, d bigint, e float8, f bool, g uuid, "
                              "h timestamptz, i bytea, j text[])",
                              &error),
                 MNEME_OK, "%s", error.message);
    const struct mneme_str tags[] = {MNEME_STR_LIT("x"), MNEME_STR_LIT("y z")};
    begin("COPY k FROM STDIN (FORMAT binary)");
    mneme_copy_row(&rows, 10);
    mneme_copy_str(&rows, MNEME_STR_LIT("h\xc3\xa9\n\\."));
    mneme_copy_jsonb(&rows, MNEME_STR_LIT("{\"a\": [1, null]}"));
    mneme_copy_int(&rows, INT32_MIN);
    mneme_copy_long(&rows, INT64_MAX);
    mneme_copy_double(&rows, -0.1);
    mneme_copy_bool(&rows, true);
    mneme_copy_uuid(&rows, (struct mneme_uuid){{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}});
    mneme_copy_time(&rows, INT64_C(1767323045678901));
    mneme_copy_bytes(&rows, MNEME_STR_LIT("\0\xff"));
    mneme_copy_str_array(&rows, tags, 2);
    mneme_copy_row(&rows, 10);
    for (int i = 0; i < 10; i++) {
        mneme_copy_null(&rows);
    }
    mneme_copy_row(&rows, 10);
    mneme_copy_str(&rows, MNEME_STR_NULL);
    mneme_copy_jsonb(&rows, MNEME_STR_NULL);
    mneme_copy_int(&rows, 0);
    mneme_copy_long(&rows, -1);
    mneme_copy_double(&rows, 0);
    mneme_copy_bool(&rows, false);
    mneme_copy_null(&rows);
    mneme_copy_time(&rows, INT64_C(-1));
    mneme_copy_bytes(&rows, MNEME_STR_LIT(""));
    mneme_copy_str_array(&rows, NULL, 0);
    int64_t count = 0;
    cr_assert_eq(mneme_pg_copy_end(postgres, &rows, &count, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(count, 3);
    check_value(
        "SELECT string_agg(k::text, ' ; ' ORDER BY c NULLS LAST) FROM k",
        "(\"h\xc3\xa9\n\\\\.\",\"{\"\"a\"\": [1, null]}\",-2147483648,9223372036854775807,-0.1,t,"
        "01020304-0506-0708-090a-0b0c0d0e0f10,\"2026-01-02 03:04:05.678901+00\",\"\\\\x00ff\","
        "\"{x,\"\"y z\"\"}\") ; (,,0,-1,0,f,,\"1969-12-31 23:59:59.999999+00\",\"\\\\x\",{}) ; (,,,,,,,,,)");
}

Test(postgres_copy, streams_many_rows) {
    begin("COPY t FROM STDIN (FORMAT binary)");
    for (int64_t i = 0; i < 50000; i++) {
        add_row(i, MNEME_STR_LIT("some text"));
        if (rows.len > 100000) {
            cr_assert_eq(mneme_pg_copy_flush(postgres, &rows, &error), MNEME_OK, "%s", error.message);
            cr_assert_eq(rows.len, 0);
        }
    }
    int64_t count = 0;
    cr_assert_eq(mneme_pg_copy_end(postgres, &rows, &count, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(count, 50000);
    check_value("SELECT count(*) || ' ' || sum(id) FROM t", "50000 1249975000");
}

Test(postgres_copy, may_be_empty) {
    begin("COPY t FROM STDIN (FORMAT binary)");
    int64_t count = 9;
    cr_assert_eq(mneme_pg_copy_end(postgres, &rows, &count, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(count, 0);
}

Test(postgres_copy, tells_of_rows_that_cannot_be_stored_and_goes_on) {
    begin("COPY t FROM STDIN (FORMAT binary)");
    add_row(4711, MNEME_STR_LIT("hush"));
    add_row(4711, MNEME_STR_LIT("hush"));
    cr_assert_eq(mneme_pg_copy_end(postgres, &rows, NULL, &error), MNEME_E_INVALID, "%s", error.message);
    cr_assert_str_eq(mneme_pg_sqlstate(postgres), "23505");
    cr_assert_null(strstr(error.message, "hush"), "%s", error.message);
    begin("COPY t FROM STDIN (FORMAT binary)");
    add_row(1, MNEME_STR_LIT("\xff"));
    cr_assert_eq(mneme_pg_copy_end(postgres, &rows, NULL, &error), MNEME_E_INVALID, "%s", error.message);
    cr_assert_str_eq(mneme_pg_sqlstate(postgres), "22021");
    check_value("SELECT count(*) FROM t", "0");
}

Test(postgres_copy, tells_of_rows_of_the_wrong_shape_as_a_fault_of_the_program) {
    begin("COPY t FROM STDIN (FORMAT binary)");
    mneme_copy_row(&rows, 1);
    mneme_copy_long(&rows, 1);
    cr_assert_eq(mneme_pg_copy_end(postgres, &rows, NULL, &error), MNEME_E_INTERNAL, "%s", error.message);
    cr_assert_eq(mneme_pg_classify(mneme_pg_sqlstate(postgres)), MNEME_PG_FATAL);
}

Test(postgres_copy, does_not_begin_without_its_table) {
    cr_assert_eq(mneme_pg_copy_begin(postgres, "COPY nowhere FROM STDIN (FORMAT binary)", &rows, &error),
                 MNEME_E_NOT_FOUND);
    cr_assert_eq(mneme_pg_copy_begin(postgres, "SELECT 1", &rows, &error), MNEME_E_INTERNAL);
    cr_assert_eq(mneme_pg_classify(mneme_pg_sqlstate(postgres)), MNEME_PG_FATAL);
    check_value("SELECT 1", "1");
}

Test(postgres_copy, is_over_when_memory_was_exhausted) {
    begin("COPY t FROM STDIN (FORMAT binary)");
    add_row(1, MNEME_STR_LIT("x"));
    cr_assert_not(mneme_buffer_reserve(&rows, SIZE_MAX));
    cr_assert_eq(mneme_pg_copy_end(postgres, &rows, NULL, &error), MNEME_E_NO_MEMORY);
    check_value("SELECT count(*) FROM t", "0");
}

Test(postgres_copy, that_is_left_unfinished_is_ended_by_connecting_again) {
    begin("COPY t FROM STDIN (FORMAT binary)");
    add_row(1, MNEME_STR_LIT("x"));
    cr_assert_eq(mneme_pg_copy_flush(postgres, &rows, &error), MNEME_OK);
    cr_assert_eq(mneme_pg_ensure(postgres, &error), MNEME_OK, "%s", error.message);
    check_value("SELECT count(*) FROM t", "0");
}

Test(postgres_copy, tells_that_the_server_went_away) {
    begin("COPY t FROM STDIN (FORMAT binary)");
    struct mneme_postgres *other;
    cr_assert_eq(mneme_pg_connect(&other, fixture.config, "mneme-test-other", &error), MNEME_OK);
    struct mneme_pg_params params = {0};
    mneme_pg_param_long(&params, PQbackendPID(mneme_pg_raw(postgres)));
    cr_assert_eq(
        mneme_pg_query(NULL, other, "SELECT pg_terminate_backend($1::int, 5000)", &params, false, &error),
        MNEME_OK);
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(other);
    int status = MNEME_OK;
    for (int64_t i = 0; i < 100 && status == MNEME_OK; i++) {
        for (int64_t j = 0; j < 2000; j++) {
            add_row(i * 2000 + j, MNEME_STR_LIT("some text that fills the socket's buffers"));
        }
        status = mneme_pg_copy_flush(postgres, &rows, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_copy_end(postgres, &rows, NULL, &error);
    }
    cr_assert_eq(status, MNEME_E_UNAVAILABLE, "%s", error.message);
    cr_assert_eq(mneme_pg_classify(mneme_pg_sqlstate(postgres)), MNEME_PG_RETRY);
    cr_assert_eq(mneme_pg_ensure(postgres, &error), MNEME_OK, "%s", error.message);
    check_value("SELECT count(*) FROM t", "0");
}
