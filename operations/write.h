/*
 * Runs a write: looks up the things that it names, publishes its events, and reports their verdicts.
 */
#ifndef MNEME_OPERATIONS_WRITE_H
#define MNEME_OPERATIONS_WRITE_H

#include "operations/events.h"
#include "operations/service.h"

/* Looks up the streams of the things that the request names by their ids, unless it names a stream or no ids.
 * Sets request->places. MNEME_E_NOT_FOUND for a thing that the tables do not have; MNEME_E_USAGE if several
 * streams use an id. */
int mneme_op_write_find(struct mneme_op_request *request, struct mneme_op_call *call,
                        struct mneme_error *error);

/* Publishes, waits for the brokers and, with `wait`, for the verdicts, and puts a row for each event into the
 * sink: the id, event_id, position, stream_id, and with `wait` the verdict and the version. */
int mneme_op_write_run(struct mneme_op_request *request, struct mneme_op_call *call,
                       struct mneme_error *error);

#endif
