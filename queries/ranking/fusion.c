/*
 * Scaling of a list.
 */
#include "queries/ranking/fusion.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static int descending(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left < right) - (left > right);
}

void mneme_fusion_scale(double *values, size_t count, size_t most, double *scratch) {
    size_t hits = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i])) {
            scratch[hits++] = values[i];
        }
    }
    qsort(scratch, hits, sizeof *scratch, descending);
    hits = hits < most ? hits : most;
    double best = hits > 0 ? scratch[0] : 0;
    double least = hits > 0 ? scratch[hits - 1] : 0;
    for (size_t i = 0; i < count; i++) {
        bool is_hit = hits > 0 && values[i] >= least; /* false for NAN */
        double share = best > least ? (values[i] - least) / (best - least) : 1;
        values[i] = is_hit ? MNEME_FUSION_LEAST + (1 - MNEME_FUSION_LEAST) * share : 0;
    }
}
