/*
 * The signs come from a hash of each number's place, so that no two places are alike in both sums.
 */
#include "consumers/vectors/sketch.h"

#include <endian.h>
#include <math.h>

#include "common/base/hash.h"

#define SEED UINT64_C(0x5EC70A5)
#define LOST_BITS 1e-6 /* of the sum of the numbers without their signs */

struct mneme_vector_sketch mneme_vector_sketch_of(struct mneme_str vector) {
    struct mneme_vector_sketch sketch = {0};
    for (size_t i = 0; i < vector.len / sizeof(float); i++) {
        uint32_t bits;
        float number;
        memcpy(&bits, vector.data + i * sizeof bits, sizeof bits);
        bits = le32toh(bits);
        memcpy(&number, &bits, sizeof number);
        uint64_t signs = mneme_hash_mix(SEED, i);
        for (int k = 0; k < MNEME_VECTOR_SKETCHES; k++) {
            sketch.sums[k] += (signs >> k & 1) != 0 ? (double)number : -(double)number;
        }
        sketch.size += fabs((double)number);
    }
    return sketch;
}

bool mneme_vector_sketch_equal(const struct mneme_vector_sketch *one, const struct mneme_vector_sketch *other,
                               bool is_exact) {
    double tolerance = is_exact ? 0 : one->size * LOST_BITS;
    bool is_equal = fabs(one->size - other->size) <= tolerance;
    for (int k = 0; k < MNEME_VECTOR_SKETCHES; k++) {
        is_equal = is_equal && fabs(one->sums[k] - other->sums[k]) <= tolerance;
    }
    return is_equal;
}
