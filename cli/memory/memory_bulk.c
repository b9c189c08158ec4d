/*
 * Many events of one kind on their way into the log.
 */
#include "cli/memory/memory_bulk.h"

#include <stdio.h>

#include "cli/frame/session.h"
#include "common/base/uuid.h"

static const char *const participles[MNEME_BULK_KIND_COUNT] = {
    [MNEME_BULK_DELETE] = "deleted",
    [MNEME_BULK_ARCHIVE] = "archived",
};

/* --- publishing --- */

static void on_delivery(const struct mneme_receipt *receipt, void *context) {
    struct mneme_bulk *bulk = context;
    pthread_mutex_lock(&bulk->lock);
    if (receipt->status == MNEME_OK) {
        bulk->acknowledged++;
    } else if (bulk->failed++ == 0) {
        snprintf(bulk->first_failure, sizeof bulk->first_failure, "%s", receipt->message);
    }
    pthread_mutex_unlock(&bulk->lock);
}

int mneme_bulk_begin(struct mneme_bulk *bulk, const struct mneme_cli *cli, enum mneme_bulk_kind kind) {
    *bulk = (struct mneme_bulk){.cli = cli, .kind = kind};
    pthread_mutex_init(&bulk->lock, NULL);
    bulk->status = mneme_write_open(&bulk->client, cli, &bulk->error);
    return bulk->status;
}

static int make_event(struct mneme_event *event, struct mneme_bulk *bulk,
                      const struct mneme_memory_row *memory) {
    struct mneme_str reason = mneme_cli_opt_str(bulk->cli, "reason");
    bool is_deletion = bulk->kind == MNEME_BULK_DELETE;
    enum mneme_event_type type = is_deletion ? MNEME_EVENT_MEMORY_DELETED : MNEME_EVENT_MEMORY_ARCHIVED;
    int status = mneme_write_event(event, bulk->cli, bulk->client, type, &bulk->error);
    if (status != MNEME_OK) {
        return status;
    }
    event->stream_id = memory->stream_id;
    event->scope = (struct mneme_scope){.user_id = memory->user_id,
                                        .agent_id = memory->agent_id,
                                        .run_id = memory->run_id,
                                        .conversation_id = memory->conversation_id};
    if (is_deletion) {
        event->payload.memory_deleted =
            (struct mneme_memory_deleted){.memory_id = memory->id, .reason = reason};
    } else {
        event->payload.memory_archived = (struct mneme_memory_archived){
            .memory_id = memory->id, .expected_memory_version = {memory->version, true}, .reason = reason};
    }
    return MNEME_OK;
}

bool mneme_bulk_add(struct mneme_bulk *bulk, const struct mneme_memory_row *memory) {
    struct mneme_event event;
    bulk->status = make_event(&event, bulk, memory);
    if (bulk->status == MNEME_OK) {
        bulk->status = mneme_publish(bulk->client, &event, on_delivery, bulk, &bulk->error);
    }
    if (bulk->status != MNEME_OK) {
        return false;
    }
    bulk->published++;
    return !mneme_cli_interrupted();
}

int mneme_bulk_finish(struct mneme_bulk *bulk) {
    struct mneme_error close_error = {0};
    int close_status = mneme_close(bulk->client, -1, &close_error); /* every event is reported now */
    bulk->client = NULL;
    if (bulk->status != MNEME_OK) {
        return bulk->status;
    }
    if (bulk->failed > 0) {
        bulk->status =
            mneme_error_set(&bulk->error, MNEME_E_UNAVAILABLE, "%lld memories were not %s: %s; run it again",
                            (long long)bulk->failed, participles[bulk->kind], bulk->first_failure);
    } else if (close_status != MNEME_OK) {
        bulk->status = close_status;
        bulk->error = close_error;
    }
    return bulk->status;
}

void mneme_bulk_clean_up(struct mneme_bulk *bulk) {
    (void)mneme_close(bulk->client, 0, NULL); /* NULL once it is finished */
    pthread_mutex_destroy(&bulk->lock);
}

/* --- finding --- */

int mneme_bulk_scope(struct mneme_memory_filter *out, const struct mneme_cli *cli, enum mneme_bulk_kind kind,
                     struct mneme_error *error) {
    static const char *const names[] = {"user", "agent", "run", "conversation"};
    bool is_scoped = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = mneme_cli_value(cli, names[i]);
        if (value != NULL && value[0] == '\0') {
            return mneme_error_set(error, MNEME_E_UNSAFE,
                                   "nothing was %s: --%s is empty; name whose memories are meant",
                                   participles[kind], names[i]);
        }
        is_scoped = is_scoped || value != NULL;
    }
    if (!is_scoped) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "nothing was %s: without a scope it would be for the memories of everybody; "
                               "name --user, --agent, --run or --conversation",
                               participles[kind]);
    }
    *out = (struct mneme_memory_filter){
        .tenant = mneme_session_tenant(cli),
        .user_id = mneme_cli_opt_str(cli, "user"),
        .agent_id = mneme_cli_opt_str(cli, "agent"),
        .run_id = mneme_cli_opt_str(cli, "run"),
        .conversation_id = mneme_cli_opt_str(cli, "conversation"),
    };
    return MNEME_OK;
}

/* Passes rows on, and knows the last one: where to go on. */
struct paging {
    mneme_row_visitor *visit;
    void *context;
    struct mneme_cursor cursor;
    struct mneme_arena arena; /* of the cursor's stream */
    char id[MNEME_UUID_TEXT_BYTES];
    bool goes_on;
};

static bool pass_on(const void *row, void *context) {
    const struct mneme_memory_row *memory = row;
    struct paging *paging = context;
    mneme_uuid_format(memory->id, paging->id);
    mneme_arena_reset(&paging->arena, SIZE_MAX);
    paging->cursor = (struct mneme_cursor){.micros = memory->created_at,
                                           .id = {paging->id, sizeof paging->id},
                                           .stream_id = mneme_arena_copy(&paging->arena, memory->stream_id),
                                           .is_set = true};
    paging->goes_on = paging->cursor.stream_id.data != NULL && paging->visit(row, paging->context);
    return paging->goes_on;
}

int mneme_bulk_visit(struct mneme_postgres *postgres, struct mneme_memory_filter *filter,
                     mneme_row_visitor *visit, void *context, struct mneme_error *error) {
    struct paging paging = {.visit = visit, .context = context, .goes_on = true};
    size_t count = MNEME_BULK_PAGE;
    int status = MNEME_OK;
    mneme_arena_init(&paging.arena, 0);
    while (count == MNEME_BULK_PAGE && status == MNEME_OK && paging.goes_on && !mneme_cli_interrupted()) {
        filter->cursor = paging.cursor;
        filter->limit = MNEME_BULK_PAGE;
        status = mneme_memory_list(postgres, filter, pass_on, &paging, &count, error);
    }
    if (status == MNEME_OK && paging.cursor.is_set && paging.cursor.stream_id.data == NULL) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "not all memories were found: memory is exhausted; free some");
    }
    mneme_arena_clean_up(&paging.arena);
    return status;
}
