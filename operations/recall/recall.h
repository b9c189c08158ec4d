/*
 * The operations that find what a scope knows by words and meaning, and what they share.
 */
#ifndef MNEME_OPERATIONS_RECALL_RECALL_H
#define MNEME_OPERATIONS_RECALL_RECALL_H

#include "operations/call.h"
#include "producers/retrieved.h"
#include "queries/search/candidates.h"

extern const struct mneme_operation mneme_op_search;
extern const struct mneme_operation mneme_op_recall;

/* Scope of the request and the moment of the call; the rest is zero. */
struct mneme_candidate_filter mneme_recall_filter(const struct mneme_op_call *call);

/* Records what was found, or does not, as MNEME_RECALL_RECORD says (a share, by chance). An answer is not
 * held up by its own record: brokers that are away are not waited for, and slow ones not long; what is not
 * recorded is noted in the sink, with the field `without` that does without a record. */
void mneme_recall_record(const struct mneme_op_call *call, const struct mneme_retrieval *retrieval,
                         const struct mneme_op_field *without);

#endif
