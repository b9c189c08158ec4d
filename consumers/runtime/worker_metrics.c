/*
 * The table of a worker's metrics.
 */
#include "consumers/runtime/worker_metrics.h"

#include <stdio.h>

const struct mneme_metrics_info mneme_worker_metric_table[] = {
#define X(id, metric_name, metric_kind, label_name, text)                                                    \
    {.name = (metric_name), .kind = (metric_kind), .help = (text), .label = (label_name)},
    MNEME_WORKER_METRICS(X)
#undef X
};

void mneme_worker_metric_set_partition(struct mneme_metrics *metrics, enum mneme_worker_metric metric,
                                       int32_t partition, int64_t value) {
    char label[sizeof "-2147483648"];
    (void)snprintf(label, sizeof label, "%d", (int)partition);
    mneme_metrics_set(metrics, metric, label, (double)value);
}
