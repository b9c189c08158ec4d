/*
 * The operations of runs of flows, a file each.
 */
#ifndef MNEME_OPERATIONS_RUN_H
#define MNEME_OPERATIONS_RUN_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_run_list;
extern const struct mneme_operation mneme_op_run_record;

#endif
