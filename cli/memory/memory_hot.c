/*
 * mneme memory hot: what an agent remembered lately.
 */
#include "queries/memory_hot.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "cli/memory/memory.h"
#include "common/base/clock.h"

#define DEFAULT_LIMIT 20

/* What the tables have of the same: changed within the time that Redis keeps a memory. */
static int list_from_tables(struct mneme_listing *listing, struct mneme_cli *cli,
                            struct mneme_memory_filter *filter, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_buffer text = {0};
    struct mneme_arena arena;
    char since[MNEME_RFC3339_BYTES];
    int64_t kept_s = mneme_config_long(cli->config, MNEME_SETTING_REDIS_MEMORY_TTL_S);
    mneme_arena_init(&arena, 0);
    mneme_clock_format_rfc3339(mneme_clock_now_micros() - kept_s * 1000000, since);
    mneme_buffer_printf(&text, "updated_at gte '%s'", since);
    int status = mneme_filter_parse(&filter->filter, mneme_buffer_str(&text), &arena, error);
    if (status == MNEME_OK) {
        status = mneme_session_open_read(&postgres, cli, error);
    }
    if (status == MNEME_OK) {
        status = mneme_memory_list(postgres, filter, mneme_listing_visit, listing, NULL, error);
    }
    mneme_pg_close(postgres);
    mneme_buffer_clean_up(&text);
    mneme_arena_clean_up(&arena);
    return status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_hot_reader *hot = NULL;
    struct mneme_listing listing;
    struct mneme_memory_filter filter = {.tenant = mneme_session_tenant(cli),
                                         .agent_id = mneme_cli_opt_str(cli, "agent"),
                                         .user_id = mneme_cli_opt_str(cli, "user"),
                                         .include_archived = true};
    int status =
        filter.agent_id.data != NULL
            ? mneme_cli_long(&filter.limit, cli, "limit", DEFAULT_LIMIT, 1, MNEME_QUERY_MAX_LIMIT, &error)
            : mneme_error_set(&error, MNEME_E_USAGE,
                              "nothing was listed: no agent is named; give --agent ID");
    if (status == MNEME_OK) {
        status = mneme_session_open_hot(&hot, cli, &error);
    }
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    mneme_listing_begin(&listing, cli, &mneme_memory_listing, filter.limit);
    filter.limit++;
    if (!mneme_memory_list_hot(hot, &filter, mneme_listing_visit, &listing)) {
        status = list_from_tables(&listing, cli, &filter, &error);
    }
    mneme_hot_reader_close(hot);
    return status == MNEME_OK ? mneme_listing_end(&listing) : mneme_listing_fail(&listing, &error);
}

static const struct mneme_cli_option options[] = {
    {"agent", 'a', "ID", -1, "Whose."},
    {"user", 'u', "ID", -1, "Only memories about this user."},
    {"limit", 'n', "N", -1, "Maximum number of results (default 20)."},
    {0},
};

const struct mneme_command mneme_command_memory_hot = {
    .name = "hot",
    .summary = "List what an agent remembered lately, newest first.",
    .arguments = "",
    .details = "Memories of the agent that were made or changed within the time that Redis keeps them\n"
               "(MNEME_REDIS_MEMORY_TTL_S), as far as there is room for them there. They come from\n"
               "Redis while a worker of group redis keeps it up to date, else from Postgres.\n"
               "--json: one object per memory, as of mneme memory list.",
    .examples = "  mneme memory hot --agent planner\n"
                "  mneme memory hot --agent planner --user ada --limit 5 --json\n",
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .run = run,
};
