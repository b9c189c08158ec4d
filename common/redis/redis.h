/*
 * Redis, one server or a cluster: commands and scripts, one at a time or many in flight. Connections are
 * opened when they are needed and dropped when they fail. For one thread at a time.
 */
#ifndef MNEME_COMMON_REDIS_REDIS_H
#define MNEME_COMMON_REDIS_REDIS_H

#include <hiredis/hiredis.h>

#include "common/base/error.h"
#include "common/base/types.h"

struct mneme_redis;

/* The pause for whoever can do without Redis: one that is away costs one short wait now and then. */
#define MNEME_REDIS_PAUSE_MS 5000

struct mneme_redis_options {
    int64_t timeout_ms; /* bounds connecting, and each wait for an answer */
    int64_t pause_ms;   /* for so long a server that failed is left alone; 0: it is tried again at once */
};

/* A Lua script; a constant of the program, since it is remembered by its address. */
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
    struct mneme_str key; /* decides which node of a cluster gets it; null: any */
};

/* `urls` is redis://[[user]:password@]host[:port][/database], or several such with commas between them: nodes
 * of one cluster to begin with. Connects to nothing yet. MNEME_E_USAGE for another text. */
int mneme_redis_open(struct mneme_redis **out, const char *urls, const struct mneme_redis_options *options,
                     struct mneme_error *error);
void mneme_redis_close(struct mneme_redis *redis); /* may be NULL */

/*
 * Errors of all calls below. Whether a command that failed was done is known by mneme_redis_code:
 * - the first word of what Redis answered ("OOM", "WRONGTYPE"; at most 15 bytes of it): this command was
 *   refused, all others are untouched, and the connection goes on;
 * - "": there was no answer. Nothing is in flight any more, and of whatever was sent and not received nobody
 *   knows whether it was done.
 * MNEME_E_UNAVAILABLE for what trying again may help (common/redis/errors.c has the table); all else needs
 * somebody to act: MNEME_E_DENIED, MNEME_E_USAGE, MNEME_E_INTERNAL.
 */
const char *mneme_redis_code(const struct mneme_redis *redis);

/* One command and its answer, which is never an error and is the caller's to free by freeReplyObject; NULL
 * after a failure. `reply` may be NULL when the answer is of no interest. Nothing may be in flight. */
int mneme_redis_run(redisReply **reply, struct mneme_redis *redis, const struct mneme_redis_command *command,
                    struct mneme_error *error);

/*
 * A pipeline: commands are sent without waiting for answers, and received in the order of sending, whatever
 * nodes they went to. How many are in flight is the caller's to bound.
 *
 * Commands of one key are done in the order of sending, with one exception: a script that somebody flushed
 * from Redis while its call was under way is sent again behind what was sent after it.
 */
int mneme_redis_send(struct mneme_redis *redis, const struct mneme_redis_command *command,
                     struct mneme_error *error);
/* Writes what `send` gathered; receiving does it, too. */
int mneme_redis_flush(struct mneme_redis *redis, struct mneme_error *error);
/* As mneme_redis_run; at least one command is in flight. After a refusal the next can be received. */
int mneme_redis_receive(redisReply **reply, struct mneme_redis *redis, struct mneme_error *error);
size_t mneme_redis_in_flight(const struct mneme_redis *redis);
/* Forgets what is in flight, and ends the connections that still owe an answer. */
void mneme_redis_drop(struct mneme_redis *redis);

#endif
