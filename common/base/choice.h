/*
 * One word of a set. A word that is not in a closed set is refused with the nearest one, or with all of them.
 * An open set takes any word; there the nearest one can be pointed out.
 */
#ifndef MNEME_COMMON_BASE_CHOICE_H
#define MNEME_COMMON_BASE_CHOICE_H

#include "common/base/error.h"
#include "common/base/types.h"

/* The index of the word among the `values`, which end with NULL; -1 when it is not among them. */
int mneme_choice_index(struct mneme_str word, const char *const *values);

/* The value that a mistyped word is closest to; NULL when it is one of them, or close to none. */
const char *mneme_choice_nearest(struct mneme_str word, const char *const *values);

/* MNEME_OK for a word of a closed set, else MNEME_E_USAGE: "<what> was not taken: there is no <noun>
 * '<word>'; did you mean '…'?", or "; choose one of …" when it is close to none. */
int mneme_choice_check(struct mneme_str word, const char *const *values, const char *what, const char *noun,
                       struct mneme_error *error);

#endif
