/*
 * The formula of the header.
 */
#include "queries/ranking/bm25.h"

#include <math.h>

double mneme_bm25_idf(int64_t documents, int64_t having) {
    double all = documents > 0 ? (double)documents : 0;
    double with = having < 0 ? 0 : (double)having > all ? all : (double)having;
    return log(1 + (all - with + 0.5) / (with + 0.5));
}

double mneme_bm25_term(const struct mneme_bm25 *bm25, double idf, double count, double length) {
    if (count <= 0) {
        return 0;
    }
    double relative = bm25->mean_length > 0 ? length / bm25->mean_length : 1;
    return idf * count * (bm25->k1 + 1) / (count + bm25->k1 * (1 - bm25->b + bm25->b * relative));
}

double mneme_bm25_score(const struct mneme_bm25 *bm25, const double *idfs, const double *counts,
                        size_t term_count, double length) {
    double sum = 0;
    for (size_t i = 0; i < term_count; i++) {
        sum += mneme_bm25_term(bm25, idfs[i], counts[i], length);
    }
    return sum;
}
