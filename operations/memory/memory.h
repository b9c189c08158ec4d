/*
 * The operations of memories, a file each; operations/catalogue.c lists them.
 */
#ifndef MNEME_OPERATIONS_MEMORY_MEMORY_H
#define MNEME_OPERATIONS_MEMORY_MEMORY_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_memory_add;
extern const struct mneme_operation mneme_op_memory_get;
extern const struct mneme_operation mneme_op_memory_list;

#endif
