/*
 * The operations of contexts.
 */
#ifndef MNEME_OPERATIONS_CONTEXT_H
#define MNEME_OPERATIONS_CONTEXT_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_context_append;
extern const struct mneme_operation mneme_op_context_clear;
extern const struct mneme_operation mneme_op_context_delete;
extern const struct mneme_operation mneme_op_context_events;
extern const struct mneme_operation mneme_op_context_get;
extern const struct mneme_operation mneme_op_context_set;

#endif
