/*
 * mneme conversation delete: a conversation and its memories. The memories go first, so that what fails can
 * be run again: the conversation still leads to those that are left.
 */
#include <stdio.h>

#include "cli/conversation/conversation.h"
#include "cli/conversation/conversation_find.h"
#include "cli/frame/consent.h"
#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/memory/memory_bulk.h"

struct deleting {
    struct mneme_cli *cli;
    struct mneme_conversation_key key;
    struct mneme_conversation_place place;
    bool is_dry;
    int64_t found;
    struct mneme_conversation_memories which; /* goes on behind the last one seen */
    struct mneme_arena arena;                 /* of which's strings */
    struct mneme_bulk *deletion;              /* NULL for a dry run */
    struct mneme_receipt receipt;             /* of the conversation's own event */
};

static bool delete_memory(const void *row, void *context) {
    const struct mneme_answer_row *answer = row;
    struct deleting *deleting = context;
    deleting->found++;
#define CELL(type, column) (*(const type *)mneme_answer_cell(answer, column))
    struct mneme_memory_row memory = {
        .id = CELL(struct mneme_opt_uuid, "id").value,
        .stream_id = CELL(struct mneme_str, "stream_id"),
        .user_id = CELL(struct mneme_str, "user_id"),
        .agent_id = CELL(struct mneme_str, "agent_id"),
        .run_id = CELL(struct mneme_str, "run_id"),
        .conversation_id = CELL(struct mneme_str, "conversation_id"),
        .created_at = CELL(struct mneme_opt_long, "created_at").value,
    };
    mneme_arena_reset(&deleting->arena, SIZE_MAX);
    deleting->which.before_created_at = CELL(struct mneme_opt_long, "created_at");
    deleting->which.before_id = memory.id;
    deleting->which.before_stream_id = mneme_arena_copy(&deleting->arena, memory.stream_id);
    return deleting->is_dry || mneme_bulk_add(deleting->deletion, &memory);
}

static int delete_memories(struct deleting *deleting, struct mneme_postgres *postgres,
                           struct mneme_error *error) {
    deleting->which = (struct mneme_conversation_memories){.conversation = deleting->key,
                                                           .user_id = deleting->place.user_id,
                                                           .agent_id = deleting->place.agent_id,
                                                           .include_expired = true,
                                                           .include_archived = true,
                                                           .limit = MNEME_BULK_PAGE};
    size_t count = MNEME_BULK_PAGE;
    int status = MNEME_OK;
    mneme_arena_init(&deleting->arena, 0);
    while (count == MNEME_BULK_PAGE && status == MNEME_OK && !mneme_cli_interrupted()) {
        status =
            mneme_conversation_memories(postgres, &deleting->which, delete_memory, deleting, &count, error);
        if (status == MNEME_OK && !deleting->is_dry && deleting->deletion->status != MNEME_OK) {
            *error = deleting->deletion->error;
            status = deleting->deletion->status;
        }
    }
    mneme_arena_clean_up(&deleting->arena);
    return status;
}

static int delete_conversation(struct deleting *deleting, struct mneme_error *error) {
    struct mneme_event event;
    struct mneme_client *client = deleting->deletion->client;
    int timeout_ms = (int)mneme_config_long(deleting->cli->config, MNEME_SETTING_PUBLISH_TIMEOUT_MS);
    int status = mneme_write_event(&event, deleting->cli, client, MNEME_EVENT_CONVERSATION_DELETED, error);
    if (status != MNEME_OK) {
        return status;
    }
    event.stream_id = deleting->key.stream_id;
    event.scope = (struct mneme_scope){.user_id = deleting->place.user_id,
                                       .agent_id = deleting->place.agent_id,
                                       .conversation_id = deleting->key.conversation_id};
    event.payload.conversation_deleted =
        (struct mneme_conversation_deleted){.conversation_id = deleting->key.conversation_id,
                                            .reason = mneme_cli_opt_str(deleting->cli, "reason")};
    return mneme_publish_wait(&deleting->receipt, client, &event, timeout_ms, error);
}

