/*
 * Counters, gauges and histograms of one process, and the page that shows them to Prometheus. A module
 * declares its metrics as one constant table; values are atomics, so that any thread may update them.
 */
#ifndef MNEME_COMMON_METRICS_METRICS_H
#define MNEME_COMMON_METRICS_METRICS_H

#include "common/base/buffer.h"
#include "common/base/error.h"

enum mneme_metrics_kind { MNEME_COUNTER, MNEME_GAUGE, MNEME_HISTOGRAM };

struct mneme_metrics_info {
    const char *name; /* with unit suffix, such as mneme_batch_seconds */
    enum mneme_metrics_kind kind;
    const char *help;
    const char *label; /* label name or NULL */
};

struct mneme_metrics; /* one registry of one table */

/* `table` must outlive the registry; metrics are addressed by their index in it. */
int mneme_metrics_new(struct mneme_metrics **out, const struct mneme_metrics_info *table, size_t count,
                      struct mneme_error *error);
void mneme_metrics_destroy(struct mneme_metrics *metrics);

/* Thread-safe. `label_value` is NULL for a metric without a label; a new label value takes a lock once. */
void mneme_metrics_add(struct mneme_metrics *metrics, size_t metric, const char *label_value, double amount);
void mneme_metrics_set(struct mneme_metrics *metrics, size_t metric, const char *label_value, double value);
void mneme_metrics_observe_seconds(struct mneme_metrics *metrics, size_t metric, double seconds);

/* The Prometheus text format, version 0.0.4. Thread-safe. */
void mneme_metrics_render(struct mneme_metrics *metrics, struct mneme_buffer *out);

struct mneme_metrics_server;

/* Serves GET /metrics, /healthz and /readyz on host:port from a separate thread; port 0 picks a free port,
 * which *bound_port returns. `is_ready` is called for /readyz from that thread. The registry must outlive the
 * server. */
int mneme_metrics_server_start(struct mneme_metrics_server **out, struct mneme_metrics *metrics,
                               const char *host, int port, bool (*is_ready)(void *context), void *context,
                               int *bound_port, struct mneme_error *error);
void mneme_metrics_server_stop(struct mneme_metrics_server *server);

#endif
