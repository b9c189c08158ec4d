/*
 * Options as typed values.
 */
#include "cli/frame/values.h"

#include <criterion/criterion.h>

#include "cli/frame/options.h"

static struct mneme_cli cli;
static struct mneme_cli_values values;
static struct mneme_error error;
static struct mneme_arena arena;

static const struct mneme_cli_option option = {"x", 0, "X", -1, ""};

/* As if --x TEXT had been given; NULL: nothing was. */
static void give(const char *text) {
    values = (struct mneme_cli_values){.count = text != NULL};
    values.items[0].option = &option;
    values.items[0].text = text;
    cli = (struct mneme_cli){.values = &values};
    error = (struct mneme_error){0};
}

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
}

TestSuite(values, .init = set_up, .fini = tear_down);

Test(values, a_whole_number_has_bounds_and_a_fallback) {
    int64_t number;
    give(NULL);
    cr_assert_eq(mneme_cli_long(&number, &cli, "x", 7, 1, 10, &error), MNEME_OK);
    cr_assert_eq(number, 7);
    give("10");
    cr_assert_eq(mneme_cli_long(&number, &cli, "x", 7, 1, 10, &error), MNEME_OK);
    cr_assert_eq(number, 10);
    static const char *const bad[] = {"", "0", "11", "1.5", "ten", "3x", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        give(bad[i]);
        cr_assert_eq(mneme_cli_long(&number, &cli, "x", 7, 1, 10, &error), MNEME_E_USAGE, "%s", bad[i]);
        cr_assert_not_null(strstr(error.message, "from 1 to 10"), "%s", error.message);
    }
}

Test(values, a_number_is_finite_and_within_bounds) {
    struct mneme_opt_double number;
    give("0.25");
    cr_assert_eq(mneme_cli_opt_double(&number, &cli, "x", 0, 1, &error), MNEME_OK);
    cr_assert(number.is_set && number.value == 0.25);
    static const char *const bad[] = {"", "nan", "inf", "-0.1", "1.1", "half"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        give(bad[i]);
        cr_assert_eq(mneme_cli_opt_double(&number, &cli, "x", 0, 1, &error), MNEME_E_USAGE, "%s", bad[i]);
    }
}

Test(values, a_list_is_cut_at_commas_and_trimmed) {
    struct mneme_str_array list;
    give("tea, green tea ,x");
    cr_assert_eq(mneme_cli_opt_list(&list, &cli, "x", &arena, &error), MNEME_OK);
    cr_assert_eq(list.count, 3);
    cr_assert(mneme_str_equal(list.items[0], MNEME_STR_LIT("tea")));
    cr_assert(mneme_str_equal(list.items[1], MNEME_STR_LIT("green tea")));
    cr_assert(mneme_str_equal(list.items[2], MNEME_STR_LIT("x")));
    give("");
    cr_assert_eq(mneme_cli_opt_list(&list, &cli, "x", &arena, &error), MNEME_OK);
    cr_assert(list.is_set && list.count == 0);
    give("a,,b");
    cr_assert_eq(mneme_cli_opt_list(&list, &cli, "x", &arena, &error), MNEME_E_USAGE);
    give("a,");
    cr_assert_eq(mneme_cli_opt_list(&list, &cli, "x", &arena, &error), MNEME_E_USAGE);
}

Test(values, positions_are_partition_and_offset) {
    const struct mneme_position *positions;
    size_t count;
    give("0:0,4095:123456789");
    cr_assert_eq(mneme_cli_opt_positions(&positions, &count, &cli, "x", &arena, &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(count, 2);
    cr_assert(positions[1].partition == 4095 && positions[1].offset == 123456789);
    static const char *const bad[] = {
        "1", ":1", "1:", "1:2:3", "-1:2", "1:-2", "4096:1", "1:99999999999999999", "a:b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        give(bad[i]);
        cr_assert_eq(mneme_cli_opt_positions(&positions, &count, &cli, "x", &arena, &error), MNEME_E_USAGE,
                     "%s", bad[i]);
    }
}
