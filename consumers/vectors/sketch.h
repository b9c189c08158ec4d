/*
 * A vector as a few sums, to compare two vectors without keeping either.
 */
#ifndef MNEME_CONSUMERS_VECTORS_SKETCH_H
#define MNEME_CONSUMERS_VECTORS_SKETCH_H

#include "common/base/types.h"

/* Two sums of the numbers, each with random signs. */
#define MNEME_VECTOR_SKETCHES 2

struct mneme_vector_sketch {
    double sums[MNEME_VECTOR_SKETCHES];
    double size; /* the sum without signs */
};

/* Of little-endian floats. */
struct mneme_vector_sketch mneme_vector_sketch_of(struct mneme_str vector);

/* Whether both are of one vector: exactly, or except for the last bits, which Chroma loses when it
 * normalises. */
bool mneme_vector_sketch_equal(const struct mneme_vector_sketch *one, const struct mneme_vector_sketch *other,
                               bool is_exact);

#endif
