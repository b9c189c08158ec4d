/*
 * Operations on vectors of a user's own. Their stream is that of the collection, so that an id is one vector
 * of it, whoever writes it.
 */
#ifndef MNEME_OPERATIONS_VECTOR_H
#define MNEME_OPERATIONS_VECTOR_H

#include "operations/call.h"

extern const struct mneme_operation mneme_op_vector_add;
extern const struct mneme_operation mneme_op_vector_query;
extern const struct mneme_operation mneme_op_vector_delete;

/* A JSON array of numbers as floats in the arena. MNEME_E_INVALID for anything else. */
int mneme_vector_parse(float **out, size_t *dimensions, struct mneme_str json, struct mneme_arena *arena,
                       struct mneme_error *error);

/* --- publishing, a row for each --- */

/* Of a row. */
extern const struct mneme_op_column mneme_vector_receipt_columns[];

struct mneme_vector_publisher;

/* `is_many`: what is refused is noted, and the rest is done. */
int mneme_vector_publisher_new(struct mneme_vector_publisher **out, struct mneme_op_call *call, bool is_many,
                               struct mneme_error *error);
/* NULL is allowed. */
void mneme_vector_publisher_destroy(struct mneme_vector_publisher *publisher);

/* Queues the event, which is about that id of that collection, into the collection's stream. Rows come in
 * this order, when many are under way or the end has come. */
int mneme_vector_publisher_put(struct mneme_vector_publisher *publisher, struct mneme_event *event,
                               struct mneme_str id, struct mneme_str collection, struct mneme_error *error);

/* Something of the call was refused. */
void mneme_vector_publisher_refuse(struct mneme_vector_publisher *publisher,
                                   const struct mneme_error *refusal);

/* Waits for the brokers, and puts the rows. MNEME_OK when nothing was refused, by whomever: else the error of
 * the one, or of many the worst kind and how many. */
int mneme_vector_publisher_end(struct mneme_vector_publisher *publisher, struct mneme_error *error);

#endif
