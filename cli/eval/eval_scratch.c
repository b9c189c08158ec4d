/*
 * A scratch tenant is in the log like any other; in the end only its events remain.
 */
#include "cli/eval/eval_scratch.h"

#include <stdio.h>

#include "cli/frame/session.h"
#include "cli/last_write.h"
#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "operations/conversation/conversation.h"
#include "operations/service.h"
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

/* Names of groups without workers, "" when all have workers. */
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

/* --- cleaning up: the import created only conversations and their memories --- */

struct noting {
    struct mneme_op_request *deletion;
    size_t count;
    int status;
    struct mneme_error *error;
};

/* Adds the conversation to those to delete. */
static bool note_conversation(const struct mneme_op_row *row, void *context) {
    struct noting *noting = context;
    struct mneme_op_slot slot;
    enum mneme_row_kind kind;
    const void *id = NULL;
    noting->status =
        mneme_op_request_find(&slot, noting->deletion, MNEME_STR_LIT("conversation_ids"), noting->error);
    if (noting->status == MNEME_OK && mneme_op_row_cell(row, "conversation_id", &kind, &id)) {
        struct mneme_str copy = mneme_arena_copy(&noting->deletion->arena, *(const struct mneme_str *)id);
        noting->status = mneme_op_request_add(noting->deletion, &slot, copy, noting->error);
    }
    noting->count++;
    return noting->status == MNEME_OK;
}

static bool pass_over(const struct mneme_op_row *row, void *context) {
    (void)row;
    (void)context;
    return true;
}

/* Lists the tenant's conversations into the deletion. */
static int list_conversations(struct noting *noting, struct mneme_service *service) {
    struct mneme_op_request listing;
    struct mneme_op_outcome outcome;
    const struct mneme_op_sink sink = {.on_row = note_conversation, .context = noting};
    mneme_op_request_init(&listing, &mneme_op_conversation_list, noting->deletion->config);
    int status =
        mneme_op_request_read(&listing, MNEME_STR_LIT("{\"all\": true, \"limit\": 10000}"), noting->error);
    if (status == MNEME_OK) {
        status = mneme_op_request_complete(&listing, noting->error);
    }
    if (status == MNEME_OK) {
        status = mneme_service_run(&outcome, service, &listing, &sink, &mneme_cli_cancel, noting->error);
    }
    mneme_op_request_clean_up(&listing);
    return status == MNEME_OK ? noting->status : status;
}

int mneme_eval_clean_up(struct mneme_cli *cli, struct mneme_error *error) {
    const struct mneme_service_options options = {.purpose = "mneme-eval", .connect_tries = 1};
    const struct mneme_op_sink sink = {.on_row = pass_over};
    struct mneme_op_request deletion;
    struct mneme_op_outcome outcome;
    struct mneme_service *service = NULL;
    struct noting noting = {.deletion = &deletion, .status = MNEME_OK, .error = error};
    mneme_op_request_init(&deletion, &mneme_op_conversation_delete, cli->config);
    int status = mneme_service_open(&service, cli->config, &options, error);
    if (status == MNEME_OK) {
        status = list_conversations(&noting, service);
    }
    if (status == MNEME_OK && noting.count > 0) {
        status = mneme_op_request_complete(&deletion, error);
        status = status == MNEME_OK
                     ? mneme_service_run(&outcome, service, &deletion, &sink, &mneme_cli_cancel, error)
                     : status;
    }
    mneme_service_close(service, -1);
    mneme_op_request_clean_up(&deletion);
    return status;
}
