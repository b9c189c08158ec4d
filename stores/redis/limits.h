/*
 * How much of one partition of the log is kept: its share of what the settings give.
 */
#ifndef MNEME_STORES_REDIS_LIMITS_H
#define MNEME_STORES_REDIS_LIMITS_H

#include "common/config/config.h"

struct mneme_hot_limits {
    int64_t memories, bytes; /* of all owners together */
    int64_t user_percent;    /* what one of them may have of these */
};

/* Shares are rounded up. */
struct mneme_hot_limits mneme_hot_limits_of(const struct mneme_config *config, int32_t partitions);

/* The bytes that one owner may have. */
int64_t mneme_hot_user_bytes(const struct mneme_hot_limits *limits);

#endif
