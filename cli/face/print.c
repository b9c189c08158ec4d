/*
 * Prints rows for people or programs. JSON lines, labelled lines and live rows are printed as they come; a
 * table when all its rows are there.
 */
#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/face/face.h"
#include "cli/face/values.h"
#include "cli/frame/form.h"
#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"
#include "common/base/choice.h"
#include "common/base/printable.h"
#include "common/base/uuid.h"
#include "queries/question.h"

#define LABEL_BYTES 64
#define MAX_HEADINGS 16
#define MAX_KNOWN 64      /* columns of a row */
#define MAX_STALE_SHOWN 3 /* keys, on stderr */

struct mneme_face_printer {
    const struct mneme_cli *cli;
    const struct mneme_operation *operation;
    int64_t limit; /* 0: no limit */

    struct mneme_table table;
    bool has_table;
    const char *headings[MAX_HEADINGS + 1];
    const struct mneme_op_column *columns;           /* of the table */
    struct mneme_op_column chosen[MAX_HEADINGS + 1]; /* by --columns */
    char chosen_headings[MAX_HEADINGS][LABEL_BYTES];
    char chosen_names[MAX_HEADINGS][LABEL_BYTES];
    const char *nothing; /* printed when the table stays empty; may be NULL */
    int64_t rows;        /* of the table, or of all lines */
    int64_t total;
    bool is_followed; /* something was printed before */
    bool wants_gap;   /* an empty line must come before the next output */

    struct mneme_buffer line, cell;
    struct mneme_json_writer stale; /* into cli->stale */
    int64_t stale_count;
    enum mneme_exit code;
};

/* --- tables --- */

/* The value that the column shows: its own, or if that is null, that of its stand-in. False when both are
 * null. */
static bool find_value(const struct mneme_op_row *row, const struct mneme_op_column *column,
                       const char **name, enum mneme_row_kind *kind, const void **value) {
    *name = column->name;
    bool is_there = mneme_op_row_cell(row, *name, kind, value) && !mneme_face_is_null(*kind, *value);
    if (!is_there && column->otherwise != NULL) {
        *name = column->otherwise;
        is_there = mneme_op_row_cell(row, *name, kind, value) && !mneme_face_is_null(*kind, *value);
    }
    return is_there;
}

static void put_cell(struct mneme_face_printer *printer, const struct mneme_op_row *row,
                     const struct mneme_op_column *column) {
    enum mneme_row_kind kind;
    const void *value;
    const char *name;
    struct mneme_uuid id;
    if (!find_value(row, column, &name, &kind, &value)) {
        mneme_table_cell(&printer->table, MNEME_STR_NULL);
    } else if (mneme_face_is_time(kind)) {
        mneme_show_cell_time(&printer->table, *(const int64_t *)value);
    } else if (kind == MNEME_ROW_JSON) {
        mneme_show_cell_content(&printer->table, *(const struct mneme_str *)value);
    } else {
        struct mneme_str text = mneme_face_text(&printer->cell, kind, value);
        /* Rows of mixed kinds have their id as text. */
        bool is_id = kind == MNEME_ROW_STR && strcmp(name, "id") == 0 && mneme_uuid_parse(&id, text);
        mneme_table_cell_of(&printer->table, is_id ? MNEME_TABLE_ID : mneme_face_cell_kind(kind), text);
    }
}

