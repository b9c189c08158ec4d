/*
 * Operations on everything that a tenant has, a file each.
 */
#ifndef MNEME_OPERATIONS_SYSTEM_H
#define MNEME_OPERATIONS_SYSTEM_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_operations;
extern const struct mneme_operation mneme_op_stats;
extern const struct mneme_operation mneme_op_timeline;

#endif
