/*
 * Shows rows the same way for all commands that list.
 */
#include "cli/frame/listing.h"

#include <stdio.h>

#include "cli/frame/output.h"
#include "common/base/clock.h"

/* MNEME_EXIT_DONE unless --columns names a column that does not exist. JSON lines have all columns. */
static enum mneme_exit check_columns(const struct mneme_cli *cli, const char *const *headings) {
    struct mneme_error error = {0};
    const char *chosen = mneme_cli_value(cli, "columns");
    return cli->json || chosen == NULL || mneme_table_check_columns(headings, chosen, &error) == MNEME_OK
               ? MNEME_EXIT_DONE
               : mneme_cli_fail(cli, &error);
}

enum mneme_exit mneme_listing_print(const struct mneme_cli *cli, const struct mneme_table *table) {
    struct mneme_error error = {0};
    struct mneme_table_view view = {.columns = cli->stdout_is_terminal ? cli->terminal_columns : 0,
                                    .is_wide = mneme_cli_flag(cli, "wide"),
                                    .chosen = mneme_cli_value(cli, "columns"),
                                    .now_micros = mneme_clock_now_micros()};
    enum mneme_exit code = check_columns(cli, table->headings);
    if (code == MNEME_EXIT_DONE && mneme_table_print(table, stdout, &view, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    }
    return code;
}

void mneme_listing_begin(struct mneme_listing *listing, const struct mneme_cli *cli,
                         const struct mneme_listing_kind *kind, int64_t limit) {
    *listing = (struct mneme_listing){.cli = cli, .kind = kind, .limit = limit, .code = MNEME_EXIT_DONE};
    mneme_table_init(&listing->table, kind->headings);
    listing->code = check_columns(cli, kind->headings);
}

bool mneme_listing_visit(const void *row, void *context) {
    struct mneme_listing *listing = context;
    if (listing->code != MNEME_EXIT_DONE) {
        return false;
    }
    if (listing->limit > 0 && listing->count == listing->limit) {
        listing->has_more = true;
        return false;
    }
    listing->count++;
    if (listing->cli->json) {
        struct mneme_json_writer json = {.out = &listing->line};
        listing->kind->write_json(row, &json);
        listing->code = mneme_cli_put_line(&listing->line);
    } else {
        listing->kind->add_cells(&listing->table, row);
    }
    return listing->code == MNEME_EXIT_DONE && !mneme_cli_output_is_lost();
}

static void clean_up(struct mneme_listing *listing) {
    mneme_table_clean_up(&listing->table);
    mneme_buffer_clean_up(&listing->line);
}

enum mneme_exit mneme_listing_end(struct mneme_listing *listing) {
    const struct mneme_cli *cli = listing->cli;
    if (!cli->json && listing->count > 0) {
        listing->code = mneme_listing_print(cli, &listing->table);
    } else if (!cli->json && listing->code == MNEME_EXIT_DONE && listing->kind->none != NULL) {
        fprintf(stderr, "mneme: %s\n", listing->kind->none);
    }
    if (!cli->json && listing->has_more) {
        fflush(stdout);
        fprintf(stderr, "mneme: there are more than these %lld; raise --limit to see more\n",
                (long long)listing->count);
    }
    clean_up(listing);
    return listing->code;
}

enum mneme_exit mneme_listing_fail(struct mneme_listing *listing, const struct mneme_error *error) {
    clean_up(listing);
    return mneme_cli_fail(listing->cli, error);
}
