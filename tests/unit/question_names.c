/*
 * Authors in questions.
 */
#include "queries/ranking/names.h"

#include <criterion/criterion.h>

#define S(text) mneme_str_from(text)

Test(question_names, an_author_is_named_by_whole_words) {
    cr_assert(mneme_question_names(S("What did Ada's sister say?"), S("Ada")));
    cr_assert(mneme_question_names(S("what did ADA say?"), S("Ada Byron")));
    cr_assert(mneme_question_names(S("Ada"), S("Ada")));
    cr_assert(mneme_question_names(S("Что сказала Ольга?"), S("Ольга")));
    cr_assert_not(mneme_question_names(S("What did Adam say?"), S("Ada")));
    cr_assert_not(mneme_question_names(S("What is it?"), S("Ada")));
    cr_assert_not(mneme_question_names(S(""), S("Ada")));
    cr_assert_not(mneme_question_names(S("Ada"), S("")));
    cr_assert_not(mneme_question_names(S("Ada"), S("?")));
}

Test(question_names, a_question_without_its_authors) {
    static const char *const cases[][2] = {
        {"What did Ada tell Ben?", "What did tell ?"},
        {"What is Ada's favourite tea?", "What is favourite tea?"},
        {"What is Ada\xE2\x80\x99s tea?", "What is tea?"},
        {"Ada Byron's  tea", "tea"},
        {"Adam's tea", "Adam's tea"},
        {"", ""},
        {"Ada", ""},
    };
    const struct mneme_str authors[] = {S("Ada Byron"), S("Ben")};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mneme_buffer out = {0};
        mneme_question_without(&out, S(cases[i][0]), authors, 2);
        cr_assert(mneme_str_equal(mneme_buffer_str(&out), S(cases[i][1])), "'%.*s' from '%s'",
                  MNEME_STR_ARG(mneme_buffer_str(&out)), cases[i][0]);
        mneme_buffer_clean_up(&out);
    }
}
