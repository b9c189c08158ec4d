/*
 * The queries for a batch: one transaction with one snapshot, in which each kind of row is asked for by its
 * own array.
 */
#include <stdlib.h>

#include "consumers/redis/changes_load.h"
#include "sql/embedded.h"

#define RECENT_CONVERSATIONS 10
#define RECENT_DECISIONS 5

static int compare_offsets(const void *a, const void *b) {
    const struct mneme_touch *one = *(const struct mneme_touch *const *)a;
    const struct mneme_touch *other = *(const struct mneme_touch *const *)b;
    return (one->offset > other->offset) - (one->offset < other->offset);
}

/* In the order of the log: where one value comes of several, the last one is the latest, whatever the batch.
 * Values that an event contains whole are not queried. */
static bool list_touches(struct mneme_cache_load *load, enum mneme_touch_kind kind) {
    size_t most = load->touches->count[kind];
    const struct mneme_touch **list = mneme_arena_alloc(load->arena, (most + 1) * sizeof(*list));
    for (const struct mneme_touch *touch = load->touches->first[kind]; list != NULL && touch != NULL;
         touch = touch->next) {
        if (touch->creation == NULL) {
            list[load->count[kind]++] = touch;
        }
    }
    if (list != NULL && load->count[kind] > 1) {
        qsort(list, load->count[kind], sizeof *list, compare_offsets);
    }
    load->asked[kind] = list;
    return list != NULL;
}

static int ask_ledger(struct mneme_cache_load *load, struct mneme_str topic, const struct mneme_batch *batch,
                      struct mneme_error *error) {
    struct mneme_pg_params *params = &load->changes->params[MNEME_CACHE_LEDGER];
    int64_t *partitions = mneme_arena_alloc(load->arena, (batch->partition_count + 1) * sizeof *partitions);
    if (partitions == NULL) {
        return mneme_cache_changes_no_memory(error);
    }
    for (size_t i = 0; i < batch->partition_count; i++) {
        partitions[i] = batch->partitions[i].partition;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, topic);
    mneme_pg_param_long_array(params, partitions, batch->partition_count);
    return MNEME_OK;
}

static int ask_memories(struct mneme_cache_load *load, struct mneme_str topic, struct mneme_error *error) {
    const size_t counts[] = {load->count[MNEME_TOUCH_MEMORY], load->count[MNEME_TOUCH_ACCESS]};
    struct mneme_hot_memory_key *keys =
        mneme_arena_alloc(load->arena, (counts[0] + counts[1] + 1) * sizeof *keys);
    if (keys == NULL) {
        return mneme_cache_changes_no_memory(error);
    }
    for (size_t i = 0; i < counts[0] + counts[1]; i++) {
        const struct mneme_touch *touch = i < counts[0] ? load->asked[MNEME_TOUCH_MEMORY][i]
                                                        : load->asked[MNEME_TOUCH_ACCESS][i - counts[0]];
        keys[i] = (struct mneme_hot_memory_key){touch->partition, touch->tenant, touch->stream_id, touch->id};
    }
    return mneme_hot_memories_params(&load->changes->params[MNEME_CACHE_MEMORIES], load->arena, topic, keys,
                                     counts[0] + counts[1], error);
}

