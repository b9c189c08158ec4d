/*
 * The progress bar: what is on its line, and what goes when there is no room.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "cli/frame/progress.h"
#include "cli/frame/text.h"

#define SECOND INT64_C(1000000)

static char line[256];

static const char *draw(const struct mneme_progress *progress, int64_t done, int64_t elapsed, int columns) {
    struct mneme_buffer out = {0};
    mneme_progress_line(&out, progress, done, elapsed, columns);
    snprintf(line, sizeof line, "%.*s", MNEME_STR_ARG(mneme_buffer_str(&out)));
    cr_assert_leq(mneme_text_width(mneme_buffer_str(&out)), columns, "%s", line);
    mneme_buffer_clean_up(&out);
    return line;
}

static const struct mneme_progress folding = {.label = "Folding the log", .unit = "events", .total = 1000};

Test(progress_bar, shows_share_count_rate_and_time_left) {
    cr_assert_str_eq(draw(&folding, 250, 10 * SECOND, 100),
                     "Folding the log [######..................]  25 %, 250 events, 25/s, 30 s left");
}

Test(progress_bar, gives_up_what_does_not_fit) {
    cr_assert_str_eq(draw(&folding, 250, 10 * SECOND, 70),
                     "Folding the log [######..................]  25 %, 250 events, 25/s");
    cr_assert_str_eq(draw(&folding, 250, 10 * SECOND, 54),
                     "Folding the log [###.........]  25 %, 250 events, 25/s");
    cr_assert_str_eq(draw(&folding, 250, 10 * SECOND, 45), "Folding the… [###.........]  25 %, 250 events");
    cr_assert_str_eq(draw(&folding, 250, 10 * SECOND, 36), "Folding the…  25 %, 250 events, 25/s");
    cr_assert_str_eq(draw(&folding, 250, 10 * SECOND, 30), "Folding the…  25 %, 250 events");
}

Test(progress_bar, a_long_label_leaves_room_for_the_bar) {
    const struct mneme_progress importing = {
        .label = "/home/ada/exports/2026/conversations-of-the-whole-year.jsonl",
        .unit = "events",
        .total = 1000};
    cr_assert_str_eq(draw(&importing, 500, SECOND, 80),
                     "/home/ada/exports/2026/conversations-of-the… [####....]  50 %, 500 events, 500/s");
}

Test(progress_bar, fits_every_width) {
    for (int columns = 24; columns < 200; columns++) {
        draw(&folding, 999, 12345 * SECOND, columns);
    }
}

Test(progress_bar, time_left_is_told_in_the_units_that_matter) {
    cr_assert_not_null(strstr(draw(&folding, 500, 90 * SECOND, 100), ", 1 min 30 s left"));
    cr_assert_not_null(strstr(draw(&folding, 500, 6840 * SECOND, 100), ", 1 h 54 min left"));
    cr_assert_not_null(strstr(draw(&folding, 500, 100000 * SECOND, 100), ", 1 d 3 h left"));
}

Test(progress_bar, without_a_total_there_is_no_share) {
    const struct mneme_progress copying = {.label = "Copying the log", .unit = "events"};
    cr_assert_str_eq(draw(&copying, 250, 10 * SECOND, 100), "Copying the log 250 events, 25/s");
}

Test(progress_bar, a_label_of_others_cannot_move_the_cursor) {
    const struct mneme_progress importing = {.label = "a\033[2Jb.json", .unit = "events"};
    cr_assert_str_eq(draw(&importing, 1, SECOND, 100), "a\\x1b[2Jb.json 1 events, 1/s");
}
