/*
 * mneme conversation recent and mneme agent recent: one way for both, with what differs in a table.
 */
#include "cli/recent.h"

#include <stdio.h>

#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/frame/table.h"
#include "cli/frame/values.h"
#include "common/base/clock.h"
#include "queries/recent.h"
#include "stores/redis/limits.h"

#define COLUMNS 4

struct recent_command {
    const struct mneme_recent_kind *kind;
    const char *option; /* whose */
    const char *headings[COLUMNS + 1];
    struct mneme_str members[COLUMNS];
    const char *none;
};

static enum mneme_exit print_lines(const struct mneme_recent *recent) {
    struct mneme_buffer line = {0};
    enum mneme_exit code = MNEME_EXIT_DONE;
    for (size_t i = 0; i < recent->count && code == MNEME_EXIT_DONE; i++) {
        mneme_buffer_append_str(&line, recent->objects[i]);
        code = mneme_cli_put_line(&line);
    }
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit print_table(const struct mneme_cli *cli, const struct recent_command *command,
                                   const struct mneme_recent *recent, struct mneme_arena *arena) {
    struct mneme_table table;
    mneme_table_init(&table, command->headings);
    for (size_t i = 0; i < recent->count; i++) {
        for (size_t column = 0; column < COLUMNS; column++) {
            struct mneme_str member = command->members[column];
            struct mneme_str text = mneme_recent_member(recent->objects[i], member, arena);
            int64_t micros;
            if (mneme_str_equal(member, command->kind->time) && mneme_clock_parse_rfc3339(&micros, text)) {
                mneme_show_cell_time(&table, micros);
            } else {
                mneme_table_cell(&table, text);
            }
        }
    }
    if (recent->count > 0) {
        mneme_table_print(&table, stdout, cli->terminal_columns);
    } else {
        fprintf(stderr, "mneme: %s\n", command->none);
    }
    mneme_table_clean_up(&table);
    return MNEME_EXIT_DONE;
}

static int read_recent(struct mneme_recent *recent, struct mneme_cli *cli,
                       const struct mneme_recent_kind *kind, struct mneme_str name, struct mneme_arena *arena,
                       struct mneme_error *error) {
    struct mneme_hot_reader *hot = NULL;
    struct mneme_postgres *postgres = NULL;
    struct mneme_str tenant = mneme_session_tenant(cli);
    int64_t since = mneme_clock_now_micros() - mneme_hot_ttl_s(cli->config, kind->kind) * 1000000;
    int status = mneme_session_open_hot(&hot, cli, error);
    if (status == MNEME_OK && !mneme_recent_hot(recent, hot, kind, tenant, name, since, arena)) {
        status = mneme_session_open_read(&postgres, cli, error);
        if (status == MNEME_OK) {
            status = mneme_recent_tables(recent, postgres, kind, tenant, name, since, arena, error);
        }
    }
    mneme_pg_close(postgres);
    mneme_hot_reader_close(hot);
    return status;
}

static enum mneme_exit run_recent(struct mneme_cli *cli, const struct recent_command *command) {
    struct mneme_error error = {0};
    struct mneme_recent recent;
    struct mneme_arena arena;
    struct mneme_str name = mneme_cli_opt_str(cli, command->option);
    mneme_arena_init(&arena, 0);
    int status = name.data != NULL
                     ? read_recent(&recent, cli, command->kind, name, &arena, &error)
                     : mneme_error_set(&error, MNEME_E_USAGE, "%s: nobody is named; give --%s ID",
                                       command->kind->what, command->option);
    enum mneme_exit code = status != MNEME_OK ? mneme_cli_fail(cli, &error)
                           : cli->json        ? print_lines(&recent)
                                              : print_table(cli, command, &recent, &arena);
    mneme_arena_clean_up(&arena);
    return code;
}

#define STR(text)                                                                                            \
    { text, sizeof(text) - 1 }

static enum mneme_exit run_conversations(struct mneme_cli *cli) {
    static const struct recent_command command = {
        &mneme_recent_conversations,
        "user",
        {"CONVERSATION", "TURNS", "LAST ACTIVITY", "TITLE", NULL},
        {STR("conversation_id"), STR("turn_count"), STR("last_activity_at"), STR("title")},
        "no conversation was active lately",
    };
    return run_recent(cli, &command);
}

static enum mneme_exit run_decisions(struct mneme_cli *cli) {
    static const struct recent_command command = {
        &mneme_recent_decisions,
        "agent",
        {"WHEN", "CATEGORY", "URGENCY", "DECISION", NULL},
        {STR("created_at"), STR("category"), STR("urgency"), STR("decision")},
        "nothing was decided lately",
    };
    return run_recent(cli, &command);
}

static const struct mneme_cli_option user_option[] = {{"user", 'u', "ID", -1, "Whose conversations."}, {0}};
static const struct mneme_cli_option agent_option[] = {{"agent", 'a', "ID", -1, "Whose decisions."}, {0}};

const struct mneme_command mneme_command_conversation_recent = {
    .name = "recent",
    .summary = "What a user talked about lately.",
    .arguments = "",
    .details = "At most 10 conversations with activity in the last hour\n"
               "(MNEME_REDIS_RECENT_CONVERSATIONS_TTL_S), the latest first. They come from Redis while a\n"
               "worker of group redis keeps it up to date, else from Postgres.\n"
               "--json: one object per conversation whose keys are the columns of the table conversations.",
    .examples = "  mneme conversation recent --user ada\n"
                "  mneme conversation recent --user ada --at-least last --json\n",
    .options = user_option,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .run = run_conversations,
};

const struct mneme_command mneme_command_agent_recent = {
    .name = "recent",
    .summary = "What an agent decided lately.",
    .arguments = "",
    .details = "At most 5 decisions of the last half hour (MNEME_REDIS_RECENT_DECISIONS_TTL_S), the latest\n"
               "first. They come from Redis while a worker of group redis keeps it up to date, else from\n"
               "Postgres.\n"
               "--json: one object per decision whose keys are the columns of the table agent_decisions.",
    .examples = "  mneme agent recent --agent planner\n"
                "  mneme agent recent --agent planner --at-least last --json\n",
    .options = agent_option,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .run = run_decisions,
};
