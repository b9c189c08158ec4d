/*
 * Finds what must be looked up before a batch can be decided. Ids above a stream's highest are certainly new;
 * everything else is looked up once, all of a kind in one query. A stream that is not remembered delays its
 * ids to a second round, and so does a turn at an index below its conversation's next one; there is never a
 * third.
 */
#include "consumers/postgres/fold/fold.h"

#include <stdlib.h>

/* Memory of a usual batch is kept for the next; that of a huge one is freed. */
#define KEEP_BYTES ((size_t)64 * 1024 * 1024)

int mneme_fold_no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "the batch was not folded: out of memory; lower MNEME_BATCH_MAX_BYTES");
}

bool mneme_fold_want(struct mneme_fold *fold, struct mneme_fold_request *request, void *entry) {
    if (request->count == request->capacity) {
        size_t capacity = request->capacity == 0 ? 64 : request->capacity * 2;
        void **entries = mneme_arena_alloc(&fold->arena, capacity * sizeof *entries);
        if (entries == NULL) {
            return false;
        }
        if (request->count > 0) {
            memcpy(entries, request->entries, request->count * sizeof *entries);
        }
        request->entries = entries;
        request->capacity = capacity;
    }
    request->entries[request->count++] = entry;
    return true;
}

int mneme_fold_begin(struct mneme_fold *fold, struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_arena *arena = &fold->arena;
    mneme_arena_reset(arena, KEEP_BYTES);
    fold->batch = batch;
    fold->parked_count = 0;
    fold->stream_count = 0;
    fold->first_access = NULL;
    fold->access_count = 0;
    fold->partition_count = 0;
    fold->first_exception = NULL;
    fold->last_exception = &fold->first_exception;
    fold->wanted_streams = fold->wanted_suspects = (struct mneme_fold_request){0};
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        fold->first_row[i] = NULL;
        fold->last_row[i] = &fold->first_row[i];
        fold->first_past[i] = NULL;
        fold->last_past[i] = &fold->first_past[i];
        fold->wanted_rows[i] = (struct mneme_fold_request){0};
    }
    fold->items = mneme_arena_calloc(arena, batch->count + 1, sizeof *fold->items);
    fold->streams = mneme_arena_alloc(arena, (batch->count + 1) * sizeof *fold->streams);
    fold->partitions = mneme_arena_alloc(arena, (batch->partition_count + 1) * sizeof *fold->partitions);
    bool is_ready = fold->items != NULL && fold->streams != NULL && fold->partitions != NULL &&
                    mneme_hash_init(&fold->streams_by_key, arena, batch->count / 4) &&
                    mneme_hash_init(&fold->suspects_by_id, arena, 0) &&
                    mneme_hash_init(&fold->accesses_by_memory, arena, 0) &&
                    mneme_hash_init(&fold->rows_by_key, arena, batch->count);
    return is_ready ? MNEME_OK : mneme_fold_no_memory(error);
}

static struct mneme_fold_stream *find_stream(struct mneme_fold *fold, const struct mneme_batch_item *item) {
    uint64_t hash = mneme_hash_bytes(fold->seed, item->key.data, item->key.len);
    uint64_t cursor = hash;
    struct mneme_fold_stream *stream;
    while ((stream = mneme_hash_next(&fold->streams_by_key, hash, &cursor)) != NULL) {
        if (mneme_str_equal(stream->key, item->key)) {
            return stream;
        }
    }
    stream = mneme_arena_calloc(&fold->arena, 1, sizeof *stream);
    if (stream == NULL || !mneme_hash_add(&fold->streams_by_key, hash, stream)) {
        return NULL;
    }
    stream->key = item->key;
    stream->tenant = item->event.tenant;
    stream->stream_id = item->event.stream_id;
    stream->partition = item->position.partition;
    stream->last = &stream->first;
    fold->streams[fold->stream_count++] = stream;
    const struct mneme_stream_state *state = mneme_stream_cache_find(fold->cache, item->key);
    if (state != NULL) {
        stream->state = *state;
        stream->is_known = true;
        stream->is_in_store = true;
    } else if (!mneme_fold_want(fold, &fold->wanted_streams, stream)) {
        return NULL;
    }
    return stream;
}

