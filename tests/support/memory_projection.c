/*
 * The projection in memory. An apply is all or nothing, since nothing is touched before all is checked.
 */
#include "tests/support/memory_projection.h"

#include <stdio.h>
#include <stdlib.h>

struct mneme_memory_store mneme_memory_store = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* One worker's view. */
struct view {
    int64_t epoch[MNEME_MEMORY_PARTITIONS];
    struct mneme_parked_key *parked;
    char (*keys)[64];
};

static int open_view(void **projection, const struct mneme_config *config, struct mneme_error *error) {
    (void)config;
    *projection = calloc(1, sizeof(struct view));
    return *projection == NULL ? mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory") : MNEME_OK;
}

static bool is_among(const struct mneme_assignment *assignment, int32_t partition) {
    for (size_t i = 0; i < assignment->count; i++) {
        if (assignment->partitions[i] == partition) {
            return true;
        }
    }
    return false;
}

static void list_parked(struct view *view, struct mneme_assignment *assignment) {
    struct mneme_memory_store *store = &mneme_memory_store;
    free(view->parked);
    free(view->keys);
    view->parked = calloc(store->count + 1, sizeof *view->parked);
    view->keys = calloc(store->count + 1, sizeof *view->keys);
    size_t count = 0;
    for (size_t i = 0; view->parked != NULL && view->keys != NULL && i < store->count; i++) {
        const struct mneme_memory_row *row = &store->rows[i];
        if (row->is_parked && row->blocked_by == row->position.offset && row->key[0] != '\0' &&
            is_among(assignment, row->position.partition)) {
            memcpy(view->keys[count], row->key, sizeof row->key);
            view->parked[count] = (struct mneme_parked_key){.partition = row->position.partition,
                                                            .key = mneme_str_from(view->keys[count]),
                                                            .blocked_by = row->blocked_by};
            count++;
        }
    }
    assignment->parked_keys = view->parked;
    assignment->parked_key_count = count;
}

static enum mneme_apply_result assign(void *projection, struct mneme_assignment *assignment,
                                      struct mneme_error *error) {
    struct view *view = projection;
    struct mneme_memory_store *store = &mneme_memory_store;
    pthread_mutex_lock(&store->mutex);
    store->assigns++;
    enum mneme_apply_result result =
        store->on_assign == NULL ? MNEME_APPLIED : store->on_assign(store, error);
    for (size_t i = 0; result == MNEME_APPLIED && i < assignment->count; i++) {
        int32_t partition = assignment->partitions[i];
        view->epoch[partition] = ++store->epoch[partition];
        assignment->next_offsets[i] = store->next_offset[partition];
        if (assignment->last_digests != NULL) {
            assignment->last_digests[i] = store->last_digest[partition];
        }
    }
    if (result == MNEME_APPLIED) {
        list_parked(view, assignment);
    }
    pthread_mutex_unlock(&store->mutex);
    return result;
}

