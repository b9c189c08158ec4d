/*
 * Sums in double precision, so that the order of a hundred parts does not affect the result.
 */
#include "consumers/embed/embed_parts.h"

#include "common/base/floats.h"

/* A mean that is being made. */
struct sum {
    double *numbers;
    double weight;
};

/* A vector of another length does not belong to this model; the cache may hold one from before. */
static bool has_vector(const struct mneme_embed_text *part, size_t bytes) {
    return part->vector.data != NULL && part->vector.len == bytes;
}

static void add(struct sum *sum, const struct mneme_embed_text *part, size_t dimensions) {
    double weight = (double)part->text.len;
    for (size_t i = 0; i < dimensions; i++) {
        float number;
        mneme_floats_get(&number, part->vector.data + i * sizeof number, 1);
        sum->numbers[i] += weight * (double)number;
    }
    sum->weight += weight;
}

/* Appends the mean and starts over. */
static void put_mean(struct mneme_buffer *out, struct sum *sum, size_t dimensions) {
    for (size_t i = 0; i < dimensions; i++) {
        float number = (float)(sum->numbers[i] / sum->weight);
        mneme_floats_put(out, &number, 1);
        sum->numbers[i] = 0;
    }
    sum->weight = 0;
}

/* A buffer over memory of the arena, which it does not outgrow; without data when memory is exhausted. */
static struct mneme_buffer reserve(struct mneme_arena *arena, size_t bytes) {
    return (struct mneme_buffer){.data = mneme_arena_alloc(arena, bytes), .capacity = bytes};
}

/* The mean of `count` parts in `groups` groups. */
static bool put_groups(struct mneme_buffer *out, const struct mneme_embed_text *parts, size_t count,
                       size_t groups, size_t bytes, struct mneme_arena *arena) {
    size_t dimensions = bytes / sizeof(float);
    struct sum sum = {.numbers = mneme_arena_calloc(arena, dimensions, sizeof *sum.numbers)};
    *out = reserve(arena, groups * bytes);
    if (out->data == NULL || sum.numbers == NULL) {
        return false;
    }
    size_t place = 0;
    for (const struct mneme_embed_text *part = parts; part != NULL; part = part->next) {
        if (!has_vector(part, bytes)) {
            continue;
        }
        add(&sum, part, dimensions);
        place++;
        if (place * groups / count > (place - 1) * groups / count) {
            put_mean(out, &sum, dimensions);
        }
    }
    return true;
}

bool mneme_embed_join_parts(struct mneme_embedding *out, const struct mneme_embed_text *parts, size_t most,
                            struct mneme_arena *arena) {
    const struct mneme_embed_text *first = parts;
    struct mneme_buffer vectors;
    size_t count = 0;
    while (first->vector.data == NULL) {
        first = first->next;
    }
    size_t bytes = first->vector.len;
    for (const struct mneme_embed_text *part = first; part != NULL; part = part->next) {
        count += has_vector(part, bytes) ? 1 : 0;
    }
    out->dimensions = (int64_t)(bytes / sizeof(float));
    out->vector = first->vector;
    out->part_vectors = MNEME_STR_NULL;
    if (count == 1) {
        return true;
    }
    if (!put_groups(&vectors, first, count, 1, bytes, arena)) {
        return false;
    }
    out->vector = mneme_buffer_str(&vectors);
    if (most > 1) {
        if (!put_groups(&vectors, first, count, count < most ? count : most, bytes, arena)) {
            return false;
        }
        out->part_vectors = mneme_buffer_str(&vectors);
    }
    return true;
}
