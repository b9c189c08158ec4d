/*
 * A lane is a thread that reads one partition and stands still while its batch is being merged. The calling
 * thread takes from whichever lane has the earliest event, as long as no other has an earlier one.
 */
#include "consumers/replay/merge.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define LANE_BATCH_EVENTS 4000
#define LANE_BATCH_BYTES ((size_t)2 * 1024 * 1024)
#define LOOK_MS 100 /* how late a cancel may be seen */

struct lane {
    struct merging *merging;
    pthread_t thread;
    bool is_started;
    struct mneme_log_range range;

    /* Under the mutex. */
    pthread_cond_t is_taken; /* the batch was merged, or all ends */
    struct mneme_batch *batch;
    bool has_ended;
    int status;
    struct mneme_error error;

    /* Of the calling thread: where in the batch it is, and the time at which the next item stands. */
    const struct mneme_batch_item *items;
    size_t at, count;
    int64_t high_micros; /* of all items so far */
    int64_t key_micros;
};

struct merging {
    const struct mneme_merge *merge;
    struct lane *lanes;
    atomic_bool is_over;
    pthread_mutex_t mutex;
    pthread_cond_t has_news; /* a lane has a batch, or ended */
};

static bool is_over(void *context) {
    const struct lane *lane = context;
    return atomic_load(&lane->merging->is_over);
}

/* On the lane's thread: shows the batch and waits until it is merged. */
static int hand_over(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct lane *lane = context;
    struct merging *merging = lane->merging;
    pthread_mutex_lock(&merging->mutex);
    lane->batch = batch;
    pthread_cond_signal(&merging->has_news);
    while (lane->batch != NULL && !atomic_load(&merging->is_over)) {
        pthread_cond_wait(&lane->is_taken, &merging->mutex);
    }
    bool is_merged = lane->batch == NULL;
    lane->batch = NULL;
    pthread_mutex_unlock(&merging->mutex);
    return is_merged ? MNEME_OK : mneme_error_set(error, MNEME_E_TIMEOUT, "the merge is over");
}

static void *read_lane(void *context) {
    struct lane *lane = context;
    struct mneme_error error = {0};
    struct mneme_log_read read = {
        .ranges = &lane->range,
        .range_count = 1,
        .max_events = LANE_BATCH_EVENTS,
        .max_bytes = LANE_BATCH_BYTES,
        .read_marks = lane->merging->merge->read_marks,
        .is_interrupted = is_over,
        .on_batch = hand_over,
        .context = lane,
    };
    int status = mneme_log_reader_read(lane->merging->merge->reader, &read, &error);
    pthread_mutex_lock(&lane->merging->mutex);
    lane->status = status;
    lane->error = error;
    lane->has_ended = true;
    pthread_cond_signal(&lane->merging->has_news);
    pthread_mutex_unlock(&lane->merging->mutex);
    return NULL;
}

static int start_lanes(struct merging *merging, struct mneme_error *error) {
    sigset_t all;
    sigset_t before;
    int failure = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the business of the calling thread */
    for (size_t i = 0; i < merging->merge->range_count && failure == 0; i++) {
        failure = pthread_create(&merging->lanes[i].thread, NULL, read_lane, &merging->lanes[i]);
        merging->lanes[i].is_started = failure == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure == 0 ? MNEME_OK
                        : mneme_error_set(error, MNEME_E_INTERNAL,
                                          "cannot start a thread to read the log: %s", strerror(failure));
}

static void end_lanes(struct merging *merging) {
    atomic_store(&merging->is_over, true);
    pthread_mutex_lock(&merging->mutex);
    for (size_t i = 0; i < merging->merge->range_count; i++) {
        pthread_cond_signal(&merging->lanes[i].is_taken);
    }
    pthread_mutex_unlock(&merging->mutex);
    for (size_t i = 0; i < merging->merge->range_count; i++) {
        if (merging->lanes[i].is_started) {
            pthread_join(merging->lanes[i].thread, NULL);
        }
        pthread_cond_destroy(&merging->lanes[i].is_taken);
    }
}

static void wait_for_items(struct merging *merging) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    (void)pthread_cond_timedwait(&merging->has_news, &merging->mutex, &until);
}

static void set_item_time(struct lane *lane) {
    int64_t recorded_at = lane->items[lane->at].recorded_at;
    lane->high_micros = recorded_at > lane->high_micros ? recorded_at : lane->high_micros;
    lane->key_micros = lane->high_micros;
}

