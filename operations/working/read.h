/*
 * Reading the working memory of a conversation.
 */
#ifndef MNEME_OPERATIONS_WORKING_READ_H
#define MNEME_OPERATIONS_WORKING_READ_H

#include "operations/call.h"
#include "queries/working.h"

/* The working memory at the question's place, as up to date as the call wants: from Redis if that is up to
 * date, else from the tables. If neither can answer, Redis answers without the caller's own writes, with a
 * note. Texts are in the call's arena or point into *rows, which the caller must PQclear. */
int mneme_op_working_read(struct mneme_loaded_working *out, PGresult **rows, struct mneme_op_call *call,
                          const struct mneme_working_question *question, struct mneme_error *error);

#endif
