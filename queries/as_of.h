/*
 * Time travel (PI9): which moment a question is asked of. As of a time counts what was recorded up to it; as
 * of a position counts its partition up to and including it, and other partitions up to the time of the event
 * there.
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

/* Finds the time of the position, which must be folded: MNEME_E_NOT_FOUND says how far the tables are. */
int mneme_as_of_position(struct mneme_as_of *out, struct mneme_postgres *postgres, const char *topic,
                         struct mneme_position position, struct mneme_error *error);

/* Adds the three parameters that the functions of the tables take: time, partition, sequence_id. They have
 * their types, so that a statement need not use them. */
void mneme_query_param_as_of(struct mneme_pg_params *params, const struct mneme_as_of *as_of);

#endif
