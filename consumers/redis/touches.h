/*
 * What a batch touches of the hot tier: each memory, conversation or list once, with the last event that did.
 * Whatever it is, it is then read whole from the ledger's tables, so that Redis never holds a part of it.
 */
#ifndef MNEME_CONSUMERS_REDIS_TOUCHES_H
#define MNEME_CONSUMERS_REDIS_TOUCHES_H

#include "common/base/hash.h"
#include "consumers/log/batch.h"

enum mneme_touch_kind {
    MNEME_TOUCH_MEMORY,       /* stream, id */
    MNEME_TOUCH_ACCESS,       /* the same, of any partition */
    MNEME_TOUCH_CONVERSATION, /* stream, name; with it the recent ones of its user */
    MNEME_TOUCH_DECISIONS,    /* of the agent that `name` is */
    MNEME_TOUCH_WORKING,      /* stream, name of the conversation */
    MNEME_TOUCH_KIND_COUNT,
};

struct mneme_touch {
    enum mneme_touch_kind kind;
    int32_t partition; /* whose keys they are */
    struct mneme_str tenant, stream_id, name;
    struct mneme_uuid id;
    struct mneme_str user_id; /* of the last event that names one; null: none */
    int64_t offset;           /* of the last event; of an access without meaning */
    int64_t happened_at;      /* that event: mneme_hot_happened_at */
    /* Not NULL: the one event that touches this memory, which creates it, and tells all of it. */
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
    uint64_t seed; /* of hashes: not to be guessed from outside */
};

/* How long each kind is kept at most, in microseconds. */
struct mneme_touch_terms {
    int64_t now;
    int64_t keep[MNEME_TOUCH_KIND_COUNT];
    int32_t topic_partitions;
};

/* MNEME_E_INTERNAL when no randomness can be had. */
int mneme_touches_init(struct mneme_touches *touches, struct mneme_error *error);
void mneme_touches_clean_up(struct mneme_touches *touches);

/* Whether an event of that type touches anything. */
bool mneme_touches_are_made_by(enum mneme_event_type type);

/* Finds what the accepted events of the batch touch, forgetting the batch before; all of it lives in the
 * batch's arena. is_certain: mneme_certainty_judge. Left out is what was recorded so long ago that nothing
 * which is kept can know less of it. */
int mneme_touches_find(struct mneme_touches *touches, struct mneme_batch *batch, const bool *is_accepted,
                       const bool *is_certain, const struct mneme_touch_terms *terms,
                       struct mneme_error *error);

#endif
