/*
 * Shares of the settings.
 */
#include "stores/redis/limits.h"

static int64_t share(const struct mneme_config *config, enum mneme_setting setting, int32_t partitions) {
    return (mneme_config_long(config, setting) + partitions - 1) / partitions;
}

struct mneme_hot_limits mneme_hot_limits_of(const struct mneme_config *config, int32_t partitions) {
    return (struct mneme_hot_limits){
        .memories = share(config, MNEME_SETTING_REDIS_CAPACITY, partitions),
        .bytes = share(config, MNEME_SETTING_REDIS_MAX_BYTES, partitions),
        .user_percent = mneme_config_long(config, MNEME_SETTING_REDIS_USER_PERCENT),
    };
}

int64_t mneme_hot_user_bytes(const struct mneme_hot_limits *limits) {
    return (limits->bytes / 100 + 1) * limits->user_percent;
}
