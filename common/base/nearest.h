/*
 * "Did you mean …": the known name that a mistyped one is closest to.
 */
#ifndef MNEME_COMMON_BASE_NEAREST_H
#define MNEME_COMMON_BASE_NEAREST_H

#include "common/base/types.h"

/* A search in progress; zero-initialise it, then offer every known name. */
struct mneme_nearest {
    const char *name; /* the best so far, NULL when none is close enough */
    size_t distance;
};

/* Counts edits (insert, delete, replace, swap of neighbours); a name that differs in more than a third of the
 * word is not close. */
void mneme_nearest_offer(struct mneme_nearest *nearest, struct mneme_str word, const char *known);

#endif
