/*
 * Checks the memories that the statement does not look up for the same conditions: expired, archived, type.
 * Only the statement can check a filter expression.
 */
#include "queries/search/candidates_known.h"

#include "common/base/clock.h"
#include "stores/redis/reader.h"

static bool passes(const struct mneme_memory_row *row, const struct mneme_candidate_filter *which,
                   int64_t now) {
    bool is_of_type = !which->types.is_set;
    for (size_t i = 0; i < which->types.count && !is_of_type; i++) {
        is_of_type = mneme_str_equal(which->types.items[i], row->memory_type);
    }
    bool has_expired = row->expires_at.is_set && row->expires_at.value <= now;
    return is_of_type && (which->include_expired || !has_expired) &&
           (which->include_archived || !row->is_archived);
}

/* The memories among the keys, in the form that the hot tier takes; `places` says which key each belongs to.
 */
static size_t name_memories(struct mneme_hot_memory_id *ids, size_t *places,
                            const struct mneme_candidate_filter *which,
                            const struct mneme_candidate_key *keys, size_t count) {
    size_t named = 0;
    for (size_t i = 0; i < count; i++) {
        struct mneme_hot_memory_id *id = &ids[named];
        *id = (struct mneme_hot_memory_id){.tenant = which->scope.tenant, .stream_id = keys[i].stream_id};
        places[named] = i;
        named +=
            mneme_str_equal(keys[i].kind, MNEME_STR_LIT("memory")) && mneme_uuid_parse(&id->id, keys[i].ref);
    }
    return named;
}

static bool ask(struct mneme_known_candidates *out, const struct mneme_candidate_filter *which,
                const struct mneme_candidate_key *keys, size_t count, struct mneme_arena *arena) {
    struct mneme_hot_memory_id *ids = mneme_arena_alloc(arena, (count + 1) * sizeof *ids);
    struct mneme_hot_memory *memories = mneme_arena_alloc(arena, (count + 1) * sizeof *memories);
    size_t *places = mneme_arena_alloc(arena, (count + 1) * sizeof *places);
    bool *found = mneme_arena_alloc(arena, count + 1);
    if (ids == NULL || memories == NULL || places == NULL || found == NULL) {
        return false;
    }
    size_t named = name_memories(ids, places, which, keys, count);
    (void)mneme_hot_reader_memories(memories, found, which->hot, ids, named, arena);
    for (size_t i = 0; i < named; i++) {
        if (found[i]) {
            out->is_known[places[i]] = 1;
            out->memories[places[i]] = memories[i];
        }
    }
    return true;
}

bool mneme_candidates_read_known(struct mneme_known_candidates *out,
                                 const struct mneme_candidate_filter *which,
                                 const struct mneme_candidate_key *keys, size_t count,
                                 struct mneme_arena *arena) {
    int64_t now = mneme_clock_now_micros();
    *out = (struct mneme_known_candidates){
        .keys = mneme_arena_alloc(arena, (count + 1) * sizeof *out->keys),
        .is_known = mneme_arena_calloc(arena, count + 1, sizeof *out->is_known),
        .memories = mneme_arena_alloc(arena, (count + 1) * sizeof *out->memories),
    };
    if (out->keys == NULL || out->is_known == NULL || out->memories == NULL) {
        return false;
    }
    bool is_asked = which->hot != NULL && which->filter == NULL && !which->as_of.is_set;
    if (is_asked && !ask(out, which, keys, count, arena)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (out->is_known[i] == 0 || passes(&out->memories[i].row, which, now)) {
            out->keys[out->count] = keys[i];
            out->is_known[out->count] = out->is_known[i];
            out->memories[out->count++] = out->memories[i];
        }
    }
    return true;
}

void mneme_candidates_fill(struct mneme_candidate *candidate, const struct mneme_hot_memory *memory) {
    struct mneme_memory_row row = memory->row;
    mneme_memory_row_add_accesses(&row);
    candidate->is_memory = true;
    candidate->memory = (struct mneme_candidate_memory){
        .memory_type = row.memory_type,
        .content = row.content,
        .metadata = row.metadata,
        .importance = row.importance,
        .confidence = row.confidence,
        .priority = row.priority,
        .access_count = row.access_count,
        .last_accessed_at = row.last_accessed_at,
        .expires_at = row.expires_at,
        .updated_at = row.updated_at,
        .version = row.version,
    };
}
