/*
 * Positions and places in the log by their texts.
 */
#include "common/base/position.h"

#include <criterion/criterion.h>

#include "consumers/replay/when.h"

Test(position, digits_a_colon_and_digits) {
    struct mneme_position position;
    cr_assert(mneme_position_parse(&position, MNEME_STR_LIT("0:0")));
    cr_assert(mneme_position_parse(&position, MNEME_STR_LIT("4095:17")));
    cr_assert_eq(position.partition, 4095);
    cr_assert_eq(position.offset, 17);
}

Test(position, the_sequence_id_of_the_largest_fits) {
    struct mneme_position position;
    cr_assert(mneme_position_parse(&position, MNEME_STR_LIT("4095:2251799813685246")));
    cr_assert_gt(mneme_sequence_id(position), 0);
    cr_assert_not(mneme_position_parse(&position, MNEME_STR_LIT("0:2251799813685247")));
}

Test(position, anything_else_is_refused) {
    static const char *const texts[] = {"",      ":",    "1",      "1:",   ":1",
                                        "1:2:3", "1:2 ", " 1:2",   "+1:2", "1:-2",
                                        "a:1",   "1:b",  "4096:0", "1:2,", "99999999999999999999:1"};
    struct mneme_position position;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_assert_not(mneme_position_parse(&position, mneme_str_from(texts[i])), "%s", texts[i]);
    }
    cr_assert_not(mneme_position_parse(&position, (struct mneme_str){"1:2\0", 4}));
}

Test(when, times_positions_and_the_two_ends) {
    static const char *const texts[] = {"beginning",
                                        "end",
                                        "3:17",
                                        "0:1,3:17",
                                        "2026-01-31",
                                        "2026-01-31T12:00:00Z",
                                        "2026-01-31T12:00:00.5+02:00"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_assert(mneme_when_is_valid(texts[i]), "%s", texts[i]);
    }
}

Test(when, anything_else_is_refused) {
    static const char *const texts[] = {"",         "nowhere", "Beginning", "0:1,",      ",0:1",
                                        "0:1,,3:4", "0:1,end", "5",         "2026-13-01"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cr_assert_not(mneme_when_is_valid(texts[i]), "%s", texts[i]);
    }
}
