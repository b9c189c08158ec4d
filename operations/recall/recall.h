/*
 * The operations that find what a scope knows by words and meaning, and what they share.
 */
#ifndef MNEME_OPERATIONS_RECALL_RECALL_H
#define MNEME_OPERATIONS_RECALL_RECALL_H

#include "operations/call.h"
#include "queries/search/candidates.h"

extern const struct mneme_operation mneme_op_search;
extern const struct mneme_operation mneme_op_recall;

/* A filter with the request's scope and the call's moment; the rest is zero. */
struct mneme_candidate_filter mneme_recall_filter(const struct mneme_op_call *call);

#endif
