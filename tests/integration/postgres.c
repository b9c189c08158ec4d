/*
 * Statements: parameters, preparing, errors, pipelines.
 */
#include "common/postgres/postgres.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "common/postgres/row.h"
#include "tests/support/fixture.h"

static struct mneme_fixture fixture;
static struct mneme_postgres *postgres;
static struct mneme_error error;
static struct mneme_pg_params params;
static PGresult *result;

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
    PQclear(result);
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(postgres);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(postgres, .init = set_up, .fini = tear_down, .timeout = 60);

/* Runs the statement with `params`, which are then cleared, and keeps its result. */
static int query(const char *sql) {
    PQclear(result);
    result = NULL;
    int status = mneme_pg_query(&result, postgres, sql, &params, false, &error);
    mneme_pg_params_clear(&params);
    return status;
}

static void check_query(const char *sql, const char *wanted) {
    cr_assert_eq(query(sql), MNEME_OK, "%s: %s", sql, error.message);
    cr_assert_str_eq(PQgetvalue(result, 0, 0), wanted, "%s", sql);
}

Test(postgres, sends_every_kind_of_parameter) {
    mneme_pg_param_str(&params, MNEME_STR_LIT("h\xc3\xa9 'quoted' \\"));
    mneme_pg_param_str(&params, MNEME_STR_NULL);
    mneme_pg_param_str(&params, MNEME_STR_LIT(""));
    mneme_pg_param_long(&params, INT64_MIN);
    mneme_pg_param_double(&params, 0.1 + 0.2);
    mneme_pg_param_double(&params, -INFINITY);
    mneme_pg_param_bool(&params, false);
    mneme_pg_param_uuid(&params,
                        (struct mneme_uuid){{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}});
    mneme_pg_param_time(&params, INT64_C(1767323045678901));
    cr_assert_eq(
        query("SELECT $1::text, $2::text, $3::text, $4::bigint, $5::float8, $6::float8, $7::bool, $8::uuid, "
              "$9::timestamptz"),
        MNEME_OK, "%s", error.message);
    static const char *const wanted[] = {
        "h\xc3\xa9 'quoted' \\",        "",          "",  "-9223372036854775808",
        "0.30000000000000004",          "-Infinity", "f", "01020304-0506-0708-090a-0b0c0d0e0f10",
        "2026-01-02 03:04:05.678901+00"};
    for (int i = 0; i < 9; i++) {
        cr_assert_str_eq(PQgetvalue(result, 0, i), wanted[i]);
        cr_assert_eq(PQgetisnull(result, 0, i), i == 1);
    }
}

Test(postgres, sends_arrays) {
    const struct mneme_str texts[] = {MNEME_STR_LIT("a"), MNEME_STR_LIT("{\"b\", ,}"), MNEME_STR_LIT("NULL"),
                                      MNEME_STR_NULL, MNEME_STR_LIT("")};
    mneme_pg_param_str_array(&params, texts, 5);
    check_query("SELECT $1", "{a,\"{\\\"b\\\", ,}\",\"NULL\",NULL,\"\"}");
    const int64_t numbers[] = {-1, INT64_MAX};
    mneme_pg_param_long_array(&params, numbers, 2);
    check_query("SELECT sum(n) FROM unnest($1) AS n", "9223372036854775806");
    const struct mneme_uuid ids[] = {{{0}}, {{255}}};
    mneme_pg_param_uuid_array(&params, ids, 2);
    check_query("SELECT 'ff000000-0000-0000-0000-000000000000' = ANY($1)", "t");
    mneme_pg_param_str_array(&params, NULL, 0);
    mneme_pg_param_uuid_array(&params, NULL, 0);
    mneme_pg_param_long_array(&params, NULL, 0);
    check_query("SELECT cardinality($1) + cardinality($2) + cardinality($3)", "0");
}

Test(postgres, prepares_a_statement_once_for_each_list_of_types) {
    for (int i = 0; i < 5; i++) {
        char sql[32] = "SELECT $1"; /* another address each time */
        mneme_pg_param_str(&params, MNEME_STR_LIT("a"));
        check_query(sql, "a");
    }
    const struct mneme_str texts[] = {MNEME_STR_LIT("a")};
    mneme_pg_param_str_array(&params, texts, 1);
    check_query("SELECT $1", "{a}");
    check_query("SELECT count(*) FROM pg_prepared_statements", "2");
}

