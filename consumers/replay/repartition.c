/*
 * The steps: find what the copy has, by reading all of it; add what it lacks, by merging the source; and read
 * the copy again. While it is filled, the copy keeps the given times (CreateTime); the broker's clock
 * afterwards marks it as finished.
 */
#include "consumers/replay/repartition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/position.h"
#include "common/kafka/kafka.h"
#include "consumers/replay/merge.h"
#include "consumers/replay/repartition_topic.h"

#define OFFSETS_TIMEOUT_MS 30000
#define QUIET_MICROS 2000000 /* what a killed copy had sent is in the topic by then */
#define SEED UINT64_C(0x7E9A271710)

/* Of one partition of the source. */
struct tally {
    int64_t count;
    uint64_t hash; /* the sum of its records' hashes */
};

struct copy {
    const struct mneme_repartition *options;
    struct mneme_repartition_outcome *outcome;
    struct mneme_config *target_config;
    struct mneme_log_reader *source, *target;
    struct mneme_repartition_writer *writer;
    int32_t source_partitions;
    int64_t *last; /* [target partition][source partition]: the last offset that is copied; -1 */
    struct tally *there, *wanted; /* by source partition: of the copy, of the source */
    int64_t read;
    int status;
    struct mneme_error error;
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the topic was not copied: out of memory");
}

static bool is_interrupted(void *context) {
    const struct copy *copy = context;
    return mneme_cancel_is_due(copy->options->cancel);
}

/* Null and empty differ. */
static uint64_t add_bytes(uint64_t hash, struct mneme_str bytes) {
    return bytes.data == NULL ? mneme_hash_mix(hash, 1) : mneme_hash_bytes(hash, bytes.data, bytes.len);
}

static void add(struct tally *tally, const struct mneme_batch_item *item, int64_t offset) {
    uint64_t hash = mneme_hash_mix(SEED, (uint64_t)offset);
    hash = mneme_hash_mix(hash, (uint64_t)item->recorded_at);
    hash = add_bytes(hash, item->key);
    hash = add_bytes(hash, item->value);
    tally->count++;
    tally->hash += hash;
}

static int64_t *last_of(struct copy *copy, int32_t target, int32_t source) {
    return &copy->last[(size_t)target * (size_t)copy->source_partitions + (size_t)source];
}

/* --- reading the copy --- */

static int take_copied(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct copy *copy = context;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        struct mneme_position source = {-1, -1};
        bool is_known =
            item->source.data != NULL && mneme_position_parse(&source, item->source) &&
            source.partition < copy->source_partitions &&
            mneme_kafka_partition_of(item->key, copy->options->partitions) == item->position.partition;
        int64_t *last = is_known ? last_of(copy, item->position.partition, source.partition) : NULL;
        if (last == NULL || source.offset <= *last) {
            return mneme_error_set(error, MNEME_E_UNSAFE,
                                   "nothing more was copied: the record at offset %lld of partition %d of %s "
                                   "does not belong to an unfinished copy of %s; delete topic %s if nobody "
                                   "needs it, or give another prefix, and run this again",
                                   (long long)item->position.offset, (int)item->position.partition,
                                   copy->outcome->topic, mneme_log_reader_topic(copy->source),
                                   copy->outcome->topic);
        }
        *last = source.offset;
        add(&copy->there[source.partition], item, source.offset);
    }
    return MNEME_OK;
}

static int resolve(int64_t *offsets, struct mneme_log_reader *reader, enum mneme_log_point_kind kind,
                   struct mneme_error *error) {
    return mneme_log_reader_resolve(offsets, reader, &(struct mneme_log_point){.kind = kind},
                                    OFFSETS_TIMEOUT_MS, error);
}

/* All of a topic as ranges; *ranges is the caller's to free. */
static int whole(struct mneme_log_range **ranges, struct mneme_log_reader *reader,
                 struct mneme_error *error) {
    size_t count = (size_t)mneme_log_reader_partitions(reader);
    int64_t *bounds = calloc(2 * count + 1, sizeof *bounds);
    *ranges = calloc(count + 1, sizeof **ranges);
    int status = bounds == NULL || *ranges == NULL ? no_memory(error)
                                                   : resolve(bounds, reader, MNEME_LOG_BEGINNING, error);
    if (status == MNEME_OK) {
        status = resolve(bounds + count, reader, MNEME_LOG_END, error);
    }
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        (*ranges)[i] = (struct mneme_log_range){(int32_t)i, bounds[i], bounds[count + i]};
    }
    free(bounds);
    return status;
}

