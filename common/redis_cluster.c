/*
 * Which node a command goes to.
 */
#include "common/redis_client.h"

int mneme_redis_reach(struct mneme_redis_node **out, struct mneme_redis *redis, struct mneme_str key,
                      struct mneme_error *error) {
    (void)key;
    *out = redis->nodes[0];
    return mneme_redis_node_ensure(*out, &redis->session, error);
}
