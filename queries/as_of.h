/*
 * Time travel (PI9): the moment that a query asks about. As of a time, everything recorded up to that time
 * counts. As of a position, its partition counts up to and including the position, and other partitions up to
 * the time of the event there.
 */
#ifndef MNEME_QUERIES_AS_OF_H
#define MNEME_QUERIES_AS_OF_H

#include "queries/question.h"

/* All zero: now. */
struct mneme_as_of {
    bool is_set;
    int64_t micros;
    bool is_position;
    struct mneme_position position;
};

/* Finds the time of the position, which must be folded: MNEME_E_NOT_FOUND says how far the tables have come.
 */
int mneme_as_of_position(struct mneme_as_of *out, struct mneme_postgres *postgres, const char *topic,
                         struct mneme_position position, struct mneme_error *error);

/* Adds the three parameters that the functions of the tables take: time, partition, sequence_id. They are
 * typed, so that a statement need not use them. */
void mneme_query_param_as_of(struct mneme_pg_params *params, const struct mneme_as_of *as_of);

#endif