Test(postgres, keeps_a_bounded_number_of_prepared_statements) {
    for (int i = 0; i < 300; i++) {
        char sql[64];
        char wanted[16];
        snprintf(sql, sizeof sql, "SELECT $1::int + %d", i);
        snprintf(wanted, sizeof wanted, "%d", i + 1);
        mneme_pg_param_long(&params, 1);
        check_query(sql, wanted);
    }
    check_query("SELECT count(*) <= 256 FROM pg_prepared_statements", "t");
}

Test(postgres, gives_binary_results_when_asked) {
    cr_assert_eq(mneme_pg_query(&result, postgres, "SELECT 258::int", NULL, true, &error), MNEME_OK);
    cr_assert_eq(PQgetlength(result, 0, 0), 4);
    cr_assert_arr_eq(PQgetvalue(result, 0, 0), "\0\0\1\2", 4);
}

Test(postgres, refuses_text_with_a_nul_as_bad_data) {
    mneme_pg_param_str(&params, MNEME_STR_LIT("a\0b"));
    cr_assert_eq(query("SELECT $1::text"), MNEME_E_INVALID);
    cr_assert_eq(mneme_pg_classify(mneme_pg_sqlstate(postgres)), MNEME_PG_BAD_DATA);
}

Test(postgres, tells_what_failed_and_nothing_of_the_rows) {
    cr_assert_eq(mneme_pg_run(postgres, "INSERT INTO t VALUES (4711, 'hush')", &error), MNEME_OK);
    mneme_pg_param_long(&params, 4711);
    cr_assert_eq(query("INSERT INTO t VALUES ($1, 'hush')"), MNEME_E_INVALID);
    cr_assert_str_eq(mneme_pg_sqlstate(postgres), "23505");
    cr_assert_not_null(strstr(error.message, "t_pkey"), "%s", error.message);
    cr_assert_null(strstr(error.message, "4711"), "%s", error.message);
    cr_assert_null(strstr(error.message, "hush"), "%s", error.message);
    check_query("SELECT count(*) FROM t", "1");
    cr_assert_str_eq(mneme_pg_sqlstate(postgres), "");
}

Test(postgres, tells_that_a_table_is_missing_and_what_to_do) {
    mneme_pg_param_long(&params, 1);
    cr_assert_eq(query("SELECT * FROM nowhere WHERE id = $1"), MNEME_E_NOT_FOUND);
    cr_assert_str_eq(mneme_pg_sqlstate(postgres), "42P01");
    cr_assert_not_null(strstr(error.message, "mneme migrate"), "%s", error.message);
}

Test(postgres, leaves_a_failed_transaction_to_the_caller) {
    cr_assert_eq(mneme_pg_run(postgres, "BEGIN; INSERT INTO t VALUES (1)", &error), MNEME_OK);
    cr_assert_eq(mneme_pg_run(postgres, "INSERT INTO t VALUES (1)", &error), MNEME_E_INVALID);
    cr_assert_eq(query("SELECT 1"), MNEME_E_INTERNAL);
    cr_assert_eq(mneme_pg_run(postgres, "ROLLBACK", &error), MNEME_OK);
    check_query("SELECT count(*) FROM t", "0");
}

Test(postgres, agrees_with_the_check_of_json_about_numbers) {
    static const struct {
        const char *json;
        const char *wanted;
    } numbers[] = {{"1e-16383", "t"}, {"1.7976931348623157e308", "t"}, {"0e400", "t"}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        mneme_pg_param_str(&params, mneme_str_from(numbers[i].json));
        check_query("SELECT $1::jsonb IS NOT NULL", numbers[i].wanted);
    }
    mneme_pg_param_str(&params, MNEME_STR_LIT("1e-16384"));
    cr_assert_eq(query("SELECT $1::jsonb IS NOT NULL"), MNEME_E_INVALID);
}