static int publish(struct deleting *deleting, struct mneme_postgres *postgres, struct mneme_error *error) {
    struct mneme_bulk deletion;
    deleting->deletion = &deletion;
    int status = mneme_bulk_begin(&deletion, deleting->cli, MNEME_BULK_DELETE);
    if (status != MNEME_OK) {
        *error = deletion.error;
    } else {
        status = delete_memories(deleting, postgres, error);
    }
    if (status == MNEME_OK && !mneme_cli_interrupted()) {
        status = delete_conversation(deleting, error);
    }
    int finished = mneme_bulk_finish(&deletion);
    if (status == MNEME_OK && finished != MNEME_OK) {
        *error = deletion.error;
        status = finished;
    }
    deleting->found = deletion.acknowledged;
    mneme_bulk_clean_up(&deletion);
    deleting->deletion = NULL;
    if (status == MNEME_OK && mneme_cli_interrupted()) {
        status = mneme_error_set(
            error, MNEME_E_TIMEOUT,
            "the conversation was not deleted: interrupted after %lld of its memories; run it "
            "again",
            (long long)deleting->found);
    }
    return status;
}

static enum mneme_exit print(const struct deleting *deleting) {
    if (!deleting->cli->json) {
        printf("%s %lld memories and the conversation\n", deleting->is_dry ? "would delete" : "deleted",
               (long long)deleting->found);
        return MNEME_EXIT_DONE;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("conversation_id"));
    mneme_json_string(&json, deleting->key.conversation_id);
    mneme_json_key(&json, MNEME_STR_LIT("stream_id"));
    mneme_json_string(&json, deleting->key.stream_id);
    mneme_json_key(&json, MNEME_STR_LIT("memories"));
    mneme_json_long(&json, deleting->found);
    mneme_json_key(&json, MNEME_STR_LIT("dry_run"));
    mneme_json_bool(&json, deleting->is_dry);
    if (!deleting->is_dry) {
        mneme_json_key(&json, MNEME_STR_LIT("event_id"));
        mneme_json_uuid(&json, deleting->receipt.event_id);
        mneme_json_key(&json, MNEME_STR_LIT("position"));
        mneme_json_position(&json, deleting->receipt.position);
    }
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    struct deleting deleting = {.cli = cli, .is_dry = mneme_cli_flag(cli, "dry-run")};
    struct mneme_arena arena;
    enum mneme_exit code = MNEME_EXIT_DONE;
    mneme_arena_init(&arena, 0);
    int status = mneme_session_open_read(&postgres, cli, &error);
    if (status == MNEME_OK) {
        status = mneme_conversation_find(&deleting.place, postgres, cli, &deleting.key, &arena, &error);
    }
    if (status != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    } else if (!deleting.is_dry) {
        code = mneme_cli_consent(cli, "nothing was deleted", "Delete this conversation and its memories?");
    }
    if (code == MNEME_EXIT_DONE) {
        status = deleting.is_dry ? delete_memories(&deleting, postgres, &error)
                                 : publish(&deleting, postgres, &error);
        code = status == MNEME_OK ? print(&deleting) : mneme_cli_fail(cli, &error);
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    return code;
}

static const struct mneme_cli_option options[] = {
    {"dry-run", 0, NULL, -1, "Only tell what would be deleted."},
    {"reason", 0, "TEXT", -1, "Why, for the history."},
    {"stream", 0, "ID", -1, "The stream, when several use the id."},
    {"correlation", 0, "ID", -1, "Ties together the events of one request."},
    {"causation", 0, "ID", -1, "The event that led to this one."},
    {"actor", 0, "NAME", -1, "Who does it, where it is not the agent."},
    {0},
};

const struct mneme_command mneme_command_conversation_delete = {
    .name = "delete",
    .summary = "Forget a conversation and its memories.",
    .arguments = "ID",
    .details =
        "Publishes a memory_deleted for each memory that was tied to the conversation or is of its scope, "
        "then\n"
        "conversation_deleted. Deleting is soft: histories stay. A terminal asks for your consent; without "
        "one\n"
        "it is refused (6) unless --yes is given.\n"
        "--json: {\"conversation_id\",\"stream_id\",\"memories\",\"dry_run\",\"event_id\",\"position\"}; the "
        "tables show\n"
        "it once they hold that position (--at-least).",
    .examples = "  mneme conversation delete chat-1 --dry-run\n"
                "  mneme conversation delete chat-1 --reason 'asked to forget' --yes\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_CONSENT,
    .run = run,
};
