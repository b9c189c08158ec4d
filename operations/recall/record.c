#include <stdio.h>

#include "operations/recall/recall.h"
#include "operations/service.h"
#include "producers/client.h"

#define TIMEOUT_MS 1000

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

/* By a publisher of its own, which neither waits for brokers nor is waited for when the service ends. */
static int publish(const struct mneme_config *config, const struct mneme_retrieval *retrieval,
                   struct mneme_error *error) {
    struct mneme_client *client = NULL;
    struct mneme_config *settings = NULL;
    int status = hasty_settings(&settings, config, error);
    if (status == MNEME_OK) {
        status = mneme_client_open_now(&client, settings, TIMEOUT_MS, error);
    }
    if (status == MNEME_OK) {
        status = mneme_publish_retrieved(client, retrieval, error);
    }
    if (status == MNEME_OK) {
        status = mneme_flush(client, TIMEOUT_MS, error);
    }
    (void)mneme_close(client, 0, NULL);
    mneme_config_destroy(settings);
    return status;
}

void mneme_recall_record(const struct mneme_op_call *call, const struct mneme_retrieval *retrieval,
                         const struct mneme_op_field *without) {
    struct mneme_error error = {0};
    double share = mneme_config_double(call->config, MNEME_SETTING_RECALL_RECORD);
    if (!mneme_retrieved_is_sampled(share) || publish(call->config, retrieval, &error) == MNEME_OK) {
        return;
    }
    struct mneme_buffer text = {0};
    char label[MNEME_OP_LABEL_BYTES];
    mneme_buffer_printf(&text, "this recall is not recorded: %s (%s does without)", error.message,
                        mneme_op_label(label, call->request, without));
    mneme_op_note(call, MNEME_OP_NOTE_WARNING, mneme_buffer_str(&text));
    mneme_buffer_clean_up(&text);
}
