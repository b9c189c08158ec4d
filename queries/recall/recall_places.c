/*
 * Neighbours: places next to those of the candidates that no candidate occupies, looked up in one statement.
 */
#include "queries/recall/recall_state.h"
#include "sql/embedded.h"

#define NEAR 2 /* positions */

struct place {
    struct mneme_str stream_id, conversation_id;
    int64_t position;
};

struct looking {
    const struct mneme_recalling *recalling;
    struct mneme_arena *arena;
    struct mneme_hash known; /* of struct place */
    struct mneme_str *streams, *conversations;
    int64_t *positions;
    size_t count;
    struct mneme_candidate_key *keys;
    size_t key_count, key_capacity;
    bool failed;
};

static const struct mneme_row_column columns[] = {
    {"stream_id", MNEME_ROW_STR, offsetof(struct mneme_candidate_key, stream_id)},
    {"kind", MNEME_ROW_STR, offsetof(struct mneme_candidate_key, kind)},
    {"ref", MNEME_ROW_STR, offsetof(struct mneme_candidate_key, ref)},
};

static const struct mneme_question question = {"neighbours were not looked up", mneme_sql_recall_neighbours,
                                               columns, sizeof columns / sizeof *columns,
                                               sizeof(struct mneme_candidate_key)};

/* Notes a place; returns whether it was new. */
static bool note(struct looking *looking, const struct place *place) {
    uint64_t hash =
        mneme_hash_bytes((uint64_t)place->position, place->conversation_id.data, place->conversation_id.len);
    uint64_t cursor = hash;
    hash = mneme_hash_bytes(hash, place->stream_id.data, place->stream_id.len);
    cursor = hash;
    const struct place *known;
    while ((known = mneme_hash_next(&looking->known, hash, &cursor)) != NULL) {
        if (known->position == place->position &&
            mneme_str_equal(known->conversation_id, place->conversation_id) &&
            mneme_str_equal(known->stream_id, place->stream_id)) {
            return false;
        }
    }
    struct place *copy = mneme_arena_alloc(looking->arena, sizeof *copy);
    if (copy == NULL) {
        looking->failed = true;
        return false;
    }
    *copy = *place;
    looking->failed = looking->failed || !mneme_hash_add(&looking->known, hash, copy);
    return !looking->failed;
}

static bool place_of(struct place *place, const struct mneme_candidate *item) {
    *place = (struct place){item->stream_id, item->conversation_id, item->position.value};
    return item->conversation_id.data != NULL && item->position.is_set;
}

static int gather(struct looking *looking, struct mneme_error *error) {
    const struct mneme_candidates *candidates = &looking->recalling->out->candidates;
    size_t most = candidates->count * 2 * NEAR;
    struct place place;
    looking->streams = mneme_arena_calloc(looking->arena, most + 1, sizeof *looking->streams);
    looking->conversations = mneme_arena_calloc(looking->arena, most + 1, sizeof *looking->conversations);
    looking->positions = mneme_arena_calloc(looking->arena, most + 1, sizeof *looking->positions);
    if (looking->streams == NULL || looking->conversations == NULL || looking->positions == NULL ||
        !mneme_hash_init(&looking->known, looking->arena, candidates->count + most + 1)) {
        return mneme_recall_no_memory(error);
    }
    for (size_t i = 0; i < candidates->count; i++) {
        if (place_of(&place, &candidates->items[i])) {
            (void)note(looking, &place);
        }
    }
    for (size_t i = 0; i < candidates->count; i++) {
        for (int64_t step = -NEAR; step <= NEAR; step++) {
            bool has_place = place_of(&place, &candidates->items[i]);
            bool is_within = step < 0 ? place.position >= -step : place.position <= INT64_MAX - step;
            place.position = is_within ? place.position + step : 0;
            if (has_place && is_within && note(looking, &place)) {
                looking->streams[looking->count] = place.stream_id;
                looking->conversations[looking->count] = place.conversation_id;
                looking->positions[looking->count++] = place.position;
            }
        }
    }
    return looking->failed ? mneme_recall_no_memory(error) : MNEME_OK;
}

static bool take(const void *row, void *context) {
    struct looking *looking = context;
    const struct mneme_candidate_key *key = row;
    if (looking->key_count == looking->key_capacity) {
        return false; /* cannot happen: a place has one row */
    }
    struct mneme_candidate_key *copy = &looking->keys[looking->key_count++];
    *copy = (struct mneme_candidate_key){mneme_arena_copy(looking->arena, key->stream_id),
                                         mneme_arena_copy(looking->arena, key->kind),
                                         mneme_arena_copy(looking->arena, key->ref)};
    looking->failed =
        looking->failed || copy->stream_id.data == NULL || copy->kind.data == NULL || copy->ref.data == NULL;
    return !looking->failed;
}

static int look_up(struct looking *looking, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    const struct mneme_recalling *recalling = looking->recalling;
    looking->key_capacity = looking->count;
    looking->keys = mneme_arena_calloc(looking->arena, looking->count + 1, sizeof *looking->keys);
    if (looking->keys == NULL) {
        return mneme_recall_no_memory(error);
    }
    mneme_pg_param_str(&params, recalling->question->which.scope.tenant);
    mneme_pg_param_str_array(&params, looking->streams, looking->count);
    mneme_pg_param_str_array(&params, looking->conversations, looking->count);
    mneme_pg_param_long_array(&params, looking->positions, looking->count);
    int status = mneme_query_run(recalling->recall->postgres, &question, &params, take, looking, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status == MNEME_OK && looking->failed ? mneme_recall_no_memory(error) : status;
}

int mneme_recall_add_neighbours(struct mneme_recalling *recalling, struct mneme_error *error) {
    struct looking looking = {.recalling = recalling, .arena = &recalling->out->arena};
    int status = gather(&looking, error);
    if (status != MNEME_OK || looking.count == 0) {
        return status;
    }
    status = look_up(&looking, error);
    return status == MNEME_OK
               ? mneme_candidates_add(&recalling->out->candidates, recalling->recall->postgres,
                                      &recalling->which, looking.keys, looking.key_count, error)
               : status;
}
