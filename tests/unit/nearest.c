/*
 * "Did you mean …".
 */
#include <criterion/criterion.h>

#include "common/base/nearest.h"

static const char *nearest_of(const char *word) {
    static const char *const known[] = {"confidence", "content", "tags", "memory_created", "memory_updated"};
    struct mneme_nearest nearest = {0};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        mneme_nearest_offer(&nearest, mneme_str_from(word), known[i]);
    }
    return nearest.name;
}

Test(nearest, finds_the_word_that_was_meant) {
    cr_assert_str_eq(nearest_of("confidance"), "confidence");
    cr_assert_str_eq(nearest_of("contnet"), "content");
    cr_assert_str_eq(nearest_of("memory_create"), "memory_created");
    cr_assert_str_eq(nearest_of("memory_update"), "memory_updated");
    cr_assert_str_eq(nearest_of("tag"), "tags");
}

Test(nearest, says_nothing_when_nothing_is_close) {
    cr_assert_null(nearest_of("banana"));
    cr_assert_null(nearest_of(""));
    cr_assert_null(nearest_of("xyz"));
}

Test(nearest, ignores_words_longer_than_any_name) {
    char word[1000];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    cr_assert_null(nearest_of(word));
}
