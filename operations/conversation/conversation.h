/*
 * The operations of conversations, a file each.
 */
#ifndef MNEME_OPERATIONS_CONVERSATION_H
#define MNEME_OPERATIONS_CONVERSATION_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_conversation_close;
extern const struct mneme_operation mneme_op_conversation_create;
extern const struct mneme_operation mneme_op_conversation_delete;
extern const struct mneme_operation mneme_op_conversation_get;
extern const struct mneme_operation mneme_op_conversation_link;
extern const struct mneme_operation mneme_op_conversation_list;
extern const struct mneme_operation mneme_op_conversation_recent;
extern const struct mneme_operation mneme_op_conversation_show;
extern const struct mneme_operation mneme_op_conversation_turns;
extern const struct mneme_operation mneme_op_conversation_update;

#endif
