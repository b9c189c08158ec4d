/*
 * The operations of working memory.
 */
#ifndef MNEME_OPERATIONS_WORKING_H
#define MNEME_OPERATIONS_WORKING_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_working_clear;
extern const struct mneme_operation mneme_op_working_goal;
extern const struct mneme_operation mneme_op_working_show;
extern const struct mneme_operation mneme_op_working_thought;
extern const struct mneme_operation mneme_op_working_turn;

#endif
