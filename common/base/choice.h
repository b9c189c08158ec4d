/*
 * One word of a set. For a word that is not in a closed set, the error names the nearest word, or all words.
 * An open set accepts any word; the nearest one can be suggested.
 */
#ifndef MNEME_COMMON_BASE_CHOICE_H
#define MNEME_COMMON_BASE_CHOICE_H

#include "common/base/error.h"
#include "common/base/types.h"

/* The index of the word among the `values`, which end with NULL; -1 when it is not among them. */
int mneme_choice_index(struct mneme_str word, const char *const *values);

/* The value that a mistyped word is closest to; NULL when it is one of the values, or not close to any. */
const char *mneme_choice_nearest(struct mneme_str word, const char *const *values);

/* MNEME_OK for a word of a closed set, else MNEME_E_USAGE: "<what> was not taken: there is no <noun>
 * '<word>'; did you mean '…'?", or "; choose one of …" when it is not close to any. */
int mneme_choice_check(struct mneme_str word, const char *const *values, const char *what, const char *noun,
                       struct mneme_error *error);

#endif
