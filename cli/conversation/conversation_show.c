/*
 * mneme conversation show: one conversation, its turns, and on request its memories.
 */
#include <stdio.h>

#include "cli/conversation/conversation.h"
#include "cli/conversation/conversation_find.h"
#include "cli/frame/form.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/values.h"
#include "common/base/printable.h"
#include "common/json/write.h"
#include "queries/conversation.h"

#define DEFAULT_TURNS 1000

struct showing {
    const struct mneme_cli *cli;
    struct mneme_arena arena;
    struct mneme_conversation_place place;
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

static bool show_conversation(const void *row, void *context) {
    const struct mneme_conversation_row *conversation = row;
    struct showing *showing = context;
    if (showing->cli->json) {
        struct mneme_json_writer json = {.out = &showing->line};
        mneme_conversation_row_json(conversation, &json);
        return put_line(showing);
    }
    struct mneme_form form;
    mneme_form_begin(&form);
    mneme_form_str(&form, "conversation", conversation->conversation_id);
    mneme_form_str(&form, "title", conversation->title);
    mneme_form_str(&form, "user", conversation->user_id);
    mneme_form_str(&form, "agent", conversation->agent_id);
    mneme_form_str(&form, "stream", conversation->stream_id);
    mneme_form_content(&form, "metadata", conversation->metadata);
    mneme_form_str(&form, "state",
                   conversation->is_active ? MNEME_STR_LIT("active") : MNEME_STR_LIT("closed"));
    mneme_form_long(&form, "turns", (struct mneme_opt_long){conversation->turn_count, true});
    mneme_form_time(&form, "created", (struct mneme_opt_long){conversation->created_at, true});
    mneme_form_time(&form, "last activity", (struct mneme_opt_long){conversation->last_activity_at, true});
    showing->code = mneme_form_end(&form, showing->cli);
    putchar('\n');
    return showing->code == MNEME_EXIT_DONE;
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
    mneme_printable(&showing->line, who, false);
    mneme_buffer_append_str(&showing->line, MNEME_STR_LIT(": "));
    mneme_printable(&showing->line, turn->content, true);
    printf("%lld ", (long long)turn->turn_index);
    return put_line(showing);
}

static bool show_memory(const void *row, void *context) {
    const struct mneme_answer_row *memory = row;
    struct showing *showing = context;
    if (showing->cli->json) {
        struct mneme_json_writer json = {.out = &showing->line};
        mneme_json_begin_object(&json);
        mneme_row_json(memory->cells, memory->columns, memory->count, &json);
        mneme_json_end_object(&json);
        return put_line(showing);
    }
    struct mneme_form form;
    mneme_form_begin(&form);
    mneme_form_content(&form, "memory", *(const struct mneme_str *)mneme_answer_cell(memory, "content"));
    showing->code = mneme_form_end(&form, showing->cli);
    return showing->code == MNEME_EXIT_DONE;
}

static int read_range(struct mneme_turn_range *range, const struct mneme_cli *cli,
                      struct mneme_error *error) {
    int status;
    *range = (struct mneme_turn_range){0};
    if ((status = mneme_cli_opt_long(&range->from_index, cli, "from", 0, INT64_MAX, error)) != MNEME_OK ||
        (status = mneme_cli_opt_long(&range->to_index, cli, "to", 0, INT64_MAX, error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&range->since, cli, "since", error)) != MNEME_OK ||
        (status = mneme_cli_opt_time(&range->until, cli, "until", error)) != MNEME_OK) {
        return status;
    }
    return mneme_cli_long(&range->limit, cli, "limit", DEFAULT_TURNS, 1, MNEME_QUERY_MAX_LIMIT, error);
}

static int show(struct showing *showing, struct mneme_postgres *postgres, struct mneme_turn_range *range,
                struct mneme_error *error) {
    struct mneme_conversation_key *key = &range->conversation;
    int status =
        mneme_conversation_find(&showing->place, postgres, showing->cli, key, &showing->arena, error);
    if (status == MNEME_OK) {
        status = mneme_conversation_get(postgres, key, show_conversation, showing, NULL, error);
    }
    if (status == MNEME_OK) {
        showing->limit = range->limit;
        range->limit++;
        status = mneme_conversation_turns(postgres, range, show_turn, showing, NULL, error);
    }
    if (status == MNEME_OK && mneme_cli_flag(showing->cli, "memories")) {
        struct mneme_conversation_memories which = {.conversation = *key,
                                                    .user_id = showing->place.user_id,
                                                    .agent_id = showing->place.agent_id,
                                                    .limit = MNEME_QUERY_MAX_LIMIT};
        status = mneme_conversation_memories(postgres, &which, show_memory, showing, NULL, error);
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
        mneme_session_open_as_of(&postgres, &range.conversation.as_of, cli, &error) != MNEME_OK ||
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
    {"since", 0, "TIME", -1, "Turns from this time on."},
    {"until", 0, "TIME", -1, "Turns before this time."},
    {"limit", 'n', "N", -1, "Maximum number of turns (default 1000)."},
    {"memories", 0, NULL, -1, "Also its memories: those tied to it and those of its scope."},
    {0},
};

const struct mneme_command mneme_command_conversation_show = {
    .name = "show",
    .summary = "One conversation and its turns.",
    .arguments = "ID",
    .details =
        "--json: first the conversation, as in conversation list; then one object per turn with\n"
        "\"turn_index\", \"role\", \"content\" and the other columns of conversation_turns; with --memories\n"
        "then one object per memory: its columns, \"is_linked\", \"message_context\", \"insights\",\n"
        "\"follow_up_actions\".",
    .examples = "  mneme conversation show chat-1\n"
                "  mneme conversation show chat-1 --from 10 --to 20 --json\n"
                "  mneme conversation show chat-1 --since 2026-01-31 --memories\n"
                "  mneme conversation show chat-1 --as-of 3:17 --json\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .run = run,
};
