/*
 * The one way of all commands that ask by table: parameters from options, the statement, a table or JSON
 * lines.
 */
#include "cli/read.h"

#include <stdio.h>

#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"
#include "common/base/uuid.h"
#include "queries/compose.h"

#define LABEL_BYTES 64

/* One statement on its way; what visitors get as a row. */
struct reading {
    struct mneme_cli *cli;
    const struct mneme_read *read;
    struct mneme_listing listing;
    const struct mneme_answer_row *row;
    bool is_followed; /* another row of lines came before */
};

/* --- rows for people --- */

/* A value as text, in `out` unless it is text already; null when there is none. Times and JSON have forms of
 * their own. */
static struct mneme_str text_of(struct mneme_buffer *out, enum mneme_row_kind kind, const void *value) {
    const struct mneme_opt_long *number = value;
    const struct mneme_opt_double *fraction = value;
    const struct mneme_opt_bool *truth = value;
    const struct mneme_opt_uuid *id = value;
    const struct mneme_str_array *list = value;
    char id_text[MNEME_UUID_TEXT_BYTES];
    mneme_buffer_clear(out);
    if (kind == MNEME_ROW_OPT_LONG && number->is_set) {
        mneme_buffer_printf(out, "%lld", (long long)number->value);
    } else if (kind == MNEME_ROW_OPT_DOUBLE && fraction->is_set) {
        mneme_buffer_printf(out, "%.6g", fraction->value);
    } else if (kind == MNEME_ROW_OPT_BOOL && truth->is_set) {
        mneme_buffer_printf(out, "%s", truth->value ? "yes" : "no");
    } else if (kind == MNEME_ROW_OPT_UUID && id->is_set) {
        mneme_uuid_format(id->value, id_text);
        mneme_buffer_append(out, id_text, sizeof id_text);
    } else if (kind == MNEME_ROW_STR_ARRAY) {
        for (size_t i = 0; i < list->count; i++) {
            mneme_buffer_printf(out, "%s%.*s", i > 0 ? ", " : "", MNEME_STR_ARG(list->items[i]));
        }
    } else if (kind == MNEME_ROW_STR) {
        return *(const struct mneme_str *)value;
    }
    return mneme_buffer_str(out);
}

static void put_cell(struct mneme_table *table, struct mneme_buffer *buffer, enum mneme_row_kind kind,
                     const void *value) {
    const struct mneme_opt_long *time = value;
    if (kind == MNEME_ROW_OPT_TIME && time->is_set) {
        mneme_show_cell_time(table, time->value);
    } else if (kind == MNEME_ROW_JSON && ((const struct mneme_str *)value)->data != NULL) {
        mneme_show_cell_content(table, *(const struct mneme_str *)value);
    } else {
        mneme_table_cell(table, text_of(buffer, kind, value));
    }
}

static void add_cells(struct mneme_table *table, const void *row) {
    const struct reading *reading = row;
    const struct mneme_answer_row *answer = reading->row;
    struct mneme_buffer buffer = {0};
    for (const struct mneme_read_heading *heading = reading->read->headings; heading->heading != NULL;
         heading++) {
        for (size_t i = 0; i < answer->count; i++) {
            if (strcmp(answer->columns[i].name, heading->column) == 0) {
                put_cell(table, &buffer, answer->columns[i].kind, answer->cells + answer->columns[i].offset);
            }
        }
    }
    mneme_buffer_clean_up(&buffer);
}

static void write_row(const void *row, struct mneme_json_writer *json) {
    const struct mneme_answer_row *answer = ((const struct reading *)row)->row;
    mneme_json_begin_object(json);
    mneme_row_json(answer->cells, answer->columns, answer->count, json);
    mneme_json_end_object(json);
}

static void show_line(const char *label, struct mneme_buffer *buffer, enum mneme_row_kind kind,
                      const void *value) {
    if (kind == MNEME_ROW_OPT_TIME) {
        mneme_show_time(label, *(const struct mneme_opt_long *)value);
    } else if (kind == MNEME_ROW_JSON) {
        mneme_show_content(label, *(const struct mneme_str *)value);
    } else {
        mneme_show_str(label, text_of(buffer, kind, value));
    }
}

/* A line for each column that says something; rows are apart by an empty line. */
static void show_lines(struct reading *reading) {
    const struct mneme_answer_row *answer = reading->row;
    struct mneme_buffer buffer = {0};
    if (reading->is_followed) {
        putchar('\n');
    }
    reading->is_followed = true;
    for (size_t i = 0; i < answer->count; i++) {
        char label[LABEL_BYTES];
        snprintf(label, sizeof label, "%s", answer->columns[i].name);
        for (char *at = strchr(label, '_'); at != NULL; at = strchr(at, '_')) {
            *at = ' ';
        }
        show_line(label, &buffer, answer->columns[i].kind, answer->cells + answer->columns[i].offset);
    }
    mneme_buffer_clean_up(&buffer);
}

static bool visit(const void *row, void *context) {
    struct reading *reading = context;
    reading->row = row;
    if (reading->read->headings[0].heading == NULL && !reading->cli->json) {
        reading->listing.count++;
        show_lines(reading);
        return true;
    }
    return mneme_listing_visit(reading, &reading->listing);
}

/* --- asking --- */

