/*
 * A connection to Redis: opened when it is needed, dropped when it fails, and left alone for a while after
 * that, so that a Redis that is away costs one short wait now and then. For one thread at a time.
 */
#ifndef MNEME_COMMON_REDIS_H
#define MNEME_COMMON_REDIS_H

#include "common/buffer.h"
#include "common/error.h"

struct mneme_redis;

/* `url` is redis://[[user]:password@]host[:port][/database]. `timeout_ms` bounds connecting, and each answer.
 * Connects to nothing yet. MNEME_E_USAGE for another URL. */
int mneme_redis_open(struct mneme_redis **out, const char *url, int64_t timeout_ms,
                     struct mneme_error *error);
void mneme_redis_close(struct mneme_redis *redis);

/* The value of a key, appended to `value`; *is_found false when there is none. MNEME_E_UNAVAILABLE when Redis
 * does not answer or is left alone after it did not. */
int mneme_redis_get(struct mneme_buffer *value, bool *is_found, struct mneme_redis *redis,
                    struct mneme_str key, struct mneme_error *error);

/* Sets the key for so many seconds. */
int mneme_redis_set(struct mneme_redis *redis, struct mneme_str key, struct mneme_str value, int64_t ttl_s,
                    struct mneme_error *error);

#endif
