/*
 * mneme conversation show: one conversation, its turns, and on request its memories.
 */
#include <stdio.h>

#include "cli/conversation.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/values.h"
#include "common/json_write.h"
#include "queries/conversation.h"
#include "queries/memory.h"

#define DEFAULT_TURNS 1000

struct showing {
    const struct mneme_cli *cli;
    struct mneme_arena arena;
    struct mneme_str stream_id, user_id, agent_id; /* of the conversation; in the arena */
    struct mneme_buffer line;
    int64_t limit, shown;
    bool has_more;
    enum mneme_exit code;
};

/* Ends the JSON line; whether there is use in going on. */
static bool put_line(struct showing *showing) {
    showing->code = mneme_cli_put_line(&showing->line);
    return showing->code == MNEME_EXIT_DONE && !mneme_cli_output_is_lost();
}

static bool note_conversation(const void *row, void *context) {
    const struct mneme_conversation_row *conversation = row;
    struct showing *showing = context;
    showing->stream_id = mneme_arena_copy(&showing->arena, conversation->stream_id);
    showing->user_id = mneme_arena_copy(&showing->arena, conversation->user_id);
    showing->agent_id = mneme_arena_copy(&showing->arena, conversation->agent_id);
    return true;
}

static bool show_conversation(const void *row, void *context) {
    const struct mneme_conversation_row *conversation = row;
    struct showing *showing = context;
    if (showing->cli->json) {
        struct mneme_json_writer json = {.out = &showing->line};
        mneme_conversation_row_json(conversation, &json);
        return put_line(showing);
    }
    mneme_show_str("conversation", conversation->conversation_id);
    mneme_show_str("title", conversation->title);
    mneme_show_str("user", conversation->user_id);
    mneme_show_str("agent", conversation->agent_id);
    mneme_show_str("stream", conversation->stream_id);
    mneme_show_content("metadata", conversation->metadata);
    mneme_show_str("state", conversation->is_active ? MNEME_STR_LIT("active") : MNEME_STR_LIT("closed"));
    mneme_show_long("turns", (struct mneme_opt_long){conversation->turn_count, true});
    mneme_show_time("created", (struct mneme_opt_long){conversation->created_at, true});
    mneme_show_time("last activity", (struct mneme_opt_long){conversation->last_activity_at, true});
    putchar('\n');
    return true;
}

static bool show_turn(const void *row, void *context) {
    const struct mneme_turn_row *turn = row;
    struct showing *showing = context;
    if (showing->shown == showing->limit) {
        showing->has_more = true;
        return false;
    }
    showing->shown++;
    if (showing->cli->json) {
        struct mneme_json_writer json = {.out = &showing->line};
        mneme_turn_row_json(turn, &json);
        return put_line(showing);
    }
    struct mneme_str who = turn->speaker.data != NULL ? turn->speaker : turn->role;
    mneme_show_escape(&showing->line, who, false);
    mneme_buffer_append_str(&showing->line, MNEME_STR_LIT(": "));
    mneme_show_escape(&showing->line, turn->content, true);
    printf("%lld ", (long long)turn->turn_index);
    return put_line(showing);
}

static bool show_memory(const void *row, void *context) {
    const struct mneme_memory_row *memory = row;
    struct showing *showing = context;
    if (showing->cli->json) {
        struct mneme_json_writer json = {.out = &showing->line};
        mneme_memory_row_json(memory, &json);
        return put_line(showing);
    }
    mneme_show_content("memory", memory->content);
    return true;
}

static int read_range(struct mneme_turn_range *range, const struct mneme_cli *cli,
                      struct mneme_error *error) {
    int status;
    *range = (struct mneme_turn_range){.tenant = mneme_session_tenant(cli),
                                       .conversation_id = mneme_str_from(cli->arguments[0])};
    if ((status = mneme_cli_opt_long(&range->from_index, cli, "from", 0, INT64_MAX, error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&range->to_index, cli, "to", 0, INT64_MAX, error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&range->since, cli, "since", error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&range->until, cli, "until", error)) != MNEME_OK) {
        return status;
    }
    return mneme_cli_long(&range->limit, cli, "limit", DEFAULT_TURNS, 1, MNEME_QUERY_MAX_LIMIT, error);
}

