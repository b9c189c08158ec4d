/*
 * Finds an event that can never be applied. After a refusal, half of the refused part is tried next; after a
 * found event the parts double again. So one bad event costs about two times log2 of the batch, and many bad
 * ones about two attempts each. Order is kept, since parts are applied from the front.
 */
#include "consumers/runtime/halving.h"

#include <stdlib.h>

#include "consumers/log/fill.h"

#define KEEP_SCRATCH_BYTES ((size_t)8 * 1024 * 1024)

void mneme_halving_reset(struct mneme_halving *halving) {
    halving->done = 0;
    halving->span = 0;
    halving->suspect_end = 0;
    halving->parked_count = 0;
}

void mneme_halving_clean_up(struct mneme_halving *halving) {
    free(halving->slices);
    mneme_arena_clean_up(&halving->scratch);
    *halving = (struct mneme_halving){0};
}

/* Two arrays of the batch's partitions: how far each has come, and what the next part moves. */
static bool prepare_slices(struct mneme_halving *halving, const struct mneme_batch *batch) {
    if (halving->slice_capacity < batch->partition_count) {
        struct mneme_batch_partition *larger =
            reallocarray(halving->slices, batch->partition_count, 2 * sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        halving->slices = larger;
        halving->slice_capacity = batch->partition_count;
    }
    return true;
}

static size_t partition_index(const struct mneme_batch *batch, int32_t partition) {
    size_t i = 0;
    while (i + 1 < batch->partition_count && batch->partitions[i].partition != partition) {
        i++;
    }
    return i;
}

/* The progress of the items [done, done + span): where their partitions are, and where they will be. */
static size_t slice_partitions(struct mneme_halving *halving, const struct mneme_batch *batch, size_t span) {
    struct mneme_batch_partition *moved = halving->slices;
    struct mneme_batch_partition *reached = halving->slices + batch->partition_count;
    for (size_t i = 0; i < batch->partition_count; i++) {
        reached[i] = batch->partitions[i];
        reached[i].next_offset = reached[i].first_offset;
    }
    for (size_t i = 0; i < halving->done; i++) {
        reached[partition_index(batch, batch->items[i].position.partition)].next_offset =
            batch->items[i].position.offset + 1;
    }
    for (size_t i = 0; i < batch->partition_count; i++) {
        reached[i].first_offset = reached[i].next_offset;
    }
    for (size_t i = halving->done; i < halving->done + span; i++) {
        reached[partition_index(batch, batch->items[i].position.partition)].next_offset =
            batch->items[i].position.offset + 1;
    }
    size_t count = 0;
    bool is_last = halving->done + span == batch->count;
    for (size_t i = 0; i < batch->partition_count; i++) {
        /* After the last item there may be offsets without items. */
        reached[i].next_offset = is_last ? batch->partitions[i].next_offset : reached[i].next_offset;
        if (reached[i].next_offset != reached[i].first_offset) {
            moved[count++] = reached[i];
        }
    }
    return count;
}

static size_t bytes_of(const struct mneme_batch_item *items, size_t count) {
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += items[i].key.len + items[i].value.len;
    }
    return bytes;
}

/* Shows the projection the part [done, done + span) and gives its answer. */
static enum mneme_apply_result apply_part(struct mneme_halving *halving,
                                          const struct mneme_projection_ops *ops, void *projection,
                                          struct mneme_batch *batch, size_t span, struct mneme_error *error) {
    struct mneme_batch whole = *batch;
    mneme_arena_reset(&halving->scratch, KEEP_SCRATCH_BYTES);
    batch->arena = halving->scratch;
    if (span < whole.count && !whole.is_redrive) {
        if (!prepare_slices(halving, &whole)) {
            mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot divide a batch: out of memory");
            *batch = whole;
            return MNEME_FATAL;
        }
        batch->partition_count = slice_partitions(halving, &whole, span);
        batch->partitions = halving->slices;
    }
    if (span < whole.count) {
        batch->items = whole.items + halving->done;
        batch->count = span;
        batch->bytes = bytes_of(batch->items, span);
    }
    enum mneme_apply_result result = MNEME_RETRY;
    if (mneme_batch_take_digests(batch, error) == MNEME_OK) {
        result = ops->apply(projection, batch, error);
    }
    halving->scratch = batch->arena;
    *batch = whole;
    return result;
}

/* Parks the item with the projection's reason, and later items of its key unless it is parked alone. */
static enum mneme_apply_result park(struct mneme_halving *halving, const struct mneme_projection_ops *ops,
                                    struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_batch_item *item = &batch->items[halving->done];
    if (item->park_reason != NULL) {
        struct mneme_error reason = *error;
        mneme_error_set(error, MNEME_E_INTERNAL, "cannot park the event at %d:%lld: %s",
                        (int)item->position.partition, (long long)item->position.offset, reason.message);
        return MNEME_FATAL;
    }
    item->park_reason = mneme_arena_copy(&batch->arena, mneme_str_from(error->message)).data;
    item->blocked_by = ops->parks_alone ? MNEME_PARKED_ALONE : item->position.offset;
    halving->parked_count++;
    if (item->park_reason == NULL ||
        (!ops->parks_alone && item->key.data != NULL &&
         !mneme_batch_park_key(batch, halving->done + 1, item->position.partition, item->key,
                               item->position.offset))) {
        mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot park an event: out of memory");
        return MNEME_FATAL;
    }
    return MNEME_APPLIED;
}

/* A part was applied: the next is within the suspected range, or grows. */
static void advance(struct mneme_halving *halving, size_t span) {
    halving->done += span;
    if (halving->suspect_end > halving->done) {
        size_t suspects = halving->suspect_end - halving->done;
        halving->span = suspects > 1 ? suspects / 2 : 1;
    } else {
        halving->suspect_end = 0;
        halving->span = halving->span > SIZE_MAX / 2 ? 0 : halving->span * 2;
    }
}

enum mneme_apply_result mneme_halving_apply(struct mneme_halving *halving,
                                            const struct mneme_projection_ops *ops, void *projection,
                                            struct mneme_batch *batch, struct mneme_error *error) {
    if (batch->count == 0) {
        return apply_part(halving, ops, projection, batch, 0, error);
    }
    while (halving->done < batch->count) {
        size_t left = batch->count - halving->done;
        size_t span = halving->span == 0 || halving->span > left ? left : halving->span;
        enum mneme_apply_result result = apply_part(halving, ops, projection, batch, span, error);
        if (result == MNEME_APPLIED) {
            advance(halving, span);
        } else if (result == MNEME_REJECT && span > 1) {
            halving->suspect_end = halving->done + span;
            halving->span = span / 2;
        } else if (result == MNEME_REJECT) {
            halving->suspect_end = 0;
            halving->span = 1;
            result = park(halving, ops, batch, error);
            if (result != MNEME_APPLIED) {
                return result;
            }
        } else {
            return result;
        }
    }
    return MNEME_APPLIED;
}
