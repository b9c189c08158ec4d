/*
 * One event from the command line into the log, and what became of it.
 */
#include "cli/write.h"

#include <stdio.h>

#include "cli/frame/output.h"
#include "cli/frame/session.h"
#include "cli/last_write.h"
#include "common/json/write.h"
#include "common/kafka/kafka.h"
#include "common/log/log.h"
#include "producers/client.h"
#include "queries/verdicts.h"

int mneme_write_wants_verdict(bool *wanted, const struct mneme_cli *cli, struct mneme_error *error) {
    const char *projection = mneme_cli_value(cli, "wait");
    *wanted = projection != NULL;
    if (projection != NULL && strcmp(projection, mneme_projections[MNEME_PROJECTION_POSTGRES].name) != 0) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was published: --wait is '%s', which gives no verdicts; wait "
                               "for %s",
                               projection, mneme_projections[MNEME_PROJECTION_POSTGRES].name);
    }
    return MNEME_OK;
}

/* What was written is written, also where it cannot be noted. */
static void note_last_write(const int64_t *offsets, size_t partitions, void *context) {
    const struct mneme_cli *cli = context;
    struct mneme_error error = {0};
    if (mneme_last_write_save(cli->config, offsets, partitions, &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "--at-least last will not know of this write",
                  MNEME_LOG_S("reason", error.message));
    }
}

int mneme_write_open(struct mneme_client **out, const struct mneme_cli *cli, struct mneme_error *error) {
    int status = mneme_client_open(out, cli->config, error);
    if (status == MNEME_OK) {
        (*out)->on_close = note_last_write;
        (*out)->on_close_context = (void *)cli;
    }
    return status;
}

int mneme_write_event(struct mneme_event *event, const struct mneme_cli *cli,
                      const struct mneme_client *client, enum mneme_event_type type,
                      struct mneme_error *error) {
    struct mneme_str key = mneme_cli_opt_str(cli, "idempotency-key");
    int status = mneme_event_init(event, client, type, error);
    if (status == MNEME_OK && key.data != NULL) {
        status = mneme_event_set_idempotency_key(event, key, error);
    }
    event->scope.user_id = mneme_cli_opt_str(cli, "user");
    event->scope.agent_id = mneme_cli_opt_str(cli, "agent");
    event->scope.run_id = mneme_cli_opt_str(cli, "run");
    event->scope.conversation_id = mneme_cli_opt_str(cli, "conversation");
    event->stream_id = mneme_cli_opt_str(cli, "stream");
    event->correlation_id = mneme_cli_opt_str(cli, "correlation");
    event->causation_id = mneme_cli_opt_str(cli, "causation");
    event->actor = mneme_cli_opt_str(cli, "actor");
    return status;
}

#define LABEL_WIDTH 10

/* What is printed of one event. */
struct receipt {
    const char *id_name;
    struct mneme_str id;
    struct mneme_uuid event_id;
    struct mneme_position position;
    struct mneme_str stream_id;
    const struct mneme_verdict_row *verdict; /* NULL without --wait */
};

static enum mneme_exit print_json(const struct receipt *receipt) {
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, mneme_str_from(receipt->id_name));
    mneme_json_string(&json, receipt->id);
    mneme_json_key(&json, MNEME_STR_LIT("event_id"));
    mneme_json_uuid(&json, receipt->event_id);
    mneme_json_key(&json, MNEME_STR_LIT("position"));
    mneme_json_position(&json, receipt->position);
    mneme_json_key(&json, MNEME_STR_LIT("stream_id"));
    mneme_json_string(&json, receipt->stream_id);
    if (receipt->verdict != NULL) {
        mneme_json_key(&json, MNEME_STR_LIT("verdict"));
        mneme_json_string(&json, receipt->verdict->verdict);
        bool is_accepted = mneme_str_equal(receipt->verdict->verdict, MNEME_STR_LIT("accepted"));
        mneme_json_key(&json, is_accepted ? MNEME_STR_LIT("version") : MNEME_STR_LIT("actual_version"));
        if (receipt->verdict->actual_version.is_set) {
            mneme_json_long(&json, receipt->verdict->actual_version.value);
        } else {
            mneme_json_null(&json);
        }
    }
    mneme_json_end_object(&json);
    enum mneme_exit code = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return code;
}

