/*
 * The similarity of two vectors, greater for closer ones, on which all stores agree.
 */
#ifndef MNEME_STORES_VECTORS_METRIC_H
#define MNEME_STORES_VECTORS_METRIC_H

#include "common/base/error.h"
#include "common/base/types.h"

enum mneme_vector_metric {
    MNEME_METRIC_ANY,       /* in a query: the metric of the stored vectors */
    MNEME_METRIC_COSINE,    /* the cosine: -1 to 1; 0 when one of them is all zeros */
    MNEME_METRIC_EUCLIDEAN, /* 1 / (1 + distance): 0 to 1 */
    MNEME_METRIC_DOT,       /* the inner product */
    MNEME_METRIC_COUNT,
};

/* "cosine", "euclidean", "dot"; "" for ANY. */
extern const char *const mneme_metric_names[MNEME_METRIC_COUNT];

/* Parses one of these names, or "dotproduct" for "dot". MNEME_E_USAGE names the choices. A null text is ANY.
 */
int mneme_metric_parse(enum mneme_vector_metric *out, struct mneme_str text, struct mneme_error *error);

/* Of two vectors of `dimensions` floats. */
double mneme_metric_similarity(enum mneme_vector_metric metric, const float *a, const float *b,
                               size_t dimensions);

/* From a store's distance: 1 - cosine, the Euclidean distance, or minus the inner product. */
double mneme_metric_from_distance(enum mneme_vector_metric metric, double distance);

#endif
