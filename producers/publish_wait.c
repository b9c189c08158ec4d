/*
 * Publishing one event and waiting for the brokers. The two threads share a meeting place: the last one to
 * leave frees it, since an event may be reported long after its publisher gave up waiting.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "producers/client.h"

struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t is_reported;
    bool has_receipt;
    bool was_left; /* by the publisher */
    struct mneme_receipt receipt;
    struct mneme_error error;
};

static struct meeting *make_meeting(void) {
    struct meeting *meeting = calloc(1, sizeof *meeting);
    if (meeting == NULL || pthread_mutex_init(&meeting->lock, NULL) != 0) {
        free(meeting);
        return NULL;
    }
    if (mneme_condition_init(&meeting->is_reported) != 0) {
        pthread_mutex_destroy(&meeting->lock);
        free(meeting);
        return NULL;
    }
    return meeting;
}

static void destroy_meeting(struct meeting *meeting) {
    pthread_cond_destroy(&meeting->is_reported);
    pthread_mutex_destroy(&meeting->lock);
    free(meeting);
}

static void come(const struct mneme_receipt *receipt, void *context) {
    struct meeting *meeting = context;
    pthread_mutex_lock(&meeting->lock);
    bool was_left = meeting->was_left;
    meeting->has_receipt = true;
    meeting->receipt = *receipt;
    if (receipt->status != MNEME_OK) {
        (void)mneme_error_set(&meeting->error, receipt->status, "%s", receipt->message);
    }
    pthread_cond_signal(&meeting->is_reported);
    pthread_mutex_unlock(&meeting->lock);
    if (was_left) {
        destroy_meeting(meeting);
    }
}

static int meet(struct mneme_receipt *receipt, struct meeting *meeting, int timeout_ms,
                struct mneme_error *error) {
    struct timespec deadline = mneme_condition_deadline(timeout_ms);
    pthread_mutex_lock(&meeting->lock);
    while (!meeting->has_receipt &&
           pthread_cond_timedwait(&meeting->is_reported, &meeting->lock, &deadline) == 0) {
    }
    bool has_receipt = meeting->has_receipt;
    meeting->was_left = !has_receipt;
    pthread_mutex_unlock(&meeting->lock);
    if (!has_receipt) {
        return mneme_error_set(
            error, MNEME_E_TIMEOUT,
            "it is not known whether the event was published: the brokers did not acknowledge it "
            "within %d ms; publish it again with the same event_id",
            timeout_ms);
    }
    *receipt = meeting->receipt;
    receipt->message = "";
    int status = receipt->status;
    if (status != MNEME_OK && error != NULL) {
        *error = meeting->error;
    }
    destroy_meeting(meeting);
    return status;
}

int mneme_publish_wait(struct mneme_receipt *receipt, struct mneme_client *client,
                       const struct mneme_event *event, int timeout_ms, struct mneme_error *error) {
    *receipt = (struct mneme_receipt){
        .status = MNEME_E_TIMEOUT,
        .event_id = event->event_id,
        .position = {.partition = -1, .offset = -1},
        .message = "",
    };
    if (mneme_reporter_is_current(&client->reporter)) {
        return receipt->status = mneme_error_set(error, MNEME_E_USAGE,
                                                 "cannot wait for an event: a delivery callback may not wait "
                                                 "for others; do it on another thread");
    }
    struct meeting *meeting = make_meeting();
    if (meeting == NULL) {
        return receipt->status = mneme_error_set(
                   error, MNEME_E_NO_MEMORY, "the event was not published: out of memory; free some memory");
    }
    int status = mneme_publish(client, event, come, meeting, error);
    if (status != MNEME_OK) {
        destroy_meeting(meeting);
        return receipt->status = (enum mneme_status)status;
    }
    return meet(receipt, meeting, timeout_ms, error);
}
