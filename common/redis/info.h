/*
 * Information about a Redis server (INFO). For a cluster, about the node that the connection began with.
 */
#ifndef MNEME_COMMON_REDIS_INFO_H
#define MNEME_COMMON_REDIS_INFO_H

#include "common/base/buffer.h"
#include "common/redis/redis.h"

/* Appends the answer to INFO, or to one section of it such as "memory" (NULL: the default sections), with a
 * terminating NUL. Errors of mneme_redis_run. */
int mneme_redis_info(struct mneme_buffer *out, struct mneme_redis *redis, const char *section,
                     struct mneme_error *error);

/* The value of the line "name:value" of an answer; null when it has none. */
struct mneme_str mneme_redis_info_value(const struct mneme_buffer *info, const char *name);

/* The same as a number; -1 when the answer has no such line. */
int64_t mneme_redis_info_number(const struct mneme_buffer *info, const char *name);

#endif
