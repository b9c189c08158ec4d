/*
 * What a client of Redis consists of; shared by common/redis.c and common/redis_cluster.c.
 */
#ifndef MNEME_COMMON_REDIS_CLIENT_H
#define MNEME_COMMON_REDIS_CLIENT_H

#include "common/redis_node.h"

#define MNEME_REDIS_MAX_SCRIPTS 64 /* the bits of mneme_redis_node.loaded */
#define MNEME_REDIS_SHA1_BYTES 41  /* in hexadecimal digits, and a NUL */

/* A command under way. Kept until its answer is received, since it may have to be sent again. */
struct mneme_redis_call {
    struct mneme_redis_call *next;     /* in the order of sending; among free ones: any */
    struct mneme_redis_call *next_due; /* in the order of its node's answers */
    struct mneme_redis_node *node;
    const struct mneme_redis_script *script;
    struct mneme_buffer bytes; /* in the protocol's form */
    redisReply *reply;         /* NULL: not read yet */
    int ahead;                 /* so many answers come before its own, to what was sent for its sake */
    redisReply *refusal;       /* of something that was sent for its sake */
    int resent_count;
};

struct mneme_redis_known_script {
    const struct mneme_redis_script *script;
    char sha1[MNEME_REDIS_SHA1_BYTES];
};

struct mneme_redis {
    struct mneme_redis_urls urls;
    struct mneme_redis_session session;
    struct mneme_redis_node **nodes; /* those of the URL first; none is ever taken out */
    size_t node_count;
    struct mneme_redis_call *first, *last; /* in flight */
    struct mneme_redis_call *free_calls;
    size_t in_flight;
    struct mneme_redis_known_script scripts[MNEME_REDIS_MAX_SCRIPTS];
    size_t script_count;
};

/* The node for a key, connected. */
int mneme_redis_reach(struct mneme_redis_node **out, struct mneme_redis *redis, struct mneme_str key,
                      struct mneme_error *error);

#endif
