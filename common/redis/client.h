/*
 * The internals of a Redis client; shared by common/redis/redis.c and common/redis/cluster.c.
 */
#ifndef MNEME_COMMON_REDIS_CLIENT_H
#define MNEME_COMMON_REDIS_CLIENT_H

#include "common/redis/node.h"
#include "common/redis/slots.h"

#define MNEME_REDIS_MAX_SCRIPTS 64 /* the bits of mneme_redis_node.loaded */
#define MNEME_REDIS_SHA1_BYTES 41  /* in hexadecimal digits, and a NUL */

struct mneme_redis_known_script {
    const struct mneme_redis_script *script;
    uint64_t bit; /* of mneme_redis_node.loaded */
    char sha1[MNEME_REDIS_SHA1_BYTES];
};

/* A command in flight. Kept until its answer is received, since it may have to be sent again. */
struct mneme_redis_call {
    struct mneme_redis_call *next;     /* in the order of sending; any order among free ones */
    struct mneme_redis_call *next_due; /* in the order of its node's answers */
    struct mneme_redis_node *node;
    const struct mneme_redis_known_script *script; /* NULL: a command without one */
    struct mneme_buffer bytes;                     /* in the protocol's encoding */
    redisReply *reply;                             /* NULL: not read yet */
    int ahead;           /* number of answers before its own, to commands that were sent for its sake */
    redisReply *refusal; /* of a command that was sent for its sake */
    int resent_count;
};

enum mneme_redis_kind {
    MNEME_REDIS_UNKNOWN, /* no server has been asked yet */
    MNEME_REDIS_SINGLE,
    MNEME_REDIS_CLUSTER,
};

struct mneme_redis {
    struct mneme_redis_urls urls;
    struct mneme_redis_session session;
    struct mneme_redis_node **nodes; /* those of the URL first; never removed */
    size_t node_count;
    enum mneme_redis_kind kind;
    bool is_map_old; /* there are signs that slots have moved */
    uint16_t
        slot_nodes[MNEME_REDIS_SLOTS]; /* of a cluster: 1 + the index of the node; 0: no node has the slot */
    struct mneme_redis_call *first, *last; /* in flight */
    struct mneme_redis_call *free_calls;
    size_t in_flight;
    struct mneme_redis_known_script scripts[MNEME_REDIS_MAX_SCRIPTS];
    size_t script_count;
};

/* The node with that address; a new one is added. */
int mneme_redis_find_node(struct mneme_redis_node **out, struct mneme_redis *redis, struct mneme_str host,
                          int port, struct mneme_error *error);

/* The node for a key, connected. Discovers the nodes if they are not known or, while nothing is in flight, if
 * they may have changed; so commands for one key never overtake each other. */
int mneme_redis_reach(struct mneme_redis_node **out, struct mneme_redis *redis, struct mneme_str key,
                      struct mneme_error *error);

/* The node that a redirect from `node` names, connected. */
int mneme_redis_follow(struct mneme_redis_node **out, struct mneme_redis *redis,
                       const struct mneme_redis_node *node, const struct mneme_redis_redirect *redirect,
                       struct mneme_error *error);

#endif
