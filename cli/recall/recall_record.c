/*
 * Each recall leaves a memory_retrieved event, or a share of them does.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/frame/session.h"
#include "cli/recall/recall.h"
#include "cli/write.h"
#include "producers/client.h"
#include "producers/retrieved.h"

#define FLUSH_TIMEOUT_MS 5000

static int publish(struct mneme_client *client, const struct mneme_retrieval *retrieval,
                   struct mneme_error *error) {
    int status = mneme_publish_retrieved(client, retrieval, error);
    return status == MNEME_OK ? mneme_flush(client, FLUSH_TIMEOUT_MS, error) : status;
}

void mneme_recall_record(const struct mneme_cli *cli, const struct mneme_recall_question *question,
                         const struct mneme_recalled *recalled) {
    struct mneme_error error = {0};
    struct mneme_client *client = NULL;
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
    int status = memories == NULL ? mneme_error_set(&error, MNEME_E_NO_MEMORY, "memory is exhausted")
                                  : mneme_write_open(&client, cli, &error);
    if (status == MNEME_OK) {
        client->on_close = NULL; /* an access is no write that the next read should wait for */
        status = publish(client, &retrieval, &error);
    }
    (void)mneme_close(client, 0, NULL);
    free(memories);
    if (status != MNEME_OK) {
        fflush(stdout);
        fprintf(stderr, "mneme: this recall was not recorded: %s (--no-record does without)\n",
                error.message);
    }
}
