/*
 * The changes of one batch: asked for, made and put in order.
 */
#include "consumers/redis/changes.h"

#include <stdlib.h>

#include "consumers/redis/changes_load.h"

int mneme_cache_changes_no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}

static void forget(struct mneme_cache_changes *changes) {
    for (size_t i = 0; i < MNEME_CACHE_CALL_COUNT; i++) {
        PQclear(changes->answers[i]);
        changes->answers[i] = NULL;
    }
    changes->items = NULL;
    changes->count = 0;
    changes->access_count = 0;
}

void mneme_cache_changes_clean_up(struct mneme_cache_changes *changes) {
    forget(changes);
    for (size_t i = 0; i < MNEME_CACHE_CALL_COUNT; i++) {
        mneme_pg_params_clean_up(&changes->params[i]);
    }
    mneme_buffer_clean_up(&changes->text);
    mneme_json_normal_clean_up(&changes->normal);
}

static int compare(const void *a, const void *b) {
    const struct mneme_cache_change *one = a;
    const struct mneme_cache_change *other = b;
    int order = (one->partition > other->partition) - (one->partition < other->partition);
    return order != 0 ? order : (one->offset > other->offset) - (one->offset < other->offset);
}

static int compare_accesses(const void *a, const void *b) {
    const struct mneme_cache_access *one = a;
    const struct mneme_cache_access *other = b;
    return (one->partition > other->partition) - (one->partition < other->partition);
}

int mneme_cache_changes_load(struct mneme_cache_changes *changes, struct mneme_postgres *postgres,
                             struct mneme_str topic, const struct mneme_touches *touches,
                             const struct mneme_batch *batch, struct mneme_arena *arena,
                             struct mneme_error *error) {
    struct mneme_cache_load load = {.changes = changes, .touches = touches, .arena = arena};
    const size_t *count = touches->count;
    forget(changes);
    size_t most = count[MNEME_TOUCH_MEMORY] + 2 * count[MNEME_TOUCH_CONVERSATION] +
                  count[MNEME_TOUCH_DECISIONS] + count[MNEME_TOUCH_WORKING];
    if (most + count[MNEME_TOUCH_ACCESS] == 0) {
        return MNEME_OK;
    }
    changes->items = mneme_arena_alloc(arena, (most + 1) * sizeof *changes->items);
    changes->accesses = mneme_arena_alloc(arena, (count[MNEME_TOUCH_ACCESS] + 1) * sizeof *changes->accesses);
    if (changes->items == NULL || changes->accesses == NULL) {
        return mneme_cache_changes_no_memory(error);
    }
    int status = mneme_cache_changes_ask(&load, postgres, topic, batch, error);
    if (status == MNEME_OK) {
        status = mneme_cache_changes_read_answers(&load, error);
    }
    if (status == MNEME_OK && changes->count > 1) {
        qsort(changes->items, changes->count, sizeof *changes->items, compare);
    }
    if (status == MNEME_OK && changes->access_count > 1) {
        qsort(changes->accesses, changes->access_count, sizeof *changes->accesses, compare_accesses);
    }
    return status;
}
