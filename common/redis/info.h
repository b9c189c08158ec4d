/*
 * What a Redis server says of itself (INFO). Of a cluster, the node that the connection began with.
 */
#ifndef MNEME_COMMON_REDIS_INFO_H
#define MNEME_COMMON_REDIS_INFO_H

#include "common/base/buffer.h"
#include "common/redis/redis.h"

/* The answer to INFO, or of one section of it such as "memory" (NULL: the usual ones), appended with a NUL
 * behind it. Errors as mneme_redis_run. */
int mneme_redis_info(struct mneme_buffer *out, struct mneme_redis *redis, const char *section,
                     struct mneme_error *error);

/* The value of the line "name:value" of an answer; null when it has none. */
struct mneme_str mneme_redis_info_value(const struct mneme_buffer *info, const char *name);

/* The same as a number; -1 when the answer has no such line. */
int64_t mneme_redis_info_number(const struct mneme_buffer *info, const char *name);

#endif
