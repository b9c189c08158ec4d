/*
 * mneme memory list: memories of a scope, newest first.
 */
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/frame/values.h"
#include "cli/memory/memory.h"

static void write_memory(const void *row, struct mneme_json_writer *json) {
    mneme_memory_row_json(row, json);
}

static void add_memory(struct mneme_table *table, const void *row) {
    const struct mneme_memory_row *memory = row;
    mneme_show_cell_uuid(table, memory->id);
    mneme_table_cell(table, memory->user_id.data != NULL ? memory->user_id : memory->agent_id);
    mneme_table_cell(table, memory->memory_type);
    mneme_show_cell_time(table, memory->created_at);
    mneme_show_cell_content(table, memory->content);
}

static const char *const headings[] = {"ID", "SUBJECT", "TYPE", "CREATED", "CONTENT", NULL};

const struct mneme_listing_kind mneme_memory_listing = {headings, add_memory, write_memory,
                                                        "no memory matches"};

static int read_filter(struct mneme_memory_filter *filter, const struct mneme_cli *cli,
                       struct mneme_arena *arena, struct mneme_error *error) {
    int status;
    *filter = (struct mneme_memory_filter){
        .tenant = mneme_session_tenant(cli),
        .agent_id = mneme_cli_opt_str(cli, "agent"),
        .user_id = mneme_cli_opt_str(cli, "user"),
        .run_id = mneme_cli_opt_str(cli, "run"),
        .conversation_id = mneme_cli_opt_str(cli, "conversation"),
        .all_scopes = mneme_cli_flag(cli, "all"),
        .metadata = mneme_cli_opt_str(cli, "metadata"),
        .include_expired = mneme_cli_flag(cli, "include-expired"),
        .include_archived = mneme_cli_flag(cli, "include-archived"),
    };
    if ((status = mneme_cli_opt_list(&filter->types, cli, "type", arena, error)) != MNEME_OK ||
        (status = mneme_cli_opt_list(&filter->tags, cli, "tags", arena, error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&filter->since, cli, "since", error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&filter->until, cli, "until", error)) != MNEME_OK ||
        (status = mneme_show_check_json(filter->metadata, "metadata", error)) != MNEME_OK ||
        (status = mneme_filter_parse(&filter->filter, mneme_cli_opt_str(cli, "filter"), arena, error)) !=
            MNEME_OK ||
        (status = mneme_cursor_read(&filter->cursor, mneme_cli_opt_str(cli, "cursor"), arena, error)) !=
            MNEME_OK) {
        return status;
    }
    return mneme_session_page(&filter->limit, &filter->offset, cli, MNEME_QUERY_DEFAULT_LIMIT, error);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_memory_filter filter;
    struct mneme_listing listing;
    struct mneme_arena arena;
    enum mneme_exit code;
    mneme_arena_init(&arena, 0);
    if (read_filter(&filter, cli, &arena, &error) != MNEME_OK ||
        mneme_session_open_as_of(&postgres, &filter.as_of, cli, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else {
        mneme_listing_begin(&listing, cli, &mneme_memory_listing, filter.limit);
        filter.limit++;
        int status = mneme_memory_list(postgres, &filter, mneme_listing_visit, &listing, NULL, &error);
        code = status == MNEME_OK ? mneme_listing_end(&listing) : mneme_listing_fail(&listing, &error);
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"type", 't', "TYPE,…", -1, "Any of these types."},
    {"tags", 0, "TAG,…", -1, "All of these tags."},
    {"metadata", 0, "JSON", -1, "Metadata that contains this object."},
    {"since", 0, "TIME", -1, "Created from this time on."},
    {"until", 0, "TIME", -1, "Created before this time."},
    MNEME_FILTER_OPTION,
    {"include-expired", 0, NULL, -1, "Expired ones too."},
    {"include-archived", 0, NULL, -1, "Archived ones too."},
    {0},
};

const struct mneme_command mneme_command_memory_list = {
    .name = "list",
    .summary = "List memories, newest first.",
    .arguments = "",
    .details =
        "100 rows unless --limit says otherwise, 10,000 at most.\n"
        "--json: one object per memory whose keys are the columns of the table memories, and \"cursor\":\n"
        "given to --cursor, the list goes on behind that memory, also when new ones have come "
        "since.",
    .examples = "  mneme memory list --user ada --type fact,insight --tags tea\n"
                "  mneme memory list --user ada --filter 'confidence >= 0.7 AND NOT tags contains coffee'\n"
                "  mneme memory list --all --filter "
                "'{\"OR\":[{\"tier\":\"hot\"},{\"metadata.n\":{\"gt\":5}}]}' --json\n"
                "  mneme memory list --user ada --since 7d\n"
                "  mneme memory list --user ada --as-of 2026-01-31\n"
                "  mneme memory list --agent planner --metadata '{\"source\":\"email\"}' --json\n"
                "  mneme memory list --user ada --limit 1000 --cursor \"$cursor\" --json\n",
    .options = options,
    .common = MNEME_CLI_SCOPE | MNEME_CLI_LIMIT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .scopes = MNEME_CLI_SCOPES(MNEME_CLI_ALL_SCOPES),
    .run = run,
};
