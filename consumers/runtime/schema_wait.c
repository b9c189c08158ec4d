/*
 * A waiting partition: a later program may be able to read its message, so the message is not skipped and the
 * worker does not end. Log, metrics and `mneme status` report the wait; the partition goes on by itself when
 * the schema is known or the message was parked by hand.
 */
#include "common/log/log.h"
#include "consumers/runtime/worker_state.h"

int mneme_worker_read_marks(struct mneme_worker *worker, struct mneme_error *error) {
    const struct mneme_projection_ops *projection = worker->options->projection;
    return projection->read_marks == NULL
               ? MNEME_OK
               : projection->read_marks(&worker->marks, worker->config, worker->topic,
                                        projection->facts->name, error);
}

/* If the wait cannot be recorded, the worker waits all the same. */
static void note(struct mneme_worker *worker, struct mneme_position position, const char *reason) {
    const struct mneme_projection_ops *projection = worker->options->projection;
    const struct mneme_schema_wait wait = {.projection = projection->facts->name,
                                           .topic = worker->topic,
                                           .position = position,
                                           .reason = reason};
    struct mneme_error error = {0};
    if (projection->note_wait != NULL && projection->note_wait(worker->config, &wait, &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_DEBUG, "the status is not told of a waiting partition",
                  MNEME_LOG_S("reason", error.message));
    }
}

void mneme_worker_begin_schema_wait(struct mneme_worker *worker, struct mneme_worker_partition *partition,
                                    const struct mneme_error *reason) {
    struct mneme_position position = {partition->partition, partition->stalled->offset};
    char why[sizeof reason->message];
    mneme_unknown_schema_reason(why, sizeof why, reason);
    if (!partition->waits_for_schema) {
        struct mneme_error sentence = {0};
        mneme_unknown_schema(&sentence, worker->topic, position, reason);
        mneme_log(MNEME_LOG_WARN, "partition waits", MNEME_LOG_I("partition", position.partition),
                  MNEME_LOG_I("offset", position.offset), MNEME_LOG_S("reason", sentence.message));
        mneme_worker_metric_set_partition(worker->metrics, MNEME_WORKER_METRIC_WAITING, position.partition,
                                          1);
    }
    partition->waits_for_schema = true;
    note(worker, position, why);
}

void mneme_worker_end_schema_wait(struct mneme_worker *worker, struct mneme_worker_partition *partition) {
    if (partition->waits_for_schema) {
        mneme_log(MNEME_LOG_INFO, "partition goes on", MNEME_LOG_I("partition", partition->partition),
                  MNEME_LOG_I("offset", partition->read_offset));
        mneme_worker_metric_set_partition(worker->metrics, MNEME_WORKER_METRIC_WAITING, partition->partition,
                                          0);
        note(worker, (struct mneme_position){partition->partition, partition->read_offset}, NULL);
        partition->waits_for_schema = false;
    }
}
