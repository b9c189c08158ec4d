/*
 * Metrics by name, and the arithmetic of them.
 */
#include "stores/vectors/metric.h"

#include <math.h>

const char *const mneme_metric_names[MNEME_METRIC_COUNT] = {
    [MNEME_METRIC_ANY] = "",
    [MNEME_METRIC_COSINE] = "cosine",
    [MNEME_METRIC_EUCLIDEAN] = "euclidean",
    [MNEME_METRIC_DOT] = "dot",
};

int mneme_metric_parse(enum mneme_vector_metric *out, struct mneme_str text, struct mneme_error *error) {
    *out = MNEME_METRIC_ANY;
    if (text.data == NULL) {
        return MNEME_OK;
    }
    if (mneme_str_equal(text, MNEME_STR_LIT("dotproduct"))) { /* as other stores call it */
        *out = MNEME_METRIC_DOT;
        return MNEME_OK;
    }
    for (int i = MNEME_METRIC_ANY + 1; i < MNEME_METRIC_COUNT; i++) {
        if (mneme_str_equal(text, mneme_str_from(mneme_metric_names[i]))) {
            *out = (enum mneme_vector_metric)i;
            return MNEME_OK;
        }
    }
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "cannot compare vectors by \"%.*s\": this is not a metric; use cosine, euclidean or dot",
        MNEME_STR_ARG(text));
}

double mneme_metric_similarity(enum mneme_vector_metric metric, const float *a, const float *b,
                               size_t dimensions) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (size_t i = 0; i < dimensions; i++) {
        dot += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    switch (metric) {
    case MNEME_METRIC_DOT:
        return dot;
    case MNEME_METRIC_EUCLIDEAN:
        /* Rounding may make the distance of equal vectors negative. */
        return mneme_metric_from_distance(metric, sqrt(fmax(aa + bb - 2 * dot, 0)));
    case MNEME_METRIC_ANY:
    case MNEME_METRIC_COSINE:
    case MNEME_METRIC_COUNT:
        break;
    }
    return aa == 0 || bb == 0 ? 0 : dot / sqrt(aa * bb);
}

double mneme_metric_from_distance(enum mneme_vector_metric metric, double distance) {
    switch (metric) {
    case MNEME_METRIC_DOT:
        return -distance;
    case MNEME_METRIC_EUCLIDEAN:
        return 1 / (1 + distance);
    case MNEME_METRIC_ANY:
    case MNEME_METRIC_COSINE:
    case MNEME_METRIC_COUNT:
        break;
    }
    return isnan(distance) ? 0 : 1 - distance; /* of a vector that is all zeros */
}