static int add_input(struct mneme_pg_params *params, const struct mneme_read_input *input,
                     const struct mneme_cli *cli, struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_str_array list;
    struct mneme_opt_long time;
    struct mneme_uuid id;
    struct mneme_str text = input->kind >= MNEME_READ_ARGUMENT ? mneme_str_from(cli->arguments[0])
                                                               : mneme_cli_opt_str(cli, input->option);
    int status = MNEME_OK;
    if (input->kind == MNEME_READ_ARGUMENT && text.len == 0) {
        return mneme_error_set(error, MNEME_E_USAGE, "the %s was not taken: it is empty; name one",
                               input->option);
    }
    switch (input->kind) {
    case MNEME_READ_NOTHING:
        break;
    case MNEME_READ_BOOL:
        if (text.data != NULL && strcmp(text.data, "true") != 0 && strcmp(text.data, "false") != 0) {
            return mneme_error_set(error, MNEME_E_USAGE, "--%s was not taken: it is '%s'; give true or false",
                                   input->option, text.data);
        }
        mneme_pg_param_str(params, text);
        break;
    case MNEME_READ_TEXT:
    case MNEME_READ_ARGUMENT:
        mneme_pg_param_str(params, text);
        break;
    case MNEME_READ_LIST:
        status = mneme_cli_opt_list(&list, cli, input->option, arena, error);
        mneme_query_param_str_array(params, list);
        break;
    case MNEME_READ_TIME:
        status = mneme_cli_opt_time(&time, cli, input->option, error);
        mneme_query_param_opt_time(params, time);
        break;
    case MNEME_READ_UUID_ARGUMENT:
        status = mneme_cli_argument_uuid(&id, cli, 0, input->option, error);
        if (status == MNEME_OK) {
            mneme_pg_param_uuid(params, id);
        }
        break;
    }
    return status;
}

/* All parameters but those of a filter. *limit is 0 for what has no page. */
static int add_params(struct mneme_pg_params *params, int64_t *limit, const struct mneme_read *read,
                      const struct mneme_cli *cli, const struct mneme_as_of *as_of, struct mneme_arena *arena,
                      struct mneme_error *error) {
    int64_t offset;
    int status = MNEME_OK;
    *limit = 0;
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, mneme_session_tenant(cli));
    mneme_query_param_as_of(params, as_of);
    for (const struct mneme_read_input *input = read->inputs;
         input->kind != MNEME_READ_NOTHING && status == MNEME_OK; input++) {
        status = add_input(params, input, cli, arena, error);
    }
    if (status != MNEME_OK || read->page == 0) {
        return status;
    }
    status = mneme_session_page(limit, &offset, cli, read->page, error);
    mneme_pg_param_long(params, *limit + 1);
    mneme_pg_param_long(params, offset);
    return status;
}

static enum mneme_exit ask(struct reading *reading, struct mneme_postgres *postgres, int64_t limit,
                           const struct mneme_as_of *as_of, const struct mneme_filter_node *filter,
                           struct mneme_pg_params *params) {
    const struct mneme_read *read = reading->read;
    const char *headings[MNEME_READ_MAX_HEADINGS + 1] = {NULL};
    for (size_t i = 0; read->headings[i].heading != NULL; i++) {
        headings[i] = read->headings[i].heading;
    }
    bool is_table = headings[0] != NULL;
    struct mneme_listing_kind kind = {headings, add_cells, write_row,
                                      read->not_found == NULL ? read->none : NULL};
    struct mneme_question question = {read->what, read->sql, NULL, 0, 0};
    struct mneme_error error = {0};
    mneme_listing_begin(&reading->listing, reading->cli, &kind, limit);
    int status = mneme_query_run_composed(postgres, &question,
                                          &(struct mneme_composed){question.sql, as_of, filter, NULL, 0},
                                          params, visit, reading, NULL, &error);
    if (status == MNEME_OK && reading->listing.count == 0 && read->not_found != NULL) {
        status =
            mneme_error_set(&error, MNEME_E_NOT_FOUND,
                            "%s: the tables of tenant %.*s do not have it, or not yet; see mneme status, or "
                            "name the position of its event with --at-least",
                            read->not_found, MNEME_STR_ARG(mneme_session_tenant(reading->cli)));
    }
    if (status != MNEME_OK) {
        return mneme_listing_fail(&reading->listing, &error);
    }
    if (!is_table) {
        reading->listing.count = 0; /* its lines are printed; nothing is left to tell */
        kind.none = NULL;
    }
    return mneme_listing_end(&reading->listing);
}

enum mneme_exit mneme_read_run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_pg_params params = {0};
    struct mneme_as_of as_of = {0};
    const struct mneme_filter_node *filter = NULL;
    struct mneme_arena arena;
    int64_t limit;
    enum mneme_exit code = MNEME_EXIT_DONE;
    mneme_arena_init(&arena, 0);
    /* Wrong options are told before a service is asked for anything. */
    int status = mneme_filter_parse(&filter, mneme_cli_opt_str(cli, "filter"), &arena, &error);
    for (const struct mneme_read *read = cli->command->reads; read->sql != NULL && status == MNEME_OK;
         read++) {
        status = add_params(&params, &limit, read, cli, &as_of, &arena, &error);
    }
    if (status == MNEME_OK) {
        status = mneme_session_open_as_of(&postgres, &as_of, cli, &error);
    }
    if (status != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    }
    for (const struct mneme_read *read = cli->command->reads; read->sql != NULL && code == MNEME_EXIT_DONE;
         read++) {
        struct reading reading = {.cli = cli, .read = read};
        if (!cli->json && read != cli->command->reads) {
            putchar('\n');
        }
        status = add_params(&params, &limit, read, cli, &as_of, &arena, &error);
        code = status == MNEME_OK ? ask(&reading, postgres, limit, &as_of, filter, &params)
                                  : mneme_cli_fail(cli, &error);
    }
    mneme_pg_close(postgres);
    mneme_pg_params_clean_up(&params);
    mneme_arena_clean_up(&arena);
    return code;
}
