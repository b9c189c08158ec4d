/*
 * Words of a set, and the error for a word that is not in it.
 */
#include "common/base/choice.h"

#include <stdio.h>

#include "common/base/nearest.h"

#define LIST_BYTES 600 /* for the list of values in a message */
#define MOST_SHOWN 100 /* bytes of a wrong word in a message */

int mneme_choice_index(struct mneme_str word, const char *const *values) {
    for (int i = 0; values[i] != NULL; i++) {
        if (mneme_str_equal(word, mneme_str_from(values[i]))) {
            return i;
        }
    }
    return -1;
}

const char *mneme_choice_nearest(struct mneme_str word, const char *const *values) {
    struct mneme_nearest nearest = {0};
    for (size_t i = 0; values[i] != NULL; i++) {
        mneme_nearest_offer(&nearest, word, values[i]);
    }
    return nearest.name == NULL || nearest.distance == 0 ? NULL : nearest.name;
}

/* "a, b or c"; values that do not fit are left out. */
static void list_all(char list[LIST_BYTES], const char *const *values) {
    size_t len = 0;
    list[0] = '\0';
    for (size_t i = 0; values[i] != NULL && len < LIST_BYTES; i++) {
        const char *before = i == 0 ? "" : values[i + 1] == NULL ? " or " : ", ";
        int written = snprintf(list + len, LIST_BYTES - len, "%s%s", before, values[i]);
        len += written > 0 ? (size_t)written : 0;
    }
}

int mneme_choice_check(struct mneme_str word, const char *const *values, const char *what, const char *noun,
                       struct mneme_error *error) {
    if (mneme_choice_index(word, values) >= 0) {
        return MNEME_OK;
    }
    struct mneme_str shown = {word.data, word.len < MOST_SHOWN ? word.len : MOST_SHOWN};
    const char *nearest = mneme_choice_nearest(word, values);
    if (nearest != NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s was not taken: there is no %s '%.*s'; did you mean '%s'?", what, noun,
                               MNEME_STR_ARG(shown), nearest);
    }
    char list[LIST_BYTES];
    list_all(list, values);
    bool is_choice = values[0] != NULL && values[1] != NULL;
    return mneme_error_set(error, MNEME_E_USAGE, "%s was not taken: there is no %s '%.*s'; %s %s", what, noun,
                           MNEME_STR_ARG(shown), is_choice ? "choose one of" : "give", list);
}
