/*
 * mneme memory get: one memory.
 */
#include <stdio.h>

#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/memory/memory.h"
#include "queries/memory_hot.h"

/* One memory as a person reads it: a line for each field that says something. */
static bool print_memory(const void *row, void *context) {
    const struct mneme_memory_row *memory = row;
    (void)context;
    mneme_show_uuid("id", memory->id);
    mneme_show_str("type", memory->memory_type);
    mneme_show_content("content", memory->content);
    mneme_show_str("stream", memory->stream_id);
    mneme_show_str("user", memory->user_id);
    mneme_show_str("agent", memory->agent_id);
    mneme_show_str("run", memory->run_id);
    mneme_show_str("conversation", memory->conversation_id);
    mneme_show_array("tags", &memory->tags);
    mneme_show_array("entities", &memory->entities);
    mneme_show_content("metadata", memory->metadata);
    printf("%-14s %g\n%-14s %g\n", "confidence", memory->confidence, "importance", memory->importance);
    mneme_show_long("accessed", (struct mneme_opt_long){memory->access_count, memory->access_count > 0});
    mneme_show_time("last accessed", memory->last_accessed_at);
    mneme_show_long("priority", (struct mneme_opt_long){memory->priority, true});
    mneme_show_str("term", memory->term);
    mneme_show_str("tier", memory->tier);
    mneme_show_long("version", (struct mneme_opt_long){memory->version, true});
    mneme_show_time("created", (struct mneme_opt_long){memory->created_at, true});
    mneme_show_time("updated", (struct mneme_opt_long){memory->updated_at, true});
    mneme_show_time("expires", memory->expires_at);
    mneme_show_uuid("source event", memory->source_event_id);
    if (memory->is_deleted || memory->is_archived) {
        mneme_show_str("state", memory->is_deleted ? MNEME_STR_LIT("deleted") : MNEME_STR_LIT("archived"));
    }
    return true;
}

static bool print_json(const void *row, void *context) {
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_memory_row_json(row, &json);
    *(enum mneme_exit *)context = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return true;
}

static int get_from_tables(enum mneme_exit *code, struct mneme_cli *cli, struct mneme_hot_reader *hot,
                           struct mneme_memory_key *key, mneme_row_visitor *print,
                           struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_memory_place place;
    struct mneme_arena arena;
    size_t count = 0;
    mneme_arena_init(&arena, 0);
    int status = mneme_session_open_as_of(&postgres, &key->as_of, cli, error);
    if (status == MNEME_OK && hot != NULL && mneme_memory_is_hot_key(key)) {
        status = mneme_memory_get_filling(hot, postgres, key, print, code, &count, error);
    }
    bool is_shown = count > 0;
    if (status == MNEME_OK && !is_shown) {
        status = mneme_memory_find(&place, postgres, cli, key, &arena, error);
    }
    if (status == MNEME_OK && !is_shown) {
        status = mneme_memory_get(postgres, key, print, code, NULL, error);
    }
    mneme_pg_close(postgres);
    mneme_arena_clean_up(&arena);
    return status;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_hot_reader *hot = NULL;
    struct mneme_memory_key key = {.tenant = mneme_session_tenant(cli),
                                   .stream_id = mneme_cli_opt_str(cli, "stream"),
                                   .include_deleted = mneme_cli_flag(cli, "include-deleted")};
    mneme_row_visitor *print = cli->json ? print_json : print_memory;
    enum mneme_exit code = MNEME_EXIT_DONE;
    int status = mneme_cli_argument_uuid(&key.id, cli, 0, "memory id", &error);
    if (status == MNEME_OK && key.stream_id.data != NULL) {
        status = mneme_session_open_hot(&hot, cli, &error);
    }
    if (status == MNEME_OK && !mneme_memory_get_hot(hot, &key, print, &code)) {
        status = get_from_tables(&code, cli, hot, &key, print, &error);
    }
    mneme_hot_reader_close(hot);
    return status == MNEME_OK ? code : mneme_cli_fail(cli, &error);
}

static const struct mneme_cli_option options[] = {
    {"stream", 0, "ID", -1, "The stream: when several use the id, and so that Redis can answer."},
    {"include-deleted", 0, NULL, -1, "Show it even if it is deleted."},
    {0},
};

const struct mneme_command mneme_command_memory_get = {
    .name = "get",
    .summary = "Show one memory.",
    .arguments = "ID",
    .details = "--json: one object whose keys are the columns of the table memories, and the\n"
               "accesses; importance counts them (0.01 each, up to 1).\n"
               "With --stream (by default the user's or agent's id) Redis is asked first, where a worker\n"
               "of group redis keeps it up to date.\n"
               "Exit code 5 when there is no such memory, or not yet: --at-least waits for a write.",
    .examples = "  mneme memory get 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e\n"
                "  mneme memory get 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --at-least 3:17 --json\n"
                "  mneme memory get 018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e --as-of 2026-01-31T12:00:00Z\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_AT_LEAST | MNEME_CLI_AS_OF,
    .run = run,
};
