/*
 * Waits by polling the progress, at short intervals at first, since a write is usually folded within
 * milliseconds.
 */
#include "queries/position_wait.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "sql/embedded.h"

#define FIRST_PAUSE_MICROS 2000
#define LONGEST_PAUSE_MICROS 50000

struct progress_row {
    int64_t partition, next_offset;
    bool has_parked;
};

static const struct mneme_row_column columns[] = {
    {"partition", MNEME_ROW_LONG, offsetof(struct progress_row, partition)},
    {"next_offset", MNEME_ROW_LONG, offsetof(struct progress_row, next_offset)},
    {"has_parked", MNEME_ROW_BOOL, offsetof(struct progress_row, has_parked)},
};

static const struct mneme_question question = {"the progress was not read", mneme_sql_position_wait, columns,
                                               sizeof columns / sizeof *columns, sizeof(struct progress_row)};

static bool note_progress(const void *row, void *context) {
    const struct progress_row *progress_row = row;
    struct mneme_progress_snapshot *progress = context;
    if (progress_row->partition >= 0 && progress_row->partition < MNEME_MAX_PARTITIONS) {
        progress->next_offsets[progress_row->partition] = progress_row->next_offset;
    }
    progress->has_parked = progress_row->has_parked;
    return true;
}

int mneme_progress_snapshot(struct mneme_progress_snapshot *out, struct mneme_postgres *postgres,
                            const char *projection, const char *topic, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    memset(out, 0, sizeof *out);
    mneme_pg_param_str(&params, mneme_str_from(projection));
    mneme_pg_param_str(&params, mneme_str_from(topic));
    int status = mneme_query_run(postgres, &question, &params, note_progress, out, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

const struct mneme_position *mneme_progress_first_missing(const struct mneme_progress_snapshot *progress,
                                                          const struct mneme_position *positions,
                                                          size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (progress->next_offsets[positions[i].partition] <= positions[i].offset) {
            return &positions[i];
        }
    }
    return NULL;
}

int mneme_progress_missed(const struct mneme_progress_snapshot *progress, const char *projection,
                          const char *topic, struct mneme_position missing,
                          const struct mneme_query_wait *wait, struct mneme_error *error) {
    char reason[64];
    if (mneme_cancel_is_asked(wait->cancel)) {
        snprintf(reason, sizeof reason, "interrupted");
    } else {
        snprintf(reason, sizeof reason, "not within %lld ms", (long long)wait->timeout_ms);
    }
    return mneme_error_set(
        error, MNEME_E_TIMEOUT,
        "position %d:%lld of %s is not in the tables yet: %s; projection %s is at %d:%lld there; see mneme "
        "status, start mneme work %.*s or wait longer (--wait-timeout)",
        missing.partition, (long long)missing.offset, topic, reason, projection, missing.partition,
        (long long)progress->next_offsets[missing.partition], (int)strcspn(projection, "."),
        projection); /* "embed.MODEL" */
}

/* *has_parked: the projection has parked events by then. */
static int wait_for(bool *has_parked, struct mneme_postgres *postgres, const char *projection,
                    const char *topic, const struct mneme_position *positions, size_t count,
                    const struct mneme_query_wait *wait, struct mneme_error *error) {
    struct mneme_progress_snapshot progress;
    int64_t deadline = mneme_clock_monotonic_micros() + wait->timeout_ms * 1000;
    int64_t pause_micros = FIRST_PAUSE_MICROS;
    int status = mneme_progress_snapshot(&progress, postgres, projection, topic, error);
    const struct mneme_position *missing = NULL;
    while (status == MNEME_OK &&
           (missing = mneme_progress_first_missing(&progress, positions, count)) != NULL) {
        int64_t left = deadline - mneme_clock_monotonic_micros();
        if (left <= 0 || mneme_cancel_is_due(wait->cancel)) {
            status = mneme_progress_missed(&progress, projection, topic, *missing, wait, error);
            break;
        }
        mneme_clock_pause(pause_micros < left ? pause_micros : left);
        pause_micros = pause_micros * 2 < LONGEST_PAUSE_MICROS ? pause_micros * 2 : LONGEST_PAUSE_MICROS;
        status = mneme_progress_snapshot(&progress, postgres, projection, topic, error);
    }
    *has_parked = status == MNEME_OK && progress.has_parked;
    return status;
}

int mneme_position_wait(struct mneme_postgres *postgres, const char *projection, const char *topic,
                        const struct mneme_position *positions, size_t count,
                        const struct mneme_query_wait *wait, struct mneme_error *error) {
    bool has_parked;
    return wait_for(&has_parked, postgres, projection, topic, positions, count, wait, error);
}

/* --- positions that were reached but cannot be shown --- */

struct parked_row {
    int64_t partition, kafka_offset;
    struct mneme_str reason;
};

/* What identifies the parked event. */
struct refusal {
    const char *projection, *topic;
    struct mneme_error *error;
    int status;
};

static bool refuse(const void *row, void *context) {
    const struct parked_row *parked = row;
    struct refusal *refusal = context;
    refusal->status = mneme_error_set(refusal->error, MNEME_E_UNAVAILABLE,
                                      "position %lld:%lld of %s is not shown: it is in the log, but "
                                      "projection %s has parked it (%.*s); see "
                                      "`mneme dead-letters show %lld:%lld`",
                                      (long long)parked->partition, (long long)parked->kafka_offset,
                                      refusal->topic, refusal->projection, MNEME_STR_ARG(parked->reason),
                                      (long long)parked->partition, (long long)parked->kafka_offset);
    return false;
}

int mneme_position_refuse_parked(struct mneme_postgres *postgres, const char *projection, const char *topic,
                                 const struct mneme_position *positions, size_t count,
                                 struct mneme_error *error) {
    static const struct mneme_row_column parked_columns[] = {
        {"partition", MNEME_ROW_LONG, offsetof(struct parked_row, partition)},
        {"kafka_offset", MNEME_ROW_LONG, offsetof(struct parked_row, kafka_offset)},
        {"reason", MNEME_ROW_STR, offsetof(struct parked_row, reason)},
    };
    static const struct mneme_question parked_question = {
        "the parked events were not read", mneme_sql_position_parked, parked_columns,
        sizeof parked_columns / sizeof *parked_columns, sizeof(struct parked_row)};
    struct refusal refusal = {projection, topic, error, MNEME_OK};
    struct mneme_pg_params params = {0};
    int64_t *numbers = malloc((2 * count + 1) * sizeof *numbers);
    if (numbers == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the parked events were not read: memory is exhausted; name fewer positions");
    }
    for (size_t i = 0; i < count; i++) {
        numbers[i] = positions[i].partition;
        numbers[count + i] = positions[i].offset;
    }
    mneme_pg_param_str(&params, mneme_str_from(projection));
    mneme_pg_param_str(&params, mneme_str_from(topic));
    mneme_pg_param_long_array(&params, numbers, count);
    mneme_pg_param_long_array(&params, numbers + count, count);
    int status = mneme_query_run(postgres, &parked_question, &params, refuse, &refusal, NULL, error);
    mneme_pg_params_clean_up(&params);
    free(numbers);
    return status == MNEME_OK ? refusal.status : status;
}

int mneme_position_wait_shown(struct mneme_postgres *postgres, const char *projection, const char *topic,
                              const struct mneme_position *positions, size_t count,
                              const struct mneme_query_wait *wait, struct mneme_error *error) {
    bool has_parked;
    int status = wait_for(&has_parked, postgres, projection, topic, positions, count, wait, error);
    return status == MNEME_OK && has_parked
               ? mneme_position_refuse_parked(postgres, projection, topic, positions, count, error)
               : status;
}

int mneme_position_has_begun(bool *out, struct mneme_postgres *postgres, const char *projection,
                             const char *topic, struct mneme_error *error) {
    struct mneme_progress_snapshot progress = {.has_parked = false};
    struct mneme_pg_params params = {0};
    size_t count = 0;
    mneme_pg_param_str(&params, mneme_str_from(projection));
    mneme_pg_param_str(&params, mneme_str_from(topic));
    int status = mneme_query_run(postgres, &question, &params, note_progress, &progress, &count, error);
    *out = status == MNEME_OK && count > 0;
    mneme_pg_params_clean_up(&params);
    return status;
}
