/*
 * mneme dead-letters list: the events that cannot be applied, over all projections.
 */
#include "cli/dead_letters/dead_letters.h"
#include "cli/frame/listing.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"

struct asking {
    struct mneme_dead_letter_filter filter;
    struct mneme_buffer key;
    struct mneme_listing listing;
};

static void add_cells(struct mneme_table *table, const void *row) {
    const struct mneme_dead_letter_row *letter = row;
    mneme_table_cell(table, letter->projection);
    mneme_show_cell_position(table,
                             (struct mneme_position){(int32_t)letter->partition, letter->kafka_offset});
    mneme_show_cell_time(table, letter->parked_at);
    mneme_table_cell_long(table, letter->behind);
    mneme_table_cell(table, letter->key);
    mneme_table_cell(table, letter->reason);
}

static void add_dropped_cells(struct mneme_table *table, const void *row) {
    const struct mneme_dead_letter_row *letter = row;
    mneme_table_cell(table, letter->projection);
    mneme_show_cell_position(table,
                             (struct mneme_position){(int32_t)letter->partition, letter->kafka_offset});
    mneme_show_cell_time(table, letter->dropped_at.value);
    mneme_table_cell(table, letter->key);
    mneme_table_cell(table, letter->note);
    mneme_table_cell(table, letter->reason);
}

static void write_json(const void *row, struct mneme_json_writer *json) {
    mneme_json_begin_object(json);
    mneme_dead_letter_json(row, json);
    mneme_json_end_object(json);
}

static int ask(struct mneme_postgres *postgres, void *context, struct mneme_error *error) {
    struct asking *asking = context;
    return mneme_dead_letters(postgres, &asking->filter, mneme_listing_visit, &asking->listing, error);
}

static int read_filter(struct asking *asking, const struct mneme_cli *cli, struct mneme_error *error) {
    struct mneme_dead_letter_filter *filter = &asking->filter;
    struct mneme_str user = mneme_cli_opt_str(cli, "user");
    filter->key = mneme_cli_opt_str(cli, "key");
    filter->is_all = mneme_cli_flag(cli, "all");
    if (user.data != NULL && filter->key.data != NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "parked events were not listed: --user and --key both name a key; give one");
    }
    if (user.data != NULL) {
        mneme_buffer_append_str(&asking->key, mneme_session_tenant(cli));
        mneme_buffer_append_byte(&asking->key, '/');
        mneme_buffer_append_str(&asking->key, user);
        filter->key = mneme_buffer_str(&asking->key);
    }
    if (asking->key.failed) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "parked events were not listed: out of memory");
    }
    int status = mneme_dead_letters_projection(&filter->projection, cli, error);
    return status == MNEME_OK ? mneme_cli_long(&filter->limit, cli, "limit", MNEME_QUERY_DEFAULT_LIMIT, 1,
                                               INT64_MAX - 1, error)
                              : status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    static const char *const headings[] = {"PARKED BY", "POSITION", "SINCE", "BEHIND", "KEY", "REASON", NULL};
    static const char *const dropped_headings[] = {"DROPPED IN", "POSITION", "SINCE", "KEY",
                                                   "NOTE",       "REASON",   NULL};
    static const struct mneme_listing_kind parked = {headings, add_cells, write_json, "nothing is parked"};
    static const struct mneme_listing_kind dropped = {dropped_headings, add_dropped_cells, write_json,
                                                      "nothing was dropped"};
    bool is_of_dropped = mneme_cli_flag(cli, "dropped");
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct asking asking = {.filter = {.limit = 0}};
    enum mneme_exit code;
    if (read_filter(&asking, cli, &error) != MNEME_OK ||
        mneme_query_connect(&postgres, cli->config, "mneme-dead-letters", &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        mneme_listing_begin(&asking.listing, cli, is_of_dropped ? &dropped : &parked, asking.filter.limit);
        asking.filter.limit++; /* one more is only noticed */
        int status = is_of_dropped
                         ? mneme_dead_letters_dropped(postgres, &asking.filter, mneme_listing_visit,
                                                      &asking.listing, &error)
                         : mneme_dead_letters_each_schema(postgres, cli->config, ask, &asking, &error);
        code = status == MNEME_OK ? mneme_listing_end(&asking.listing)
                                  : mneme_listing_fail(&asking.listing, &error);
    }
    mneme_buffer_clean_up(&asking.key);
    mneme_pg_close(postgres);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"projection", 'p', "PROJECTION", -1, "What this projection has parked."},
    {"key", 'k', "KEY", -1, "Of this key, which is TENANT/STREAM."},
    {"user", 'u', "ID", -1, "Of this user's stream in the tenant."},
    {"all", 'a', NULL, -1, "Also the events that only wait behind another one of their key."},
    {"dropped", 0, NULL, -1, "The events that were dropped, instead of those that are parked."},
    {"limit", 'n', "N", -1, "Maximum number of events (default 100)."},
    {0},
};

const struct mneme_command mneme_command_dead_letters_list = {
    .name = "list",
    .summary = "List the events that cannot be applied.",
    .arguments = "",
    .details =
        "Of all tenants unless --user or --key names one. BEHIND is how many later events of the same key\n"
        "wait behind the event: they are acknowledged and in the log, but not in the tables. An event\n"
        "that is parked by several projections has a line for each.\n"
        "--json: {\"position\",\"projection\",\"topic\",\"partition\",\"kafka_offset\",\"key\",\"reason\",\n"
        "\"behind\",\"waits_for\",\"recorded_at\",\"parked_at\"}; waits_for is the offset of the event that "
        "this\n"
        "one waits behind (--all), or null. With --dropped also \"note\" and \"dropped_at\".",
    .examples = "  mneme dead-letters list\n"
                "  mneme dead-letters list --projection postgres --user ada --all\n"
                "  mneme dead-letters list --dropped\n"
                "  mneme dead-letters list --json | jq -r .position\n",
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_TABLE,
    .run = run,
};
