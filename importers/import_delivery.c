/*
 * The callback runs on the client's thread; everything else on the caller's.
 */
#include "importers/import_delivery.h"

#include "producers/client.h"

#define FLUSH_TIMEOUT_MS (-1) /* MNEME_PUBLISH_TIMEOUT_MS limits it */

int mneme_import_delivery_init(struct mneme_import_delivery *delivery, struct mneme_client *client,
                               const struct mneme_import_observer *observer, struct mneme_error *error) {
    *delivery = (struct mneme_import_delivery){.client = client, .observer = observer};
    if (pthread_mutex_init(&delivery->lock, NULL) != 0) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
    }
    return MNEME_OK;
}

void mneme_import_delivery_clean_up(struct mneme_import_delivery *delivery) {
    pthread_mutex_destroy(&delivery->lock);
}

static void receive(const struct mneme_receipt *receipt, void *context) {
    struct mneme_import_delivery *delivery = context;
    if (receipt->status == MNEME_OK) {
        pthread_mutex_lock(&delivery->lock);
        delivery->latest = *receipt;
        delivery->latest.message = NULL; /* valid only during this call */
        delivery->has_latest = true;
        pthread_mutex_unlock(&delivery->lock);
        atomic_fetch_add(&delivery->acknowledged, 1);
    } else if (!atomic_load(&delivery->has_failed)) {
        (void)mneme_error_set(&delivery->failure, receipt->status, "%s", receipt->message);
        atomic_store(&delivery->has_failed, true);
    }
}

bool mneme_import_delivery_is_over(const struct mneme_import_delivery *delivery) {
    const struct mneme_import_observer *observer = delivery->observer;
    return atomic_load(&delivery->has_failed) || mneme_cancel_is_due(observer->cancel);
}

int mneme_import_deliver_line(struct mneme_import_delivery *delivery, struct mneme_str line,
                              struct mneme_error *error) {
    int status;
    do {
        status = mneme_import_delivery_is_over(delivery)
                     ? MNEME_IMPORT_STOP
                     : mneme_publish_json(delivery->client, line, NULL, NULL, 0, receive, delivery, error);
        /* A full queue drains by itself: its events are acknowledged, or time out. */
    } while (status == MNEME_E_FULL);
    return status;
}

int mneme_import_deliver_event(struct mneme_import_delivery *delivery, const struct mneme_event *event,
                               struct mneme_error *error) {
    int status;
    do {
        status = mneme_import_delivery_is_over(delivery)
                     ? MNEME_IMPORT_STOP
                     : mneme_publish(delivery->client, event, receive, delivery, error);
    } while (status == MNEME_E_FULL); /* as above */
    return status;
}

int mneme_import_delivery_finish(struct mneme_import_delivery *delivery, int status,
                                 struct mneme_error *error) {
    int flushed = mneme_flush(delivery->client, FLUSH_TIMEOUT_MS, status == MNEME_OK ? error : NULL);
    return status == MNEME_OK || status == MNEME_IMPORT_STOP ? flushed : status;
}

bool mneme_import_delivery_latest(struct mneme_receipt *out, struct mneme_import_delivery *delivery) {
    pthread_mutex_lock(&delivery->lock);
    bool has_latest = delivery->has_latest;
    *out = delivery->latest;
    pthread_mutex_unlock(&delivery->lock);
    return has_latest;
}
