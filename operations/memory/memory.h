/*
 * The operations of memories; operations/catalogue.c lists them.
 */
#ifndef MNEME_OPERATIONS_MEMORY_MEMORY_H
#define MNEME_OPERATIONS_MEMORY_MEMORY_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_memory_add;
extern const struct mneme_operation mneme_op_memory_get;
extern const struct mneme_operation mneme_op_memory_list;
extern const struct mneme_operation mneme_op_memory_hot;
extern const struct mneme_operation mneme_op_memory_update;
extern const struct mneme_operation mneme_op_memory_delete;
extern const struct mneme_operation mneme_op_memory_history;
extern const struct mneme_operation mneme_op_memory_access;
extern const struct mneme_operation mneme_op_memory_promote;
extern const struct mneme_operation mneme_op_memory_prioritize;
extern const struct mneme_operation mneme_op_memory_archive;
extern const struct mneme_operation mneme_op_memory_unarchive;
extern const struct mneme_operation mneme_op_memory_restore;
extern const struct mneme_operation mneme_op_memory_set_retention;
extern const struct mneme_operation mneme_op_memory_apply_retention;

#endif
