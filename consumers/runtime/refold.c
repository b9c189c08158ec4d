/*
 * Lanes at work: threads live as long as a run; readers and projections stay open from run to run.
 */
#include "consumers/runtime/refold.h"

#include <signal.h>
#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "consumers/runtime/refold_state.h"

#define OUTAGE_MICROS INT64_C(60000000)
#define LOOK_AGAIN_MICROS 50000

static bool is_interrupted(void *context) {
    const struct mneme_refold_lane *lane = context;
    const struct mneme_refold_options *options = &lane->refold->options;
    return atomic_load(&lane->refold->is_stopping) ||
           (options->is_interrupted != NULL && options->is_interrupted(options->context));
}

/* Adds what the projection has parked to the reader's parked keys. */
static int adopt_parked(struct mneme_refold_lane *lane, const struct mneme_batch *batch,
                        struct mneme_error *error) {
    for (size_t i = 0; lane->halving.parked_count > 0 && i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (item->park_reason != NULL && item->blocked_by == item->position.offset &&
            item->key.data != NULL &&
            !mneme_park_set_add(&lane->parked, item->position.partition, item->key, item->blocked_by)) {
            return mneme_refold_no_memory(error);
        }
    }
    return MNEME_OK;
}

/* Applies the batch, waiting for an unavailable store. */
static int apply(struct mneme_refold_lane *lane, struct mneme_batch *batch, struct mneme_error *error) {
    const struct mneme_projection_ops *ops = lane->refold->options.projection;
    int64_t deadline = mneme_clock_monotonic_micros() + OUTAGE_MICROS;
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, 100, 2000);
    mneme_halving_reset(&lane->halving);
    for (;;) {
        struct mneme_error reason = {0};
        switch (mneme_halving_apply(&lane->halving, ops, lane->projection, batch, &reason)) {
        case MNEME_APPLIED:
            return adopt_parked(lane, batch, error);
        case MNEME_RETRY:
            if (mneme_clock_monotonic_micros() > deadline || is_interrupted(lane)) {
                return mneme_error_set(error, reason.code, "%s", reason.message);
            }
            mneme_clock_pause(mneme_backoff_next_ms(&backoff) * 1000);
            break;
        case MNEME_FENCED:
            return mneme_error_set(
                error, MNEME_E_CONFLICT,
                "the log was not folded: another process is doing the same (%s); wait until it has ended",
                reason.message);
        case MNEME_REJECT: /* halving resolves it */
        case MNEME_FATAL:
            return mneme_error_set(error, reason.code == MNEME_OK ? MNEME_E_INTERNAL : reason.code, "%s",
                                   reason.message);
        }
    }
}

size_t mneme_refold_range_of(const struct mneme_refold_lane *lane, int32_t partition) {
    size_t i = 0;
    while (i + 1 < lane->range_count && lane->partitions[i] != partition) {
        i++;
    }
    return i;
}

/* The items that are wanted, in their order; false when memory is exhausted. */
static bool select_wanted(struct mneme_refold_lane *lane, const struct mneme_batch *batch, size_t *count) {
    const struct mneme_refold_options *options = &lane->refold->options;
    if (lane->wanted_capacity < batch->count) {
        struct mneme_batch_item *larger = reallocarray(lane->wanted, batch->count, sizeof *larger);
        if (larger == NULL) {
            return false;
        }
        lane->wanted = larger;
        lane->wanted_capacity = batch->count;
    }
    *count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (options->wants(options->context, &batch->items[i])) {
            lane->wanted[(*count)++] = batch->items[i];
        }
    }
    return true;
}

/* Removes unwanted items from the batch. */
static int apply_wanted(struct mneme_refold_lane *lane, struct mneme_batch *batch, bool *is_applied,
                        struct mneme_error *error) {
    struct mneme_batch view = *batch;
    if (!select_wanted(lane, batch, &view.count)) {
        return mneme_refold_no_memory(error);
    }
    view.items = lane->wanted;
    *is_applied = view.count > 0;
    int status = view.count == 0 ? MNEME_OK : apply(lane, &view, error);
    batch->arena = view.arena;
    return status;
}

/* Progress continues from the projection's, whatever was left out since. */
static int on_batch(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_refold_lane *lane = context;
    int64_t read = 0;
    for (size_t i = 0; i < batch->partition_count; i++) {
        struct mneme_batch_partition *partition = &batch->partitions[i];
        read += partition->next_offset - partition->first_offset;
        partition->first_offset = lane->applied[mneme_refold_range_of(lane, partition->partition)];
    }
    bool is_applied = true;
    int status = mneme_log_history_check(lane->refold->options.history, mneme_log_reader_topic(lane->reader),
                                         lane->refold->partition_count, batch, error);
    if (status != MNEME_OK) {
        return status;
    }
    status = lane->refold->options.wants != NULL ? apply_wanted(lane, batch, &is_applied, error)
                                                 : apply(lane, batch, error);
    for (size_t i = 0; status == MNEME_OK && is_applied && i < batch->partition_count; i++) {
        lane->applied[mneme_refold_range_of(lane, batch->partitions[i].partition)] =
            batch->partitions[i].next_offset;
    }
    if (status == MNEME_OK) {
        atomic_fetch_add(&lane->refold->done, read);
        atomic_fetch_add(&lane->refold->events, (long long)batch->count);
    }
    return status;
}

