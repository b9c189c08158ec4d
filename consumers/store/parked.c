/*
 * Parked events go by one COPY.
 */
#include "consumers/store/parked.h"

#include "sql/embedded.h"

int mneme_parked_write(struct mneme_postgres *postgres, const char *projection, const char *topic,
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