/* Gives the lane its merged batch back and waits for the next one. False when the merge is cancelled; with
 * the lane at its end `count` is 0. */
static bool refill(struct merging *merging, struct lane *lane) {
    bool is_cancelled = false;
    pthread_mutex_lock(&merging->mutex);
    if (lane->count > 0) {
        lane->batch = NULL;
        pthread_cond_signal(&lane->is_taken);
    }
    while (lane->batch == NULL && !lane->has_ended && !is_cancelled) {
        wait_for_items(merging);
        is_cancelled = mneme_cancel_is_due(merging->merge->cancel);
    }
    lane->at = 0;
    lane->count = lane->batch == NULL ? 0 : lane->batch->count;
    lane->items = lane->batch == NULL ? NULL : lane->batch->items;
    pthread_mutex_unlock(&merging->mutex);
    if (lane->count > 0) {
        set_item_time(lane);
    }
    return !is_cancelled;
}

/* Whether the next item of a stands before that of b. Ranges are in the order of partitions. */
static bool is_before(const struct lane *a, const struct lane *b) {
    if (a->key_micros != b->key_micros) {
        return a->key_micros < b->key_micros;
    }
    return a->range.partition < b->range.partition;
}

/* The lane with the earliest item and, in *next, the lane after it; NULL if there is none. */
static struct lane *find_earliest(const struct merging *merging, const struct lane **next) {
    struct lane *first = NULL;
    *next = NULL;
    for (size_t i = 0; i < merging->merge->range_count; i++) {
        struct lane *lane = &merging->lanes[i];
        if (lane->count == 0) {
            continue;
        }
        if (first == NULL || is_before(lane, first)) {
            *next = first;
            first = lane;
        } else if (*next == NULL || is_before(lane, *next)) {
            *next = lane;
        }
    }
    return first;
}

/* A lane that ended by an error ends the merge: what follows cannot be put in order. */
static int check_end(const struct lane *lane, struct mneme_error *error) {
    return lane->count > 0 || lane->status == MNEME_OK
               ? MNEME_OK
               : mneme_error_set(error, (enum mneme_status)lane->status, "%s", lane->error.message);
}

static int merge_lanes(struct merging *merging, struct mneme_error *error) {
    const struct mneme_merge *merge = merging->merge;
    int status = MNEME_OK;
    for (size_t i = 0; i < merge->range_count && status == MNEME_OK; i++) {
        if (!refill(merging, &merging->lanes[i])) {
            return MNEME_OK;
        }
        status = check_end(&merging->lanes[i], error);
    }
    const struct lane *next = NULL;
    struct lane *lane = NULL;
    while (status == MNEME_OK && (lane = find_earliest(merging, &next)) != NULL) {
        while (lane->at < lane->count && (next == NULL || is_before(lane, next))) {
            if (mneme_cancel_is_due(merge->cancel) ||
                merge->on_item(merge->context, &lane->items[lane->at]) == MNEME_MERGE_STOP) {
                return MNEME_OK;
            }
            if (++lane->at < lane->count) {
                set_item_time(lane);
            }
        }
        if (lane->at == lane->count) {
            if (!refill(merging, lane)) {
                return MNEME_OK;
            }
            status = check_end(lane, error);
        }
    }
    return status;
}

int mneme_merge_run(const struct mneme_merge *merge, struct mneme_error *error) {
    if (merge->range_count > MNEME_MERGE_MAX_PARTITIONS) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot put %zu partitions in one order: at most %d can be read side by side; give a stream",
            merge->range_count, MNEME_MERGE_MAX_PARTITIONS);
    }
    struct merging merging = {.merge = merge};
    merging.lanes = calloc(merge->range_count + 1, sizeof *merging.lanes);
    if (merging.lanes == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot replay the log: out of memory");
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&merging.mutex, NULL);
    pthread_cond_init(&merging.has_news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (size_t i = 0; i < merge->range_count; i++) {
        merging.lanes[i].merging = &merging;
        merging.lanes[i].range = merge->ranges[i];
        merging.lanes[i].high_micros = INT64_MIN;
        pthread_cond_init(&merging.lanes[i].is_taken, NULL);
    }
    int status = start_lanes(&merging, error);
    if (status == MNEME_OK) {
        status = merge_lanes(&merging, error);
    }
    end_lanes(&merging);
    pthread_cond_destroy(&merging.has_news);
    pthread_mutex_destroy(&merging.mutex);
    free(merging.lanes);
    return status;
}