static int read_copy(struct copy *copy, struct mneme_error *error) {
    size_t pairs = (size_t)copy->options->partitions * (size_t)copy->source_partitions;
    struct mneme_log_range *ranges = NULL;
    for (size_t i = 0; i < pairs; i++) {
        copy->last[i] = -1;
    }
    memset(copy->there, 0, (size_t)copy->source_partitions * sizeof *copy->there);
    int status = whole(&ranges, copy->target, error);
    struct mneme_log_read read = {.ranges = ranges,
                                  .range_count = (size_t)copy->options->partitions,
                                  .is_interrupted = is_interrupted,
                                  .on_batch = take_copied,
                                  .context = copy};
    if (status == MNEME_OK) {
        status = mneme_log_reader_read(copy->target, &read, error);
    }
    free(ranges);
    return status;
}

static int sum_of_ends(int64_t *sum, struct mneme_log_reader *reader, struct mneme_error *error) {
    size_t count = (size_t)mneme_log_reader_partitions(reader);
    int64_t *ends = calloc(count + 1, sizeof *ends);
    int status = ends == NULL ? no_memory(error) : resolve(ends, reader, MNEME_LOG_END, error);
    *sum = 0;
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        *sum += ends[i];
    }
    free(ends);
    return status;
}

/* A copy that was killed may have sent what the brokers are still to write. */
static int wait_until_quiet(struct copy *copy, struct mneme_error *error) {
    int64_t before;
    int64_t now;
    int status = sum_of_ends(&now, copy->target, error);
    bool is_quiet = status == MNEME_OK && now == 0;
    while (status == MNEME_OK && !is_quiet && !is_interrupted(copy)) {
        before = now;
        mneme_clock_pause(QUIET_MICROS);
        status = sum_of_ends(&now, copy->target, error);
        is_quiet = now == before;
    }
    return status;
}

/* --- copying the rest --- */

static enum mneme_merge_step take_source(void *context, const struct mneme_batch_item *item) {
    struct copy *copy = context;
    int32_t target = mneme_kafka_partition_of(item->key, copy->options->partitions);
    add(&copy->wanted[item->position.partition], item, item->position.offset);
    if (item->position.offset > *last_of(copy, target, item->position.partition)) {
        copy->status = mneme_repartition_write(copy->writer, target, item, &copy->error);
        copy->outcome->copied += copy->status == MNEME_OK ? 1 : 0;
    }
    if (++copy->read % 1024 == 0) {
        copy->options->on_progress(copy->options->context, copy->read);
    }
    return copy->status == MNEME_OK ? MNEME_MERGE_GO_ON : MNEME_MERGE_STOP;
}

static int copy_rest(struct copy *copy, int64_t *source_end, struct mneme_error *error) {
    struct mneme_log_range *ranges = NULL;
    memset(copy->wanted, 0, (size_t)copy->source_partitions * sizeof *copy->wanted);
    copy->read = 0;
    *source_end = 0;
    int status = whole(&ranges, copy->source, error);
    for (int32_t q = 0; q < copy->source_partitions && status == MNEME_OK; q++) {
        *source_end += ranges[q].to;
    }
    const struct mneme_merge merge = {.reader = copy->source,
                                      .ranges = ranges,
                                      .range_count = (size_t)copy->source_partitions,
                                      .cancel = copy->options->cancel,
                                      .on_item = take_source,
                                      .context = copy};
    if (status == MNEME_OK) {
        status = mneme_merge_run(&merge, error);
    }
    if (status == MNEME_OK && copy->status != MNEME_OK) {
        status = mneme_error_set(error, copy->error.code, "%s", copy->error.message);
    }
    free(ranges);
    return status == MNEME_OK ? mneme_repartition_flush(copy->writer, error) : status;
}

/* --- verifying --- */

static int compare(struct copy *copy, struct mneme_error *error) {
    copy->outcome->events = 0;
    for (int32_t q = 0; q < copy->source_partitions; q++) {
        const struct tally *there = &copy->there[q];
        const struct tally *wanted = &copy->wanted[q];
        copy->outcome->events += wanted->count;
        if (there->count != wanted->count || there->hash != wanted->hash) {
            return mneme_error_set(
                error, MNEME_E_UNSAFE,
                "the copy is wrong: of partition %d of %s, which has %lld records, %s has %lld%s; delete "
                "topic %s and run this again",
                (int)q, mneme_log_reader_topic(copy->source), (long long)wanted->count, copy->outcome->topic,
                (long long)there->count, there->count == wanted->count ? " with another hash" : "",
                copy->outcome->topic);
        }
    }
    return MNEME_OK;
}

