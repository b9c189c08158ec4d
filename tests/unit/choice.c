/*
 * One word of a set.
 */
#include "common/base/choice.h"

#include <criterion/criterion.h>

static const char *const verdicts[] = {"accepted", "rejected", "duplicate", "not_found", NULL};
static struct mneme_error error;

Test(choice, a_word_of_the_set_is_found_by_its_index) {
    cr_assert_eq(mneme_choice_index(MNEME_STR_LIT("accepted"), verdicts), 0);
    cr_assert_eq(mneme_choice_index(MNEME_STR_LIT("not_found"), verdicts), 3);
    cr_assert_eq(mneme_choice_index(MNEME_STR_LIT("accept"), verdicts), -1);
    cr_assert_eq(mneme_choice_index(MNEME_STR_LIT(""), verdicts), -1);
    cr_assert_eq(mneme_choice_check(MNEME_STR_LIT("rejected"), verdicts, "--verdict", "verdict", &error),
                 MNEME_OK);
}

Test(choice, a_mistyped_word_is_refused_with_the_one_that_was_meant) {
    cr_assert_eq(mneme_choice_check(MNEME_STR_LIT("acepted"), verdicts, "--verdict", "verdict", &error),
                 MNEME_E_USAGE);
    cr_assert_str_eq(error.message,
                     "--verdict was not taken: there is no verdict 'acepted'; did you mean 'accepted'?");
}

Test(choice, another_word_is_refused_with_all_of_them) {
    cr_assert_eq(mneme_choice_check(MNEME_STR_LIT("perhaps"), verdicts, "--verdict", "verdict", &error),
                 MNEME_E_USAGE);
    cr_assert_str_eq(error.message, "--verdict was not taken: there is no verdict 'perhaps'; choose one of "
                                    "accepted, rejected, duplicate or not_found");
    cr_assert_eq(mneme_choice_check(MNEME_STR_LIT(""), verdicts, "--verdict", "verdict", &error),
                 MNEME_E_USAGE);
}

Test(choice, of_one_there_is_no_choice) {
    static const char *const places[] = {"postgres", NULL};
    cr_assert_eq(mneme_choice_check(MNEME_STR_LIT("redis"), places, "--wait", "place", &error),
                 MNEME_E_USAGE);
    cr_assert_str_eq(error.message, "--wait was not taken: there is no place 'redis'; give postgres");
}

Test(choice, the_nearest_is_pointed_out_where_any_word_is_taken) {
    cr_assert_str_eq(mneme_choice_nearest(MNEME_STR_LIT("duplicat"), verdicts), "duplicate");
    cr_assert_null(mneme_choice_nearest(MNEME_STR_LIT("duplicate"), verdicts), "it is one of them");
    cr_assert_null(mneme_choice_nearest(MNEME_STR_LIT("tea"), verdicts));
}

Test(choice, many_and_long_words_do_not_fit_a_sentence) {
    static char word[1001];
    memset(word, 'x', sizeof word - 1);
    static const char *many[200];
    for (size_t i = 0; i + 1 < sizeof many / sizeof *many; i++) {
        many[i] = "a_value_of_some_length";
    }
    cr_assert_eq(mneme_choice_check(mneme_str_from(word), many, "--x", "value", &error), MNEME_E_USAGE);
    cr_assert_lt(strlen(error.message), MNEME_ERROR_MESSAGE_BYTES);
}
