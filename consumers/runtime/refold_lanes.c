/*
 * Preparing the lanes: which lane folds which partitions, and from where.
 */
#include <stdlib.h>
#include <unistd.h>

#include "consumers/runtime/refold_state.h"
#include "consumers/runtime/saved_offset.h"

#define OFFSETS_TIMEOUT_MS 30000
#define MAX_LANES 256

/* Compares the last event that the projection has folded, partition by partition. */
struct recognition {
    const struct mneme_refold_lane *lane;
    struct mneme_log_digest *digests; /* of the lane's ranges */
};

static int recognise(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    const struct recognition *recognition = context;
    const struct mneme_refold_lane *lane = recognition->lane;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        struct mneme_log_digest digest;
        int status = mneme_log_digest(&digest, item->position.offset, item->recorded_at, item->key,
                                      item->value, error);
        if (status != MNEME_OK) {
            return status;
        }
        size_t k = mneme_refold_range_of(lane, item->position.partition);
        if (!mneme_log_digest_equal(&digest, &recognition->digests[k])) {
            return mneme_error_set(
                error, MNEME_E_UNSAFE,
                "cannot fold partition %d of %s: the event at offset %lld is not the one that was "
                "folded there, so the topic was deleted and made again; run `mneme rebuild %s` to "
                "fold what the log holds",
                (int)item->position.partition, mneme_log_reader_topic(lane->reader),
                (long long)item->position.offset,
                mneme_projection_rebuilt_by(lane->refold->options.projection->facts));
        }
    }
    return MNEME_OK;
}

/* Reads the last events before the lane's beginnings, where they can be recognised. */
static int recognise_log(struct mneme_refold_lane *lane, const int64_t *starts,
                         struct mneme_log_digest *digests, struct mneme_error *error) {
    struct recognition recognition = {lane, digests};
    struct mneme_log_range *ranges = calloc(lane->range_count + 1, sizeof *ranges);
    if (ranges == NULL) {
        return mneme_refold_no_memory(error);
    }
    struct mneme_log_read read = {
        .ranges = ranges, .marks = &lane->refold->marks, .on_batch = recognise, .context = &recognition};
    for (size_t i = 0; i < lane->range_count; i++) {
        int64_t last = digests[i].is_set ? mneme_log_digest_offset(&digests[i]) : -1;
        if (last >= starts[lane->partitions[i]]) {
            ranges[read.range_count++] = (struct mneme_log_range){lane->partitions[i], last, last + 1};
        }
    }
    int status = mneme_log_reader_read(lane->reader, &read, error);
    free(ranges);
    return status;
}

/* The projection's progress of the lane's partitions, and what is parked in them. */
static int claim(struct mneme_refold_lane *lane, const int64_t *starts, const int64_t *ends,
                 struct mneme_log_digest *digests, struct mneme_error *error) {
    const struct mneme_refold_options *options = &lane->refold->options;
    struct mneme_assignment assignment = {.topic = mneme_log_reader_topic(lane->reader),
                                          .topic_partitions = lane->refold->partition_count,
                                          .partitions = lane->partitions,
                                          .next_offsets = lane->applied,
                                          .last_digests = digests,
                                          .count = lane->range_count};
    if (options->projection->assign(lane->projection, &assignment, error) != MNEME_APPLIED) {
        return error->code == MNEME_OK ? MNEME_E_INTERNAL : (int)error->code;
    }
    for (size_t i = 0; !options->projection->parks_alone && i < assignment.parked_key_count; i++) {
        const struct mneme_parked_key *key = &assignment.parked_keys[i];
        if (!mneme_park_set_add(&lane->parked, key->partition, key->key, key->blocked_by)) {
            return mneme_refold_no_memory(error);
        }
    }
    int status = MNEME_OK;
    for (size_t i = 0; i < lane->range_count && status == MNEME_OK; i++) {
        int32_t partition = lane->partitions[i];
        bool is_accepted = options->takes_over_loss ||
                           starts[partition] <= mneme_log_history_lost(options->history, partition);
        bool begins_late = lane->applied[i] == 0 && is_accepted;
        int64_t from = begins_late ? starts[partition] : lane->applied[i];
        struct mneme_saved_offset saved = {.projection = options->projection->facts->name,
                                           .rebuilt_by =
                                               mneme_projection_rebuilt_by(options->projection->facts),
                                           .takes_loss = mneme_projection_takes_loss(options->projection),
                                           .topic = assignment.topic,
                                           .partition = partition,
                                           .next_offset = from,
                                           .log_start = starts[partition],
                                           .log_end = ends[partition]};
        lane->ranges[i] = (struct mneme_log_range){.partition = partition, .from = from, .to = from};
        status = mneme_saved_offset_check(&saved, error);
    }
    return status == MNEME_OK ? recognise_log(lane, starts, digests, error) : status;
}

static int open_log(struct mneme_log_reader **reader, const struct mneme_refold_options *options,
                    struct mneme_error *error) {
    struct mneme_log_source source;
    int status = mneme_projection_source(&source, options->projection, options->config, error);
    return status == MNEME_OK
               ? mneme_log_reader_open_source(reader, options->config, &source, "refold", error)
               : status;
}

static int open_lane(struct mneme_refold_lane *lane, struct mneme_error *error) {
    const struct mneme_refold_options *options = &lane->refold->options;
    int status = MNEME_OK;
    mneme_arena_init(&lane->halving.scratch, 0);
    if (lane->reader == NULL) {
        status = open_log(&lane->reader, options, error);
    }
    return status == MNEME_OK ? options->projection->open(&lane->projection, options->config, error) : status;
}

