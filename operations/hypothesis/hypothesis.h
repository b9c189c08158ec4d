/*
 * The operations of hypotheses, a file each.
 */
#ifndef MNEME_OPERATIONS_HYPOTHESIS_H
#define MNEME_OPERATIONS_HYPOTHESIS_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_hypothesis_form;
extern const struct mneme_operation mneme_op_hypothesis_list;
extern const struct mneme_operation mneme_op_hypothesis_validate;

#endif
