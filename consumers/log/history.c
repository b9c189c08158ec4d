/*
 * Only parked events are checked: in an intact log there is nothing to do.
 */
#include "consumers/log/history.h"

#include "common/kafka/kafka.h"

static bool has_moved(const struct mneme_log_history *history, int32_t partitions,
                      const struct mneme_batch_item *item) {
    return item->park_reason != NULL && item->key.data != NULL &&
           mneme_kafka_partition_of(item->key, partitions) != item->position.partition &&
           mneme_kafka_partition_of(item->key, history->partitions) == item->position.partition;
}

int mneme_log_history_check(const struct mneme_log_history *history, const char *topic, int32_t partitions,
                            const struct mneme_batch *batch, struct mneme_error *error) {
    /* Kafka only adds partitions: with fewer of them it is another topic. */
    if (history == NULL || history->partitions <= 0 || history->partitions >= partitions) {
        return MNEME_OK;
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (has_moved(history, partitions, item)) {
            return mneme_error_set(
                error, MNEME_E_UNSAFE,
                "the log was not folded: topic %s had %d partitions and has %d now, so the acknowledged "
                "event at offset %lld of partition %d would be parked with all others whose keys belong to "
                "another partition now; nothing was changed; run `mneme topics repartition --to PREFIX "
                "--partitions %d` to copy all events into a topic with the right partitions",
                topic, (int)history->partitions, (int)partitions, (long long)item->position.offset,
                (int)item->position.partition, (int)partitions);
        }
    }
    return MNEME_OK;
}
