/*
 * mneme memory delete --all. The memories are read page by page and published as they are read; the brokers'
 * answers come on the publisher's thread, so what it writes to is guarded by a lock.
 */
#include "cli/memory_delete_all.h"

#include <pthread.h>
#include <stdio.h>

#include "cli/memory.h"
#include "cli/output.h"
#include "cli/session.h"
#include "common/uuid.h"

#define PAGE 1000

struct deletion {
    struct mneme_cli *cli;
    struct mneme_client *client;
    struct mneme_cursor last; /* of the page; its strings lie in the arena */
    struct mneme_arena arena;
    int64_t published;
    int status;
    struct mneme_error error;

    pthread_mutex_t lock; /* guards what is below */
    int64_t acknowledged, failed;
    char first_failure[MNEME_ERROR_MESSAGE_BYTES];
};

static void on_delivery(const struct mneme_receipt *receipt, void *context) {
    struct deletion *deletion = context;
    pthread_mutex_lock(&deletion->lock);
    if (receipt->status == MNEME_OK) {
        deletion->acknowledged++;
    } else if (deletion->failed++ == 0) {
        snprintf(deletion->first_failure, sizeof deletion->first_failure, "%s", receipt->message);
    }
    pthread_mutex_unlock(&deletion->lock);
}

static bool delete_row(const void *row, void *context) {
    const struct mneme_memory_row *memory = row;
    struct deletion *deletion = context;
    struct mneme_event event;
    deletion->status = mneme_write_event(&event, deletion->cli, deletion->client, MNEME_EVENT_MEMORY_DELETED,
                                         &deletion->error);
    if (deletion->status != MNEME_OK) {
        return false;
    }
    event.stream_id = memory->stream_id;
    event.scope = (struct mneme_scope){.user_id = memory->user_id,
                                       .agent_id = memory->agent_id,
                                       .run_id = memory->run_id,
                                       .conversation_id = memory->conversation_id};
    event.payload.memory_deleted = (struct mneme_memory_deleted){
        .memory_id = memory->id, .reason = mneme_cli_opt_str(deletion->cli, "reason")};
    deletion->status = mneme_publish(deletion->client, &event, on_delivery, deletion, &deletion->error);
    if (deletion->status != MNEME_OK) {
        return false;
    }
    deletion->published++;
    char id[MNEME_UUID_TEXT_BYTES];
    mneme_uuid_format(memory->id, id);
    mneme_arena_reset(&deletion->arena, SIZE_MAX);
    deletion->last = (struct mneme_cursor){
        .micros = memory->created_at,
        .id = mneme_arena_copy(&deletion->arena, (struct mneme_str){id, sizeof id}),
        .stream_id = mneme_arena_copy(&deletion->arena, memory->stream_id),
        .is_set = true,
    };
    return !mneme_cli_interrupted();
}

static struct mneme_memory_filter scope_of(const struct mneme_cli *cli) {
    return (struct mneme_memory_filter){
        .tenant = mneme_session_tenant(cli),
        .user_id = mneme_cli_opt_str(cli, "user"),
        .agent_id = mneme_cli_opt_str(cli, "agent"),
        .run_id = mneme_cli_opt_str(cli, "run"),
        .conversation_id = mneme_cli_opt_str(cli, "conversation"),
        .include_expired = true,
        .include_archived = true,
        .limit = PAGE,
    };
}

/* An option that was given but is empty must not widen the scope to everything. */
static int check_scope(const struct mneme_cli *cli, struct mneme_error *error) {
    static const char *const names[] = {"user", "agent", "run", "conversation"};
    bool is_scoped = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = mneme_cli_value(cli, names[i]);
        if (value != NULL && value[0] == '\0') {
            return mneme_error_set(error, MNEME_E_UNSAFE,
                                   "nothing was deleted: --%s is empty; name whose memories to delete",
                                   names[i]);
        }
        is_scoped = is_scoped || value != NULL;
    }
    if (!is_scoped) {
        return mneme_error_set(
            error, MNEME_E_UNSAFE,
            "nothing was deleted: --all without a scope would delete everything; name --user, --agent, "
            "--run or --conversation");
    }
    if (cli->argument_count > 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was deleted: both an id and --all are given; give one of them");
    }
    if (mneme_cli_value(cli, "idempotency-key") != NULL || mneme_cli_value(cli, "expected-version") != NULL ||
        mneme_cli_value(cli, "stream") != NULL || mneme_cli_value(cli, "wait") != NULL) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was deleted: --idempotency-key, --expected-version, --stream and --wait are for one "
            "memory; leave them out with --all");
    }
    return MNEME_OK;
}

