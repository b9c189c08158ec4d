/*
 * Where the log begins and ends in each partition, and who reads it: what lag is measured against.
 */
#ifndef MNEME_QUERIES_LOG_ENDS_H
#define MNEME_QUERIES_LOG_ENDS_H

#include "common/kafka/kafka.h"

struct mneme_log_probe; /* a connection to the brokers; one thread at a time */

/* Talks to nobody yet. */
int mneme_log_probe_open(struct mneme_log_probe **out, const struct mneme_config *config,
                         struct mneme_error *error);
void mneme_log_probe_close(struct mneme_log_probe *probe);

struct mneme_log_ends {
    int32_t partition_count;
    int64_t *first_offsets; /* oldest that is kept, by partition */
    int64_t *end_offsets;   /* of the next event, by partition */
};

/* Asks the brokers; the caller cleans up. MNEME_E_UNAVAILABLE when they do not answer within timeout_ms,
 * MNEME_E_NOT_FOUND when there is no such topic. */
int mneme_log_ends_read(struct mneme_log_ends *out, struct mneme_log_probe *probe, const char *topic,
                        int timeout_ms, struct mneme_error *error);
void mneme_log_ends_clean_up(struct mneme_log_ends *ends);

/* Whether a broker answers at all, within timeout_ms. */
int mneme_log_probe_check(struct mneme_log_probe *probe, int timeout_ms, struct mneme_error *error);

/* The log's time of the oldest of these messages of a topic: `offsets[p]` in partition p, or the first one
 * behind it that is kept; a negative offset leaves its partition out. Microseconds; not set when none of them
 * came within timeout_ms. Reads one message of each. */
int mneme_log_oldest_time(struct mneme_opt_long *micros, struct mneme_log_probe *probe, const char *topic,
                          const int64_t *offsets, int32_t partitions, int timeout_ms,
                          struct mneme_error *error);

struct mneme_group_facts {
    char state[32]; /* as Kafka calls it: Stable, Empty, PreparingRebalance … */
    int workers;    /* members of the group */
};

/* What the brokers know of a consumer group; one that never was is "Dead" without workers. */
int mneme_group_facts_read(struct mneme_group_facts *out, struct mneme_log_probe *probe, const char *group,
                           int timeout_ms, struct mneme_error *error);

#endif
