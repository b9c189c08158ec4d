/*
 * Recording what reads return: memory_retrieved events in the streams <stream>#access, which count as
 * accesses of the memories. An answer is not held up by its own record: brokers that are away are not waited
 * for, and slow ones not long; what is not recorded is told by a note.
 */
#ifndef MNEME_OPERATIONS_RETRIEVED_H
#define MNEME_OPERATIONS_RETRIEVED_H

#include "operations/call.h"
#include "producers/retrieved.h"

/* Publishes it. `what` is it in the note, such as "this recall"; `without` is how it is done without. */
void mneme_op_record(const struct mneme_op_call *call, const struct mneme_retrieval *retrieval,
                     const char *what, const char *without);

/* The memories among the rows of an operation that `retrieves`, on their way to the sink. */
struct mneme_op_retrieved {
    struct mneme_op_call *call;
    const struct mneme_op_sink *sink; /* of the call; NULL: nothing is recorded */
    struct mneme_op_sink ours;
    struct mneme_retrieved_memory *memories; /* in the call's arena */
    size_t count, capacity;
    int64_t started_micros;
    bool is_incomplete; /* memory is exhausted */
};

/* Stands between the call and its sink when the read is one that is recorded (MNEME_READ_RECORD, a share). */
void mneme_op_retrieved_begin(struct mneme_op_retrieved *retrieved, struct mneme_op_call *call);

/* Gives the call its sink back, and records the read if it `is_whole`. */
void mneme_op_retrieved_end(struct mneme_op_retrieved *retrieved, bool is_whole);

#endif
