/*
 * The bounded queue of events under way, as one ring in order of admission: settling is O(1), and "everything
 * published before now" is "no ticket up to this one is left".
 */
#include "producers/deliveries.h"

#include <errno.h>
#include <stdlib.h>

#define RECORDS_PER_BLOCK 1024
#define PREFETCH_DISTANCE 2

struct mneme_delivery_block {
    struct mneme_delivery records[RECORDS_PER_BLOCK];
    _Alignas(MNEME_DELIVERY_BYTES) struct mneme_delivery_block *next;
};

int mneme_deliveries_init(struct mneme_deliveries *deliveries, size_t max_events, size_t max_bytes,
                          struct mneme_error *error) {
    memset(deliveries, 0, sizeof *deliveries);
    deliveries->max_events = max_events;
    deliveries->max_bytes = max_bytes;
    deliveries->under_way.next = deliveries->under_way.previous = &deliveries->under_way;
    int failure = pthread_mutex_init(&deliveries->lock, NULL);
    if (failure != 0) {
        goto no_lock;
    }
    failure = mneme_condition_init(&deliveries->has_room);
    if (failure != 0) {
        goto no_room;
    }
    failure = mneme_condition_init(&deliveries->has_settled);
    if (failure == 0) {
        return MNEME_OK;
    }
    pthread_cond_destroy(&deliveries->has_room);
no_room:
    pthread_mutex_destroy(&deliveries->lock);
no_lock:
    return mneme_error_set(error, MNEME_E_INTERNAL,
                           "cannot open a publisher: no lock can be created (%s); try again",
                           strerror(failure));
}

void mneme_deliveries_clean_up(struct mneme_deliveries *deliveries) {
    while (deliveries->blocks != NULL) {
        struct mneme_delivery_block *block = deliveries->blocks;
        deliveries->blocks = block->next;
        free(block);
    }
    free(deliveries->unused);
    pthread_cond_destroy(&deliveries->has_settled);
    pthread_cond_destroy(&deliveries->has_room);
    pthread_mutex_destroy(&deliveries->lock);
}

static bool has_room(const struct mneme_deliveries *deliveries, size_t bytes) {
    return deliveries->events == 0 ||
           (deliveries->events < deliveries->max_events && deliveries->bytes <= deliveries->max_bytes &&
            bytes <= deliveries->max_bytes - deliveries->bytes);
}

/* Called with the lock held. */
static bool wait_for_room(struct mneme_deliveries *deliveries, size_t bytes, int timeout_ms) {
    if (timeout_ms <= 0) {
        return false;
    }
    struct timespec deadline = mneme_condition_deadline(timeout_ms);
    deliveries->waiting_for_room++;
    int outcome = 0;
    while (!has_room(deliveries, bytes) && outcome != ETIMEDOUT) {
        outcome = pthread_cond_timedwait(&deliveries->has_room, &deliveries->lock, &deadline);
    }
    deliveries->waiting_for_room--;
    return has_room(deliveries, bytes);
}

/* Called with the lock held. */
static bool grow(struct mneme_deliveries *deliveries) {
    size_t capacity = deliveries->unused_capacity + RECORDS_PER_BLOCK;
    struct mneme_delivery **unused = realloc(deliveries->unused, capacity * sizeof(struct mneme_delivery *));
    if (unused == NULL) {
        return false;
    }
    deliveries->unused = unused;
    struct mneme_delivery_block *block = aligned_alloc(MNEME_DELIVERY_BYTES, sizeof *block);
    if (block == NULL) {
        return false;
    }
    deliveries->unused_capacity = capacity;
    block->next = deliveries->blocks;
    deliveries->blocks = block;
    for (size_t i = 0; i < RECORDS_PER_BLOCK; i++) {
        deliveries->unused[deliveries->unused_count++] = &block->records[i];
    }
    return true;
}

/* With the lock held, and some left. The records come from the cache of the thread that settled them: those
 * of the next calls are sent for now. */
static struct mneme_delivery *take_unused(struct mneme_deliveries *deliveries) {
    struct mneme_delivery *delivery = deliveries->unused[--deliveries->unused_count];
    if (deliveries->unused_count >= PREFETCH_DISTANCE) {
        __builtin_prefetch(deliveries->unused[deliveries->unused_count - PREFETCH_DISTANCE], 1);
    }
    return delivery;
}

