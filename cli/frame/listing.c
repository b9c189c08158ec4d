/*
 * One way to show rows, for all commands that list.
 */
#include "cli/frame/listing.h"

#include <stdio.h>

#include "cli/frame/output.h"

void mneme_listing_begin(struct mneme_listing *listing, const struct mneme_cli *cli,
                         const struct mneme_listing_kind *kind, int64_t limit) {
    *listing = (struct mneme_listing){.cli = cli, .kind = kind, .limit = limit, .code = MNEME_EXIT_DONE};
    mneme_table_init(&listing->table, kind->headings);
}

bool mneme_listing_visit(const void *row, void *context) {
    struct mneme_listing *listing = context;
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
        mneme_table_print(&listing->table, stdout, cli->stdout_is_terminal ? cli->terminal_columns : 0);
    } else if (!cli->json && listing->kind->none != NULL) {
        fprintf(stderr, "mneme: %s\n", listing->kind->none);
    }
    if (!cli->json && listing->has_more) {
        fflush(stdout);
        fprintf(stderr, "mneme: there are more than these %lld; --limit shows more of them\n",
                (long long)listing->count);
    }
    clean_up(listing);
    return listing->code;
}

enum mneme_exit mneme_listing_fail(struct mneme_listing *listing, const struct mneme_error *error) {
    clean_up(listing);
    return mneme_cli_fail(listing->cli, error);
}
