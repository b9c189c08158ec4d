/*
 * Memories whose creation need not wait for the ledger, and whose row need not be read from it: those that
 * are certain to be new, by what the worker has seen of their stream itself. An event that expects no
 * version, has a version 7 id above every event's of its stream so far, and creates a memory with a version 7
 * id above every memory's, is neither rejected nor a duplicate, nor does its memory exist.
 *
 * What is known of a stream was read from the ledger once, at a position that it had passed together with a
 * batch of ours, and is kept up by every event since; nobody else folds a partition while the worker owns it.
 * What is not known is not certain, which is always right.
 *
 * One thread at a time.
 */
#ifndef MNEME_CONSUMERS_REDIS_CERTAINTY_H
#define MNEME_CONSUMERS_REDIS_CERTAINTY_H

#include "common/postgres/postgres.h"
#include "consumers/log/batch.h"

struct mneme_certainty;

/* Knows up to `capacity` streams. */
int mneme_certainty_new(struct mneme_certainty **out, size_t capacity, struct mneme_error *error);
void mneme_certainty_destroy(struct mneme_certainty *certainty);

/* The item's event is the next of its partition: whether it is certain to create a memory that never was.
 * Every item is to be shown, also those that are parked: nothing behind one of these is certain any more, but
 * behind one that is parked alone. One that is shown again is not certain then. */
bool mneme_certainty_judge(struct mneme_certainty *certainty, const struct mneme_batch_item *item);

/* Reads what the ledger, which has passed the batch, knows of those streams of it that are not known yet: one
 * round trip, or none. `postgres` looks into the ledger's schema. */
int mneme_certainty_read(struct mneme_certainty *certainty, struct mneme_postgres *postgres,
                         struct mneme_batch *batch, struct mneme_error *error);

/* The same for one stream, by the log's key of it: the highest version 7 ids of its events and of its
 * memories, all zeros where there is none. */
void mneme_certainty_set(struct mneme_certainty *certainty, struct mneme_str key, int32_t partition,
                         struct mneme_uuid event_id_high, struct mneme_uuid memory_id_high);

/* The partition is not ours any more, or not known to have been all the time. */
void mneme_certainty_forget(struct mneme_certainty *certainty, int32_t partition);

#endif
