/*
 * Which working memory a request is about.
 */
#ifndef MNEME_OPERATIONS_WORKING_PLACE_H
#define MNEME_OPERATIONS_WORKING_PLACE_H

#include "operations/events.h"
#include "queries/working.h"

/* The first row in the field table of every operation on a context. */
#define MNEME_OP_CONTEXT_ID 0
#define MNEME_OP_CONTEXT_ID_FIELD                                                                            \
    {                                                                                                        \
        .name = "context_id", .option = "context", .type = MNEME_OP_TEXT, .shown = "ID",                     \
        .help = "A separate context, outside any conversation, instead of a conversation's.",                \
        .flags = MNEME_OP_NOT_EMPTY                                                                          \
    }

/* Checks that the request names a conversation or a separate context, and the stream. MNEME_E_USAGE. */
int mneme_op_working_check(struct mneme_op_request *request, struct mneme_error *error);

/* The place that a checked request names, with its tenant and stream. Texts are borrowed from the request. */
struct mneme_working_place mneme_op_working_place(const struct mneme_op_request *request);

/* Adds an event of the operation's type about the context. */
int mneme_op_context_add(struct mneme_event **event, struct mneme_op_events *out, struct mneme_error *error);

#endif
