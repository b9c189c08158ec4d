/*
 * Each recall leaves a memory_retrieved event, or a share of them does.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/frame/session.h"
#include "cli/recall/recall.h"
#include "producers/client.h"
#include "producers/retrieved.h"

/* An answer is not held up by its own record: brokers that are away are not waited for, and slow ones not
 * long. */
#define TIMEOUT_MS 1000

static int publish(struct mneme_client *client, const struct mneme_retrieval *retrieval,
                   struct mneme_error *error) {
    int status = mneme_publish_retrieved(client, retrieval, error);
    return status == MNEME_OK ? mneme_flush(client, TIMEOUT_MS, error) : status;
}

/* The settings of the call with the short wait for a registry. The caller destroys *out. */
static int hasty_settings(struct mneme_config **out, const struct mneme_config *config,
                          struct mneme_error *error) {
    char timeout[24];
    int64_t usual = mneme_config_long(config, MNEME_SETTING_REGISTRY_TIMEOUT_MS);
    (void)snprintf(timeout, sizeof timeout, "%lld", (long long)(usual < TIMEOUT_MS ? usual : TIMEOUT_MS));
    int status = mneme_config_copy(out, config, error);
    return status == MNEME_OK
               ? mneme_config_set(*out, MNEME_SETTING_REGISTRY_TIMEOUT_MS, timeout, MNEME_FROM_OPTION, error)
               : status;
}

void mneme_recall_record(const struct mneme_cli *cli, const struct mneme_recall_question *question,
                         const struct mneme_recalled *recalled) {
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
    struct mneme_config *settings = NULL;
    double share = mneme_config_double(cli->config, MNEME_SETTING_RECALL_RECORD);
    struct mneme_retrieval retrieval = {
        .tenant = question->which.scope.tenant,
        .user_id = question->which.scope.user_id,
        .agent_id = question->which.scope.agent_id,
        .query = question->text,
        .degraded = recalled->degraded_count > 0 ? mneme_str_from(recalled->degraded[0]) : MNEME_STR_NULL,
        .latency_micros = recalled->took_micros,
    };
    if (mneme_cli_flag(cli, "no-record") || !mneme_retrieved_is_sampled(share)) {
        return;
    }
    struct mneme_retrieved_memory *memories = calloc(recalled->count + 1, sizeof *memories);
    for (size_t i = 0; i < recalled->count && memories != NULL; i++) {
        const struct mneme_candidate *document = recalled->results[i].document;
        if (document->is_memory) {
            memories[retrieval.count++] = (struct mneme_retrieved_memory){
                document->stream_id, document->user_id, document->agent_id, document->ref,
                (double)recalled->results[i].score / MNEME_RANK_UNIT};
        }
    }
    retrieval.memories = memories;
    fflush(stdout); /* the answer is read meanwhile */
    int status = memories == NULL ? mneme_error_set(&error, MNEME_E_NO_MEMORY, "memory is exhausted")
                                  : hasty_settings(&settings, cli->config, &error);
    if (status == MNEME_OK) {
        status = mneme_client_open_now(&client, settings, TIMEOUT_MS, &error);
    }
    if (status == MNEME_OK) {
        status = publish(client, &retrieval, &error);
    }
    (void)mneme_close(client, 0, NULL);
    mneme_config_destroy(settings);
    free(memories);
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme: this recall is not recorded: %s (--no-record does without)\n", error.message);
    }
}
