#include "consumers/replay/follow.h"

#include <stdlib.h>

#include "consumers/log/reader.h"
#include "consumers/replay/when.h"

#define LINGER_MICROS 5000 /* how long an event may wait for others of its batch */

/* Limit of what is fetched ahead, in all partitions together; and in each, if there are many. */
#define QUEUE_KB 49152
#define LEAST_QUEUE_KB 2048

struct mneme_log_follower {
    struct mneme_log_follow follow;
    struct mneme_buffer key_prefix; /* of the filter */
    struct mneme_log_range *ranges; /* of all partitions; NULL until it has begun */
    int32_t partitions;
    bool is_over; /* on_item has ended the run */
};

int mneme_log_follower_new(struct mneme_log_follower **out, const struct mneme_log_follow *follow,
                           struct mneme_error *error) {
    *out = NULL;
    int status = mneme_log_filter_check(&follow->filter, "nothing was followed", error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_log_follower *follower = calloc(1, sizeof *follower);
    if (follower == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "nothing was followed: memory is exhausted; free some");
    }
    follower->follow = *follow;
    mneme_log_filter_key(&follower->key_prefix, &follow->filter);
    *out = follower;
    return MNEME_OK;
}

void mneme_log_follower_destroy(struct mneme_log_follower *follower) {
    if (follower != NULL) {
        mneme_buffer_clean_up(&follower->key_prefix);
        free(follower->ranges);
        free(follower);
    }
}

/* --- running --- */

/* A batch that is cut short leaves its ranges where they were: they are moved item by item. */
static int take_batch(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_log_follower *follower = context;
    const struct mneme_log_follow *follow = &follower->follow;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        bool goes_on =
            !mneme_log_filter_passes(&follow->filter, mneme_buffer_str(&follower->key_prefix), item) ||
            follow->on_item(follow->context, item);
        follower->ranges[item->position.partition].from = item->position.offset + 1;
        if (!goes_on) {
            follower->is_over = true;
            return mneme_error_set(error, MNEME_E_TIMEOUT, "the following is over");
        }
    }
    return MNEME_OK;
}

static bool is_interrupted(void *context) {
    return mneme_cancel_is_due(((const struct mneme_log_follower *)context)->follow.cancel);
}

/* Looks up where it begins, once. */
static int begin(struct mneme_log_follower *follower, struct mneme_log_reader *reader,
                 struct mneme_error *error) {
    if (follower->ranges != NULL) {
        return MNEME_OK;
    }
    int32_t partitions = mneme_log_reader_partitions(reader);
    int64_t *offsets = calloc((size_t)partitions + 1, sizeof *offsets);
    struct mneme_log_range *ranges = calloc((size_t)partitions + 1, sizeof *ranges);
    const char *from = follower->follow.from == NULL ? "end" : follower->follow.from;
    int status = offsets == NULL || ranges == NULL
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                       "nothing was followed: memory is exhausted; free some")
                     : mneme_when_resolve(offsets, reader, from, false, error);
    if (status == MNEME_OK) {
        for (int32_t i = 0; i < partitions; i++) {
            ranges[i] = (struct mneme_log_range){.partition = i, .from = offsets[i], .to = INT64_MAX};
        }
        follower->partitions = partitions;
        follower->ranges = ranges;
        ranges = NULL;
    }
    free(offsets);
    free(ranges);
    return status;
}

int mneme_log_follower_run(struct mneme_log_follower *follower, struct mneme_error *error) {
    const struct mneme_config *config = follower->follow.config;
    size_t partitions = (size_t)mneme_config_long(config, MNEME_SETTING_TOPIC_PARTITIONS);
    size_t queue_kb = QUEUE_KB / partitions < LEAST_QUEUE_KB ? LEAST_QUEUE_KB : QUEUE_KB / partitions;
    struct mneme_log_reader *reader = NULL;
    struct mneme_error why = {0};
    follower->is_over = false;
    int status = mneme_log_reader_open_small(&reader, config, "follow", queue_kb,
                                             follower->follow.open_timeout_ms, &why);
    if (status == MNEME_OK) {
        status = begin(follower, reader, &why);
    }
    if (status == MNEME_OK) {
        int32_t only = mneme_log_filter_partition(
            &follower->follow.filter, mneme_buffer_str(&follower->key_prefix), follower->partitions);
        struct mneme_log_read read = {.ranges = follower->ranges + (only < 0 ? 0 : only),
                                      .range_count = only < 0 ? (size_t)follower->partitions : 1,
                                      .linger_micros = LINGER_MICROS,
                                      /* A message that is not an event holds nothing up: the follower goes
                                       * on. */
                                      .parks_alone = true,
                                      .read_marks = follower->follow.read_marks,
                                      .is_interrupted = is_interrupted,
                                      .on_batch = take_batch,
                                      .context = follower};
        status = mneme_log_reader_read(reader, &read, &why);
    }
    mneme_log_reader_close(reader);
    if (status == MNEME_OK || follower->is_over) {
        return MNEME_OK;
    }
    return mneme_error_set(error, (enum mneme_status)status, "%s", why.message);
}

void mneme_log_follower_positions(struct mneme_buffer *out, const struct mneme_log_follower *follower) {
    for (int32_t i = 0; i < follower->partitions; i++) {
        mneme_buffer_printf(out, "%s%d:%lld", i > 0 ? "," : "", (int)i, (long long)follower->ranges[i].from);
    }
}
