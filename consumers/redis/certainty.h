/*
 * Memories that are certain to be new, by what the worker itself has seen of their stream. Their creation
 * need not wait for the ledger, and their row need not be read from it. An event that expects no version, has
 * a version 7 id above every event's of its stream so far, and creates a memory with a version 7 id above
 * every memory's, is neither rejected nor a duplicate, nor does its memory exist.
 *
 * The state of a stream is read from the ledger once, when the ledger has passed a batch of ours, and updated
 * by every event since; nobody else folds a partition while the worker owns it. Events of unknown streams are
 * not certain, which is always safe.
 *
 * One thread at a time.
 */
#ifndef MNEME_CONSUMERS_REDIS_CERTAINTY_H
#define MNEME_CONSUMERS_REDIS_CERTAINTY_H

#include "common/postgres/postgres.h"
#include "consumers/log/batch.h"

struct mneme_certainty;

/* Remembers up to `capacity` streams. */
int mneme_certainty_new(struct mneme_certainty **out, size_t capacity, struct mneme_error *error);
void mneme_certainty_destroy(struct mneme_certainty *certainty);

/* Whether the item's event, the next of its partition, is certain to create a new memory. Call this for every
 * item, also parked ones: after a parked item nothing of its stream is certain any more, unless it is parked
 * alone. An item that is judged again is not certain. */
bool mneme_certainty_judge(struct mneme_certainty *certainty, const struct mneme_batch_item *item);

/* Reads the batch's unknown streams from the ledger, which has passed the batch: one round trip, or none.
 * `postgres` has the ledger's schema on its search path. */
int mneme_certainty_read(struct mneme_certainty *certainty, struct mneme_postgres *postgres,
                         struct mneme_batch *batch, struct mneme_error *error);

/* The same for one stream, by its key in the log: the highest version 7 ids of its events and of its
 * memories, all zeros if there is none. */
void mneme_certainty_set(struct mneme_certainty *certainty, struct mneme_str key, int32_t partition,
                         struct mneme_uuid event_id_high, struct mneme_uuid memory_id_high);

/* The partition is no longer ours, or may not have been ours all the time. */
void mneme_certainty_forget(struct mneme_certainty *certainty, int32_t partition);

#endif
