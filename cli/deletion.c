/*
 * Many deletions on their way into the log.
 */
#include "cli/deletion.h"

#include <stdio.h>

static void on_delivery(const struct mneme_receipt *receipt, void *context) {
    struct mneme_deletion *deletion = context;
    pthread_mutex_lock(&deletion->lock);
    if (receipt->status == MNEME_OK) {
        deletion->acknowledged++;
    } else if (deletion->failed++ == 0) {
        snprintf(deletion->first_failure, sizeof deletion->first_failure, "%s", receipt->message);
    }
    pthread_mutex_unlock(&deletion->lock);
}

int mneme_deletion_begin(struct mneme_deletion *deletion, const struct mneme_cli *cli) {
    *deletion = (struct mneme_deletion){.cli = cli};
    pthread_mutex_init(&deletion->lock, NULL);
    mneme_arena_init(&deletion->arena, 0);
    deletion->status = mneme_write_open(&deletion->client, cli, &deletion->error);
    return deletion->status;
}

bool mneme_deletion_add(struct mneme_deletion *deletion, const struct mneme_memory_row *memory) {
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
    deletion->has_last = true;
    deletion->last_created_at = memory->created_at;
    deletion->last_id = memory->id;
    mneme_arena_reset(&deletion->arena, SIZE_MAX);
    deletion->last_stream_id = mneme_arena_copy(&deletion->arena, memory->stream_id);
    return !mneme_cli_interrupted();
}

int mneme_deletion_finish(struct mneme_deletion *deletion) {
    struct mneme_error close_error = {0};
    int close_status = mneme_close(deletion->client, -1, &close_error); /* every event is reported now */
    deletion->client = NULL;
    if (deletion->status != MNEME_OK) {
        return deletion->status;
    }
    if (deletion->failed > 0) {
        deletion->status = mneme_error_set(&deletion->error, MNEME_E_UNAVAILABLE,
                                           "%lld memories were not deleted: %s; run it again",
                                           (long long)deletion->failed, deletion->first_failure);
    } else if (close_status != MNEME_OK) {
        deletion->status = close_status;
        deletion->error = close_error;
    }
    return deletion->status;
}

void mneme_deletion_clean_up(struct mneme_deletion *deletion) {
    (void)mneme_close(deletion->client, 0, NULL); /* NULL once it is finished */
    mneme_arena_clean_up(&deletion->arena);
    pthread_mutex_destroy(&deletion->lock);
}

bool mneme_deletion_is_agreed(const struct mneme_cli *cli, const char *question) {
    char answer[8];
    if (!cli->stderr_is_terminal || mneme_cli_flag(cli, "yes")) {
        return true;
    }
    fprintf(stderr, "%s [y/N] ", question);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y')) {
        return true;
    }
    fprintf(stderr, "mneme: nothing was deleted: you did not agree; answer y, or give --yes\n");
    return false;
}
