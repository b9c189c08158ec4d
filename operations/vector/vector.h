/*
 * Operations on vectors that users bring themselves. Their stream is that of the collection, so that an id
 * means one vector of the collection, whoever writes it.
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

/* --- publishing, with a row for each event --- */

/* Of a row. */
extern const struct mneme_op_column mneme_vector_receipt_columns[];

struct mneme_vector_publisher;

/* `is_many`: refused vectors are noted, and the others are published. */
int mneme_vector_publisher_new(struct mneme_vector_publisher **out, struct mneme_op_call *call, bool is_many,
                               struct mneme_error *error);
/* NULL is allowed. */
void mneme_vector_publisher_destroy(struct mneme_vector_publisher *publisher);

/* Queues the event, which concerns that id of that collection, for the collection's stream. Rows are put in
 * the order of the calls, when many events are under way or at the end. */
int mneme_vector_publisher_put(struct mneme_vector_publisher *publisher, struct mneme_event *event,
                               struct mneme_str id, struct mneme_str collection, struct mneme_error *error);

/* Notes that something in the call was refused. */
void mneme_vector_publisher_refuse(struct mneme_vector_publisher *publisher,
                                   const struct mneme_error *refusal);

/* Waits for the brokers and puts the rows. MNEME_OK when nothing was refused by anyone. Otherwise the error
 * of the single refusal; of several, the worst code and their number. */
int mneme_vector_publisher_end(struct mneme_vector_publisher *publisher, struct mneme_error *error);

#endif
