/*
 * What operations that do one thing to each named memory have in common.
 */
#ifndef MNEME_OPERATIONS_MEMORY_CHANGE_H
#define MNEME_OPERATIONS_MEMORY_CHANGE_H

#include "operations/request.h"

/* A mneme_op_check_fn: MNEME_E_USAGE when several memories are named together with a field that applies to a
 * single one. */
int mneme_memory_check_many(struct mneme_op_request *request, struct mneme_error *error);

#endif
