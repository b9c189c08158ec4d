/*
 * The operations on what specialist agents know, a file each.
 */
#ifndef MNEME_OPERATIONS_KNOWLEDGE_H
#define MNEME_OPERATIONS_KNOWLEDGE_H

#include "operations/operation.h"

extern const struct mneme_operation mneme_op_knowledge_get;
extern const struct mneme_operation mneme_op_knowledge_history;
extern const struct mneme_operation mneme_op_knowledge_list;
extern const struct mneme_operation mneme_op_knowledge_record;

/* Columns of the table knowledge, with the headings that lists show. */
extern const struct mneme_op_column mneme_knowledge_op_columns[];

#define MNEME_KNOWLEDGE_ID_FIELD                                                                             \
    {                                                                                                        \
        .name = "knowledge_id", .type = MNEME_OP_ID, .help = "The id of the piece of knowledge.",            \
        .shown = "ID", .flags = MNEME_OP_REQUIRED | MNEME_OP_POSITIONAL                                      \
    }

#endif
