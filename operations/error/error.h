/*
 * The operations of errors that agents and programs report.
 */
#ifndef MNEME_OPERATIONS_ERROR_H
#define MNEME_OPERATIONS_ERROR_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_error_record;

#endif
