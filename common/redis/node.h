/*
 * One connection to one Redis server: opened on demand, written without waiting, read answer by answer. Used
 * only in common/redis/.
 */
#ifndef MNEME_COMMON_REDIS_NODE_H
#define MNEME_COMMON_REDIS_NODE_H

#include <hiredis/hiredis.h>

#include "common/redis/errors.h"
#include "common/redis/redis.h"
#include "common/redis/url.h"

#define MNEME_REDIS_HOST_BYTES 256
#define MNEME_REDIS_PLACE_BYTES 288 /* "host:port" */

struct mneme_redis_node {
    char place[MNEME_REDIS_PLACE_BYTES]; /* for messages */
    char host[MNEME_REDIS_HOST_BYTES];
    int port;
    redisContext *context;              /* NULL: not connected */
    struct mneme_buffer out;            /* not yet written */
    struct mneme_redis_call *first_due; /* commands whose answers are due on this connection, in order */
    struct mneme_redis_call *last_due;
    uint64_t loaded;    /* a bit for each script that was sent on this connection */
    bool is_of_another; /* the server's answer calls for a new connection */
    int64_t not_before; /* monotonic microseconds; no reconnecting before, after a failure */
    int64_t last_used;  /* the same */
};

/* The client's data that a node needs. */
struct mneme_redis_session {
    const struct mneme_redis_urls *urls; /* the login */
    struct mneme_redis_options options;
    char code[MNEME_REDIS_CODE_BYTES]; /* of the last failure; mneme_redis_code */
};

/* NULL when memory is exhausted. */
struct mneme_redis_node *mneme_redis_node_new(const char *host, int port);
void mneme_redis_node_destroy(struct mneme_redis_node *node); /* may be NULL */

/* Connects and logs in, unless connected. Replaces a connection that the server has closed or that needs to
 * be reopened, when no answers are due on it. */
int mneme_redis_node_ensure(struct mneme_redis_node *node, struct mneme_redis_session *session,
                            struct mneme_error *error);
void mneme_redis_node_disconnect(struct mneme_redis_node *node);

/* Encodes a command for the protocol, into any buffer. */
void mneme_redis_format_count(struct mneme_buffer *out, size_t words);
void mneme_redis_format_word(struct mneme_buffer *out, struct mneme_str word);

/* Writes all of `out`. After a failure the node is disconnected. */
int mneme_redis_node_flush(struct mneme_redis_node *node, struct mneme_redis_session *session,
                           struct mneme_error *error);

/* The next answer, which may be an error; the caller frees it. After a failure the node is disconnected. */
int mneme_redis_node_read(redisReply **reply, struct mneme_redis_node *node,
                          struct mneme_redis_session *session, struct mneme_error *error);

/* Runs one command on a connected node with no answers due; an error answer is a failure with session->code
 * set. */
int mneme_redis_node_ask(redisReply **reply, struct mneme_redis_node *node,
                         struct mneme_redis_session *session, const struct mneme_str *words, size_t count,
                         struct mneme_error *error);

#endif
