/*
 * Makes lists of hits comparable: each is scaled over its own best hits, since BM25 and cosine values cannot
 * be compared directly.
 */
#ifndef MNEME_QUERIES_RANKING_FUSION_H
#define MNEME_QUERIES_RANKING_FUSION_H

#include <stddef.h>

/* The scaled value of a list's lowest hit; the best hit gets 1. */
#define MNEME_FUSION_LEAST 0.05

/* Scales `values` to shares: among the `most` greatest ones, the lowest becomes MNEME_FUSION_LEAST, the
 * greatest 1, and those between are scaled in proportion; all others and NANs become 0. Ties at the limit are
 * all included. `scratch` must have room for `count` values. */
void mneme_fusion_scale(double *values, size_t count, size_t most, double *scratch);

#endif
