/*
 * A cache of streams by the log's key, as the fold of the ledger has one.
 */
#include "consumers/redis/certainty.h"

#include <stdlib.h>

#include "common/base/uuid.h"
#include "common/postgres/row.h"
#include "consumers/store/stream_cache.h"
#include "sql/embedded.h"

/* No id is above it: set for a stream in which nothing is certain any more. */
static const struct mneme_uuid highest = {
    {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};

struct mneme_certainty {
    struct mneme_stream_cache *streams;
    struct mneme_pg_params params;
};

int mneme_certainty_new(struct mneme_certainty **out, size_t capacity, struct mneme_error *error) {
    struct mneme_certainty *certainty = calloc(1, sizeof *certainty);
    if (certainty == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot remember streams: out of memory");
    }
    int status = mneme_stream_cache_new(&certainty->streams, capacity, error);
    if (status != MNEME_OK) {
        mneme_certainty_destroy(certainty);
        return status;
    }
    *out = certainty;
    return MNEME_OK;
}

void mneme_certainty_destroy(struct mneme_certainty *certainty) {
    if (certainty != NULL) {
        mneme_stream_cache_destroy(certainty->streams);
        mneme_pg_params_clean_up(&certainty->params);
        free(certainty);
    }
}

static void raise(struct mneme_uuid *high, struct mneme_uuid id) {
    if (mneme_uuid_is_v7_above(id, *high)) {
        *high = id;
    }
}

/* The ids that the ledger counts as a stream's, of its events and of the memories that these create. */
static void note_ids(struct mneme_stream_state *state, const struct mneme_event *event) {
    raise(&state->event_id_high, event->event_id);
    if (event->type == MNEME_EVENT_MEMORY_CREATED) {
        raise(&state->memory_id_high, event->payload.memory_created.memory_id);
    } else if (event->type == MNEME_EVENT_AGENT_DECISION) {
        raise(&state->memory_id_high, event->payload.agent_decision.decision_id);
    } else if (event->type == MNEME_EVENT_AGENT_HANDOFF) {
        raise(&state->memory_id_high, event->payload.agent_handoff.handoff_id);
    }
}

static bool creates(const struct mneme_stream_state *stream, const struct mneme_event *event) {
    return event->type == MNEME_EVENT_MEMORY_CREATED && !event->expected_version.is_set &&
           mneme_uuid_is_v7_above(event->event_id, stream->event_id_high) &&
           mneme_uuid_is_v7_above(event->payload.memory_created.memory_id, stream->memory_id_high);
}

bool mneme_certainty_judge(struct mneme_certainty *certainty, const struct mneme_batch_item *item) {
    if (item->park_reason != NULL && item->blocked_by == MNEME_PARKED_ALONE) {
        return false;
    }
    if (item->park_reason != NULL) {
        mneme_certainty_set(certainty, item->key, item->position.partition, highest, highest);
        return false;
    }
    const struct mneme_stream_state *known = mneme_stream_cache_find(certainty->streams, item->key);
    if (known == NULL) {
        return false;
    }
    bool is_certain = creates(known, &item->event);
    struct mneme_stream_state state = *known;
    note_ids(&state, &item->event);
    mneme_stream_cache_put(certainty->streams, item->key, item->position.partition, &state);
    return is_certain;
}

void mneme_certainty_forget(struct mneme_certainty *certainty, int32_t partition) {
    mneme_stream_cache_drop(certainty->streams, partition);
}

/* --- reading the ledger --- */

void mneme_certainty_set(struct mneme_certainty *certainty, struct mneme_str key, int32_t partition,
                         struct mneme_uuid event_id_high, struct mneme_uuid memory_id_high) {
    const struct mneme_stream_state state = {.event_id_high = event_id_high,
                                             .memory_id_high = memory_id_high};
    mneme_stream_cache_put(certainty->streams, key, partition, &state);
}

/* The streams of the batch that are not known, each as often as it is named one after the other. */
static size_t list_unknown(struct mneme_certainty *certainty, const struct mneme_batch *batch,
                           const struct mneme_batch_item **items) {
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        bool is_again = count > 0 && mneme_str_equal(items[count - 1]->key, item->key);
        if (!is_again && item->park_reason == NULL &&
            mneme_stream_cache_find(certainty->streams, item->key) == NULL) {
            items[count++] = item;
        }
    }
    return count;
}

static int ask(struct mneme_certainty *certainty, PGresult **rows, struct mneme_postgres *postgres,
               const struct mneme_batch_item *const *items, size_t count, struct mneme_arena *arena,
               struct mneme_error *error) {
    struct mneme_str *words = mneme_arena_alloc(arena, 3 * count * sizeof *words);
    if (words == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        words[i] = items[i]->event.tenant;
        words[count + i] = items[i]->event.stream_id;
        words[2 * count + i] = items[i]->key;
    }
    mneme_pg_params_clear(&certainty->params);
    mneme_pg_param_str_array(&certainty->params, words, count);
    mneme_pg_param_str_array(&certainty->params, words + count, count);
    mneme_pg_param_bytes_array(&certainty->params, words + 2 * count, count);
    return mneme_pg_query(rows, postgres, mneme_sql_certain_streams, &certainty->params, true, error);
}

static struct mneme_uuid get_high(const PGresult *rows, int row, int column) {
    struct mneme_uuid high = {{0}};
    if (!PQgetisnull(rows, row, column)) {
        memcpy(high.bytes, PQgetvalue(rows, row, column), sizeof high.bytes);
    }
    return high;
}

int mneme_certainty_read(struct mneme_certainty *certainty, struct mneme_postgres *postgres,
                         struct mneme_batch *batch, struct mneme_error *error) {
    const struct mneme_batch_item **items =
        mneme_arena_alloc(&batch->arena, (batch->count + 1) * sizeof *items);
    if (items == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: out of memory");
    }
    size_t count = list_unknown(certainty, batch, items);
    PGresult *rows = NULL;
    int status = count == 0 ? MNEME_OK : ask(certainty, &rows, postgres, items, count, &batch->arena, error);
    for (int row = 0; status == MNEME_OK && rows != NULL && row < PQntuples(rows); row++) {
        const struct mneme_batch_item *item = items[mneme_pg_get_long(rows, row, 0) - 1];
        mneme_certainty_set(certainty, item->key, item->position.partition, get_high(rows, row, 1),
                            get_high(rows, row, 2));
    }
    PQclear(rows);
    return status;
}
