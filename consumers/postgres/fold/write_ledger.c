/*
 * The ledger: every event with its verdict. Within a partition of the log rows are made in its order, because
 * each row's hash goes on from the one before, and sent stream by stream. While a partition's rows are sent
 * the next one's are made, as many bytes as go out, so that the server never waits for a whole partition.
 */
#include "consumers/postgres/fold/fold.h"
#include "sql/embedded.h"

static int decide(struct mneme_fold *fold, const struct mneme_fold_partition *partition,
                  struct mneme_error *error) {
    for (size_t i = 0; i < partition->stream_count; i++) {
        for (struct mneme_fold_item *item = partition->streams[i]->first; item != NULL; item = item->next) {
            int status = mneme_fold_decide(fold, &item->decision, item, error);
            if (status != MNEME_OK) {
                return status;
            }
        }
    }
    return MNEME_OK;
}

/* Makes the partition's next rows, up to that many bytes. */
static void make_rows(struct mneme_fold_writer *writer, struct mneme_fold_partition *partition,
                      size_t bytes) {
    struct mneme_buffer *made = partition->rows;
    for (; partition->next != NULL && made->len < bytes; partition->next = partition->next->next_in_log) {
        struct mneme_fold_item *item = partition->next;
        const struct mneme_ledger_decision decision = {mneme_fold_verdict_names[item->decision.verdict],
                                                       item->decision.version, item->decision.actual};
        item->row_at = made->len;
        mneme_ledger_row(&writer->ledger, made, item->from, &decision, &partition->head);
        item->row_len = made->len - item->row_at;
    }
}

/* Decides the partition's events and begins to make its rows. */
static int begin_partition(struct mneme_fold *fold, struct mneme_fold_writer *writer, size_t number,
                           struct mneme_error *error) {
    struct mneme_fold_partition *partition = &fold->partitions[number];
    partition->rows = &writer->made[number % 2];
    mneme_buffer_clear(partition->rows);
    return decide(fold, partition, error);
}

/* Sends the partition's rows while those of the next one (NULL: there is none) are made. */
static int send_rows(struct mneme_fold_writer *writer, const struct mneme_fold_partition *partition,
                     struct mneme_fold_partition *next, struct mneme_error *error) {
    writer->rows.failed |= partition->rows->failed;
    for (size_t i = 0; i < partition->stream_count; i++) {
        for (const struct mneme_fold_item *item = partition->streams[i]->first; item != NULL;
             item = item->next) {
            if (!partition->rows->failed) {
                mneme_buffer_append(&writer->rows, partition->rows->data + item->row_at, item->row_len);
            }
            if (writer->rows.len < MNEME_PG_COPY_FLUSH_BYTES && !writer->rows.failed) {
                continue;
            }
            int status = mneme_pg_copy_flush(writer->postgres, &writer->rows, error);
            if (status != MNEME_OK) {
                return status;
            }
            if (next != NULL) {
                make_rows(writer, next, next->rows->len + MNEME_PG_COPY_FLUSH_BYTES);
            }
        }
    }
    return MNEME_OK;
}

int mneme_fold_write_ledger(struct mneme_fold *fold, struct mneme_fold_writer *writer,
                            struct mneme_error *error) {
    if (fold->partition_count == 0) {
        return MNEME_OK; /* all is parked */
    }
    int status = mneme_pg_copy_begin(writer->postgres, mneme_sql_fold_copy_events, &writer->rows, error);
    if (status == MNEME_OK) {
        status = begin_partition(fold, writer, 0, error);
    }
    for (size_t i = 0; i < fold->partition_count && status == MNEME_OK; i++) {
        struct mneme_fold_partition *next = i + 1 < fold->partition_count ? &fold->partitions[i + 1] : NULL;
        make_rows(writer, &fold->partitions[i], SIZE_MAX);
        if (next != NULL) {
            status = begin_partition(fold, writer, i + 1, error);
        }
        if (status == MNEME_OK) {
            status = send_rows(writer, &fold->partitions[i], next, error);
        }
    }
    return status == MNEME_OK ? mneme_pg_copy_end(writer->postgres, &writer->rows, NULL, error) : status;
}
