/*
 * A log in memory that the projections `postgres` and `search` fold into a fresh database, one after the
 * other.
 */
#ifndef MNEME_TESTS_SEARCH_CASE_H
#define MNEME_TESTS_SEARCH_CASE_H

#include "tests/support/fold_case.h"

struct mneme_search_case {
    struct mneme_fold_case fold;
    void *search;  /* the projection */
    size_t folded; /* items of the log that it was given */
};

/* The case of the fold, and full text migrated, opened and assigned. Fails the test when it cannot. */
void mneme_search_case_set_up(struct mneme_search_case *search);
void mneme_search_case_tear_down(struct mneme_search_case *search);

/* Full text anew: its tables are made again, and nothing is folded. */
void mneme_search_case_begin(struct mneme_search_case *search);

int mneme_search_case_open(struct mneme_search_case *search);
enum mneme_apply_result mneme_search_case_assign(struct mneme_search_case *search);

/* Applies what the projection was not given yet in batches of `batch_size` (0: one batch), until one is not
 * applied. The ledger must have it. */
enum mneme_apply_result mneme_search_case_apply(struct mneme_search_case *search, size_t batch_size);

#endif
