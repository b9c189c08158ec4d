/*
 * The lines of a field of type MNEME_OP_LINES, one at a time: either streamed by the caller, or taken from
 * the field's text.
 */
#ifndef MNEME_OPERATIONS_LINES_H
#define MNEME_OPERATIONS_LINES_H

#include "common/json/read.h"
#include "operations/request.h"

/* The state of reading. For one thread at a time. */
struct mneme_op_lines_reader {
    const struct mneme_op_lines *source; /* NULL: the text */
    struct mneme_str rest;
    struct mneme_json_reader items; /* the text is a JSON array */
    bool is_array;
    int64_t number;
};

void mneme_op_lines_begin(struct mneme_op_lines_reader *reader, const struct mneme_op_request *request,
                          int field);

/* Like `next` of struct mneme_op_lines. */
int mneme_op_lines_next(struct mneme_op_line *line, struct mneme_op_lines_reader *reader,
                        struct mneme_error *error);

#endif
