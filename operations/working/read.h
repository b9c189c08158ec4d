/*
 * Reading what is at hand of a conversation.
 */
#ifndef MNEME_OPERATIONS_WORKING_READ_H
#define MNEME_OPERATIONS_WORKING_READ_H

#include "operations/call.h"
#include "queries/working.h"

/* What the question's place holds, as far as the call wants: from Redis where it is to be believed, else from
 * the tables. Where neither can say, Redis answers without the caller's own writes, with a note. Texts lie in
 * the call's arena or point into *rows, which the caller PQclears. */
int mneme_op_working_read(struct mneme_loaded_working *out, PGresult **rows, struct mneme_op_call *call,
                          const struct mneme_working_question *question, struct mneme_error *error);

#endif
