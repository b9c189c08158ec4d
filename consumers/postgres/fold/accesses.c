/*
 * Accesses of memories: summed up over the batch and then added to what the table has. They come in separate
 * streams, in any order relative to the memories themselves, so nothing is looked up and nothing can fail.
 */
#include "common/base/clock.h"
#include "consumers/postgres/fold/fold.h"

static struct mneme_fold_access *find(struct mneme_fold *fold, const struct mneme_fold_stream *stream,
                                      struct mneme_uuid memory_id) {
    uint64_t seed = mneme_hash_mix(fold->seed, (uint64_t)(uintptr_t)stream);
    uint64_t hash = mneme_hash_bytes(seed, memory_id.bytes, sizeof memory_id.bytes);
    uint64_t cursor = hash;
    struct mneme_fold_access *access;
    while ((access = mneme_hash_next(&fold->accesses_by_memory, hash, &cursor)) != NULL) {
        if (access->stream == stream && mneme_uuid_compare(access->memory_id, memory_id) == 0) {
            return access;
        }
    }
    access = mneme_arena_alloc(&fold->arena, sizeof *access);
    if (access == NULL || !mneme_hash_add(&fold->accesses_by_memory, hash, access)) {
        return NULL;
    }
    *access = (struct mneme_fold_access){stream, memory_id, 0, INT64_MIN, fold->first_access};
    fold->first_access = access;
    fold->access_count++;
    return access;
}

static bool add(struct mneme_fold *fold, const struct mneme_fold_item *item, struct mneme_str id,
                int64_t count, int64_t at) {
    struct mneme_uuid memory_id;
    if (!mneme_uuid_parse(&memory_id, id)) {
        return true; /* not possible: the event was checked */
    }
    struct mneme_fold_access *access = find(fold, item->stream, memory_id);
    if (access == NULL) {
        return false;
    }
    access->count += count; /* each is bounded by the schema */
    if (access->last_accessed_at < at) {
        access->last_accessed_at = at;
    }
    return true;
}

bool mneme_fold_count_accesses(struct mneme_fold *fold, const struct mneme_fold_item *item) {
    const struct mneme_event *event = &item->from->event;
    bool is_told = event->type == MNEME_EVENT_MEMORY_ACCESSED; /* how often; a recall returns each once */
    if (!is_told && event->type != MNEME_EVENT_MEMORY_RETRIEVED) {
        return true;
    }
    const struct mneme_memory_accessed *accessed = &event->payload.memory_accessed;
    struct mneme_str_array ids = is_told ? accessed->memory_ids : event->payload.memory_retrieved.memory_ids;
    int64_t at = is_told ? accessed->last_accessed_at : event->occurred_at;
    for (size_t i = 0; i < ids.count; i++) {
        if (!add(fold, item, ids.items[i], is_told ? accessed->counts.items[i] : 1, at)) {
            return false;
        }
    }
    return true;
}

int mneme_fold_access_params(struct mneme_fold *fold, struct mneme_pg_params *params,
                             struct mneme_error *error) {
    size_t count = fold->access_count;
    struct mneme_str *texts = mneme_arena_alloc(&fold->arena, (3 * count + 1) * sizeof *texts);
    char(*times)[MNEME_RFC3339_BYTES] = mneme_arena_alloc(&fold->arena, (count + 1) * sizeof *times);
    struct mneme_uuid *ids = mneme_arena_alloc(&fold->arena, (count + 1) * sizeof *ids);
    int64_t *numbers = mneme_arena_alloc(&fold->arena, (count + 1) * sizeof *numbers);
    if (texts == NULL || times == NULL || ids == NULL || numbers == NULL) {
        return mneme_fold_no_memory(error);
    }
    size_t at = 0;
    for (const struct mneme_fold_access *access = fold->first_access; access != NULL; access = access->next) {
        texts[at] = access->stream->tenant;
        texts[count + at] = access->stream->stream_id;
        ids[at] = access->memory_id;
        numbers[at] = access->count;
        mneme_clock_format_rfc3339(access->last_accessed_at, times[at]);
        texts[2 * count + at] = mneme_str_from(times[at]);
        at++;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str_array(params, texts, count);
    mneme_pg_param_str_array(params, texts + count, count);
    mneme_pg_param_uuid_array(params, ids, count);
    mneme_pg_param_long_array(params, numbers, count);
    mneme_pg_param_str_array(params, texts + 2 * count, count);
    return MNEME_OK;
}