/* On a terminal the user has to agree. */
static bool is_agreed(const struct mneme_cli *cli) {
    char answer[8];
    if (!cli->stderr_is_terminal || mneme_cli_flag(cli, "yes")) {
        return true;
    }
    fprintf(stderr, "Delete all memories of this scope? [y/N] ");
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

static int delete_pages(struct deletion *deletion, struct mneme_postgres *postgres) {
    struct mneme_memory_filter filter = scope_of(deletion->cli);
    size_t count = PAGE;
    while (count == PAGE && deletion->status == MNEME_OK && !mneme_cli_interrupted()) {
        filter.cursor = deletion->last;
        int status = mneme_memory_list(postgres, &filter, delete_row, deletion, &count, &deletion->error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    return deletion->status;
}

static enum mneme_exit report(struct deletion *deletion) {
    if (deletion->cli->json) {
        struct mneme_buffer line = {0};
        struct mneme_json_writer json = {.out = &line};
        mneme_json_begin_object(&json);
        mneme_json_key(&json, MNEME_STR_LIT("deleted"));
        mneme_json_long(&json, deletion->acknowledged);
        mneme_json_key(&json, MNEME_STR_LIT("failed"));
        mneme_json_long(&json, deletion->failed);
        mneme_json_end_object(&json);
        enum mneme_exit code = mneme_cli_put_line(&line);
        mneme_buffer_clean_up(&line);
        return code;
    }
    printf("%lld memories deleted\n", (long long)deletion->acknowledged);
    return MNEME_EXIT_DONE;
}

static enum mneme_exit delete_scope(struct deletion *deletion) {
    struct mneme_postgres *postgres = NULL;
    int status = mneme_session_open(&postgres, deletion->cli, &deletion->error);
    if (status == MNEME_OK) {
        status = mneme_write_open(&deletion->client, deletion->cli, &deletion->error);
    }
    if (status == MNEME_OK) {
        status = delete_pages(deletion, postgres);
    }
    struct mneme_error close_error = {0};
    int close_status = mneme_close(deletion->client, -1, &close_error); /* every event is reported now */
    mneme_pg_close(postgres);
    enum mneme_exit code = report(deletion);
    if (status != MNEME_OK) {
        return mneme_cli_fail(deletion->cli, &deletion->error);
    }
    if (deletion->failed > 0) {
        mneme_error_set(&deletion->error, MNEME_E_UNAVAILABLE,
                        "%lld memories were not deleted: %s; run it again", (long long)deletion->failed,
                        deletion->first_failure);
        return mneme_cli_fail(deletion->cli, &deletion->error);
    }
    if (close_status != MNEME_OK) {
        return mneme_cli_fail(deletion->cli, &close_error);
    }
    return mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : code;
}

enum mneme_exit mneme_memory_delete_all(struct mneme_cli *cli) {
    struct deletion deletion = {.cli = cli, .lock = PTHREAD_MUTEX_INITIALIZER};
    if (check_scope(cli, &deletion.error) != MNEME_OK) {
        return mneme_cli_fail(cli, &deletion.error);
    }
    if (!is_agreed(cli)) {
        fprintf(stderr, "mneme: nothing was deleted: you did not agree; answer y, or give --yes\n");
        return MNEME_EXIT_UNSAFE;
    }
    mneme_arena_init(&deletion.arena, 0);
    enum mneme_exit code = delete_scope(&deletion);
    mneme_arena_clean_up(&deletion.arena);
    pthread_mutex_destroy(&deletion.lock);
    return code;
}