/* The names of touches as arrays: tenants, streams unless there are none, names, and partitions if asked. */
static int ask_names(struct mneme_cache_load *load, int call, enum mneme_touch_kind kind, bool has_streams,
                     bool wants_partitions, struct mneme_error *error) {
    size_t count = load->count[kind];
    struct mneme_pg_params *params = &load->changes->params[call];
    struct mneme_str *texts = mneme_arena_alloc(load->arena, (3 * count + 1) * sizeof *texts);
    int64_t *partitions = mneme_arena_alloc(load->arena, (count + 1) * sizeof *partitions);
    if (texts == NULL || partitions == NULL) {
        return mneme_cache_changes_no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_touch *touch = load->asked[kind][i];
        texts[i] = touch->tenant;
        texts[count + i] = touch->stream_id;
        texts[2 * count + i] = touch->name;
        partitions[i] = touch->partition;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str_array(params, texts, count);
    if (has_streams) {
        mneme_pg_param_str_array(params, texts + count, count);
    }
    mneme_pg_param_str_array(params, texts + 2 * count, count);
    if (wants_partitions) {
        mneme_pg_param_long_array(params, partitions, count);
    }
    return MNEME_OK;
}

static int ask_working(struct mneme_cache_load *load, struct mneme_str topic, int64_t now,
                       struct mneme_error *error) {
    size_t count = load->count[MNEME_TOUCH_WORKING];
    struct mneme_working_wanted *wanted = mneme_arena_alloc(load->arena, (count + 1) * sizeof *wanted);
    if (wanted == NULL) {
        return mneme_cache_changes_no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_touch *touch = load->asked[MNEME_TOUCH_WORKING][i];
        wanted[i] = (struct mneme_working_wanted){touch->partition, touch->tenant, touch->stream_id,
                                                  touch->name, touch->user_id};
    }
    return mneme_working_params(&load->changes->params[MNEME_CACHE_WORKING], load->arena, topic, wanted,
                                count, now, error);
}

static int ask(struct mneme_cache_load *load, struct mneme_str topic, const struct mneme_batch *batch,
               struct mneme_error *error) {
    struct mneme_cache_changes *changes = load->changes;
    for (int kind = 0; kind < MNEME_TOUCH_KIND_COUNT; kind++) {
        if (!list_touches(load, (enum mneme_touch_kind)kind)) {
            return mneme_cache_changes_no_memory(error);
        }
    }
    int status = ask_ledger(load, topic, batch, error);
    if (status == MNEME_OK) {
        status = ask_memories(load, topic, error);
    }
    if (status == MNEME_OK) {
        status = ask_names(load, MNEME_CACHE_CONVERSATIONS, MNEME_TOUCH_CONVERSATION, true, false, error);
    }
    if (status == MNEME_OK) {
        status = ask_names(load, MNEME_CACHE_RECENT, MNEME_TOUCH_CONVERSATION, true, true, error);
    }
    if (status == MNEME_OK) {
        status = ask_names(load, MNEME_CACHE_DECISIONS, MNEME_TOUCH_DECISIONS, false, true, error);
    }
    if (status == MNEME_OK) {
        status = ask_working(load, topic, load->touches->now, error);
    }
    mneme_pg_param_long(&changes->params[MNEME_CACHE_RECENT], RECENT_CONVERSATIONS);
    mneme_pg_param_long(&changes->params[MNEME_CACHE_DECISIONS], RECENT_DECISIONS);
    return status;
}

static bool needs_no_query(const struct mneme_cache_load *load) {
    size_t count = 0;
    for (int kind = 0; kind < MNEME_TOUCH_KIND_COUNT; kind++) {
        count += load->count[kind];
    }
    return count == 0;
}

/* Runs the statements that have something to look up. */
static int run(struct mneme_cache_load *load, struct mneme_postgres *postgres, struct mneme_error *error) {
    const size_t *count = load->count;
    struct mneme_pg_params *params = load->changes->params;
    const struct {
        const char *sql;
        bool is_asked;
    } statements[MNEME_CACHE_CALL_COUNT] = {
        [MNEME_CACHE_BEGIN] = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", true},
        [MNEME_CACHE_LEDGER] = {mneme_sql_hot_ledger, true},
        [MNEME_CACHE_MEMORIES] = {mneme_sql_hot_memories,
                                  count[MNEME_TOUCH_MEMORY] + count[MNEME_TOUCH_ACCESS] > 0},
        [MNEME_CACHE_CONVERSATIONS] = {mneme_sql_hot_conversations, count[MNEME_TOUCH_CONVERSATION] > 0},
        [MNEME_CACHE_RECENT] = {mneme_sql_hot_recent_conversations, count[MNEME_TOUCH_CONVERSATION] > 0},
        [MNEME_CACHE_DECISIONS] = {mneme_sql_hot_recent_decisions, count[MNEME_TOUCH_DECISIONS] > 0},
        [MNEME_CACHE_WORKING] = {mneme_sql_hot_working, count[MNEME_TOUCH_WORKING] > 0},
        [MNEME_CACHE_COMMIT] = {"COMMIT", true},
    };
    struct mneme_pg_call calls[MNEME_CACHE_CALL_COUNT];
    PGresult *results[MNEME_CACHE_CALL_COUNT] = {NULL};
    int asked[MNEME_CACHE_CALL_COUNT];
    size_t call_count = 0;
    for (int i = 0; i < MNEME_CACHE_CALL_COUNT; i++) {
        if (statements[i].is_asked) {
            bool has_params = i != MNEME_CACHE_BEGIN && i != MNEME_CACHE_COMMIT;
            asked[call_count] = i;
            calls[call_count++] = (struct mneme_pg_call){statements[i].sql, has_params ? &params[i] : NULL};
        }
    }
    int status = mneme_pg_pipeline(results, postgres, calls, call_count, error);
    for (size_t i = 0; status == MNEME_OK && i < call_count; i++) {
        load->changes->answers[asked[i]] = results[i];
    }
    return status;
}

int mneme_cache_changes_ask(struct mneme_cache_load *load, struct mneme_postgres *postgres,
                            struct mneme_str topic, const struct mneme_batch *batch,
                            struct mneme_error *error) {
    int status = ask(load, topic, batch, error);
    return status == MNEME_OK && !needs_no_query(load) ? run(load, postgres, error) : status;
}
