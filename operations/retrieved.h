/*
 * Recording what reads return: memory_retrieved events in the streams <stream>#access, which count as
 * accesses of the memories. Recording does not hold up the answer: unreachable brokers are not waited for,
 * and slow ones only briefly. A note reports a read that was not recorded.
 */
#ifndef MNEME_OPERATIONS_RETRIEVED_H
#define MNEME_OPERATIONS_RETRIEVED_H

#include "operations/call.h"
#include "producers/retrieved.h"

/* Publishes the record. `what` names the read in the note, such as "this recall"; `without` is the option
 * that switches recording off. */
void mneme_op_record(const struct mneme_op_call *call, const struct mneme_retrieval *retrieval,
                     const char *what, const char *without);

/* The memories among the rows of an operation that `retrieves`, on their way to the sink. */
struct mneme_op_retrieved {
    struct mneme_op_call *call;
    const struct mneme_op_sink *sink; /* the call's sink; NULL: nothing is recorded */
    struct mneme_op_sink ours;
    struct mneme_retrieved_memory *memories; /* in the call's arena */
    size_t count, capacity;
    int64_t started_micros;
    bool is_incomplete; /* memory is exhausted */
};

/* Inserts itself between the call and its sink if this read is to be recorded (MNEME_READ_RECORD is the share
 * of reads that are). */
void mneme_op_retrieved_begin(struct mneme_op_retrieved *retrieved, struct mneme_op_call *call);

/* Restores the call's sink, and records the read if it `is_whole`. */
void mneme_op_retrieved_end(struct mneme_op_retrieved *retrieved, bool is_whole);

#endif
