/*
 * Reads that consist of SQL statements only: rows of the catalogue, run by one function.
 */
#ifndef MNEME_OPERATIONS_STATEMENTS_H
#define MNEME_OPERATIONS_STATEMENTS_H

#include "operations/call.h"

/* Runs the operation's statements one after the other. */
int mneme_op_statements_run(struct mneme_op_call *call, struct mneme_error *error);

#endif
