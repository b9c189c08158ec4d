/*
 * A scratch tenant lives in the log like any other; what remains of it in the end are its events.
 */
#include "cli/eval/eval_scratch.h"

#include <stdio.h>

#include "cli/frame/session.h"
#include "cli/last_write.h"
#include "cli/memory/memory_bulk.h"
#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "queries/conversation.h"
#include "queries/projection_status.h"
#include "queries/projection_wait.h"

/* Texts of whole files have to be embedded: a few hundred a second at best. */
#define LONG_WAIT_MS 600000

#define WORKERS_TIMEOUT_MICROS 15000000
#define LOOK_MICROS 500000

int mneme_eval_scratch_tenant(struct mneme_cli *cli, struct mneme_error *error) {
    struct mneme_uuid id;
    char text[MNEME_ID_TEXT_BYTES];
    char tenant[MNEME_ID_TEXT_BYTES + 8];
    int status = mneme_id_new(&id, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_id_text(text, id);
    snprintf(tenant, sizeof tenant, "eval-%s", text);
    return mneme_config_set(cli->config, MNEME_SETTING_TENANT, tenant, MNEME_FROM_OPTION, error);
}

/* --- workers --- */

/* Names of groups without workers, "" when there is none. */
static int find_idle(char *names, size_t bytes, const struct mneme_cli *cli, struct mneme_postgres *postgres,
                     struct mneme_log_probe *probe, bool without_vectors, struct mneme_error *error) {
    static const enum mneme_projection needed[] = {MNEME_PROJECTION_POSTGRES, MNEME_PROJECTION_SEARCH,
                                                   MNEME_PROJECTION_EMBED, MNEME_PROJECTION_VECTORS};
    struct mneme_projection_status *projections = NULL;
    struct mneme_error log_error = {0};
    size_t count = 0;
    size_t len = 0;
    int status = mneme_projection_status_read(&projections, &count, postgres, probe, cli->config, NULL, 0,
                                              &log_error, error);
    names[0] = '\0';
    for (size_t group = 0; group < (without_vectors ? 2U : 4U) && status == MNEME_OK; group++) {
        bool has_worker = false;
        for (size_t i = 0; i < count; i++) {
            bool is_of_group = projections[i].of->id == needed[group];
            has_worker =
                has_worker || (is_of_group && projections[i].has_log && projections[i].group.workers > 0);
        }
        if (!has_worker && len < bytes) {
            len += (size_t)snprintf(names + len, bytes - len, "%smneme work %s", len > 0 ? ", " : "",
                                    mneme_projections[needed[group]].name);
        }
    }
    mneme_projection_status_clean_up(projections, count);
    return status;
}

int mneme_eval_check_workers(const struct mneme_cli *cli, bool without_vectors, struct mneme_error *error) {
    char idle[128] = "";
    struct mneme_postgres *postgres = NULL;
    struct mneme_log_probe *probe = NULL;
    int64_t deadline = mneme_clock_monotonic_micros() + WORKERS_TIMEOUT_MICROS;
    int status = mneme_query_connect(&postgres, cli->config, "mneme-eval", error);
    if (status == MNEME_OK) {
        status = mneme_log_probe_open(&probe, cli->config, error);
    }
    do {
        if (idle[0] != '\0') {
            mneme_clock_pause(LOOK_MICROS);
        }
        if (status == MNEME_OK) {
            status = find_idle(idle, sizeof idle, cli, postgres, probe, without_vectors, error);
        }
    } while (status == MNEME_OK && idle[0] != '\0' && mneme_clock_monotonic_micros() < deadline &&
             !mneme_cli_interrupted());
    if (status == MNEME_OK && idle[0] != '\0') {
        status = mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                 "nothing was evaluated: workers are missing; start %s", idle);
    }
    mneme_log_probe_close(probe);
    mneme_pg_close(postgres);
    return status;
}

