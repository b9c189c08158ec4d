/*
 * A value that is JSON, or a text that is kept as a JSON string.
 */
#ifndef MNEME_OPERATIONS_JSON_VALUE_H
#define MNEME_OPERATIONS_JSON_VALUE_H

#include "operations/request.h"

/* A flag for operations with a field of type MNEME_OP_VALUE: on a command line, where all values are texts,
 * it says that the value is to be kept as a text. */
#define MNEME_OP_TEXT_FLAG_FIELD                                                                             \
    { .name = "text", .type = MNEME_OP_FLAG, .help = "Keep the value as a text even if it is JSON." }

/* The JSON of the field of type MNEME_OP_VALUE; null when it is not set. Borrowed, or allocated in the arena.
 * MNEME_E_USAGE if the value begins like a JSON object, array or string but is not valid JSON, which is
 * probably a slip, unless the flag at `text_flag` says that it is a text. */
int mneme_op_json_value(struct mneme_str *out, const struct mneme_op_request *request, int field,
                        int text_flag, struct mneme_arena *arena, struct mneme_error *error);

#endif
