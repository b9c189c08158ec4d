/*
 * A replay: the range is cut, the partitions are merged, and each event that passes the filter is handed
 * over.
 */
#include "consumers/replay/replay.h"

#include <stdlib.h>

#include "consumers/replay/merge.h"
#include "consumers/replay/when.h"

/* Limit of what is fetched ahead, in all partitions together; and in each, if there are many. */
#define QUEUE_KB 49152
#define LEAST_QUEUE_KB 2048

struct replaying {
    const struct mneme_log_replay *replay;
    struct mneme_log_replay_counts *counts;
    struct mneme_buffer key_prefix; /* of the filter */
    int64_t done, total;
};

static enum mneme_merge_step take(void *context, const struct mneme_batch_item *item) {
    struct replaying *replaying = context;
    const struct mneme_log_replay *replay = replaying->replay;
    if ((++replaying->done & 0x3ff) == 0 && replay->on_progress != NULL) {
        replay->on_progress(replay->context, replaying->done, replaying->total);
    }
    if (!mneme_log_filter_passes(&replay->filter, mneme_buffer_str(&replaying->key_prefix), item)) {
        return MNEME_MERGE_GO_ON;
    }
    if (item->park_reason != NULL) {
        replaying->counts->refused++;
        return replay->on_refused(replay->context, item) ? MNEME_MERGE_GO_ON : MNEME_MERGE_STOP;
    }
    replaying->counts->events++;
    bool goes_on = replay->on_event(replay->context, item);
    return goes_on && replaying->counts->events != replay->limit ? MNEME_MERGE_GO_ON : MNEME_MERGE_STOP;
}

/* The ranges that hold something; with a stream only its partition's. `offsets` are beginnings, then ends. */
static size_t choose_ranges(struct mneme_log_range *ranges, struct replaying *replaying,
                            const int64_t *offsets, int32_t partitions) {
    int32_t only = mneme_log_filter_partition(&replaying->replay->filter,
                                              mneme_buffer_str(&replaying->key_prefix), partitions);
    size_t count = 0;
    for (int32_t i = 0; i < partitions; i++) {
        int64_t from = offsets[i];
        int64_t to = offsets[partitions + i];
        if (from < to && (only < 0 || only == i)) {
            ranges[count++] = (struct mneme_log_range){.partition = i, .from = from, .to = to};
            replaying->total += to - from;
        }
    }
    return count;
}

static int run(struct replaying *replaying, struct mneme_log_reader *reader, struct mneme_error *error) {
    const struct mneme_log_replay *replay = replaying->replay;
    int32_t partitions = mneme_log_reader_partitions(reader);
    int64_t *offsets = calloc(2 * (size_t)partitions + 1, sizeof *offsets);
    struct mneme_log_range *ranges = calloc((size_t)partitions + 1, sizeof *ranges);
    int status = offsets == NULL || ranges == NULL
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot replay the log: out of memory")
                     : MNEME_OK;
    if (status == MNEME_OK) {
        status = mneme_when_resolve(offsets, reader, replay->from == NULL ? "beginning" : replay->from, false,
                                    error);
    }
    if (status == MNEME_OK) {
        status = mneme_when_resolve(offsets + partitions, reader, replay->to == NULL ? "end" : replay->to,
                                    true, error);
    }
    if (status == MNEME_OK) {
        struct mneme_merge merge = {
            .reader = reader,
            .ranges = ranges,
            .range_count = choose_ranges(ranges, replaying, offsets, partitions),
            .read_marks = replay->read_marks,
            .cancel = replay->cancel,
            .on_item = take,
            .context = replaying,
        };
        status = mneme_merge_run(&merge, error);
    }
    free(offsets);
    free(ranges);
    return status;
}

int mneme_log_replay(struct mneme_log_replay_counts *counts, const struct mneme_log_replay *replay,
                     struct mneme_error *error) {
    struct replaying replaying = {.replay = replay, .counts = counts};
    struct mneme_log_reader *reader = NULL;
    *counts = (struct mneme_log_replay_counts){0};
    int status = mneme_log_filter_check(&replay->filter, "nothing was replayed", error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_log_filter_key(&replaying.key_prefix, &replay->filter);
    size_t partitions = (size_t)mneme_config_long(replay->config, MNEME_SETTING_TOPIC_PARTITIONS);
    size_t queue_kb = QUEUE_KB / partitions < LEAST_QUEUE_KB ? LEAST_QUEUE_KB : QUEUE_KB / partitions;
    status = mneme_log_reader_open_small(&reader, replay->config, "replay", queue_kb, replay->open_timeout_ms,
                                         error);
    if (status == MNEME_OK) {
        status = run(&replaying, reader, error);
    }
    mneme_log_reader_close(reader);
    mneme_buffer_clean_up(&replaying.key_prefix);
    return status;
}