int mneme_eval_wait(const struct mneme_cli *cli, const char *model, bool without_vectors,
                    struct mneme_error *error) {
    const struct mneme_position *positions;
    size_t count;
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_arena arena;
    struct mneme_postgres *postgres = NULL;
    struct mneme_query_wait wait = mneme_session_wait(cli);
    if (mneme_config_source(cli->config, MNEME_SETTING_WAIT_TIMEOUT_MS) == MNEME_FROM_DEFAULT) {
        wait.timeout_ms = LONG_WAIT_MS;
    }
    mneme_arena_init(&arena, 0);
    int status = mneme_last_write_load(&positions, &count, cli->config, &arena, error);
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(topic, cli->config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_query_connect(&postgres, cli->config, "mneme-eval", error);
    }
    if (status == MNEME_OK) {
        status = mneme_position_wait(postgres, mneme_projections[MNEME_PROJECTION_POSTGRES].name, topic,
                                     positions, count, &wait, error);
    }
    mneme_pg_close(postgres);
    if (status == MNEME_OK) {
        status = mneme_search_wait(cli->config, positions, count, &wait, error);
    }
    if (status == MNEME_OK && !without_vectors) {
        status = mneme_vectors_wait(cli->config, model, positions, count, &wait, error);
    }
    mneme_arena_clean_up(&arena);
    return status;
}

/* --- taking it away --- */

struct deletion {
    struct mneme_bulk *bulk;
    int status;
    struct mneme_error *error;
};

static bool delete_memory(const void *row, void *context) {
    struct deletion *deletion = context;
    return mneme_bulk_add(deletion->bulk, row);
}

static bool delete_conversation(const void *row, void *context) {
    const struct mneme_conversation_row *conversation = row;
    struct deletion *deletion = context;
    struct mneme_event event;
    struct mneme_client *client = deletion->bulk->client;
    deletion->status = mneme_event_init(&event, client, MNEME_EVENT_CONVERSATION_DELETED, deletion->error);
    if (deletion->status == MNEME_OK) {
        event.stream_id = conversation->stream_id;
        event.scope = (struct mneme_scope){.user_id = conversation->user_id,
                                           .agent_id = conversation->agent_id,
                                           .conversation_id = conversation->conversation_id};
        event.payload.conversation_deleted.conversation_id = conversation->conversation_id;
        deletion->status = mneme_publish(client, &event, NULL, NULL, deletion->error);
    }
    return deletion->status == MNEME_OK;
}

int mneme_eval_clean_up(struct mneme_cli *cli, struct mneme_error *error) {
    struct mneme_bulk bulk;
    struct deletion deletion = {.bulk = &bulk, .status = MNEME_OK, .error = error};
    struct mneme_postgres *postgres = NULL;
    struct mneme_memory_filter memories = {.tenant = mneme_session_tenant(cli),
                                           .all_scopes = true,
                                           .include_expired = true,
                                           .include_archived = true};
    const struct mneme_conversation_filter conversations = {
        .tenant = memories.tenant, .all_scopes = true, .limit = MNEME_QUERY_MAX_LIMIT};
    int status = mneme_query_connect(&postgres, cli->config, "mneme-eval", error);
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_bulk_begin(&bulk, cli, MNEME_BULK_DELETE);
    if (status == MNEME_OK) {
        status = mneme_bulk_visit(postgres, &memories, delete_memory, &deletion, error);
    }
    if (status == MNEME_OK) {
        status =
            mneme_conversation_list(postgres, &conversations, delete_conversation, &deletion, NULL, error);
    }
    int finished = mneme_bulk_finish(&bulk);
    if (status == MNEME_OK && finished != MNEME_OK) {
        *error = bulk.error;
    }
    mneme_bulk_clean_up(&bulk);
    mneme_pg_close(postgres);
    status = status == MNEME_OK ? finished : status;
    return status == MNEME_OK ? deletion.status : status;
}
