/*
 * Where the log begins and ends in each partition, and which consumer group reads it. Lag is measured against
 * these.
 */
#ifndef MNEME_QUERIES_LOG_ENDS_H
#define MNEME_QUERIES_LOG_ENDS_H

#include "common/kafka/kafka.h"

struct mneme_log_probe; /* a connection to the brokers; one thread at a time */

/* Contacts no broker yet. */
int mneme_log_probe_open(struct mneme_log_probe **out, const struct mneme_config *config,
                         struct mneme_error *error);
void mneme_log_probe_close(struct mneme_log_probe *probe);

struct mneme_log_ends {
    int32_t partition_count;
    int64_t *first_offsets; /* offset of the oldest event that is kept, by partition */
    int64_t *end_offsets;   /* offset of the next event, by partition */
};

/* Asks the brokers; the caller cleans up. MNEME_E_UNAVAILABLE when they do not answer within timeout_ms,
 * MNEME_E_NOT_FOUND when there is no such topic. */
int mneme_log_ends_read(struct mneme_log_ends *out, struct mneme_log_probe *probe, const char *topic,
                        int timeout_ms, struct mneme_error *error);
void mneme_log_ends_clean_up(struct mneme_log_ends *ends);

/* Whether a broker answers at all, within timeout_ms. */
int mneme_log_probe_check(struct mneme_log_probe *probe, int timeout_ms, struct mneme_error *error);

/* The log's timestamp, in microseconds, of the oldest among one message of each partition p: the one at
 * `offsets[p]`, or the first kept one after it. A negative offset leaves its partition out. Unset when no
 * message arrived within timeout_ms. */
int mneme_log_oldest_time(struct mneme_opt_long *micros, struct mneme_log_probe *probe, const char *topic,
                          const int64_t *offsets, int32_t partitions, int timeout_ms,
                          struct mneme_error *error);

struct mneme_group_facts {
    char state[32]; /* Kafka's name for the state: Stable, Empty, PreparingRebalance … */
    int workers;    /* members of the group */
};

/* What the brokers know of a consumer group; a group that never existed is "Dead" and has no workers. */
int mneme_group_facts_read(struct mneme_group_facts *out, struct mneme_log_probe *probe, const char *group,
                           int timeout_ms, struct mneme_error *error);

#endif
