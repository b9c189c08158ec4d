/*
 * A memory directly from the event that creates it, without a query: the row that the ledger's projection
 * creates from a memory_created event for a new memory.
 */
#ifndef MNEME_STORES_REDIS_MEMORY_CREATED_H
#define MNEME_STORES_REDIS_MEMORY_CREATED_H

#include "common/json/normal.h"
#include "schemas/event.h"
#include "stores/redis/memory.h"

/* The row, as Postgres would return it; strings point into the event or are in the arena. `text` and `normal`
 * are working memory. MNEME_E_NO_MEMORY. */
int mneme_hot_memory_create(struct mneme_hot_memory *out, const struct mneme_event *event, int64_t sequence,
                            struct mneme_arena *arena, struct mneme_buffer *text,
                            struct mneme_json_normal *normal, struct mneme_error *error);

#endif
