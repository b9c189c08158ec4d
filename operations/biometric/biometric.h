/*
 * The operations of readings of a user's body.
 */
#ifndef MNEME_OPERATIONS_BIOMETRIC_H
#define MNEME_OPERATIONS_BIOMETRIC_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_biometric_record;

#endif
