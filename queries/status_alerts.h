/*
 * Alerts: which values of a health document are beyond their thresholds. A pure function.
 */
#ifndef MNEME_QUERIES_STATUS_ALERTS_H
#define MNEME_QUERIES_STATUS_ALERTS_H

#include "queries/status_health.h"

struct mneme_alert {
    const char *type;     /* "pool", "connections", "latency", "memory", "redis_memory", "disk", "backlog",
                             "lag" or "errors"; a constant */
    const char *severity; /* "warning", or "critical" beyond a second threshold; a constant */
    char message[512];    /* what is wrong and what to do */
    double threshold;     /* the threshold of that severity, which is exceeded */
    double current_value;
    int64_t timestamp; /* the document's time, microseconds */
};

#define MNEME_ALERT_WARNING "warning"
#define MNEME_ALERT_CRITICAL "critical"

#define MNEME_ALERT_KINDS 9

/* The alerts for the document, in the order of the table; *count is their number. */
void mneme_alerts_of(struct mneme_alert out[MNEME_ALERT_KINDS], size_t *count,
                     const struct mneme_health *health);

/* One object with the members above. */
void mneme_alert_json(const struct mneme_alert *alert, struct mneme_json_writer *json);

#endif
