/*
 * Redis Cluster's rules for keys and redirects; used only in common/redis/.
 */
#ifndef MNEME_COMMON_REDIS_SLOTS_H
#define MNEME_COMMON_REDIS_SLOTS_H

#include "common/base/types.h"

#define MNEME_REDIS_SLOTS 16384

/* The slot of a key, or of the non-empty text between its first "{" and the next "}".
 */
int mneme_redis_slot(struct mneme_str key);

/* "MOVED 3999 127.0.0.1:6381": the slot is there now; "ASK …": only this command should be tried there. */
struct mneme_redis_redirect {
    bool is_ask;
    struct mneme_str host; /* empty: that of the node that answered */
    int port;
};
bool mneme_redis_parse_redirect(struct mneme_redis_redirect *out, struct mneme_str answer);

#endif
