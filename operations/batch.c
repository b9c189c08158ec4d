#include "operations/batch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "operations/receipts.h"
#include "operations/service.h"

struct mneme_op_batch {
    /* Guarded by the lock, since the client's thread counts. */
    pthread_mutex_t lock;
    int64_t acknowledged, failed;
    struct mneme_error first_failure;
};

static void count_delivery(const struct mneme_receipt *receipt, void *context) {
    struct mneme_op_batch *batch = context;
    pthread_mutex_lock(&batch->lock);
    if (receipt->status == MNEME_OK) {
        batch->acknowledged++;
    } else if (batch->failed++ == 0) {
        (void)mneme_error_set(&batch->first_failure, receipt->status, "%s", receipt->message);
    }
    pthread_mutex_unlock(&batch->lock);
}

/* Sets the client and the batch; the call waits for the batch before it ends. */
static int begin(struct mneme_client **client, struct mneme_op_call *call, struct mneme_error *error) {
    if (call->batch == NULL) {
        call->batch = calloc(1, sizeof *call->batch);
        if (call->batch == NULL) {
            return mneme_error_set(error, MNEME_E_NO_MEMORY,
                                   "nothing was published: memory is exhausted; free some");
        }
        pthread_mutex_init(&call->batch->lock, NULL);
    }
    return mneme_service_client_within(client, call->service, call->cancel, error);
}

int mneme_op_call_publish(struct mneme_op_call *call, const struct mneme_event *event,
                          struct mneme_error *error) {
    struct mneme_client *client;
    int status = begin(&client, call, error);
    return status == MNEME_OK ? mneme_publish(client, event, count_delivery, call->batch, error) : status;
}

int mneme_op_call_publish_told(struct mneme_op_call *call, const struct mneme_event *event,
                               mneme_delivery_fn *on_delivery, void *context, struct mneme_error *error) {
    struct mneme_client *client;
    int status = begin(&client, call, error);
    return status == MNEME_OK ? mneme_publish(client, event, on_delivery, context, error) : status;
}

int mneme_op_call_publish_now(struct mneme_receipt *receipt, struct mneme_op_call *call,
                              const struct mneme_event *event, struct mneme_error *error) {
    struct mneme_client *client;
    const struct mneme_cancel cancel =
        mneme_cancel_within(call->cancel, mneme_config_long(call->config, MNEME_SETTING_PUBLISH_TIMEOUT_MS));
    int status = mneme_service_client_within(&client, call->service, call->cancel, error);
    return status == MNEME_OK
               ? mneme_op_receipts_publish(receipt, client, event, 1, call->arena, &cancel, error)
               : status;
}

int mneme_op_call_flush(int64_t *acknowledged, int64_t *failed, struct mneme_op_call *call,
                        struct mneme_error *error) {
    struct mneme_op_batch *batch = call->batch;
    struct mneme_client *client;
    *acknowledged = *failed = 0;
    if (batch == NULL) {
        return MNEME_OK;
    }
    int status = mneme_service_client_within(&client, call->service, call->cancel, error);
    if (status == MNEME_OK) {
        bool has_end = call->cancel != NULL && call->cancel->deadline_micros != 0;
        int64_t left_ms = mneme_cancel_left_micros(call->cancel, INT32_MAX) / 1000;
        status = mneme_flush(client, has_end ? (int)left_ms : -1, error);
    }
    pthread_mutex_lock(&batch->lock);
    *acknowledged = batch->acknowledged;
    *failed = batch->failed;
    if (status == MNEME_OK && batch->failed > 0) {
        status = mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                 "%lld of %lld events were not published: %s; run the command again",
                                 (long long)batch->failed, (long long)(batch->failed + batch->acknowledged),
                                 batch->first_failure.message);
    }
    pthread_mutex_unlock(&batch->lock);
    return status;
}

void mneme_op_batch_destroy(struct mneme_op_batch *batch, struct mneme_client *client) {
    if (batch == NULL) {
        return;
    }
    if (client != NULL) {
        (void)mneme_flush(client, -1, NULL); /* its callbacks know the batch */
    }
    pthread_mutex_destroy(&batch->lock);
    free(batch);
}