static int compare_streams(const void *a, const void *b) {
    const struct mneme_fold_stream *s = *(struct mneme_fold_stream *const *)a;
    const struct mneme_fold_stream *t = *(struct mneme_fold_stream *const *)b;
    struct mneme_str x = s->key;
    struct mneme_str y = t->key;
    if (s->partition != t->partition) {
        return s->partition < t->partition ? -1 : 1;
    }
    int order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);
    return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

/* The items of each stream, the streams by partition and key. */
static bool group(struct mneme_fold *fold) {
    for (size_t i = 0; i < fold->batch->count; i++) {
        struct mneme_fold_item *item = &fold->items[i];
        item->from = &fold->batch->items[i];
        if (item->from->park_reason != NULL) {
            fold->parked_count++;
            continue;
        }
        item->stream = find_stream(fold, item->from);
        if (item->stream == NULL) {
            return false;
        }
        *item->stream->last = item;
        item->stream->last = &item->next;
    }
    qsort(fold->streams, fold->stream_count, sizeof(struct mneme_fold_stream *), compare_streams);
    return true;
}

/* The partitions, each with its streams and its items in the order of the log. */
static int part(struct mneme_fold *fold, struct mneme_error *error) {
    for (size_t i = 0; i < fold->stream_count; i++) {
        struct mneme_fold_stream *stream = fold->streams[i];
        if (i == 0 || fold->streams[i - 1]->partition != stream->partition) {
            const struct mneme_ledger_head *head = mneme_ledger_heads_find(fold->heads, stream->partition);
            if (head == NULL) {
                return mneme_error_set(
                    error, MNEME_E_CONFLICT,
                    "the batch was not folded: partition %d is not claimed; join the group "
                    "again",
                    (int)stream->partition);
            }
            struct mneme_fold_partition *partition = &fold->partitions[fold->partition_count++];
            *partition = (struct mneme_fold_partition){.streams = &fold->streams[i], .head = *head};
            partition->last = &partition->first;
        }
        stream->of = &fold->partitions[fold->partition_count - 1];
        stream->of->stream_count++;
    }
    for (size_t i = 0; i < fold->batch->count; i++) {
        struct mneme_fold_item *item = &fold->items[i];
        if (item->stream != NULL) {
            *item->stream->of->last = item;
            item->stream->of->last = &item->next_in_log;
        }
    }
    for (size_t i = 0; i < fold->partition_count; i++) {
        fold->partitions[i].next = fold->partitions[i].first;
    }
    return MNEME_OK;
}

/* The suspect of that id; one that is met for the first time is wanted. */
static bool plan_suspect(struct mneme_fold *fold, struct mneme_fold_item *item, struct mneme_uuid event_id) {
    uint64_t hash = mneme_hash_bytes(fold->seed, event_id.bytes, sizeof event_id.bytes);
    uint64_t cursor = hash;
    struct mneme_fold_suspect *suspect;
    while ((suspect = mneme_hash_next(&fold->suspects_by_id, hash, &cursor)) != NULL) {
        if (suspect->stream == item->stream && mneme_uuid_compare(suspect->event_id, event_id) == 0) {
            item->suspect = suspect;
            return true;
        }
    }
    suspect = mneme_arena_calloc(&fold->arena, 1, sizeof *suspect);
    if (suspect == NULL) {
        return false;
    }
    suspect->stream = item->stream;
    suspect->event_id = event_id;
    item->suspect = suspect;
    return mneme_hash_add(&fold->suspects_by_id, hash, suspect) &&
           mneme_fold_want(fold, &fold->wanted_suspects, suspect);
}

/* The row of an action that is not an APPEND; wanted unless it is known not to be there. */
static bool plan_row(struct mneme_fold *fold, struct mneme_fold_item *item, size_t number,
                     const struct mneme_action_plan *action, const struct mneme_event *event) {
    bool is_new;
    if (!mneme_fold_names_row(action, event)) {
        return true;
    }
    struct mneme_fold_row *row = mneme_fold_row_find(fold, &is_new, action, item->stream, event, 0);
    if (row == NULL) {
        return false;
    }
    item->rows[number] = row;
    if (action->parent_action >= 0) {
        mneme_fold_row_adopt(item->rows[action->parent_action], row);
    }
    bool is_above = false;
    if (action->table->table->has_id_high && item->stream->is_known) {
        is_above = mneme_uuid_is_v7_above(row->id.uuid, item->stream->state.memory_id_high);
        if (is_above && action->action->kind == MNEME_ACTION_CREATE) {
            item->stream->state.memory_id_high = row->id.uuid;
        }
    }
    return !is_new || is_above || mneme_fold_want(fold, &fold->wanted_rows[action->action->table], row);
}

