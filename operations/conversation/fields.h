/*
 * What the operations of conversations share.
 */
#ifndef MNEME_OPERATIONS_CONVERSATION_FIELDS_H
#define MNEME_OPERATIONS_CONVERSATION_FIELDS_H

#include "operations/operation.h"

#define MNEME_CONVERSATION_ID_FIELD                                                                          \
    {                                                                                                        \
        .name = "conversation_id", .type = MNEME_OP_TEXT, .help = "The conversation.", .shown = "ID",        \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY                                \
    }

/* The same of an operation that changes it. */
#define MNEME_CONVERSATION_CHANGED_FIELD                                                                     \
    {                                                                                                        \
        .name = "conversation_id", .type = MNEME_OP_TEXT, .help = "The conversation.", .shown = "ID",        \
        .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL | MNEME_OP_NOT_EMPTY | MNEME_OP_TO_PAYLOAD          \
    }

/* Columns of the table conversations; headings are those of lists. */
extern const struct mneme_op_column mneme_conversation_op_columns[];

#endif
