/*
 * The status of the projections: progress, log, group and parked events of each, with lag and rate.
 */
#ifndef MNEME_QUERIES_PROJECTION_STATUS_H
#define MNEME_QUERIES_PROJECTION_STATUS_H

#include "queries/status.h"

struct mneme_partition_status {
    int64_t next_offset;              /* of the projection; 0 when it never began */
    int64_t first_offset, end_offset; /* of the log; 0 when unknown */
    int64_t updated_at;               /* microseconds; 0 when it never began */
    char owner[128];
};

struct mneme_projection_status {
    const struct mneme_projection_facts *of;
    char projection[128]; /* its name, with what it is of if there are several, as in
                             "embed.bge-small-en-v1.5" */
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_partition_status *partitions;
    int32_t partition_count;
    int32_t folded_partitions; /* of the topic when it was first folded; 0 when it never began */
    bool is_away;              /* the store of its progress cannot be reached; has_log is false then */
    bool has_log;              /* the offsets of the log and the group are known */
    int64_t lag;               /* events of the log that are not folded yet */
    int64_t events;            /* events that are folded */
    int64_t parked;            /* of those, how many wait because they could not be applied */
    /* Why what was folded does not match the log as it is now, and what to do, as a sentence; "": it matches,
     * as far as is known */
    char lost[512];
    int64_t refused; /* for embedding: documents whose text the endpoint has not taken completely */
    struct mneme_group_facts group;
    int64_t seen_micros;                /* when this was read, monotonic */
    struct mneme_opt_double rate_per_s; /* folded per second since the previous reading, if there was one */
};

/* Reads all projections, that of Redis last, including those that never began, as far as their schemas exist.
 * What Kafka knows is left out when it cannot be reached: has_log is false then and *log_error says why.
 * `before` (may be NULL) is an earlier reading for the rate. The caller cleans up *out, an array of *count.
 */
int mneme_projection_status_read(struct mneme_projection_status **out, size_t *count,
                                 struct mneme_postgres *postgres, struct mneme_log_probe *reader,
                                 const struct mneme_config *config,
                                 const struct mneme_projection_status *before, size_t before_count,
                                 struct mneme_error *log_error, struct mneme_error *error);
void mneme_projection_status_clean_up(struct mneme_projection_status *projections, size_t count);

/* Whether it is known to have no workers. */
static inline bool mneme_projection_lacks_workers(const struct mneme_projection_status *projection) {
    return projection->has_log && projection->group.workers == 0;
}

/* One object: projection, group, topic, group_state, workers, is_worker_missing, lag, events, rate_per_s,
 * parked, lost, refused, partitions. */
void mneme_projection_status_json(const struct mneme_projection_status *projection,
                                  struct mneme_json_writer *json);

#endif
