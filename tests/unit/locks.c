/*
 * The arithmetic of locks: majorities, verdicts of votes, validity.
 */
#include "stores/locks/quorum.h"

#include <criterion/criterion.h>

#define OURS                                                                                                 \
    { .answer = MNEME_LOCK_OURS, .token = 7 }
#define FREE                                                                                                 \
    { .answer = MNEME_LOCK_FREE }
#define OTHERS                                                                                               \
    { .answer = MNEME_LOCK_OTHERS, .left_ms = 40 }
#define SILENT                                                                                               \
    { .answer = MNEME_LOCK_SILENT }

Test(locks, two_majorities_have_a_server_in_common) {
    for (size_t servers = 1; servers <= MNEME_LOCK_MAX_SERVERS; servers++) {
        size_t majority = mneme_lock_majority(servers);
        cr_assert_gt(2 * majority, servers);
        cr_assert_leq(2 * (majority - 1), servers, "of %zu, %zu is more than is needed", servers, majority);
    }
}

Test(locks, votes_come_to_a_verdict) {
    static const struct {
        size_t servers;
        struct mneme_lock_vote votes[5];
        enum mneme_status verdict;
    } cases[] = {
        {1, {OURS}, MNEME_OK},
        {1, {OTHERS}, MNEME_E_CONFLICT},
        {1, {FREE}, MNEME_E_NOT_FOUND},
        {1, {SILENT}, MNEME_E_UNAVAILABLE},
        {2, {OURS, SILENT}, MNEME_E_UNAVAILABLE},
        {3, {OURS, OURS, OURS}, MNEME_OK},
        {3, {OURS, SILENT, OURS}, MNEME_OK},
        {3, {OURS, OTHERS, OURS}, MNEME_OK},
        {3, {OURS, OTHERS, SILENT}, MNEME_E_UNAVAILABLE},
        {3, {FREE, OTHERS, SILENT}, MNEME_E_CONFLICT},
        {3, {OURS, OTHERS, OTHERS}, MNEME_E_CONFLICT},
        {3, {OURS, FREE, OTHERS}, MNEME_E_CONFLICT},
        {3, {OURS, FREE, FREE}, MNEME_E_NOT_FOUND},
        {3, {SILENT, SILENT, OTHERS}, MNEME_E_UNAVAILABLE},
        {3, {SILENT, SILENT, SILENT}, MNEME_E_UNAVAILABLE},
        {4, {OURS, OURS, FREE, FREE}, MNEME_E_NOT_FOUND}, /* a half is no majority */
        {5, {OURS, OURS, OURS, SILENT, SILENT}, MNEME_OK},
        {5, {OURS, OURS, FREE, SILENT, OTHERS}, MNEME_E_UNAVAILABLE},
        {5, {OURS, OURS, FREE, OTHERS, OTHERS}, MNEME_E_CONFLICT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mneme_lock_tally tally = mneme_lock_count(cases[i].votes, cases[i].servers);
        cr_assert_eq(tally.ours + tally.free + tally.others + tally.silent, cases[i].servers, "case %zu", i);
        cr_expect_eq(mneme_lock_verdict(&tally), cases[i].verdict, "case %zu: %s", i,
                     mneme_status_name(mneme_lock_verdict(&tally)));
    }
}

Test(locks, the_token_is_the_highest_where_it_is_ours) {
    const struct mneme_lock_vote votes[] = {
        {.answer = MNEME_LOCK_OURS, .token = 5}, {.answer = MNEME_LOCK_OTHERS, .token = 99, .left_ms = 30},
        {.answer = MNEME_LOCK_OURS, .token = 8}, {.answer = MNEME_LOCK_SILENT, .token = 99},
        {.answer = MNEME_LOCK_OURS, .token = 6},
    };
    cr_assert_eq(mneme_lock_count(votes, 5).token, 8);
    cr_assert_eq(mneme_lock_count(votes + 1, 1).token, 0);
}

Test(locks, the_longest_lease_of_somebody_else_is_waited_for) {
    const struct mneme_lock_vote votes[] = {{.answer = MNEME_LOCK_OTHERS, .left_ms = 30},
                                            {.answer = MNEME_LOCK_OTHERS, .left_ms = 50},
                                            {.answer = MNEME_LOCK_OTHERS, .left_ms = -1}};
    cr_assert_eq(mneme_lock_count(votes, 3).left_ms, 50);
    cr_assert_eq(mneme_lock_count(votes + 2, 1).left_ms, -1);
}

Test(locks, a_lease_is_valid_without_a_percent_and_two_milliseconds) {
    static const struct {
        int64_t lease_ms, valid_micros;
    } cases[] = {
        {10, 7900}, {100, 97000}, {1000, 988000}, {30000, 29698000}, {86400000, INT64_C(85535998000)}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(mneme_lock_valid_until(5000000, cases[i].lease_ms), 5000000 + cases[i].valid_micros);
    }
    cr_assert_eq(mneme_lock_valid_until(0, 0), -2000, "a lease of nothing is over before it begins");
}
