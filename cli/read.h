/*
 * Commands that ask one thing and show the rows: each is a table entry with its statement, where the
 * statement's parameters come from, and which columns a person sees. JSON keys are the names of the
 * statement's columns.
 */
#ifndef MNEME_CLI_READ_H
#define MNEME_CLI_READ_H

#include "cli/frame/command.h"

/* Where a parameter comes from; a value that was not given is NULL. */
enum mneme_read_input_kind {
    MNEME_READ_NOTHING,       /* ends the list */
    MNEME_READ_TEXT,          /* an option */
    MNEME_READ_LIST,          /* "a,b" */
    MNEME_READ_TIME,          /* by common/base/moment.h */
    MNEME_READ_BOOL,          /* true or false */
    MNEME_READ_ARGUMENT,      /* the positional argument, named `option` in sentences */
    MNEME_READ_UUID_ARGUMENT, /* the same, a UUID */
};

struct mneme_read_input {
    enum mneme_read_input_kind kind;
    const char *option;
};

struct mneme_read_heading {
    const char *heading; /* NULL ends the list */
    const char *column;
};

#define MNEME_READ_MAX_INPUTS 12
#define MNEME_READ_MAX_HEADINGS 10

/* One statement. Its parameters: $1 the tenant, $2 to $4 the moment (mneme_query_param_as_of), from $5 on the
 * inputs, then limit and offset if it has a page, then what a filter needs. */
struct mneme_read {
    const char *what; /* for errors, such as "decisions were not listed" */
    const char *sql;
    struct mneme_read_input inputs[MNEME_READ_MAX_INPUTS + 1];
    struct mneme_read_heading headings[MNEME_READ_MAX_HEADINGS + 1]; /* none: a line for each column */
    const char *none;      /* said on stderr when there is no row; NULL: nothing */
    const char *not_found; /* no row is an error (exit code 5): "there is no …"; NULL: it is not */
    int64_t page;          /* rows when --limit does not say it; 0: no page */
};

/* Runs cli->command->reads one after the other. */
enum mneme_exit mneme_read_run(struct mneme_cli *cli);

/* Rows for a table of options. */
#define MNEME_READ_PAGE_OPTIONS                                                                              \
    {"limit", 'n', "N", -1, "Maximum number of rows (default 100)."}, {                                      \
        "offset", 0, "N", -1, "Skip so many rows first."                                                     \
    }
#define MNEME_READ_TIME_OPTIONS                                                                              \
    {"since", 0, "TIME", -1, "From this time on."}, {                                                        \
        "until", 0, "TIME", -1, "Before this time."                                                          \
    }

#endif
