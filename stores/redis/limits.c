/*
 * Shares of the limits in the settings, and times to live by kind of key.
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

enum mneme_setting mneme_hot_ttl_setting(enum mneme_hot_kind kind) {
    return kind >= MNEME_HOT_WORKING                ? MNEME_SETTING_REDIS_WORKING_TTL_S
           : kind == MNEME_HOT_CONVERSATION         ? MNEME_SETTING_REDIS_CONVERSATION_TTL_S
           : kind == MNEME_HOT_RECENT_CONVERSATIONS ? MNEME_SETTING_REDIS_RECENT_CONVERSATIONS_TTL_S
           : kind == MNEME_HOT_RECENT_DECISIONS     ? MNEME_SETTING_REDIS_RECENT_DECISIONS_TTL_S
                                                    : MNEME_SETTING_REDIS_MEMORY_TTL_S;
}

int64_t mneme_hot_ttl_s(const struct mneme_config *config, enum mneme_hot_kind kind) {
    return mneme_config_long(config, mneme_hot_ttl_setting(kind));
}

int64_t mneme_hot_user_bytes(const struct mneme_hot_limits *limits) {
    return (limits->bytes / 100 + 1) * limits->user_percent;
}
