/*
 * Read your writes (PI7): waiting until a projection holds the log up to given positions.
 */
#ifndef MNEME_QUERIES_POSITION_WAIT_H
#define MNEME_QUERIES_POSITION_WAIT_H

#include "common/config/projections.h"
#include "queries/question.h"

/* Returns once `projection` has passed every position of `topic`. MNEME_E_TIMEOUT names the position it has
 * not reached, where it stands and what to do; MNEME_E_TIMEOUT too when interrupted. */
int mneme_position_wait(struct mneme_postgres *postgres, const char *projection, const char *topic,
                        const struct mneme_position *positions, size_t count,
                        const struct mneme_query_wait *wait, struct mneme_error *error);

/* The same for who reads what is there: MNEME_E_UNAVAILABLE, with the reason, when a position is parked, or
 * waits behind a parked event of its key. It is in the log then, and in no table. */
int mneme_position_wait_shown(struct mneme_postgres *postgres, const char *projection, const char *topic,
                              const struct mneme_position *positions, size_t count,
                              const struct mneme_query_wait *wait, struct mneme_error *error);

/* How far a projection has come in each partition, and whether it has parked anything. */
struct mneme_progress_snapshot {
    int64_t next_offsets[MNEME_MAX_PARTITIONS];
    bool has_parked;
};

int mneme_progress_snapshot(struct mneme_progress_snapshot *out, struct mneme_postgres *postgres,
                            const char *projection, const char *topic, struct mneme_error *error);

/* The first of the positions that the projection has not passed; NULL: it has passed them all. */
const struct mneme_position *mneme_progress_first_missing(const struct mneme_progress_snapshot *progress,
                                                          const struct mneme_position *positions,
                                                          size_t count);

/* Fills the error for a wait that is over before that position was passed; gives MNEME_E_TIMEOUT. */
int mneme_progress_missed(const struct mneme_progress_snapshot *progress, const char *projection,
                          const char *topic, struct mneme_position missing,
                          const struct mneme_query_wait *wait, struct mneme_error *error);

/* MNEME_E_UNAVAILABLE, with the reason, when one of the positions is parked. */
int mneme_position_refuse_parked(struct mneme_postgres *postgres, const char *projection, const char *topic,
                                 const struct mneme_position *positions, size_t count,
                                 struct mneme_error *error);

/* Whether the projection has progress in the topic at all: a worker of it has been there. */
int mneme_position_has_begun(bool *out, struct mneme_postgres *postgres, const char *projection,
                             const char *topic, struct mneme_error *error);

#endif
