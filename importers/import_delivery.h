/*
 * Publishes the events of an import: waits for room, counts acknowledged events, keeps the first failure.
 */
#ifndef MNEME_IMPORTERS_IMPORT_DELIVERY_H
#define MNEME_IMPORTERS_IMPORT_DELIVERY_H

#include <pthread.h>
#include <stdatomic.h>

#include "importers/import.h"

/* Ends reading without an error: it was cancelled, or the delivery has the reason. */
#define MNEME_IMPORT_STOP MNEME_E_CONFLICT

struct mneme_import_delivery {
    struct mneme_client *client;
    const struct mneme_import_observer *observer;
    _Atomic int64_t acknowledged;
    _Atomic bool has_failed;
    struct mneme_error failure; /* the first one; written before has_failed */

    pthread_mutex_t lock;        /* guards what follows */
    struct mneme_receipt latest; /* of an acknowledged event; its message is NULL */
    bool has_latest;
};

/* `observer` is borrowed. */
int mneme_import_delivery_init(struct mneme_import_delivery *delivery, struct mneme_client *client,
                               const struct mneme_import_observer *observer, struct mneme_error *error);
void mneme_import_delivery_clean_up(struct mneme_import_delivery *delivery);

/* Queue one event. MNEME_IMPORT_STOP when further events are pointless. */
int mneme_import_deliver_line(struct mneme_import_delivery *delivery, struct mneme_str line,
                              struct mneme_error *error);
int mneme_import_deliver_event(struct mneme_import_delivery *delivery, const struct mneme_event *event,
                               struct mneme_error *error);

/* Whether further events are pointless. */
bool mneme_import_delivery_is_over(const struct mneme_import_delivery *delivery);

/* Waits for all queued events. `status` is the result of reading, and is returned unless it was
 * MNEME_IMPORT_STOP. */
int mneme_import_delivery_finish(struct mneme_import_delivery *delivery, int status,
                                 struct mneme_error *error);

/* The receipt of the event acknowledged last; false when there is none. */
bool mneme_import_delivery_latest(struct mneme_receipt *out, struct mneme_import_delivery *delivery);

#endif
