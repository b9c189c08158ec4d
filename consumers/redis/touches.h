/*
 * What a batch touches of the hot tier: each memory, conversation or list once, with the last event that
 * touched it. It is then read whole from the ledger's tables, so that Redis never holds a part of it.
 */
#ifndef MNEME_CONSUMERS_REDIS_TOUCHES_H
#define MNEME_CONSUMERS_REDIS_TOUCHES_H

#include "common/base/hash.h"
#include "consumers/log/batch.h"

enum mneme_touch_kind {
    MNEME_TOUCH_MEMORY,       /* stream, id */
    MNEME_TOUCH_ACCESS,       /* the same, of any partition */
    MNEME_TOUCH_CONVERSATION, /* stream, name; also its user's recent conversations */
    MNEME_TOUCH_DECISIONS,    /* of the agent that `name` is */
    MNEME_TOUCH_WORKING,      /* stream, name of the conversation */
    MNEME_TOUCH_KIND_COUNT,
};

struct mneme_touch {
    enum mneme_touch_kind kind;
    int32_t partition; /* of the keys */
    struct mneme_str tenant, stream_id, name;
    struct mneme_uuid id;
    struct mneme_str user_id; /* of the last event that names one; null: none */
    int64_t offset;           /* of the last event; meaningless for an access */
    int64_t happened_at;      /* that event: mneme_hot_happened_at */
    /* Not NULL: the only event that touches this memory creates it, and contains all of it. */
    const struct mneme_batch_item *creation;
    struct mneme_touch *next;
};

struct mneme_touches {
    struct mneme_touch *first[MNEME_TOUCH_KIND_COUNT], **last[MNEME_TOUCH_KIND_COUNT];
    size_t count[MNEME_TOUCH_KIND_COUNT];
    int64_t now; /* of the terms */

    struct mneme_arena *arena;
    struct mneme_hash by_name;
    struct mneme_buffer scratch;
    uint64_t seed; /* of hashes: not predictable from outside */
};

/* The longest time that each kind is kept, in microseconds. */
struct mneme_touch_terms {
    int64_t now;
    int64_t keep[MNEME_TOUCH_KIND_COUNT];
    int32_t topic_partitions;
};

/* MNEME_E_INTERNAL when no random numbers are available. */
int mneme_touches_init(struct mneme_touches *touches, struct mneme_error *error);
void mneme_touches_clean_up(struct mneme_touches *touches);

/* Whether an event of that type touches anything. */
bool mneme_touches_are_made_by(enum mneme_event_type type);

/* Finds what the accepted events of the batch touch, replacing the former batch's; all of it is in the
 * batch's arena. is_certain: mneme_certainty_judge. Leaves out events recorded so long ago that nothing still
 * kept can lack them. */
int mneme_touches_find(struct mneme_touches *touches, struct mneme_batch *batch, const bool *is_accepted,
                       const bool *is_certain, const struct mneme_touch_terms *terms,
                       struct mneme_error *error);

#endif
