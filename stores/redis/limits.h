/*
 * How much of one partition of the log is kept (its share of the limits in the settings), and how long.
 */
#ifndef MNEME_STORES_REDIS_LIMITS_H
#define MNEME_STORES_REDIS_LIMITS_H

#include "common/config/config.h"
#include "stores/redis/keys.h"

struct mneme_hot_limits {
    int64_t memories, bytes; /* of all owners together */
    int64_t user_percent;    /* maximum share of one owner */
};

/* Shares are rounded up. */
struct mneme_hot_limits mneme_hot_limits_of(const struct mneme_config *config, int32_t partitions);

/* The setting for how long the value of such a key is kept after its last change. */
enum mneme_setting mneme_hot_ttl_setting(enum mneme_hot_kind kind);
int64_t mneme_hot_ttl_s(const struct mneme_config *config, enum mneme_hot_kind kind);

/* The maximum number of bytes of one owner. */
int64_t mneme_hot_user_bytes(const struct mneme_hot_limits *limits);

#endif
