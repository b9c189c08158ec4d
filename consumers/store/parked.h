/*
 * Parked events: what of a batch cannot be applied is kept with its bytes and the reason, in the transaction
 * of the rest.
 */
#ifndef MNEME_CONSUMERS_STORE_PARKED_H
#define MNEME_CONSUMERS_STORE_PARKED_H

#include "common/postgres/postgres.h"
#include "consumers/log/batch.h"

/* Writes the items that have a park_reason; nothing is sent when there are none. Of a batch with is_redrive,
 * takes the rows of all its items away before, and lets what is left of their keys wait behind the first that
 * is left. `rows` is for use meanwhile and comes back empty. */
int mneme_parked_write(struct mneme_postgres *postgres, const char *projection, const char *topic,
                       const struct mneme_batch *batch, struct mneme_buffer *rows, struct mneme_error *error);

#endif
