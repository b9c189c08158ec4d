/*
 * Shows one thing for people: lines of a label and a value, the values in one column. On a terminal long
 * values are wrapped within their column.
 */
#ifndef MNEME_CLI_FORM_H
#define MNEME_CLI_FORM_H

#include "cli/frame/command.h"
#include "common/base/arena.h"
#include "common/base/types.h"

struct mneme_form_line;

struct mneme_form {
    struct mneme_arena arena;
    struct mneme_form_line *first, **end;
    bool failed; /* memory is exhausted; mneme_form_end reports it */
};

void mneme_form_begin(struct mneme_form *form);

/* Each adds a line, unless its value is null, empty or {}. Labels and values are copied.
 * Control characters are shown escaped, except for line feeds and tabs of content.
 */
void mneme_form_str(struct mneme_form *form, const char *label, struct mneme_str text);
void mneme_form_content(struct mneme_form *form, const char *label, struct mneme_str json);
void mneme_form_time(struct mneme_form *form, const char *label, struct mneme_opt_long micros);
void mneme_form_long(struct mneme_form *form, const char *label, struct mneme_opt_long value);
void mneme_form_printf(struct mneme_form *form, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints the lines and cleans up. */
enum mneme_exit mneme_form_end(struct mneme_form *form, const struct mneme_cli *cli);

#endif
