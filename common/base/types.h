/*
 * The value types that events, rows and settings are made of: slices, UUIDs, optional numbers.
 * They are plain data, copied by assignment; a slice (struct mneme_str of include/mneme/base.h) never owns
 * what it points to.
 */
#ifndef MNEME_COMMON_BASE_TYPES_H
#define MNEME_COMMON_BASE_TYPES_H

#include "include/mneme/base.h"

#define MNEME_STR_NULL ((struct mneme_str){NULL, 0})
#define MNEME_STR_LIT(literal) ((struct mneme_str){(literal), sizeof(literal) - 1})

/* Whether both are null, or both hold the same bytes. */
static inline bool mneme_str_equal(struct mneme_str a, struct mneme_str b) {
    if (a.data == NULL || b.data == NULL) {
        return a.data == b.data;
    }
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Order by bytes, like memcmp; null and empty are equal here. */
static inline int mneme_str_compare(struct mneme_str a, struct mneme_str b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

struct mneme_uuid {
    uint8_t bytes[16]; /* network order, as RFC 9562 prints them */
};

struct mneme_opt_uuid {
    struct mneme_uuid value;
    bool is_set;
};

struct mneme_opt_long {
    int64_t value;
    bool is_set;
};

struct mneme_opt_double {
    double value;
    bool is_set;
};

struct mneme_opt_bool {
    bool value;
    bool is_set;
};

struct mneme_str_array {
    const struct mneme_str *items; /* none of them null */
    size_t count;
    bool is_set;
};

struct mneme_long_array {
    const int64_t *items;
    size_t count;
    bool is_set;
};

struct mneme_double_array {
    const double *items;
    size_t count;
    bool is_set;
};

struct mneme_str_pair {
    struct mneme_str key;
    struct mneme_str value;
};

struct mneme_str_map {
    const struct mneme_str_pair *items; /* in the order in which they were written */
    size_t count;
};

/* The position of an event in the log. */
struct mneme_position {
    int32_t partition;
    int64_t offset;
};

/* The total order that every rebuild reproduces: offset × 4096 + partition. */
#define MNEME_MAX_PARTITIONS 4096
static inline int64_t mneme_sequence_id(struct mneme_position position) {
    return position.offset * MNEME_MAX_PARTITIONS + position.partition;
}

#endif