static void close_lane(struct mneme_refold_lane *lane) {
    if (lane->projection != NULL) {
        lane->refold->options.projection->close(lane->projection);
    }
    mneme_log_reader_close(lane->reader);
    mneme_park_set_clean_up(&lane->parked);
    mneme_halving_clean_up(&lane->halving);
    free(lane->ranges);
    free(lane->partitions);
    free(lane->applied);
    free(lane->wanted);
}

bool mneme_refold_is_chosen(const struct mneme_refold *refold, int32_t partition) {
    return refold->options.partitions == NULL || refold->options.partitions[partition];
}

/* Each partition, the largest first, goes to the lane that has least to do. */
static bool share_out(struct mneme_refold *refold, const int64_t *starts, const int64_t *ends) {
    size_t room = (size_t)refold->partition_count;
    for (size_t i = 0; i < refold->lane_count; i++) {
        struct mneme_refold_lane *lane = &refold->lanes[i];
        lane->ranges = calloc(room, sizeof *lane->ranges);
        lane->partitions = calloc(room, sizeof *lane->partitions);
        lane->applied = calloc(room, sizeof *lane->applied);
        if (lane->ranges == NULL || lane->partitions == NULL || lane->applied == NULL) {
            return false;
        }
    }
    bool *is_given = calloc(room, sizeof *is_given);
    for (size_t round = 0; is_given != NULL && round < room; round++) {
        int32_t largest = -1;
        for (int32_t p = 0; p < refold->partition_count; p++) {
            if (!is_given[p] && mneme_refold_is_chosen(refold, p) &&
                (largest < 0 || ends[p] - starts[p] > ends[largest] - starts[largest])) {
                largest = p;
            }
        }
        if (largest < 0) {
            break;
        }
        struct mneme_refold_lane *least = &refold->lanes[0];
        for (size_t i = 1; i < refold->lane_count; i++) {
            least = refold->lanes[i].weight < least->weight ? &refold->lanes[i] : least;
        }
        is_given[largest] = true;
        least->weight += ends[largest] - starts[largest] + 1;
        least->partitions[least->range_count++] = largest;
    }
    free(is_given);
    return is_given != NULL;
}

static size_t lane_count_of(const struct mneme_refold *refold) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t jobs = refold->options.jobs > 0 ? refold->options.jobs : (size_t)(processors > 0 ? processors : 1);
    size_t chosen = 0;
    for (int32_t p = 0; p < refold->partition_count; p++) {
        chosen += mneme_refold_is_chosen(refold, p) ? 1 : 0;
    }
    jobs = jobs > chosen ? chosen : jobs;
    jobs = jobs > MAX_LANES ? MAX_LANES : jobs;
    return jobs == 0 ? 1 : jobs;
}

static int make_lanes(struct mneme_refold *refold, struct mneme_log_reader *first,
                      struct mneme_error *error) {
    refold->partition_count = mneme_log_reader_partitions(first);
    size_t count = lane_count_of(refold);
    refold->lanes = calloc(count, sizeof *refold->lanes);
    refold->offsets = calloc((size_t)refold->partition_count + 1, sizeof *refold->offsets);
    if (refold->lanes == NULL || refold->offsets == NULL) {
        mneme_log_reader_close(first);
        return mneme_refold_no_memory(error);
    }
    refold->lane_count = count;
    refold->lanes[0].reader = first;
    for (size_t i = 0; i < count; i++) {
        refold->lanes[i].refold = refold;
    }
    return MNEME_OK;
}

static int fill_lanes(struct mneme_refold *refold, struct mneme_error *error) {
    struct mneme_log_reader *reader = refold->lanes[0].reader;
    size_t count = (size_t)refold->partition_count;
    int64_t *bounds = calloc(2 * count + 1, sizeof *bounds);
    struct mneme_log_digest *digests = calloc(count + 1, sizeof *digests);
    if (bounds == NULL || digests == NULL) {
        free(bounds);
        free(digests);
        return mneme_refold_no_memory(error);
    }
    int64_t *starts = bounds;
    int64_t *ends = bounds + count;
    int status = mneme_log_reader_resolve(
        starts, reader, &(struct mneme_log_point){.kind = MNEME_LOG_BEGINNING}, OFFSETS_TIMEOUT_MS, error);
    if (status == MNEME_OK) {
        status = mneme_log_reader_resolve(ends, reader, &(struct mneme_log_point){.kind = MNEME_LOG_END},
                                          OFFSETS_TIMEOUT_MS, error);
    }
    if (status == MNEME_OK && !share_out(refold, starts, ends)) {
        status = mneme_refold_no_memory(error);
    }
    for (size_t i = 0; i < refold->lane_count && status == MNEME_OK; i++) {
        status = open_lane(&refold->lanes[i], error);
        if (status == MNEME_OK) {
            memset(digests, 0, count * sizeof *digests);
            status = claim(&refold->lanes[i], starts, ends, digests, error);
        }
    }
    free(bounds);
    free(digests);
    mneme_refold_note_offsets(refold);
    return status;
}

int mneme_refold_open_lanes(struct mneme_refold *refold, struct mneme_error *error) {
    struct mneme_log_reader *first = NULL;
    int status = open_log(&first, &refold->options, error);
    if (status == MNEME_OK) {
        status = make_lanes(refold, first, error);
    }
    const struct mneme_refold_options *options = &refold->options;
    if (status == MNEME_OK && options->projection->read_marks != NULL) {
        status = options->projection->read_marks(&refold->marks, options->config,
                                                 mneme_log_reader_topic(refold->lanes[0].reader),
                                                 options->projection->facts->name, error);
    }
    return status == MNEME_OK ? fill_lanes(refold, error) : status;
}

void mneme_refold_close_lanes(struct mneme_refold *refold) {
    for (size_t i = 0; i < refold->lane_count; i++) {
        close_lane(&refold->lanes[i]);
    }
    free(refold->lanes);
}
