/*
 * A value that is JSON, or a text that is kept as a string of JSON.
 */
#ifndef MNEME_OPERATIONS_JSON_VALUE_H
#define MNEME_OPERATIONS_JSON_VALUE_H

#include "operations/request.h"

/* A row of an operation's table, beside a field of type MNEME_OP_VALUE: on a command line, where all values
 * are texts, it says that this one is meant as such. */
#define MNEME_OP_TEXT_FLAG_FIELD                                                                             \
    { .name = "text", .type = MNEME_OP_FLAG, .help = "Keep it as a text, also where it is JSON." }

/* The JSON of the field of type MNEME_OP_VALUE; null when it is not set. It is borrowed or lies in the arena.
 * MNEME_E_USAGE for what begins as a container or a string of JSON does and is none: a slip, unless the flag
 * at `text_flag` says that it is a text. */
int mneme_op_json_value(struct mneme_str *out, const struct mneme_op_request *request, int field,
                        int text_flag, struct mneme_arena *arena, struct mneme_error *error);

#endif
