/*
 * The operations of outputs of tasks, a file each.
 */
#ifndef MNEME_OPERATIONS_OUTPUT_H
#define MNEME_OPERATIONS_OUTPUT_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_output_list;
extern const struct mneme_operation mneme_op_output_record;

#endif
