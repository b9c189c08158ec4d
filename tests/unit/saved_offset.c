/*
 * Saved progress against what the log holds.
 */
#include "consumers/runtime/saved_offset.h"

#include <criterion/criterion.h>

static int check(int64_t next, int64_t start, int64_t end, struct mneme_error *error) {
    struct mneme_saved_offset saved = {.projection = "postgres",
                                       .rebuilt_by = "postgres",
                                       .takes_loss = true,
                                       .topic = "mneme.events",
                                       .partition = 3,
                                       .next_offset = next,
                                       .log_start = start,
                                       .log_end = end};
    return mneme_saved_offset_check(&saved, error);
}

Test(saved_offset, anything_from_the_first_to_the_end_of_the_log_is_fine) {
    struct mneme_error error = {0};
    cr_assert_eq(check(0, 0, 0, &error), MNEME_OK);
    cr_assert_eq(check(0, 0, 10, &error), MNEME_OK);
    cr_assert_eq(check(10, 0, 10, &error), MNEME_OK);
    cr_assert_eq(check(5, 5, 10, &error), MNEME_OK);
}

Test(saved_offset, an_offset_behind_the_log_is_unsafe) {
    struct mneme_error error = {0};
    cr_assert_eq(check(11, 0, 10, &error), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(error.message, "partition 3 of mneme.events"));
    cr_assert_not_null(strstr(error.message, "0 to 10"));
    cr_assert_not_null(strstr(error.message, "is at 11"));
    cr_assert_not_null(strstr(error.message, "mneme rebuild postgres"));
}

Test(saved_offset, events_lost_before_they_were_folded_are_unsafe) {
    struct mneme_error error = {0};
    cr_assert_eq(check(4, 5, 10, &error), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(error.message, "not folded yet"));
}

Test(saved_offset, a_log_without_its_beginning_is_unsafe_for_a_new_projection) {
    struct mneme_error error = {0};
    cr_assert_eq(check(0, 1, 10, &error), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(error.message, "lost its beginning"));
}

Test(saved_offset, what_another_projection_mends_names_that_one) {
    struct mneme_error error = {0};
    const struct mneme_saved_offset saved = {.projection = "vectors",
                                             .rebuilt_by = "embed",
                                             .topic = "mneme.embeddings.m",
                                             .next_offset = 5,
                                             .log_start = 7,
                                             .log_end = 10};
    cr_assert_eq(mneme_saved_offset_check(&saved, &error), MNEME_E_UNSAFE);
    cr_assert_not_null(strstr(error.message, "`mneme rebuild embed`"), "%s", error.message);
}