int mneme_deliveries_admit(struct mneme_delivery **out, struct mneme_deliveries *deliveries, size_t bytes,
                           struct mneme_uuid event_id, mneme_delivery_fn *on_delivery, void *context,
                           int timeout_ms, struct mneme_error *error) {
    int status = MNEME_OK;
    pthread_mutex_lock(&deliveries->lock);
    if (!has_room(deliveries, bytes) && !wait_for_room(deliveries, bytes, timeout_ms)) {
        status = mneme_error_set(
            error, MNEME_E_FULL,
            "the event was not published: %zu events (%zu kB) wait for the brokers, and there was "
            "no room within %d ms; publish it again later, or raise MNEME_PUBLISH_QUEUE_EVENTS, "
            "MNEME_PUBLISH_QUEUE_KB or MNEME_PUBLISH_BLOCK_MS",
            deliveries->events, deliveries->bytes / 1024, timeout_ms);
        goto out;
    }
    if (deliveries->unused_count == 0 && !grow(deliveries)) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "the event was not published: out of memory; free some memory");
        goto out;
    }
    struct mneme_delivery *delivery = take_unused(deliveries);
    delivery->on_delivery = on_delivery;
    delivery->context = context;
    delivery->bytes = bytes;
    delivery->event_id = event_id;
    delivery->next = &deliveries->under_way;
    delivery->previous = deliveries->under_way.previous;
    delivery->previous->next = delivery;
    deliveries->under_way.previous = delivery;
    deliveries->events++;
    deliveries->bytes += bytes;
    atomic_store_explicit(&delivery->ticket, ++deliveries->last_ticket, memory_order_release);
    *out = delivery;
out:
    pthread_mutex_unlock(&deliveries->lock);
    return status;
}

void mneme_deliveries_settle(struct mneme_deliveries *deliveries, struct mneme_delivery *const *settled,
                             size_t count) {
    pthread_mutex_lock(&deliveries->lock);
    for (size_t i = 0; i < count; i++) {
        struct mneme_delivery *delivery = settled[i];
        delivery->previous->next = delivery->next;
        delivery->next->previous = delivery->previous;
        deliveries->unused[deliveries->unused_count++] = delivery;
        deliveries->bytes -= delivery->bytes;
    }
    deliveries->events -= count;
    if (deliveries->waiting_for_room > 0) {
        pthread_cond_broadcast(&deliveries->has_room);
    }
    if (deliveries->waiting_for_settled > 0) {
        pthread_cond_broadcast(&deliveries->has_settled);
    }
    pthread_mutex_unlock(&deliveries->lock);
}

struct mneme_delivery *mneme_deliveries_oldest(struct mneme_deliveries *deliveries) {
    pthread_mutex_lock(&deliveries->lock);
    struct mneme_delivery *oldest =
        deliveries->under_way.next == &deliveries->under_way ? NULL : deliveries->under_way.next;
    pthread_mutex_unlock(&deliveries->lock);
    return oldest;
}

uint64_t mneme_deliveries_last_ticket(struct mneme_deliveries *deliveries) {
    pthread_mutex_lock(&deliveries->lock);
    uint64_t ticket = deliveries->last_ticket;
    pthread_mutex_unlock(&deliveries->lock);
    return ticket;
}

/* Called with the lock held. */
static bool is_settled(const struct mneme_deliveries *deliveries, uint64_t ticket) {
    const struct mneme_delivery *oldest = deliveries->under_way.next;
    return oldest == &deliveries->under_way || oldest->ticket > ticket;
}

bool mneme_deliveries_wait(struct mneme_deliveries *deliveries, uint64_t ticket, int timeout_ms) {
    struct timespec deadline = mneme_condition_deadline(timeout_ms > 0 ? timeout_ms : 0);
    pthread_mutex_lock(&deliveries->lock);
    deliveries->waiting_for_settled++;
    int outcome = timeout_ms > 0 ? 0 : ETIMEDOUT;
    while (!is_settled(deliveries, ticket) && outcome != ETIMEDOUT) {
        outcome = pthread_cond_timedwait(&deliveries->has_settled, &deliveries->lock, &deadline);
    }
    deliveries->waiting_for_settled--;
    bool is_done = is_settled(deliveries, ticket);
    pthread_mutex_unlock(&deliveries->lock);
    return is_done;
}

size_t mneme_deliveries_count(struct mneme_deliveries *deliveries, uint64_t ticket) {
    size_t count = 0;
    pthread_mutex_lock(&deliveries->lock);
    for (const struct mneme_delivery *delivery = deliveries->under_way.next;
         delivery != &deliveries->under_way && delivery->ticket <= ticket; delivery = delivery->next) {
        count++;
    }
    pthread_mutex_unlock(&deliveries->lock);
    return count;
}