Test(postgres, gives_the_results_of_a_pipeline_in_order) {
    mneme_pg_param_long(&params, 5);
    const struct mneme_pg_call calls[] = {{"BEGIN", NULL},
                                          {"INSERT INTO t VALUES ($1)", &params},
                                          {"SELECT secret FROM t WHERE id = $1", &params},
                                          {"COMMIT", NULL}};
    PGresult *results[4] = {NULL};
    cr_assert_eq(mneme_pg_pipeline(results, postgres, calls, 4, &error), MNEME_OK, "%s", error.message);
    cr_assert_str_eq(PQcmdTuples(results[1]), "1");
    cr_assert_eq(PQntuples(results[2]), 1);
    for (size_t i = 0; i < 4; i++) {
        PQclear(results[i]);
    }
    mneme_pg_params_clear(&params);
    check_query("SELECT count(*) FROM t", "1");
}

Test(postgres, runs_as_many_statements_of_a_pipeline_as_fit_and_no_more) {
    static struct mneme_pg_call calls[MNEME_PG_MAX_CALLS + 1];
    static PGresult *results[MNEME_PG_MAX_CALLS];
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        calls[i].sql = i == MNEME_PG_MAX_CALLS - 1 ? "SELECT 7::bigint" : "SELECT 1::bigint";
    }
    cr_assert_eq(mneme_pg_pipeline(results, postgres, calls, MNEME_PG_MAX_CALLS, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(mneme_pg_get_long(results[MNEME_PG_MAX_CALLS - 1], 0, 0), 7);
    for (size_t i = 0; i < MNEME_PG_MAX_CALLS; i++) {
        PQclear(results[i]);
    }
    cr_assert_eq(mneme_pg_pipeline(NULL, postgres, calls, MNEME_PG_MAX_CALLS + 1, &error), MNEME_E_USAGE);
}

Test(postgres, runs_nothing_of_a_pipeline_behind_what_failed) {
    mneme_pg_param_long(&params, 5);
    const struct mneme_pg_call calls[] = {{"INSERT INTO t VALUES ($1)", &params},
                                          {"INSERT INTO t VALUES ($1)", &params},
                                          {"INSERT INTO t VALUES ($1 + 1)", &params}};
    cr_assert_eq(mneme_pg_pipeline(NULL, postgres, calls, 3, &error), MNEME_E_INVALID);
    cr_assert_str_eq(mneme_pg_sqlstate(postgres), "23505");
    mneme_pg_params_clear(&params);
    check_query("SELECT count(*) FROM t WHERE id = 6", "0");
}

/* Longer than the suite may take, so that a statement that is not ended fails the test. */
#define ENDLESS "SELECT pg_sleep(600)"

static bool is_asked(void *context) {
    return *(const bool *)context;
}

static void check_ended(const struct mneme_cancel *cancel, const char *why) {
    mneme_pg_set_cancel(postgres, cancel);
    cr_expect_eq(query(ENDLESS), MNEME_E_TIMEOUT, "%s", error.message);
    cr_expect_not_null(strstr(error.message, why), "%s", error.message);
    mneme_pg_param_long(&params, 600);
    cr_expect_eq(query("SELECT pg_sleep($1)"), MNEME_E_TIMEOUT, "%s", error.message);
    mneme_pg_set_cancel(postgres, NULL);
    cr_assert_eq(mneme_pg_ensure(postgres, &error), MNEME_OK, "%s", error.message);
    check_query("SELECT 1", "1");
}

Test(postgres, ends_a_statement_when_the_time_of_the_call_is_over) {
    const struct mneme_cancel cancel = mneme_cancel_within(NULL, 100);
    check_ended(&cancel, "the call timed out");
}

Test(postgres, ends_a_statement_when_the_caller_asks) {
    bool asked = true;
    const struct mneme_cancel cancel = {.is_cancelled = is_asked, .context = &asked};
    check_ended(&cancel, "the caller cancelled the call");
}

Test(postgres, answers_under_a_cancel_that_is_not_due) {
    bool asked = false;
    const struct mneme_cancel cancel = {.is_cancelled = is_asked, .context = &asked};
    mneme_pg_set_cancel(postgres, &cancel);
    check_query("SELECT 1 WHERE pg_sleep(0.1) IS NOT NULL", "1");
    mneme_pg_param_long(&params, 7);
    check_query("SELECT $1::bigint", "7");
    cr_expect_eq(query("SELECT nothing"), MNEME_E_NOT_FOUND, "%s", error.message);
    mneme_pg_set_cancel(postgres, NULL);
}
