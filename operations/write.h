/*
 * Running a write: where the things lie that it names, its events into the log, and what became of them.
 */
#ifndef MNEME_OPERATIONS_WRITE_H
#define MNEME_OPERATIONS_WRITE_H

#include "operations/events.h"
#include "operations/service.h"

/* Looks up the streams of the things that the request names by their ids, unless it says where to write or
 * names none. Sets request->places. MNEME_E_NOT_FOUND for one that the tables do not have; MNEME_E_USAGE
 * where several streams use an id. */
int mneme_op_write_find(struct mneme_op_request *request, struct mneme_op_call *call,
                        struct mneme_error *error);

/* Publishes, waits for the brokers, with `wait` for the verdicts, and puts a row for each event into the
 * sink: the id, event_id, position, stream_id, and with `wait` the verdict and the version. */
int mneme_op_write_run(struct mneme_op_request *request, struct mneme_op_call *call,
                       struct mneme_error *error);

#endif