/* Whether the row can only be judged when the stream's highest id is known. */
static bool waits_for_stream(const struct mneme_action_plan *action) {
    return action->table->table->has_id_high && action->action->kind == MNEME_ACTION_CREATE;
}

static bool plan_item(struct mneme_fold *fold, struct mneme_fold_item *item) {
    const struct mneme_event *event = &item->from->event;
    bool is_known = item->stream->is_known;
    bool is_done = true;
    if (is_known && mneme_uuid_is_v7_above(event->event_id, item->stream->state.event_id_high)) {
        item->stream->state.event_id_high = event->event_id;
    } else if (is_known) {
        is_done = plan_suspect(fold, item, event->event_id);
    }
    const struct mneme_fold_type_plan *does = mneme_mapping_of(fold->mappings, event);
    for (size_t i = 0; i < does->count && is_done; i++) {
        const struct mneme_action_plan *action = &does->actions[i];
        if (action->action->kind == MNEME_ACTION_APPEND) {
            item->stream->has_children = true;
        } else if (is_known || !waits_for_stream(action)) {
            is_done = plan_row(fold, item, i, action, event);
        }
    }
    item->is_planned = is_known;
    return is_done;
}

/* Plans those items of a stream that are not. */
static bool plan_stream(struct mneme_fold *fold, const struct mneme_fold_stream *stream) {
    bool is_done = true;
    for (struct mneme_fold_item *item = stream->first; item != NULL && is_done; item = item->next) {
        is_done = item->is_planned || plan_item(fold, item);
    }
    return is_done;
}

int mneme_fold_plan(struct mneme_fold *fold, struct mneme_error *error) {
    bool is_done = group(fold);
    int status = is_done ? part(fold, error) : MNEME_OK;
    if (status != MNEME_OK) {
        return status;
    }
    for (size_t i = 0; i < fold->stream_count && is_done; i++) {
        is_done = plan_stream(fold, fold->streams[i]);
    }
    return is_done ? MNEME_OK : mneme_fold_no_memory(error);
}

/* A child row at an index that its parent may have given already is wanted. `next_bound` runs ahead as if
 * every turn were accepted, so that it is never below the parent's next index when the turn is decided. */
static bool plan_child(struct mneme_fold *fold, struct mneme_fold_item *item, size_t number,
                       const struct mneme_action_plan *action, const struct mneme_event *event) {
    struct mneme_opt_long index = mneme_fold_opt_long(mneme_event_payload(event), action->index_offset);
    struct mneme_fold_row *parent = item->rows[action->parent_action];
    index.value += action->action->is_behind ? 1 : 0;
    if (!index.is_set) {
        parent->next_bound++;
        return true;
    }
    if (index.value >= parent->next_bound) {
        parent->next_bound = index.value + 1;
        return true;
    }
    bool is_new;
    struct mneme_fold_row *row = mneme_fold_row_find(fold, &is_new, action, item->stream, event, index.value);
    if (row == NULL) {
        return false;
    }
    mneme_fold_row_adopt(parent, row);
    item->rows[number] = row;
    return !is_new || !parent->is_in_store ||
           mneme_fold_want(fold, &fold->wanted_rows[action->action->table], row);
}

static bool plan_children(struct mneme_fold *fold, const struct mneme_fold_stream *stream) {
    bool is_done = true;
    for (struct mneme_fold_item *item = stream->first; item != NULL; item = item->next) {
        const struct mneme_event *event = &item->from->event;
        const struct mneme_fold_type_plan *does = mneme_mapping_of(fold->mappings, event);
        for (size_t i = 0; i < does->count && is_done; i++) {
            const struct mneme_action_plan *action = &does->actions[i];
            if (action->action->kind == MNEME_ACTION_APPEND && mneme_fold_is_done(action, event)) {
                is_done = plan_child(fold, item, i, action, event);
            }
        }
    }
    return is_done;
}

int mneme_fold_plan_rest(struct mneme_fold *fold, struct mneme_error *error) {
    bool is_done = true;
    for (size_t i = 0; i < fold->stream_count && is_done; i++) {
        const struct mneme_fold_stream *stream = fold->streams[i];
        is_done = plan_stream(fold, stream) && (!stream->has_children || plan_children(fold, stream));
    }
    return is_done ? MNEME_OK : mneme_fold_no_memory(error);
}
