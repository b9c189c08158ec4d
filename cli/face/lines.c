/*
 * Lines of standard input for a field that takes them, in bounded memory.
 */
#include <unistd.h>

#include "cli/face/face.h"

static int next(struct mneme_op_line *line, void *context, struct mneme_error *error) {
    struct mneme_lines *lines = context;
    int status = MNEME_OK;
    *line = (struct mneme_op_line){.number = lines->number};
    while (status == MNEME_OK && !mneme_cli_interrupted()) {
        enum mneme_line_state state = mneme_lines_next(&line->text, lines);
        line->number = lines->number;
        switch (state) {
        case MNEME_LINE_READY:
            return MNEME_OK;
        case MNEME_LINE_TOO_LONG:
            return mneme_error_set(error, MNEME_E_INVALID, "it is too long; shorten it");
        case MNEME_LINE_NONE:
            status = mneme_lines_fill(lines, error);
            break;
        case MNEME_LINE_END:
            line->is_end = true;
            return MNEME_OK;
        }
    }
    line->text = MNEME_STR_NULL;
    line->is_end = status != MNEME_OK;
    return status;
}

void mneme_face_lines_init(struct mneme_face_lines *lines) {
    mneme_lines_init(&lines->lines, STDIN_FILENO);
    lines->source = (struct mneme_op_lines){.next = next, .context = &lines->lines};
}

void mneme_face_lines_clean_up(struct mneme_face_lines *lines) {
    mneme_lines_clean_up(&lines->lines);
}
