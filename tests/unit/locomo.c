/*
 * LoCoMo files: dates, sessions, turns, and what is wrong with them.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/json/read.h"
#include "importers/locomo.h"

static struct mneme_arena arena;

static void set_up(void) {
    mneme_arena_init(&arena, 0);
}

static void tear_down(void) {
    mneme_arena_clean_up(&arena);
}

TestSuite(locomo, .init = set_up, .fini = tear_down);

Test(locomo, reads_dates) {
    static const struct {
        const char *text, *rfc3339;
    } dates[] = {
        {"1:56 pm on 8 May, 2023", "2023-05-08T13:56:00.000000Z"},
        {"12:48 am on 1 February, 2023", "2023-02-01T00:48:00.000000Z"},
        {"12:00 pm on 29 February, 2024", "2024-02-29T12:00:00.000000Z"},
        {"11:59 pm on 31 December, 1999", "1999-12-31T23:59:00.000000Z"},
    };
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        int64_t micros;
        char text[MNEME_RFC3339_BYTES];
        cr_assert(mneme_locomo_parse_date(&micros, mneme_str_from(dates[i].text)), "%s", dates[i].text);
        mneme_clock_format_rfc3339(micros, text);
        cr_assert_str_eq(text, dates[i].rfc3339);
    }
}

Test(locomo, refuses_what_is_no_date) {
    static const char *const texts[] = {
        "",
        "8 May 2023",
        "13:56 pm on 8 May, 2023",
        "0:56 pm on 8 May, 2023",
        "1:60 pm on 8 May, 2023",
        "1:56 xm on 8 May, 2023",
        "1:56 pm on 31 April, 2023",
        "1:56 pm on 8 Mai, 2023",
        "1:56 pm on 8 May, 2023 and more",
        "1:56 pm on 8 May, 2023 and much, much more than fits into any date of this form",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t micros;
        cr_assert_not(mneme_locomo_parse_date(&micros, mneme_str_from(texts[i])), "%s", texts[i]);
    }
    int64_t micros;
    cr_assert_not(mneme_locomo_parse_date(&micros, MNEME_STR_NULL));
}

Test(locomo, reads_sessions_in_the_order_of_their_numbers) {
    struct mneme_locomo conversation;
    struct mneme_error error = {0};
    const char *json =
        "{\"session_10\":[1],\"session_10_date_time\":\"1:00 pm on 1 May, 2023\",\"speaker_b\":\"B\","
        "\"session_2_date_time\":\"1:00 pm on 1 April, 2023\",\"session_2\":[1],\"session_3\":[],"
        "\"session_2_summary\":\"…\",\"events_session_2\":{},\"speaker_a\":\"A\\u00e9\","
        "\"session_99_date_time\":\"not looked at: there is no session\"}";
    cr_assert_eq(mneme_locomo_read(&conversation, &arena, mneme_str_from(json), &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(conversation.session_count, 2);
    cr_assert_eq(conversation.sessions[0].number, 2);
    cr_assert_eq(conversation.sessions[1].number, 10);
    cr_assert_lt(conversation.sessions[0].started_at, conversation.sessions[1].started_at);
    cr_assert(mneme_str_equal(conversation.speaker_a, MNEME_STR_LIT("A\xC3\xA9")));
}

Test(locomo, says_what_is_wrong_with_a_conversation) {
    static const struct {
        const char *json, *reason;
    } cases[] = {
        {"[]", "it is an array"},
        {"{}", "speaker_a is missing"},
        {"{\"speaker_a\":\"A\"}", "speaker_b is missing"},
        {"{\"speaker_a\":1,\"speaker_b\":\"B\"}", "speaker_a must be a string, not a number"},
        {"{\"speaker_a\":\"A\",\"speaker_b\":\"B\",\"session_1\":{}}", "session_1 must be an array of turns"},
        {"{\"speaker_a\":\"A\",\"speaker_b\":\"B\",\"session_1\":[1]}",
         "session_1 has no session_1_date_time"},
        {"{\"speaker_a\":\"A\",\"speaker_b\":\"B\",\"session_1\":[1],\"session_1_date_time\":\"noon\"}",
         "session_1_date_time is \"noon\""},
        {"{\"speaker_a\":\"A\",\"speaker_b\":\"B\",\"session_1\":[1],\"session_1\":[1],"
         "\"session_1_date_time\":\"1:00 pm on 1 April, 2023\"}",
         "session_1 occurs twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mneme_locomo conversation;
        struct mneme_error error = {0};
        cr_assert_eq(mneme_locomo_read(&conversation, &arena, mneme_str_from(cases[i].json), &error),
                     MNEME_E_INVALID, "%s", cases[i].json);
        cr_assert_not_null(strstr(error.message, cases[i].reason), "%s", error.message);
    }
}

static const struct mneme_locomo ada_and_bob = {.speaker_a = {"Ada", 3}, .speaker_b = {"Bob", 3}};

Test(locomo, reads_turns) {
    struct mneme_locomo_turn turn;
    struct mneme_error error = {0};
    const char *json =
        "{\"speaker\":\"Bob\",\"dia_id\":\"D1:2\",\"text\":\"Hi \\\"there\\\"\",\"img_url\":[\"…\"],"
        "\"blip_caption\":\"a cat\"}";
    cr_assert_eq(mneme_locomo_read_turn(&turn, &ada_and_bob, &arena, mneme_str_from(json), &error), MNEME_OK);
    cr_assert(mneme_str_equal(turn.text, MNEME_STR_LIT("Hi \"there\"")));
    cr_assert(mneme_str_equal(turn.caption, MNEME_STR_LIT("a cat")));
    cr_assert_null(turn.query.data);
}

Test(locomo, says_what_is_wrong_with_a_turn) {
    static const struct {
        const char *json, *reason;
    } cases[] = {
        {"3", "it is a number"},
        {"{\"speaker\":\"Bob\",\"dia_id\":\"D1:2\"}", "text is missing"},
        {"{\"speaker\":\"Bob\",\"text\":\"x\"}", "dia_id is missing"},
        {"{\"speaker\":\"Eve\",\"dia_id\":\"D1:2\",\"text\":\"x\"}", "neither speaker_a nor speaker_b"},
        {"{\"speaker\":\"Bob\",\"dia_id\":\"D1:2\",\"text\":null}", "text must be a string, not null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mneme_locomo_turn turn;
        struct mneme_error error = {0};
        cr_assert_eq(
            mneme_locomo_read_turn(&turn, &ada_and_bob, &arena, mneme_str_from(cases[i].json), &error),
            MNEME_E_INVALID);
        cr_assert_not_null(strstr(error.message, cases[i].reason), "%s", error.message);
    }
}
