/*
 * Read your writes (PI7): waiting until a projection holds the log up to given positions.
 */
#ifndef MNEME_QUERIES_POSITION_WAIT_H
#define MNEME_QUERIES_POSITION_WAIT_H

#include "common/config/projections.h"
#include "queries/question.h"

/* Returns once `projection` has passed every position of `topic`. MNEME_E_TIMEOUT names the position that was
 * not reached, how far the projection is and what to do; also MNEME_E_TIMEOUT when interrupted. */
int mneme_position_wait(struct mneme_postgres *postgres, const char *projection, const char *topic,
                        const struct mneme_position *positions, size_t count,
                        const struct mneme_query_wait *wait, struct mneme_error *error);

/* The same for readers: MNEME_E_UNAVAILABLE, with the reason, when the event at a position is parked or waits
 * behind a parked event of its key. It is then in the log, but in no table. */
int mneme_position_wait_shown(struct mneme_postgres *postgres, const char *projection, const char *topic,
                              const struct mneme_position *positions, size_t count,
                              const struct mneme_query_wait *wait, struct mneme_error *error);

/* How far a projection has come in each partition, and whether it has parked events. */
struct mneme_progress_snapshot {
    int64_t next_offsets[MNEME_MAX_PARTITIONS];
    bool has_parked;
};

int mneme_progress_snapshot(struct mneme_progress_snapshot *out, struct mneme_postgres *postgres,
                            const char *projection, const char *topic, struct mneme_error *error);

/* The first position that the projection has not passed; NULL: it has passed all of them. */
const struct mneme_position *mneme_progress_first_missing(const struct mneme_progress_snapshot *progress,
                                                          const struct mneme_position *positions,
                                                          size_t count);

/* Fills the error for a wait that ended before the position was passed; returns MNEME_E_TIMEOUT. */
int mneme_progress_missed(const struct mneme_progress_snapshot *progress, const char *projection,
                          const char *topic, struct mneme_position missing,
                          const struct mneme_query_wait *wait, struct mneme_error *error);

/* MNEME_E_UNAVAILABLE, with the reason, when one of the positions is parked. */
int mneme_position_refuse_parked(struct mneme_postgres *postgres, const char *projection, const char *topic,
                                 const struct mneme_position *positions, size_t count,
                                 struct mneme_error *error);

/* Whether the projection has any progress in the topic, that is, a worker of it has run. */
int mneme_position_has_begun(bool *out, struct mneme_postgres *postgres, const char *projection,
                             const char *topic, struct mneme_error *error);

#endif
