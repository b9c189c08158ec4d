/*
 * mneme conversation list: the latest activity first.
 */
#include "cli/conversation/conversation.h"
#include "cli/frame/listing.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"
#include "queries/conversation.h"

static void add_conversation(struct mneme_table *table, const void *row) {
    const struct mneme_conversation_row *conversation = row;
    mneme_table_cell(table, conversation->conversation_id);
    mneme_table_cell(table,
                     conversation->user_id.data != NULL ? conversation->user_id : conversation->agent_id);
    mneme_table_cell_long(table, conversation->turn_count);
    mneme_table_cell(table, conversation->is_active ? MNEME_STR_LIT("active") : MNEME_STR_LIT("closed"));
    mneme_show_cell_time(table, conversation->last_activity_at);
    mneme_table_cell(table, conversation->title);
}

static void write_conversation(const void *row, struct mneme_json_writer *json) {
    mneme_conversation_row_json(row, json);
}

static int read_filter(struct mneme_conversation_filter *filter, const struct mneme_cli *cli,
                       struct mneme_arena *arena, struct mneme_error *error) {
    bool is_active = mneme_cli_flag(cli, "active");
    bool is_closed = mneme_cli_flag(cli, "closed");
    *filter = (struct mneme_conversation_filter){
        .tenant = mneme_session_tenant(cli),
        .user_id = mneme_cli_opt_str(cli, "user"),
        .agent_id = mneme_cli_opt_str(cli, "agent"),
        .all_scopes = mneme_cli_flag(cli, "all"),
        .is_active = {.value = is_active, .is_set = is_active != is_closed},
    };
    int status = mneme_cursor_read(&filter->cursor, mneme_cli_opt_str(cli, "cursor"), arena, error);
    return status == MNEME_OK
               ? mneme_session_page(&filter->limit, &filter->offset, cli, MNEME_QUERY_DEFAULT_LIMIT, error)
               : status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    static const char *const headings[] = {"CONVERSATION",  "SUBJECT", "TURNS", "STATE",
                                           "LAST ACTIVITY", "TITLE",   NULL};
    static const struct mneme_listing_kind kind = {headings, add_conversation, write_conversation,
                                                   "no conversation matches"};
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_conversation_filter filter;
    struct mneme_listing listing;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (read_filter(&filter, cli, &arena, &error) != MNEME_OK ||
        mneme_session_open_as_of(&postgres, &filter.as_of, cli, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        mneme_listing_begin(&listing, cli, &kind, filter.limit);
        filter.limit++;
        int status = mneme_conversation_list(postgres, &filter, mneme_listing_visit, &listing, NULL, &error);
        code = status == MNEME_OK ? mneme_listing_end(&listing) : mneme_listing_fail(&listing, &error);
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"user", 'u', "ID", -1, "Those of this user."},
    {"agent", 'a', "ID", -1, "Those of this agent."},
    {"active", 0, NULL, -1, "Those that go on."},
    {"closed", 0, NULL, -1, "Those that were closed."},
    {0},
};

const struct mneme_command mneme_command_conversation_list = {
    .name = "list",
    .summary = "List conversations, the latest activity first.",
    .arguments = "",
    .details = "100 rows unless --limit says otherwise, 10,000 at most.\n"
               "--json: one object per conversation whose keys are the columns of the table conversations,\n"
               "and \"cursor\": given to --cursor, the list goes on behind that conversation.",
    .examples = "  mneme conversation list --user ada\n"
                "  mneme conversation list --all --active --limit 10 --json\n"
                "  mneme conversation list --user ada --as-of 2026-01-31\n",
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_LIMIT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF | MNEME_CLI_TABLE,
    .scopes = MNEME_CLI_SCOPES("user", "agent"),
    .run = run,
};
