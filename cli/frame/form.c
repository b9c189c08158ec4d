/*
 * Keeps all lines until the end, since the widest label decides where values begin.
 */
#include "cli/frame/form.h"

#include <stdio.h>

#include "cli/frame/show.h"
#include "cli/frame/text.h"
#include "common/base/clock.h"
#include "common/base/printable.h"

#define GAP 2
#define MIN_VALUE_COLUMNS 20 /* in fewer columns, wrapping does not help */

struct mneme_form_line {
    struct mneme_str label;
    struct mneme_str text; /* escaped */
    struct mneme_form_line *next;
};

void mneme_form_begin(struct mneme_form *form) {
    *form = (struct mneme_form){0};
    form->end = &form->first;
    mneme_arena_init(&form->arena, 0);
}

static void add(struct mneme_form *form, const char *label, struct mneme_str text, bool keep_lines) {
    struct mneme_buffer escaped = {0};
    mneme_printable(&escaped, text, keep_lines);
    struct mneme_form_line *line = mneme_arena_calloc(&form->arena, 1, sizeof *line);
    struct mneme_str copy =
        escaped.failed ? MNEME_STR_NULL : mneme_arena_copy(&form->arena, mneme_buffer_str(&escaped));
    struct mneme_str label_copy = mneme_arena_copy(&form->arena, mneme_str_from(label));
    mneme_buffer_clean_up(&escaped);
    if (line == NULL || copy.data == NULL || label_copy.data == NULL) {
        form->failed = true;
        return;
    }
    line->label = label_copy;
    line->text = copy;
    *form->end = line;
    form->end = &line->next;
}

void mneme_form_str(struct mneme_form *form, const char *label, struct mneme_str text) {
    if (text.len > 0) {
        add(form, label, text, false);
    }
}

void mneme_form_content(struct mneme_form *form, const char *label, struct mneme_str json) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    if (json.len > 0 && !mneme_str_equal(json, MNEME_STR_LIT("{}"))) {
        add(form, label, mneme_show_text_of(json, &arena), true);
    }
    mneme_arena_clean_up(&arena);
}

void mneme_form_time(struct mneme_form *form, const char *label, struct mneme_opt_long micros) {
    char text[MNEME_RFC3339_BYTES];
    if (micros.is_set) {
        add(form, label, mneme_show_time_of(text, micros.value), false);
    }
}

void mneme_form_long(struct mneme_form *form, const char *label, struct mneme_opt_long value) {
    if (value.is_set) {
        mneme_form_printf(form, label, "%lld", (long long)value.value);
    }
}

void mneme_form_printf(struct mneme_form *form, const char *label, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (written > 0) {
        add(form, label, mneme_str_from(text), false);
    }
}

/* --- printing --- */

static void print_value(struct mneme_str text, int indent, int columns) {
    const int no_end = 1 << 30;
    int room = columns - indent >= MIN_VALUE_COLUMNS ? columns - indent : no_end;
    for (bool is_first = true; is_first || text.len > 0; is_first = false) {
        struct mneme_str line = text.len > 0 ? mneme_text_next_line(&text, room) : text;
        printf("%*s%.*s\n", is_first || line.len == 0 ? 0 : indent, "", MNEME_STR_ARG(line));
    }
}

enum mneme_exit mneme_form_end(struct mneme_form *form, const struct mneme_cli *cli) {
    int label_width = 0;
    for (const struct mneme_form_line *line = form->first; line != NULL; line = line->next) {
        int width = mneme_text_width(line->label);
        label_width = width > label_width ? width : label_width;
    }
    int columns = cli->stdout_is_terminal ? cli->terminal_columns : 0;
    for (const struct mneme_form_line *line = form->first; line != NULL; line = line->next) {
        int width = mneme_text_width(line->label);
        printf("%.*s%*s", MNEME_STR_ARG(line->label), label_width - width + GAP, "");
        print_value(line->text, label_width + GAP, columns);
    }
    enum mneme_exit code = MNEME_EXIT_DONE;
    if (form->failed) {
        struct mneme_error error = {0};
        mneme_error_set(&error, MNEME_E_NO_MEMORY,
                        "some lines were not shown: memory is exhausted; free some");
        code = mneme_cli_fail(cli, &error);
    }
    mneme_arena_clean_up(&form->arena);
    *form = (struct mneme_form){0};
    return code;
}