static bool store_row(struct mneme_memory_store *store, const struct mneme_batch_item *item) {
    if (store->count == store->capacity) {
        size_t wanted = store->capacity == 0 ? 1024 : store->capacity * 2;
        struct mneme_memory_row *larger = reallocarray(store->rows, wanted, sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        store->rows = larger;
        store->capacity = wanted;
    }
    struct mneme_memory_row *row = &store->rows[store->count++];
    *row = (struct mneme_memory_row){
        .position = item->position, .is_parked = item->park_reason != NULL, .blocked_by = item->blocked_by};
    (void)snprintf(row->key, sizeof row->key, "%.*s", MNEME_STR_ARG(item->key));
    (void)snprintf(row->reason, sizeof row->reason, "%s", item->park_reason == NULL ? "" : item->park_reason);
    return true;
}

/* Whether the worker still owns what the batch moves. */
static bool is_fenced(const struct view *view, const struct mneme_batch *batch) {
    for (size_t i = 0; i < batch->partition_count; i++) {
        int32_t partition = batch->partitions[i].partition;
        if (view->epoch[partition] != mneme_memory_store.epoch[partition]) {
            return true;
        }
    }
    return false;
}

static void store_batch(struct mneme_memory_store *store, const struct mneme_batch *batch) {
    int64_t seen[MNEME_MEMORY_PARTITIONS];
    memcpy(seen, store->next_offset, sizeof seen);
    for (size_t i = 0; i < batch->partition_count; i++) {
        const struct mneme_batch_partition *part = &batch->partitions[i];
        store->violations += store->next_offset[part->partition] != part->first_offset;
        store->next_offset[part->partition] = part->next_offset;
        if (part->last_digest.is_set) {
            store->last_digest[part->partition] = part->last_digest;
        }
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        store->violations += item->position.offset < seen[item->position.partition];
        store->violations += item->position.offset >= store->next_offset[item->position.partition];
        store->violations += !store_row(store, item);
        seen[item->position.partition] = item->position.offset + 1;
    }
    store->largest_batch = batch->count > store->largest_batch ? batch->count : store->largest_batch;
}

static enum mneme_apply_result apply(void *projection, struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_memory_store *store = &mneme_memory_store;
    pthread_mutex_lock(&store->mutex);
    store->applies++;
    enum mneme_apply_result result =
        store->on_apply == NULL ? MNEME_APPLIED : store->on_apply(store, batch, error);
    if (result == MNEME_APPLIED && is_fenced(projection, batch)) {
        store->fenced++;
        mneme_error_set(error, MNEME_E_CONFLICT, "another worker owns a partition");
        result = MNEME_FENCED;
    }
    if (result == MNEME_APPLIED) {
        store_batch(store, batch);
    }
    pthread_mutex_unlock(&store->mutex);
    return result;
}

static void revoke(void *projection, const int32_t *partitions, size_t count) {
    struct view *view = projection;
    pthread_mutex_lock(&mneme_memory_store.mutex);
    mneme_memory_store.revokes++;
    for (size_t i = 0; i < count; i++) {
        view->epoch[partitions[i]] = -1;
    }
    pthread_mutex_unlock(&mneme_memory_store.mutex);
}

static void close_view(void *projection) {
    struct view *view = projection;
    free(view->parked);
    free(view->keys);
    free(view);
}

static int read_marks(struct mneme_log_marks *marks, const struct mneme_config *config, const char *topic,
                      const char *projection, struct mneme_error *error) {
    (void)config;
    (void)topic;
    (void)projection;
    struct mneme_memory_store *store = &mneme_memory_store;
    mneme_log_marks_clean_up(marks);
    pthread_mutex_lock(&store->mutex);
    bool is_added = !store->has_hand_parked ||
                    mneme_log_marks_add(marks, store->parked_by_hand, MNEME_STR_LIT("nobody knows it"), NULL);
    pthread_mutex_unlock(&store->mutex);
    return is_added ? MNEME_OK : mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory");
}

static int note_wait(const struct mneme_config *config, const struct mneme_schema_wait *wait,
                     struct mneme_error *error) {
    (void)config;
    (void)error;
    struct mneme_memory_store *store = &mneme_memory_store;
    pthread_mutex_lock(&store->mutex);
    store->waits_at = wait->position;
    store->waits_at.offset = wait->reason == NULL ? -1 : wait->position.offset;
    (void)snprintf(store->waits_for, sizeof store->waits_for, "%s", wait->reason == NULL ? "" : wait->reason);
    store->waits++;
    pthread_mutex_unlock(&store->mutex);
    return MNEME_OK;
}

static const struct mneme_projection_facts facts = {.name = "memory"};

const struct mneme_projection_ops mneme_memory_projection = {
    .facts = &facts,
    .open = open_view,
    .assign = assign,
    .apply = apply,
    .revoke = revoke,
    .close = close_view,
    .read_marks = read_marks,
    .note_wait = note_wait,
};

void mneme_memory_fence(int32_t partition) {
    pthread_mutex_lock(&mneme_memory_store.mutex);
    mneme_memory_store.epoch[partition]++;
    pthread_mutex_unlock(&mneme_memory_store.mutex);
}

size_t mneme_memory_count(void) {
    pthread_mutex_lock(&mneme_memory_store.mutex);
    size_t count = mneme_memory_store.count;
    pthread_mutex_unlock(&mneme_memory_store.mutex);
    return count;
}

const struct mneme_memory_row *mneme_memory_find(int32_t partition, int64_t offset) {
    const struct mneme_memory_row *found = NULL;
    pthread_mutex_lock(&mneme_memory_store.mutex);
    for (size_t i = 0; i < mneme_memory_store.count && found == NULL; i++) {
        const struct mneme_memory_row *row = &mneme_memory_store.rows[i];
        if (row->position.partition == partition && row->position.offset == offset) {
            found = row;
        }
    }
    pthread_mutex_unlock(&mneme_memory_store.mutex);
    return found;
}