/* Which of the conversations of the id: one, or an error. */
static int find(struct showing *showing, struct mneme_postgres *postgres, struct mneme_turn_range *range,
                struct mneme_error *error) {
    size_t count;
    int status = mneme_conversation_get(postgres, range->tenant, range->conversation_id,
                                        mneme_cli_opt_str(showing->cli, "stream"), note_conversation, showing,
                                        &count, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (count == 0) {
        return mneme_error_set(
            error, MNEME_E_NOT_FOUND,
            "conversation '%.*s' was not found: the tables of tenant %.*s do not have it, or not yet; "
            "mneme conversation list shows those that are there",
            MNEME_STR_ARG(range->conversation_id), MNEME_STR_ARG(range->tenant));
    }
    if (count > 1) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "conversation '%.*s' is not one: %zu streams use this id; choose one with --stream",
            MNEME_STR_ARG(range->conversation_id), count);
    }
    range->stream_id = showing->stream_id;
    return MNEME_OK;
}

static int show(struct showing *showing, struct mneme_postgres *postgres, struct mneme_turn_range *range,
                struct mneme_error *error) {
    int status = find(showing, postgres, range, error);
    if (status == MNEME_OK) {
        status = mneme_conversation_get(postgres, range->tenant, range->conversation_id, range->stream_id,
                                        show_conversation, showing, NULL, error);
    }
    if (status == MNEME_OK) {
        showing->limit = range->limit;
        range->limit++;
        status = mneme_conversation_turns(postgres, range, show_turn, showing, NULL, error);
    }
    if (status == MNEME_OK && mneme_cli_flag(showing->cli, "memories")) {
        /* They are found by their subject, which an index leads to. */
        bool has_user = showing->user_id.data != NULL;
        struct mneme_memory_filter filter = {.tenant = range->tenant,
                                             .user_id = showing->user_id,
                                             .agent_id = has_user ? MNEME_STR_NULL : showing->agent_id,
                                             .conversation_id = range->conversation_id,
                                             .limit = MNEME_QUERY_MAX_LIMIT};
        status = mneme_memory_list(postgres, &filter, show_memory, showing, NULL, error);
    }
    return status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct mneme_turn_range range;
    struct showing showing = {.cli = cli, .code = MNEME_EXIT_DONE};
    mneme_arena_init(&showing.arena, 0);
    if (read_range(&range, cli, &error) != MNEME_OK ||
        mneme_session_open(&postgres, cli, &error) != MNEME_OK ||
        show(&showing, postgres, &range, &error) != MNEME_OK) {
        showing.code = mneme_cli_fail(cli, &error);
    } else if (showing.has_more && !cli->json) {
        fflush(stdout);
        fprintf(stderr, "mneme: there are more turns than these %lld; --from and --limit show others\n",
                (long long)showing.shown);
    }
    mneme_pg_close(postgres);
    mneme_buffer_clean_up(&showing.line);
    mneme_arena_clean_up(&showing.arena);
    return showing.code;
}

static const struct mneme_cli_option options[] = {
    {"stream", 0, "ID", -1, "The stream, when several use the id."},
    {"from", 0, "INDEX", -1, "From this turn on."},
    {"to", 0, "INDEX", -1, "Up to this turn, itself included."},
    {"since", 0, "TIME", -1, "Turns from this time on (RFC 3339)."},
    {"until", 0, "TIME", -1, "Turns before this time."},
    {"limit", 'n', "N", -1, "At most so many turns (default 1000)."},
    {"memories", 0, NULL, -1, "Also the memories that came from it."},
    {0},
};

const struct mneme_command mneme_command_conversation_show = {
    .name = "show",
    .summary = "One conversation and its turns.",
    .arguments = "ID",
    .details =
        "--json: first the conversation, as in conversation list; then one object per turn with\n"
        "\"turn_index\", \"role\", \"content\" and the other columns of conversation_turns; with --memories\n"
        "then one object per memory, as in memory list.",
    .examples = "  mneme conversation show chat-1\n"
                "  mneme conversation show chat-1 --from 10 --to 20 --json\n"
                "  mneme conversation show chat-1 --since 2026-01-31 --memories\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST,
    .run = run,
};
