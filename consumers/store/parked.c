/*
 * Parked events are written by one COPY. Events that are tried again are of one partition.
 */
#include "consumers/store/parked.h"

#include <stdlib.h>

#include "sql/embedded.h"

static int write_parked(struct mneme_postgres *postgres, const char *projection, const char *topic,
                        const struct mneme_batch *batch, struct mneme_buffer *rows,
                        struct mneme_error *error) {
    bool is_begun = false;
    int status = MNEME_OK;
    for (size_t i = 0; i < batch->count && status == MNEME_OK; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (item->park_reason == NULL) {
            continue;
        }
        if (!is_begun) {
            status = mneme_pg_copy_begin(postgres, mneme_sql_fold_copy_parked_events, rows, error);
            is_begun = status == MNEME_OK;
        }
        if (status == MNEME_OK) {
            mneme_copy_row(rows, 9);
            mneme_copy_str(rows, mneme_str_from(projection));
            mneme_copy_str(rows, mneme_str_from(topic));
            mneme_copy_int(rows, item->position.partition);
            mneme_copy_long(rows, item->position.offset);
            mneme_copy_bytes(rows, item->key);
            mneme_copy_bytes(rows, item->value.data == NULL ? MNEME_STR_LIT("") : item->value);
            mneme_copy_str(rows, mneme_str_from(item->park_reason));
            mneme_copy_long(rows, item->blocked_by);
            mneme_copy_time(rows, item->recorded_at);
            status = mneme_pg_copy_flush_full(postgres, rows, error);
        }
    }
    return status == MNEME_OK && is_begun ? mneme_pg_copy_end(postgres, rows, NULL, error) : status;
}

/* Runs the statement for the batch's partition, with its offsets or its keys. */
static int ask_about(const char *sql, struct mneme_postgres *postgres, const char *projection,
                     const char *topic, const struct mneme_batch *batch, bool by_key,
                     struct mneme_error *error) {
    int64_t *offsets = malloc((batch->count + 1) * sizeof *offsets);
    struct mneme_str *keys = malloc((batch->count + 1) * sizeof *keys);
    struct mneme_pg_params params = {0};
    int status = MNEME_OK;
    if (offsets == NULL || keys == NULL) {
        status =
            mneme_error_set(error, MNEME_E_NO_MEMORY, "parked events were not tried again: out of memory");
    }
    for (size_t i = 0; i < batch->count && status == MNEME_OK; i++) {
        offsets[i] = batch->items[i].position.offset;
        keys[i] = batch->items[i].key;
    }
    if (status == MNEME_OK) {
        mneme_pg_param_str(&params, mneme_str_from(projection));
        mneme_pg_param_str(&params, mneme_str_from(topic));
        mneme_pg_param_long(&params, batch->partitions[0].partition);
        if (by_key) {
            mneme_pg_param_bytes_array(&params, keys, batch->count);
        } else {
            mneme_pg_param_long_array(&params, offsets, batch->count);
        }
        status = mneme_pg_query(NULL, postgres, sql, &params, true, error);
    }
    mneme_pg_params_clean_up(&params);
    free(offsets);
    free(keys);
    return status;
}

int mneme_parked_write(struct mneme_postgres *postgres, const char *projection, const char *topic,
                       const struct mneme_batch *batch, struct mneme_buffer *rows,
                       struct mneme_error *error) {
    if (!batch->is_redrive) {
        return write_parked(postgres, projection, topic, batch, rows, error);
    }
    int status = ask_about(mneme_sql_redrive_forget, postgres, projection, topic, batch, false, error);
    if (status == MNEME_OK) {
        status = write_parked(postgres, projection, topic, batch, rows, error);
    }
    return status == MNEME_OK
               ? ask_about(mneme_sql_redrive_settle, postgres, projection, topic, batch, true, error)
               : status;
}
