/*
 * Prints rows on stdout: JSON lines as they come, or a table when all are there.
 */
#ifndef MNEME_CLI_LISTING_H
#define MNEME_CLI_LISTING_H

#include "cli/frame/command.h"
#include "cli/frame/table.h"
#include "common/json/write.h"

/* How a kind of row is shown. */
struct mneme_listing_kind {
    const char *const *headings;
    void (*add_cells)(struct mneme_table *table, const void *row);
    void (*write_json)(const void *row, struct mneme_json_writer *json);
    const char *none; /* printed on stderr when there are no rows, such as "no memory matches" */
};

struct mneme_listing {
    const struct mneme_cli *cli;
    const struct mneme_listing_kind *kind;
    struct mneme_table table;
    struct mneme_buffer line;
    int64_t limit; /* rows to show; further rows are not shown, only noticed */
    int64_t count;
    bool has_more;
    enum mneme_exit code;
};

/* Prints a table on stdout, fitted to the terminal, or as --wide and --columns say. */
enum mneme_exit mneme_listing_print(const struct mneme_cli *cli, const struct mneme_table *table);

/* `limit` 0 means all. A wrong name in --columns is reported at once; then nothing is shown, and
 * mneme_listing_end returns the exit code. */
void mneme_listing_begin(struct mneme_listing *listing, const struct mneme_cli *cli,
                         const struct mneme_listing_kind *kind, int64_t limit);

/* A mneme_row_visitor; the context is the listing. Ask for limit + 1 rows, so that it knows whether there are
 * more. */
bool mneme_listing_visit(const void *row, void *context);

/* Prints what is left and cleans up. Without --json, says so when there were no rows. */
enum mneme_exit mneme_listing_end(struct mneme_listing *listing);

/* Cleans up and reports the error instead of printing what is left. */
enum mneme_exit mneme_listing_fail(struct mneme_listing *listing, const struct mneme_error *error);

#endif
