/*
 * BM25 by hand-worked values and by what must hold of any.
 */
#include "queries/ranking/bm25.h"

#include <criterion/criterion.h>
#include <math.h>

static const struct mneme_bm25 classic = {.k1 = 1.2, .b = 0.75, .mean_length = 10};

static void check(double actual, double expected) {
    cr_assert(fabs(actual - expected) < 1e-9, "%.12f instead of %.12f", actual, expected);
}

Test(bm25, idf_is_that_of_the_formula) {
    check(mneme_bm25_idf(10, 2), log(1 + 8.5 / 2.5));
    check(mneme_bm25_idf(10, 10), log(1 + 0.5 / 10.5));
    check(mneme_bm25_idf(0, 0), log(2));
}

Test(bm25, idf_is_never_negative_and_rare_terms_have_more) {
    for (int64_t having = 1; having <= 1000; having++) {
        cr_assert_gt(mneme_bm25_idf(1000, having), 0);
        cr_assert_gt(mneme_bm25_idf(1000, having - 1), mneme_bm25_idf(1000, having));
    }
    check(mneme_bm25_idf(10, 50), mneme_bm25_idf(10, 10));
    check(mneme_bm25_idf(10, -1), mneme_bm25_idf(10, 0));
}

Test(bm25, a_term_is_that_of_the_formula) {
    check(mneme_bm25_term(&classic, 2, 3, 10), 2 * 3 * 2.2 / (3 + 1.2));
    check(mneme_bm25_term(&classic, 2, 3, 20), 2 * 3 * 2.2 / (3 + 1.2 * (0.25 + 0.75 * 2)));
    check(mneme_bm25_term(&classic, 2, 0, 10), 0);
}

Test(bm25, long_texts_lose_and_repetition_saturates) {
    cr_assert_gt(mneme_bm25_term(&classic, 1, 1, 5), mneme_bm25_term(&classic, 1, 1, 50));
    cr_assert_lt(mneme_bm25_term(&classic, 1, 1000, 10), 2.2);
    const struct mneme_bm25 unknown = {.k1 = 1.2, .b = 0.75};
    check(mneme_bm25_term(&unknown, 1, 1, 5), mneme_bm25_term(&unknown, 1, 1, 50));
}

Test(bm25, a_score_is_the_sum_of_its_terms) {
    const double idfs[] = {1, 2, 3};
    const double counts[] = {1, 0, 2};
    check(mneme_bm25_score(&classic, idfs, counts, 3, 12),
          mneme_bm25_term(&classic, 1, 1, 12) + mneme_bm25_term(&classic, 3, 2, 12));
    check(mneme_bm25_score(&classic, idfs, counts, 0, 12), 0);
}