/* Nothing may have been published since the source was read: it would be lost. */
static int finish(struct copy *copy, int64_t source_end, struct mneme_error *error) {
    int64_t now;
    int status = sum_of_ends(&now, copy->source, error);
    if (status == MNEME_OK && now != source_end) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "the copy was not finished: %lld records were published to %s meanwhile; stop "
                               "the publishers, then run this again",
                               (long long)(now - source_end), mneme_log_reader_topic(copy->source));
    }
    if (status == MNEME_OK) {
        status = mneme_repartition_finish_topic(copy->outcome->topic, copy->target_config, error);
    }
    copy->outcome->is_finished = status == MNEME_OK;
    return status;
}

static int open_reader(struct mneme_log_reader **out, const struct mneme_config *config,
                       struct mneme_error *error) {
    struct mneme_log_source source = {.is_of_records = true};
    int status = mneme_kafka_events_topic(source.topic, config, error);
    return status == MNEME_OK ? mneme_log_reader_open_source(out, config, &source, "repartition", error)
                              : status;
}

static int open_topics(struct copy *copy, struct mneme_error *error) {
    char number[16];
    snprintf(number, sizeof number, "%d", (int)copy->options->partitions);
    int status = open_reader(&copy->source, copy->options->config, error);
    if (status == MNEME_OK) {
        status = mneme_config_copy(&copy->target_config, copy->options->config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_config_set(copy->target_config, MNEME_SETTING_TOPIC_PREFIX, copy->options->prefix,
                                  MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        status = mneme_config_set(copy->target_config, MNEME_SETTING_TOPIC_PARTITIONS, number,
                                  MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(copy->outcome->topic, copy->target_config, error);
    }
    if (status == MNEME_OK && strcmp(copy->outcome->topic, mneme_log_reader_topic(copy->source)) == 0) {
        status = mneme_error_set(error, MNEME_E_USAGE,
                                 "cannot copy topic %s into itself; give another prefix with --to",
                                 copy->outcome->topic);
    }
    if (status == MNEME_OK) {
        status = mneme_repartition_make_topic(copy->outcome->topic, mneme_log_reader_topic(copy->source),
                                              copy->target_config, error);
    }
    return status == MNEME_OK ? open_reader(&copy->target, copy->target_config, error) : status;
}

static int prepare(struct copy *copy, struct mneme_error *error) {
    int status = open_topics(copy, error);
    if (status != MNEME_OK) {
        return status;
    }
    copy->source_partitions = mneme_log_reader_partitions(copy->source);
    size_t sources = (size_t)copy->source_partitions;
    copy->last = calloc((size_t)copy->options->partitions * sources + 1, sizeof *copy->last);
    copy->there = calloc(sources + 1, sizeof *copy->there);
    copy->wanted = calloc(sources + 1, sizeof *copy->wanted);
    return copy->last == NULL || copy->there == NULL || copy->wanted == NULL
               ? no_memory(error)
               : mneme_repartition_open_writer(&copy->writer, copy->outcome->topic, copy->target_config,
                                               error);
}

static void clean_up(struct copy *copy) {
    mneme_repartition_close_writer(copy->writer);
    mneme_log_reader_close(copy->source);
    mneme_log_reader_close(copy->target);
    if (copy->target_config != NULL) {
        mneme_config_destroy(copy->target_config);
    }
    free(copy->last);
    free(copy->there);
    free(copy->wanted);
}

int mneme_repartition_run(struct mneme_repartition_outcome *outcome, const struct mneme_repartition *options,
                          struct mneme_error *error) {
    struct copy copy = {.options = options, .outcome = outcome};
    int64_t source_end = 0;
    *outcome = (struct mneme_repartition_outcome){0};
    int status = prepare(&copy, error);
    if (status == MNEME_OK) {
        status = wait_until_quiet(&copy, error);
    }
    if (status == MNEME_OK) {
        status = read_copy(&copy, error);
    }
    if (status == MNEME_OK && !is_interrupted(&copy)) {
        status = copy_rest(&copy, &source_end, error);
    }
    if (status == MNEME_OK && !is_interrupted(&copy)) {
        status = read_copy(&copy, error);
    }
    outcome->is_interrupted = is_interrupted(&copy);
    if (status == MNEME_OK && !outcome->is_interrupted) {
        status = compare(&copy, error);
        if (status == MNEME_OK && options->is_last) {
            status = finish(&copy, source_end, error);
        }
    }
    clean_up(&copy);
    return status;
}
