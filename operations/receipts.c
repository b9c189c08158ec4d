#include "operations/receipts.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/base/condition.h"

#define CHECK_MS 50 /* how often the cancel is checked, since it does not signal */

struct gathering;

/* Receives the result of one delivery. */
struct expected {
    struct gathering *gathering;
    struct mneme_receipt receipt;
    char *message; /* of a failure; NULL when memory is exhausted */
    bool is_reported;
};

/* Shared by the waiting thread and the client's thread; the last one to leave frees it. */
struct gathering {
    pthread_mutex_t lock;
    pthread_cond_t has_all;
    size_t outstanding;
    bool was_left; /* nobody waits any more */
    size_t count;
    struct expected items[];
};

static void destroy(struct gathering *gathering) {
    for (size_t i = 0; i < gathering->count; i++) {
        free(gathering->items[i].message);
    }
    pthread_cond_destroy(&gathering->has_all);
    pthread_mutex_destroy(&gathering->lock);
    free(gathering);
}

static struct gathering *make(const struct mneme_event *events, size_t count) {
    struct gathering *gathering = calloc(1, sizeof *gathering + count * sizeof *gathering->items);
    if (gathering == NULL || mneme_condition_init(&gathering->has_all) != 0) {
        free(gathering);
        return NULL;
    }
    pthread_mutex_init(&gathering->lock, NULL);
    gathering->count = count;
    for (size_t i = 0; i < count; i++) {
        gathering->items[i] = (struct expected){
            .gathering = gathering,
            .receipt = {.status = MNEME_E_TIMEOUT,
                        .event_id = events[i].event_id,
                        .position = {.partition = -1, .offset = -1},
                        .message =
                            "the event was not published: the call was cancelled first; publish it again"},
        };
    }
    return gathering;
}

static void note(const struct mneme_receipt *receipt, void *context) {
    struct expected *expected = context;
    struct gathering *gathering = expected->gathering;
    pthread_mutex_lock(&gathering->lock);
    expected->message = receipt->message[0] == '\0' ? NULL : strdup(receipt->message);
    expected->receipt = *receipt;
    expected->is_reported = true;
    expected->receipt.message = expected->message == NULL ? "" : expected->message;
    bool is_last = --gathering->outstanding == 0;
    bool was_left = gathering->was_left;
    pthread_cond_signal(&gathering->has_all);
    pthread_mutex_unlock(&gathering->lock);
    if (was_left && is_last) {
        destroy(gathering);
    }
}

static void wait_for_all(struct gathering *gathering, const struct mneme_cancel *cancel) {
    pthread_mutex_lock(&gathering->lock);
    while (gathering->outstanding > 0 && !mneme_cancel_is_due(cancel)) {
        struct timespec moment = mneme_condition_deadline(CHECK_MS);
        (void)pthread_cond_timedwait(&gathering->has_all, &gathering->lock, &moment);
    }
    pthread_mutex_unlock(&gathering->lock);
}

/* Copies the receipts and returns the error of the first that failed. Some published events may still be
 * under way. */
static int copy_out(struct mneme_receipt *receipts, const struct gathering *gathering, size_t published,
                    struct mneme_arena *arena, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; i < gathering->count; i++) {
        bool is_under_way = i < published && !gathering->items[i].is_reported;
        struct mneme_str message = mneme_arena_copy(
            arena, mneme_str_from(
                       is_under_way ? "it is not known whether the event was published: the brokers did not "
                                      "acknowledge it in time; publish it again with the same event_id"
                                    : gathering->items[i].receipt.message));
        receipts[i] = gathering->items[i].receipt;
        receipts[i].message = message.data == NULL ? "" : message.data;
        if (receipts[i].status != MNEME_OK && status == MNEME_OK) {
            status = mneme_error_set(error, receipts[i].status, "%s", receipts[i].message);
        }
    }
    return status;
}

int mneme_op_receipts_publish(struct mneme_receipt *receipts, struct mneme_client *client,
                              const struct mneme_event *events, size_t count, struct mneme_arena *arena,
                              const struct mneme_cancel *cancel, struct mneme_error *error) {
    struct gathering *gathering = make(events, count);
    if (gathering == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "nothing was published: memory is exhausted; free some");
    }
    struct mneme_error refusal = {0};
    size_t published = 0;
    int status = MNEME_OK;
    while (published < count && status == MNEME_OK && !mneme_cancel_is_asked(cancel)) {
        pthread_mutex_lock(&gathering->lock);
        gathering->outstanding++;
        pthread_mutex_unlock(&gathering->lock);
        status = mneme_publish(client, &events[published], note, &gathering->items[published], &refusal);
        if (status == MNEME_OK) {
            published++;
        } else {
            pthread_mutex_lock(&gathering->lock);
            gathering->outstanding--;
            pthread_mutex_unlock(&gathering->lock);
            gathering->items[published].receipt.status = (enum mneme_status)status;
        }
    }
    wait_for_all(gathering, cancel);
    pthread_mutex_lock(&gathering->lock);
    int failed = copy_out(receipts, gathering, published, arena, error);
    gathering->was_left = gathering->outstanding > 0;
    bool is_ours = !gathering->was_left;
    pthread_mutex_unlock(&gathering->lock);
    if (is_ours) {
        destroy(gathering);
    }
    if (status != MNEME_OK && error != NULL) {
        *error = refusal; /* the event that stopped the others says why */
    }
    return status != MNEME_OK ? status : failed;
}