static void *run_lane(void *context) {
    struct mneme_refold_lane *lane = context;
    const struct mneme_refold_options *options = &lane->refold->options;
    struct mneme_log_read read = {
        .ranges = lane->ranges,
        .range_count = lane->range_count,
        .max_events = options->max_events > 0 ? options->max_events : options->projection->max_batch_events,
        .max_bytes = options->max_bytes,
        .parked = &lane->parked,
        .parks_alone = options->projection->parks_alone,
        .marks = &lane->refold->marks,
        .is_interrupted = is_interrupted,
        .on_batch = on_batch,
        .context = lane};
    lane->error = (struct mneme_error){0};
    lane->status = mneme_log_reader_read(lane->reader, &read, &lane->error);
    if (lane->status != MNEME_OK) {
        atomic_store(&lane->refold->is_stopping, true);
    }
    atomic_store(&lane->has_ended, true);
    return NULL;
}

/* Signals are for the thread that started the lanes. */
static bool start_thread(struct mneme_refold_lane *lane) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_store(&lane->has_ended, false);
    lane->has_thread = pthread_create(&lane->thread, NULL, run_lane, lane) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return lane->has_thread;
}

static bool have_ended(const struct mneme_refold *refold) {
    for (size_t i = 0; i < refold->lane_count; i++) {
        if (refold->lanes[i].has_thread && !atomic_load(&refold->lanes[i].has_ended)) {
            return false;
        }
    }
    return true;
}

void mneme_refold_note_offsets(struct mneme_refold *refold) {
    for (size_t i = 0; i < refold->lane_count; i++) {
        const struct mneme_refold_lane *lane = &refold->lanes[i];
        for (size_t k = 0; k < lane->range_count; k++) {
            refold->offsets[lane->partitions[k]] = lane->ranges[k].from;
        }
    }
}

/* Waits for the threads; returns the first lane's error. */
static int join(struct mneme_refold *refold, struct mneme_error *error) {
    const struct mneme_refold_options *options = &refold->options;
    while (!have_ended(refold)) {
        mneme_clock_pause(LOOK_AGAIN_MICROS);
        if (options->on_progress != NULL) {
            options->on_progress(options->context, mneme_refold_done(refold));
        }
    }
    int status = MNEME_OK;
    for (size_t i = 0; i < refold->lane_count; i++) {
        struct mneme_refold_lane *lane = &refold->lanes[i];
        if (!lane->has_thread) {
            continue;
        }
        pthread_join(lane->thread, NULL);
        lane->has_thread = false;
        if (status == MNEME_OK && lane->status != MNEME_OK) {
            status = mneme_error_set(error, (enum mneme_status)lane->status, "%s", lane->error.message);
        }
    }
    mneme_refold_note_offsets(refold);
    return status;
}

int mneme_refold_run(struct mneme_refold *refold, const int64_t *to, struct mneme_error *error) {
    int status = MNEME_OK;
    atomic_store(&refold->is_stopping, false);
    for (size_t i = 0; i < refold->lane_count && status == MNEME_OK; i++) {
        struct mneme_refold_lane *lane = &refold->lanes[i];
        bool has_work = false;
        for (size_t k = 0; k < lane->range_count; k++) {
            lane->ranges[k].to = to[lane->partitions[k]];
            has_work = has_work || lane->ranges[k].from < lane->ranges[k].to;
        }
        if (has_work && !start_thread(lane)) {
            atomic_store(&refold->is_stopping, true);
            status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                     "the log was not folded: no thread could be started");
        }
    }
    int joined = join(refold, status == MNEME_OK ? error : NULL);
    return status == MNEME_OK ? joined : status;
}

int mneme_refold_open(struct mneme_refold **out, const struct mneme_refold_options *options,
                      struct mneme_error *error) {
    *out = NULL;
    struct mneme_refold *refold = calloc(1, sizeof *refold);
    if (refold == NULL) {
        return mneme_refold_no_memory(error);
    }
    refold->options = *options;
    atomic_init(&refold->is_stopping, false);
    atomic_init(&refold->done, 0);
    atomic_init(&refold->events, 0);
    int status = mneme_refold_open_lanes(refold, error);
    if (status != MNEME_OK) {
        mneme_refold_close(refold);
        return status;
    }
    *out = refold;
    return MNEME_OK;
}

void mneme_refold_close(struct mneme_refold *refold) {
    if (refold != NULL) {
        mneme_refold_close_lanes(refold);
        mneme_log_marks_clean_up(&refold->marks);
        free(refold->offsets);
        free(refold);
    }
}

struct mneme_log_reader *mneme_refold_reader(struct mneme_refold *refold) {
    return refold->lanes[0].reader;
}

const int64_t *mneme_refold_offsets(const struct mneme_refold *refold) {
    return refold->offsets;
}

int64_t mneme_refold_done(const struct mneme_refold *refold) {
    return atomic_load(&refold->done);
}

int64_t mneme_refold_events(const struct mneme_refold *refold) {
    return atomic_load(&refold->events);
}

int64_t mneme_refold_left(const struct mneme_refold *refold, const int64_t *to) {
    int64_t left = 0;
    for (int32_t p = 0; p < refold->partition_count; p++) {
        if (mneme_refold_is_chosen(refold, p) && to[p] > refold->offsets[p]) {
            left += to[p] - refold->offsets[p];
        }
    }
    return left;
}
