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

/* Whether the projection has progress in the topic at all: a worker of it has been there. */
int mneme_position_has_begun(bool *out, struct mneme_postgres *postgres, const char *projection,
                             const char *topic, struct mneme_error *error);

#endif
