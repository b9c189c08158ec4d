/*
 * What the operations of conversations share.
 */
#ifndef MNEME_OPERATIONS_CONVERSATION_FIELDS_H
#define MNEME_OPERATIONS_CONVERSATION_FIELDS_H

#include "operations/call.h"
#include "queries/conversation.h"

#define MNEME_CONVERSATION_ID_FIELD                                                                          \
    {                                                                                                        \
        .name = "conversation_id", .type = MNEME_OP_TEXT, .help = "The conversation's id.", .shown = "ID",   \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY                                \
    }

/* Several conversations. */
#define MNEME_CONVERSATION_IDS_FIELD                                                                         \
    {                                                                                                        \
        .name = "conversation_ids", .type = MNEME_OP_LIST, .help = "The conversations.", .shown = "ID",      \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY                                \
    }

/* One conversation, for an operation that changes it. */
#define MNEME_CONVERSATION_CHANGED_FIELD                                                                     \
    {                                                                                                        \
        .name = "conversation_id", .type = MNEME_OP_TEXT, .help = "The conversation's id.", .shown = "ID",   \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY | MNEME_OP_TO_PAYLOAD          \
    }

/* Columns of the table conversations, with the headings that lists show. */
extern const struct mneme_op_column mneme_conversation_op_columns[];

/* Rows of struct mneme_conversation_row, each with a cursor. */
struct mneme_op_rows mneme_conversation_rows(struct mneme_op_call *call, int64_t limit);

#endif