/* Sets the columns that --columns names, by their headings or by their names in the rows. MNEME_E_USAGE. */
static int choose_columns(struct mneme_face_printer *printer, const struct mneme_op_row *row,
                          const struct mneme_op_column *columns, struct mneme_str names,
                          struct mneme_error *error) {
    const char *known[MAX_KNOWN + 1] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < row->column_count && i < MAX_KNOWN; i++) {
        known[i] = row->columns[i].name;
    }
    while (names.len > 0) {
        struct mneme_str name = mneme_cli_next_item(&names);
        size_t len = name.len < LABEL_BYTES ? name.len : LABEL_BYTES - 1;
        if (count == MAX_HEADINGS) {
            return mneme_error_set(error, MNEME_E_USAGE,
                                   "--columns was not taken: it names more than %d columns; leave some out",
                                   MAX_HEADINGS);
        }
        char *heading = printer->chosen_headings[count];
        char *lower = printer->chosen_names[count];
        for (size_t i = 0; i < len; i++) {
            heading[i] = (char)toupper((unsigned char)name.data[i]);
            lower[i] = (char)tolower((unsigned char)name.data[i]);
        }
        heading[len] = lower[len] = '\0';
        struct mneme_op_column *chosen = &printer->chosen[count++];
        *chosen = (struct mneme_op_column){.heading = heading};
        for (size_t i = 0; columns[i].name != NULL && chosen->name == NULL; i++) {
            if (columns[i].heading != NULL && strcmp(columns[i].heading, heading) == 0) {
                chosen->name = columns[i].name;
                chosen->otherwise = columns[i].otherwise;
            }
        }
        if (chosen->name != NULL) {
            continue;
        }
        chosen->name = lower;
        int status = mneme_choice_check(mneme_str_from(lower), known, "--columns", "column", error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    printer->chosen[count] = (struct mneme_op_column){0};
    return count > 0 ? MNEME_OK
                     : mneme_error_set(error, MNEME_E_USAGE,
                                       "--columns was not taken: it is empty; name one, or leave it out");
}

static void begin_table(struct mneme_face_printer *printer, const struct mneme_op_row *row) {
    const struct mneme_op_column *columns = row->shown != NULL ? row->shown : printer->operation->columns;
    struct mneme_str names = mneme_str_from(mneme_cli_value(printer->cli, "columns"));
    struct mneme_error error = {0};
    size_t count = 0;
    if (names.data != NULL && choose_columns(printer, row, columns, names, &error) == MNEME_OK) {
        columns = printer->chosen;
    } else if (names.data != NULL) {
        printer->code = mneme_cli_fail(printer->cli, &error);
    }
    for (size_t i = 0; columns[i].name != NULL && count < MAX_HEADINGS; i++) {
        if (columns[i].heading != NULL) {
            printer->headings[count++] = columns[i].heading;
        }
    }
    printer->headings[count] = NULL;
    printer->columns = columns;
    mneme_table_init(&printer->table, printer->headings);
    printer->has_table = true;
}

static void put_gap(struct mneme_face_printer *printer) {
    if (printer->wants_gap) {
        putchar('\n');
    }
    printer->wants_gap = false;
}

static void print_nothing(const struct mneme_face_printer *printer) {
    if (printer->nothing != NULL && printer->nothing[0] != '\0') {
        mneme_cli_say("%s", printer->nothing);
    }
}

static void end_table(struct mneme_face_printer *printer) {
    const struct mneme_cli *cli = printer->cli;
    if (printer->has_table && printer->rows > 0) {
        put_gap(printer);
        printer->code =
            printer->code == MNEME_EXIT_DONE ? mneme_listing_print(cli, &printer->table) : printer->code;
    } else if (!cli->json && printer->rows == 0) {
        print_nothing(printer);
    }
    if (printer->has_table) {
        mneme_table_clean_up(&printer->table);
    }
    printer->has_table = false;
    printer->rows = 0;
}

static void add_table_row(struct mneme_face_printer *printer, const struct mneme_op_row *row) {
    if (!printer->has_table) {
        begin_table(printer, row);
    }
    for (const struct mneme_op_column *column = printer->columns; column->name != NULL; column++) {
        if (column->heading != NULL) {
            put_cell(printer, row, column);
        }
    }
}

/* A row of a table that never ends: one line, with values at their full width. */
static void print_live_row(struct mneme_face_printer *printer, const struct mneme_op_row *row) {
    if (!printer->has_table) {
        begin_table(printer, row);
    }
    for (const struct mneme_op_column *column = printer->columns; column->name != NULL; column++) {
        enum mneme_row_kind kind;
        const void *value;
        const char *name;
        char time[MNEME_RFC3339_BYTES];
        if (column->heading == NULL || !find_value(row, column, &name, &kind, &value)) {
            continue;
        }
        mneme_buffer_printf(&printer->line, "%s", printer->line.len > 0 ? "  " : "");
        mneme_printable(&printer->line,
                        mneme_face_is_time(kind) ? mneme_show_time_of(time, *(const int64_t *)value)
                                                 : mneme_face_text(&printer->cell, kind, value),
                        false);
    }
    printer->rows = 0; /* end_table has nothing to print */
    if (printer->code == MNEME_EXIT_DONE) {
        printer->code = mneme_cli_put_line(&printer->line);
    }
}

/* --- labelled lines --- */

static const char *label_of(char text[LABEL_BYTES], const struct mneme_op_column *columns, const char *name) {
    for (const struct mneme_op_column *column = columns; column != NULL && column->name != NULL; column++) {
        if (strcmp(column->name, name) == 0 && column->label != NULL) {
            return column->label;
        }
    }
    snprintf(text, LABEL_BYTES, "%s", name);
    for (char *at = strchr(text, '_'); at != NULL; at = strchr(at, '_')) {
        *at = ' ';
    }
    return text;
}

/* Whether tables show the column; if so, it is shown even when false. */
static bool is_listed(const struct mneme_op_column *column, const char *name) {
    while (column != NULL && column->name != NULL && strcmp(column->name, name) != 0) {
        column++;
    }
    return column != NULL && column->name != NULL && column->heading != NULL;
}

/* Prints the columns with objects, after the others. */
static void print_parts(struct mneme_face_printer *printer, const struct mneme_op_row *row) {
    for (size_t i = 0; i < row->column_count; i++) {
        const struct mneme_op_part *part = mneme_face_part(printer->operation, row->columns[i].name);
        const void *value = (const char *)row->cells + row->columns[i].offset;
        if (part != NULL && !mneme_face_is_null(row->columns[i].kind, value)) {
            char text[LABEL_BYTES];
            mneme_face_print_part(part, label_of(text, printer->operation->columns, row->columns[i].name),
                                  *(const struct mneme_str *)value);
        }
    }
}

static void print_details(struct mneme_face_printer *printer, const struct mneme_op_row *row) {
    const struct mneme_op_column *columns = row->shown != NULL ? row->shown : printer->operation->columns;
    end_table(printer);
    printer->rows = 1;
    printer->wants_gap = printer->is_followed;
    put_gap(printer);
    printer->is_followed = true;
    struct mneme_form form;
    mneme_form_begin(&form);
    for (size_t i = 0; i < row->column_count; i++) {
        enum mneme_row_kind kind = row->columns[i].kind;
        const void *value = (const char *)row->cells + row->columns[i].offset;
        char text[LABEL_BYTES];
        const char *label = label_of(text, columns, row->columns[i].name);
        bool is_false =
            kind == MNEME_ROW_BOOL && !*(const bool *)value && !is_listed(columns, row->columns[i].name);
        if (is_false || mneme_face_is_null(kind, value) || label[0] == '\0' ||
            mneme_face_part(printer->operation, row->columns[i].name) != NULL) {
            continue;
        }
        if (mneme_face_is_time(kind)) {
            mneme_form_time(&form, label, (struct mneme_opt_long){*(const int64_t *)value, true});
        } else if (kind == MNEME_ROW_JSON) {
            mneme_form_content(&form, label, *(const struct mneme_str *)value);
        } else {
            mneme_form_str(&form, label, mneme_face_text(&printer->cell, kind, value));
        }
    }
    printer->code = mneme_form_end(&form, printer->cli);
    print_parts(printer, row);
    printf("%.*s", MNEME_STR_ARG(row->below));
}

/* --- receipts --- */

#define RECEIPT_WIDTH 10

static void print_receipt(struct mneme_face_printer *printer, const struct mneme_op_row *row) {
    int width = RECEIPT_WIDTH;
    for (size_t i = 0; i < row->column_count; i++) {
        int wanted = (int)strlen(row->columns[i].name);
        width = wanted > width && i == 0 ? wanted : width;
    }
    for (size_t i = 0; i < row->column_count; i++) {
        const char *name = row->columns[i].name;
        const void *value = (const char *)row->cells + row->columns[i].offset;
        bool is_version = strcmp(name, "version") == 0 || strcmp(name, "actual_version") == 0;
        if (mneme_face_is_null(row->columns[i].kind, value)) {
            continue;
        }
        struct mneme_str text = mneme_face_text(&printer->cell, row->columns[i].kind, value);
        if (is_version) {
            printf(", the %sversion is %.*s", name[0] == 'a' ? "actual " : "", MNEME_STR_ARG(text));
        } else {
            printf("%s%-*s %.*s", i > 0 ? "\n" : "", width, name, MNEME_STR_ARG(text));
        }
    }
    putchar('\n');
}

/* --- the sink --- */

/* Escapes the sentence, which may quote stored text. */
static void print_sentence(struct mneme_face_printer *printer, struct mneme_str sentence) {
    put_gap(printer);
    mneme_printable(&printer->line, sentence, true);
    enum mneme_exit code = mneme_cli_put_line(&printer->line);
    printer->code = printer->code == MNEME_EXIT_DONE ? code : printer->code;
}

/* Stale keys become a member of the summary, not a line after it. */
static void put_stale(struct mneme_face_printer *printer, struct mneme_json_writer *json) {
    if (printer->stale_count == 0) {
        return;
    }
    mneme_json_end_array(&printer->stale);
    mneme_json_key(json, MNEME_STR_LIT("stale"));
    mneme_json_raw(json, mneme_buffer_str(printer->cli->stale));
    mneme_buffer_clear(printer->cli->stale);
    printer->stale_count = 0;
}

static bool on_row(const struct mneme_op_row *row, void *context) {
    struct mneme_face_printer *printer = context;
    enum mneme_op_form form = printer->operation->form;
    printer->rows += !row->is_summary;
    printer->total += !row->is_summary;
    if (printer->cli->json) {
        struct mneme_json_writer json = {.out = &printer->line};
        mneme_json_begin_object(&json);
        mneme_op_row_json(row, &json);
        if (row->is_summary) {
            put_stale(printer, &json);
        }
        mneme_json_end_object(&json);
        printer->code = mneme_cli_put_line(&printer->line);
    } else if (row->is_summary && row->sentence.len == 0) {
        return true;
    } else if (row->sentence.data != NULL) {
        printer->rows -= !row->is_summary; /* counts rows of the table before the summary */
        printer->nothing = row->is_summary ? printer->nothing : NULL;
        end_table(printer);
        print_sentence(printer, row->sentence);
        printer->nothing = NULL;
    } else if (form == MNEME_OP_TABLE && row->is_live) {
        print_live_row(printer, row);
    } else if (form == MNEME_OP_TABLE || (form == MNEME_OP_DETAILS_AND_TABLES && row->shown != NULL)) {
        add_table_row(printer, row);
    } else if (form == MNEME_OP_DETAILS || form == MNEME_OP_DETAILS_AND_TABLES) {
        print_details(printer, row);
    } else {
        print_receipt(printer, row);
    }
    if (row->is_live) {
        fflush(stdout);
    }
    return printer->code == MNEME_EXIT_DONE && !mneme_cli_output_is_lost();
}

/* Notices without a write that the reader of the output has gone. */
static bool is_open(void *context) {
    struct pollfd output = {.fd = STDOUT_FILENO};
    (void)context;
    return !mneme_cli_output_is_lost() &&
           !(poll(&output, 1, 0) > 0 && (output.revents & (POLLERR | POLLHUP)) != 0);
}

/* Lines on stderr, or with --json an object after the answer. */
static void add_stale(struct mneme_face_printer *printer, const struct mneme_op_note *note) {
    if (printer->stale_count == 0) {
        mneme_buffer_clear(printer->cli->stale);
        printer->stale = (struct mneme_json_writer){.out = printer->cli->stale};
        mneme_json_begin_array(&printer->stale);
    }
    mneme_stale_row_json(note->stale, &printer->stale);
    if (printer->stale_count++ < MAX_STALE_SHOWN && !printer->cli->json) {
        mneme_cli_say_note(printer->cli, note);
    }
}

static void end_stale(struct mneme_face_printer *printer) {
    if (printer->stale_count > 0) {
        mneme_json_end_array(&printer->stale);
    }
    if (printer->stale_count > MAX_STALE_SHOWN && !printer->cli->json) {
        fprintf(stderr, "mneme: stale: %lld other keys, too; run `mneme dead-letters list`\n",
                (long long)(printer->stale_count - MAX_STALE_SHOWN));
    }
}

static void on_note(const struct mneme_op_note *note, void *context) {
    struct mneme_face_printer *printer = context;
    switch (note->kind) {
    case MNEME_OP_NOTE_IN_ROW:
        if (!printer->cli->json) {
            mneme_cli_say_note(printer->cli, note);
        }
        break;
    case MNEME_OP_NOTE_WARNING:
    case MNEME_OP_NOTE_MISSING:
        mneme_cli_say_note(printer->cli, note);
        break;
    case MNEME_OP_NOTE_STALE:
        add_stale(printer, note);
        break;
    case MNEME_OP_NOTE_TABLE:
        if (!printer->cli->json && printer->is_followed) {
            end_table(printer);
            printer->wants_gap = true;
        }
        printer->is_followed = true;
        printer->nothing = note->text.data;
        break;
    }
}

struct mneme_face_printer *mneme_face_printer_new(const struct mneme_cli *cli,
                                                  const struct mneme_operation *operation, int64_t limit) {
    struct mneme_face_printer *printer = calloc(1, sizeof *printer);
    if (printer != NULL) {
        *printer = (struct mneme_face_printer){.cli = cli,
                                               .operation = operation,
                                               .limit = limit,
                                               .nothing = operation->nothing,
                                               .code = MNEME_EXIT_DONE};
    }
    return printer;
}

struct mneme_op_sink mneme_face_printer_sink(struct mneme_face_printer *printer) {
    return (struct mneme_op_sink){
        .on_row = on_row, .on_note = on_note, .is_open = is_open, .context = printer};
}

static void drop(struct mneme_face_printer *printer) {
    if (printer->has_table) {
        mneme_table_clean_up(&printer->table);
    }
    mneme_buffer_clean_up(&printer->line);
    mneme_buffer_clean_up(&printer->cell);
    free(printer);
}

enum mneme_exit mneme_face_printer_end(struct mneme_face_printer *printer, bool is_whole, bool has_more) {
    /* A table below the details of one thing is complete, even when the next thing failed. */
    is_whole = is_whole || printer->operation->form == MNEME_OP_DETAILS_AND_TABLES;
    if (!printer->cli->json && is_whole) {
        end_table(printer);
    }
    end_stale(printer);
    if (!printer->cli->json && has_more && printer->operation->more != NULL) {
        mneme_cli_say("%s", printer->operation->more);
    } else if (!printer->cli->json && has_more) {
        fflush(stdout);
        fprintf(stderr, "mneme: there are more than these %lld; raise --limit to see more\n",
                (long long)printer->total);
    }
    enum mneme_exit code = printer->code;
    drop(printer);
    return code;
}
