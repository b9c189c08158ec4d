/*
 * What SQLSTATEs mean, and the forms in which parameters and rows go to the server.
 */
#include "common/postgres/errors.h"

#include <criterion/criterion.h>

#include "common/postgres/postgres.h"

Test(sqlstate, decides_about_a_retry) {
    static const struct {
        const char *sqlstate;
        enum mneme_pg_verdict verdict;
    } states[] = {
        {NULL, MNEME_PG_RETRY},       {"", MNEME_PG_RETRY},         {"08000", MNEME_PG_RETRY},
        {"08006", MNEME_PG_RETRY},    {"08P01", MNEME_PG_FATAL},    {"40001", MNEME_PG_RETRY},
        {"40P01", MNEME_PG_RETRY},    {"53100", MNEME_PG_RETRY},    {"53200", MNEME_PG_RETRY},
        {"53300", MNEME_PG_RETRY},    {"55P03", MNEME_PG_RETRY},    {"55006", MNEME_PG_RETRY},
        {"57014", MNEME_PG_RETRY},    {"57P01", MNEME_PG_RETRY},    {"57P02", MNEME_PG_RETRY},
        {"57P03", MNEME_PG_RETRY},    {"57P04", MNEME_PG_FATAL},    {"57P05", MNEME_PG_RETRY},
        {"25006", MNEME_PG_RETRY},    {"25P02", MNEME_PG_FATAL},    {"25P03", MNEME_PG_RETRY},
        {"26000", MNEME_PG_RETRY},    {"58030", MNEME_PG_RETRY},    {"58P01", MNEME_PG_FATAL},
        {"21000", MNEME_PG_BAD_DATA}, {"22001", MNEME_PG_BAD_DATA}, {"22021", MNEME_PG_BAD_DATA},
        {"22P02", MNEME_PG_BAD_DATA}, {"22P04", MNEME_PG_FATAL},    {"22P05", MNEME_PG_BAD_DATA},
        {"23502", MNEME_PG_BAD_DATA}, {"23505", MNEME_PG_BAD_DATA}, {"54000", MNEME_PG_BAD_DATA},
        {"28P01", MNEME_PG_FATAL},    {"28000", MNEME_PG_FATAL},    {"3D000", MNEME_PG_FATAL},
        {"3F000", MNEME_PG_FATAL},    {"42501", MNEME_PG_FATAL},    {"42601", MNEME_PG_FATAL},
        {"42P01", MNEME_PG_FATAL},    {"42703", MNEME_PG_FATAL},    {"0A000", MNEME_PG_FATAL},
        {"XX000", MNEME_PG_FATAL},    {"XX001", MNEME_PG_FATAL},    {"P0001", MNEME_PG_FATAL},
        {"72000", MNEME_PG_RETRY},    {"ZZZZZ", MNEME_PG_FATAL},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        cr_assert_eq(mneme_pg_classify(states[i].sqlstate), states[i].verdict, "%s", states[i].sqlstate);
    }
}

Test(sqlstate, becomes_a_status_and_a_sentence) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_pg_error(&error, "cannot store", "42P01", "relation \"x\" does not exist"),
                 MNEME_E_NOT_FOUND);
    cr_assert_str_eq(error.message, "cannot store: relation \"x\" does not exist; run `mneme migrate`; if it "
                                    "applies nothing, `mneme verify postgres` names what is missing");
    cr_assert_eq(mneme_pg_error(&error, "cannot store", "", "no answer"), MNEME_E_UNAVAILABLE);
    cr_assert_str_eq(error.message, "cannot store: no answer; check that Postgres runs, and DATABASE_URL");
    static const struct {
        const char *sqlstate;
        enum mneme_status status;
    } states[] = {{"23505", MNEME_E_INVALID},  {"54000", MNEME_E_TOO_LARGE},  {"28P01", MNEME_E_DENIED},
                  {"42501", MNEME_E_DENIED},   {"3D000", MNEME_E_NOT_FOUND},  {"40001", MNEME_E_UNAVAILABLE},
                  {"XX000", MNEME_E_INTERNAL}, {"53100", MNEME_E_UNAVAILABLE}};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        cr_assert_eq(mneme_pg_error(&error, "x", states[i].sqlstate, "y"), (int)states[i].status);
    }
}

Test(pg_params, end_text_with_a_nul_and_tell_null_apart) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str(&params, MNEME_STR_LIT(""));
    mneme_pg_param_str(&params, MNEME_STR_NULL);
    mneme_pg_param_str(&params, (struct mneme_str){"abcdef", 3});
    mneme_pg_param_long(&params, INT64_MIN);
    mneme_pg_param_double(&params, -0.25);
    mneme_pg_param_bool(&params, true);
    static const char *const wanted[] = {"", NULL, "abc", "-9223372036854775808", "-0.25", "true"};
    cr_assert_eq(params.count, 6);
    for (int i = 0; i < params.count; i++) {
        cr_assert_eq(params.format[i], 0);
        cr_assert_eq(params.offset[i] == SIZE_MAX, wanted[i] == NULL);
        if (wanted[i] != NULL) {
            cr_assert_str_eq(params.bytes.data + params.offset[i], wanted[i]);
            cr_assert_eq(params.length[i], (int)strlen(wanted[i]));
        }
    }
    cr_assert_not(params.has_nul);
    mneme_pg_params_clear(&params);
    cr_assert_eq(params.count, 0);
    mneme_pg_param_str(&params, MNEME_STR_LIT("a\0b"));
    cr_assert(params.has_nul);
    mneme_pg_params_clean_up(&params);
}

Test(copy_rows, have_the_bytes_of_the_binary_format) {
    struct mneme_buffer rows = {0};
    mneme_copy_row(&rows, 3);
    mneme_copy_int(&rows, -2);
    mneme_copy_null(&rows);
    mneme_copy_str(&rows, MNEME_STR_LIT("ab"));
    static const unsigned char wanted[] = {0,   3,   0,   0,   0, 4, 255, 255, 255, 254,
                                           255, 255, 255, 255, 0, 0, 0,   2,   'a', 'b'};
    cr_assert_eq(rows.len, sizeof wanted);
    cr_assert_arr_eq(rows.data, wanted, sizeof wanted);
    mneme_buffer_clean_up(&rows);
}
