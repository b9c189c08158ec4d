/*
 * Redis, one server or a cluster: commands and scripts, one at a time or many in flight. Connections are
 * opened on demand and closed when they fail. For one thread at a time.
 */
#ifndef MNEME_COMMON_REDIS_REDIS_H
#define MNEME_COMMON_REDIS_REDIS_H

#include <hiredis/hiredis.h>

#include "common/base/error.h"
#include "common/base/types.h"

struct mneme_redis;

/* The pause for callers that can do without Redis: an unavailable server costs them only an occasional short
 * wait. */
#define MNEME_REDIS_PAUSE_MS 5000

struct mneme_redis_options {
    int64_t timeout_ms; /* limits connecting, and each wait for an answer */
    int64_t pause_ms;   /* how long a failed server is not tried again; 0: tried again at once */
};

/* A Lua script; must be a constant, since it is identified by its address. */
struct mneme_redis_script {
    const char *name; /* for messages */
    const char *source;
};

/* Borrowed until the call that takes it returns. */
struct mneme_redis_command {
    const struct mneme_redis_script *script; /* NULL: `words` are the whole command, its name first; else they
                                                are the number of keys, the keys and the arguments */
    const struct mneme_str *words;
    size_t count;
    struct mneme_str key; /* determines the node of a cluster; null: any */
};

/* `urls` is redis://[[user]:password@]host[:port][/database], or several of these, separated by commas: the
 * first nodes to try of one cluster. Does not connect yet. MNEME_E_USAGE for any other text. */
int mneme_redis_open(struct mneme_redis **out, const char *urls, const struct mneme_redis_options *options,
                     struct mneme_error *error);
void mneme_redis_close(struct mneme_redis *redis); /* may be NULL */

/*
 * Errors of all calls below. mneme_redis_code says whether a failed command was executed:
 * - the first word of Redis's error ("OOM", "WRONGTYPE"; at most 15 bytes): this command was refused, others
 *   are not affected, and the connection stays open;
 * - "": there was no answer. Nothing is in flight any more, and it is unknown which of the commands without
 *   an answer were executed.
 * MNEME_E_UNAVAILABLE when trying again may help (see the table in common/redis/errors.c); the others need
 * somebody to act: MNEME_E_DENIED, MNEME_E_USAGE, MNEME_E_INTERNAL.
 */
const char *mneme_redis_code(const struct mneme_redis *redis);

/* Runs one command and returns its answer, which is never an error; the caller frees it with freeReplyObject;
 * NULL after a failure. `reply` may be NULL when the answer is of no interest. Nothing may be in flight. */
int mneme_redis_run(redisReply **reply, struct mneme_redis *redis, const struct mneme_redis_command *command,
                    struct mneme_error *error);

/*
 * A pipeline: commands are sent without waiting for answers, and answers are received in the order of
 * sending, whatever nodes they come from. The caller limits how many are in flight.
 *
 * Commands for one key are executed in the order of sending, with one exception: if somebody flushes a script
 * from Redis while its call is in flight, the call is sent again after later commands.
 */
int mneme_redis_send(struct mneme_redis *redis, const struct mneme_redis_command *command,
                     struct mneme_error *error);
/* Writes buffered commands; receiving does so, too. */
int mneme_redis_flush(struct mneme_redis *redis, struct mneme_error *error);
/* Like mneme_redis_run; at least one command must be in flight. After an error answer the next can be
 * received. */
int mneme_redis_receive(redisReply **reply, struct mneme_redis *redis, struct mneme_error *error);
size_t mneme_redis_in_flight(const struct mneme_redis *redis);
/* Abandons commands in flight, and closes the connections that still owe an answer. */
void mneme_redis_drop(struct mneme_redis *redis);

#endif
