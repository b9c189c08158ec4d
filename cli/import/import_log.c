/*
 * Reads a range of a single event, without a consumer group.
 */
#include "cli/import/import_log.h"

#include "common/base/uuid.h"
#include "consumers/log/hand_parked.h"

#define LOOK_TIMEOUT_MS 10000

struct look {
    struct mneme_uuid event_id;
    bool is_found;
};

static int compare(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    (void)error;
    struct look *look = context;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        look->is_found = look->is_found || (item->park_reason == NULL &&
                                            mneme_uuid_compare(item->event.event_id, look->event_id) == 0);
    }
    return MNEME_OK;
}

bool mneme_import_log_has(struct mneme_import_log *log, struct mneme_position position,
                          struct mneme_uuid event_id) {
    /* If the log cannot be read, the event counts as absent: the import then publishes everything, which is
     * safe. */
    if (log->reader == NULL && mneme_log_reader_open(&log->reader, log->config, "import", NULL) != MNEME_OK) {
        return false;
    }
    struct look look = {.event_id = event_id};
    struct mneme_log_range range = {
        .partition = position.partition, .from = position.offset, .to = position.offset + 1};
    struct mneme_log_read read = {.ranges = &range,
                                  .range_count = 1,
                                  .timeout_ms = LOOK_TIMEOUT_MS,
                                  .read_marks = mneme_hand_parked_read,
                                  .on_batch = compare,
                                  .context = &look};
    return position.partition < mneme_log_reader_partitions(log->reader) &&
           mneme_log_reader_read(log->reader, &read, NULL) == MNEME_OK && look.is_found;
}

void mneme_import_log_close(struct mneme_import_log *log) {
    mneme_log_reader_close(log->reader);
    log->reader = NULL;
}
