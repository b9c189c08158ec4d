/*
 * Lists of hits made comparable: each is scaled over its own best hits, since BM25 and cosine say nothing of
 * each other.
 */
#ifndef MNEME_QUERIES_RANKING_FUSION_H
#define MNEME_QUERIES_RANKING_FUSION_H

#include <stddef.h>

/* The least of a list's hits is worth so much, the best 1. */
#define MNEME_FUSION_LEAST 0.05

/* Turns `values` into shares: of the `most` greatest ones the least becomes MNEME_FUSION_LEAST, the greatest
 * 1, what is between in proportion; everything else, and what is NAN, becomes 0. Equal ones at the edge are
 * all in. `scratch` has room for `count`. */
void mneme_fusion_scale(double *values, size_t count, size_t most, double *scratch);

#endif
