/*
 * A set of streams, by the key of their events in the log: tenant "/" stream_id.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_STREAM_SET_H
#define MNEME_CONSUMERS_POSTGRES_STREAM_SET_H

#include "common/base/types.h"

struct mneme_stream_entry;

/* Zero-initialise to start with. Once filled, several threads may read it. */
struct mneme_stream_set {
    struct mneme_stream_entry *entries;
};

void mneme_stream_set_clean_up(struct mneme_stream_set *set);

/* Copies the names; false when memory is exhausted. */
bool mneme_stream_set_add(struct mneme_stream_set *set, struct mneme_str tenant, struct mneme_str stream_id);

/* A null key is in no set. */
bool mneme_stream_set_has(const struct mneme_stream_set *set, struct mneme_str key);

size_t mneme_stream_set_count(const struct mneme_stream_set *set);

/* Visits each stream; the names are the set's. */
void mneme_stream_set_each(const struct mneme_stream_set *set,
                           void (*visit)(void *context, struct mneme_str key, struct mneme_str tenant,
                                         struct mneme_str stream_id),
                           void *context);

#endif
