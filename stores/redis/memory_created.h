/*
 * A memory right from the event that creates it, without a look into the tables: the row that the ledger's
 * projection makes of a memory_created whose memory was never there before.
 */
#ifndef MNEME_STORES_REDIS_MEMORY_CREATED_H
#define MNEME_STORES_REDIS_MEMORY_CREATED_H

#include "common/json/normal.h"
#include "schemas/event.h"
#include "stores/redis/memory.h"

/* The row, as Postgres would give it; strings point into the event or lie in the arena. `text` and `normal`
 * are for use meanwhile. MNEME_E_NO_MEMORY. */
int mneme_hot_memory_create(struct mneme_hot_memory *out, const struct mneme_event *event, int64_t sequence,
                            struct mneme_arena *arena, struct mneme_buffer *text,
                            struct mneme_json_normal *normal, struct mneme_error *error);

#endif
