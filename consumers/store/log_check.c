/*
 * One fetch for each partition: of the event that was folded last there.
 */
#include "consumers/store/log_check.h"

#include <stdlib.h>

#include "common/postgres/row.h"
#include "consumers/log/hand_parked.h"
#include "sql/embedded.h"

#define OFFSETS_TIMEOUT_MS 30000

struct check {
    struct mneme_log_reader *reader;
    int32_t partitions;
    int64_t *starts, *ends;           /* of the log */
    struct mneme_log_range *ranges;   /* of the last events */
    struct mneme_log_digest *digests; /* by partition */
    size_t range_count;
};

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the log was not compared: out of memory");
}

static int find_bounds(struct check *check, struct mneme_error *error) {
    size_t count = (size_t)check->partitions + 1;
    check->starts = calloc(2 * count, sizeof *check->starts);
    check->ranges = calloc(count, sizeof *check->ranges);
    check->digests = calloc(count, sizeof *check->digests);
    if (check->starts == NULL || check->ranges == NULL || check->digests == NULL) {
        return out_of_memory(error);
    }
    check->ends = check->starts + count;
    int status = mneme_log_reader_resolve(check->starts, check->reader,
                                          &(struct mneme_log_point){.kind = MNEME_LOG_BEGINNING},
                                          OFFSETS_TIMEOUT_MS, error);
    return status == MNEME_OK ? mneme_log_reader_resolve(check->ends, check->reader,
                                                         &(struct mneme_log_point){.kind = MNEME_LOG_END},
                                                         OFFSETS_TIMEOUT_MS, error)
                              : status;
}

/* Compares offsets; the rest needs reading. */
static int take_row(struct check *check, const PGresult *rows, int row, struct mneme_error *error) {
    int64_t partition = mneme_pg_get_long(rows, row, 0);
    int64_t next = mneme_pg_get_long(rows, row, 1);
    int64_t count = mneme_pg_get_long(rows, row, 2);
    if (count != check->partitions || partition >= check->partitions) {
        return mneme_error_set(
            error, MNEME_E_UNSAFE, "topic %s has %d partitions and had %lld when it was folded",
            mneme_log_reader_topic(check->reader), (int)check->partitions, (long long)count);
    }
    if (next > check->ends[partition]) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "partition %d of topic %s ends at offset %lld and was folded up to %lld",
                               (int)partition, mneme_log_reader_topic(check->reader),
                               (long long)check->ends[partition], (long long)next);
    }
    struct mneme_log_digest *digest = &check->digests[partition];
    mneme_log_digest_take(digest, PQgetvalue(rows, row, 3), (size_t)PQgetlength(rows, row, 3), next);
    int64_t last = digest->is_set ? mneme_log_digest_offset(digest) : -1;
    if (last >= check->starts[partition]) {
        check->ranges[check->range_count++] = (struct mneme_log_range){(int32_t)partition, last, last + 1};
    }
    return MNEME_OK;
}

static int recognise(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    const struct check *check = context;
    int status = MNEME_OK;
    for (size_t i = 0; i < batch->count && status == MNEME_OK; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        struct mneme_log_digest digest;
        status = mneme_log_digest(&digest, item->position.offset, item->recorded_at, item->key, item->value,
                                  error);
        if (status == MNEME_OK &&
            !mneme_log_digest_equal(&digest, &check->digests[item->position.partition])) {
            status = mneme_error_set(
                error, MNEME_E_UNSAFE,
                "the event at offset %lld of partition %d of topic %s is not the one that was folded there",
                (long long)item->position.offset, (int)item->position.partition,
                mneme_log_reader_topic(check->reader));
        }
    }
    return status;
}

int mneme_log_check(bool *is_begun, struct mneme_log_reader *reader, struct mneme_postgres *postgres,
                    const char *projection, struct mneme_error *error) {
    struct check check = {.reader = reader, .partitions = mneme_log_reader_partitions(reader)};
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(projection));
    mneme_pg_param_str(&params, mneme_str_from(mneme_log_reader_topic(reader)));
    int status = mneme_pg_query(&rows, postgres, mneme_sql_log_check_progress, &params, true, error);
    if (status == MNEME_OK) {
        status = find_bounds(&check, error);
    }
    *is_begun = status == MNEME_OK && PQntuples(rows) > 0;
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        status = take_row(&check, rows, row, error);
    }
    struct mneme_log_read read = {.ranges = check.ranges,
                                  .range_count = check.range_count,
                                  .read_marks = mneme_hand_parked_read,
                                  .on_batch = recognise,
                                  .context = &check};
    if (status == MNEME_OK && check.range_count > 0) {
        status = mneme_log_reader_read(reader, &read, error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    free(check.starts);
    free(check.ranges);
    free(check.digests);
    return status;
}