static enum mneme_exit print_text(const struct receipt *receipt) {
    char id[MNEME_ID_TEXT_BYTES];
    int width = (int)strlen(receipt->id_name) > LABEL_WIDTH ? (int)strlen(receipt->id_name) : LABEL_WIDTH;
    mneme_id_text(id, receipt->event_id);
    printf("%-*s %.*s\n", width, receipt->id_name, MNEME_STR_ARG(receipt->id));
    printf("%-*s %s\n", width, "event_id", id);
    printf("%-*s %d:%lld\n", width, "position", receipt->position.partition,
           (long long)receipt->position.offset);
    printf("%-*s %.*s\n", width, "stream_id", MNEME_STR_ARG(receipt->stream_id));
    if (receipt->verdict != NULL) {
        const struct mneme_verdict_row *verdict = receipt->verdict;
        printf("%-*s %.*s", width, "verdict", MNEME_STR_ARG(verdict->verdict));
        if (verdict->actual_version.is_set) {
            bool is_accepted = mneme_str_equal(verdict->verdict, MNEME_STR_LIT("accepted"));
            printf(", the %sversion is %lld", is_accepted ? "" : "actual ",
                   (long long)verdict->actual_version.value);
        }
        printf("\n");
    }
    return MNEME_EXIT_DONE;
}

struct verdict_visit {
    const struct mneme_cli *cli;
    struct receipt *receipt;
    enum mneme_exit code;
    bool is_seen;
};

static bool print_verdict(const void *row, void *context) {
    struct verdict_visit *visit = context;
    const struct mneme_verdict_row *verdict = row;
    visit->receipt->verdict = verdict;
    visit->code = visit->cli->json ? print_json(visit->receipt) : print_text(visit->receipt);
    if (visit->code == MNEME_EXIT_DONE) {
        visit->code = mneme_exit_code(mneme_verdict_status(verdict->verdict));
    }
    if (verdict->reason.data != NULL) {
        mneme_cli_say("the event was %.*s: %.*s; see mneme dead-letters show %d:%lld",
                      MNEME_STR_ARG(verdict->verdict), MNEME_STR_ARG(verdict->reason),
                      (int)visit->receipt->position.partition, (long long)visit->receipt->position.offset);
    }
    visit->is_seen = true;
    return true;
}

/* Without the verdict, when that cannot be had, so that the caller at least knows what was published. */
static enum mneme_exit print_with_verdict(struct mneme_cli *cli, struct receipt *receipt) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_query_wait wait = mneme_session_wait(cli);
    struct verdict_visit visit = {.cli = cli, .receipt = receipt};
    int status = mneme_kafka_events_topic(topic, cli->config, &error);
    if (status == MNEME_OK) {
        status = mneme_query_connect(&postgres, cli->config, "mneme-cli", &error);
    }
    if (status == MNEME_OK) {
        status = mneme_verdicts_wait(postgres, topic, mneme_session_tenant(cli), &receipt->position, 1, &wait,
                                     print_verdict, &visit, &error);
    }
    mneme_pg_close(postgres);
    if (status == MNEME_OK && !visit.is_seen) {
        status = mneme_error_set(
            &error, MNEME_E_INTERNAL,
            "the event has no verdict: the ledger has passed it and does not have it; see mneme "
            "status for a projection of another log");
    }
    if (status != MNEME_OK) {
        (void)(cli->json ? print_json(receipt) : print_text(receipt));
        return mneme_cli_fail(cli, &error);
    }
    return visit.code;
}

enum mneme_exit mneme_write_publish_named(struct mneme_cli *cli, struct mneme_client *client,
                                          const struct mneme_event *event, const char *id_name,
                                          struct mneme_str id) {
    struct mneme_error error = {0};
    struct mneme_receipt acknowledged;
    bool wants_verdict;
    int status = mneme_write_wants_verdict(&wants_verdict, cli, &error);
    if (status == MNEME_OK) {
        int timeout_ms = (int)mneme_config_long(cli->config, MNEME_SETTING_PUBLISH_TIMEOUT_MS);
        status = mneme_publish_wait(&acknowledged, client, event, timeout_ms, &error);
    }
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    struct receipt receipt = {
        .id_name = id_name,
        .id = id,
        .event_id = acknowledged.event_id,
        .position = acknowledged.position,
        .stream_id = event->stream_id.data != NULL ? event->stream_id : mneme_event_subject(event),
    };
    if (wants_verdict) {
        return print_with_verdict(cli, &receipt);
    }
    return cli->json ? print_json(&receipt) : print_text(&receipt);
}
