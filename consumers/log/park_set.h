/*
 * The parked keys in the partitions of this worker: later events of such a key wait behind the first event
 * that could not be applied. Belongs to the Kafka thread.
 */
#ifndef MNEME_CONSUMERS_LOG_PARK_SET_H
#define MNEME_CONSUMERS_LOG_PARK_SET_H

#include "common/base/buffer.h"

struct mneme_park_entry;

/* Zero-initialise to start with. */
struct mneme_park_set {
    struct mneme_park_entry *entries;
    struct mneme_buffer lookup; /* a key to look for, put together */
};

/* Forgets all keys and gives the memory back. */
void mneme_park_set_clean_up(struct mneme_park_set *set);

/* Notes that `key` waits behind `blocked_by`; an earlier note for the key stays. The key is copied. False
 * when memory is exhausted. */
bool mneme_park_set_add(struct mneme_park_set *set, int32_t partition, struct mneme_str key,
                        int64_t blocked_by);

/* Whether the key is parked; *blocked_by is the offset that it waits behind. A null key never is. On
 * exhausted memory *failed is set and the answer means nothing. */
bool mneme_park_set_find(struct mneme_park_set *set, int64_t *blocked_by, bool *failed, int32_t partition,
                         struct mneme_str key);

size_t mneme_park_set_count(const struct mneme_park_set *set);

#endif
