/*
 * The operations of decisions, a file each.
 */
#ifndef MNEME_OPERATIONS_DECISION_H
#define MNEME_OPERATIONS_DECISION_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_decision_list;
extern const struct mneme_operation mneme_op_decision_record;

#endif
