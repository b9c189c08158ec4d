/*
 * The operations of hand-offs, a file each.
 */
#ifndef MNEME_OPERATIONS_HANDOFF_H
#define MNEME_OPERATIONS_HANDOFF_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_handoff_list;
extern const struct mneme_operation mneme_op_handoff_record;

#endif
