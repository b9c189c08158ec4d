/*
 * The events that are under way: accepted from a caller, not yet reported back. A bounded queue that knows
 * nothing of Kafka: it knows when there is room, in which order events were accepted, and when they are
 * settled. Records come from a free list, so that an event needs no allocation here. All functions are
 * thread-safe.
 */
#ifndef MNEME_PRODUCERS_DELIVERIES_H
#define MNEME_PRODUCERS_DELIVERIES_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/condition.h"
#include "producers/publisher.h"

/* One event under way, in one cache line, since it moves between threads. Filled by mneme_deliveries_admit;
 * the fields are immutable until it is settled. */
#define MNEME_DELIVERY_BYTES 64
struct mneme_delivery {
    _Alignas(MNEME_DELIVERY_BYTES) struct mneme_delivery *next;
    struct mneme_delivery *previous; /* both guarded by the lock */
    _Atomic uint64_t ticket; /* ascending in the order of admission; set last, so it hands over the rest */
    mneme_delivery_fn *on_delivery; /* may be NULL */
    void *context;
    size_t bytes;
    struct mneme_uuid event_id;
};
_Static_assert(sizeof(struct mneme_delivery) == MNEME_DELIVERY_BYTES, "one cache line");

struct mneme_delivery_block;

struct mneme_deliveries {
    pthread_mutex_t lock;
    pthread_cond_t has_room;    /* signalled when a thread waits for room and there is some again */
    pthread_cond_t has_settled; /* signalled when a thread waits for events to be settled and some were */
    size_t max_events, max_bytes;

    /* All below is guarded by the lock. */
    struct mneme_delivery under_way; /* ring, oldest first */
    struct mneme_delivery **unused;  /* a stack */
    size_t unused_count, unused_capacity;
    struct mneme_delivery_block *blocks;
    size_t events, bytes; /* under way */
    uint64_t last_ticket;
    unsigned waiting_for_room, waiting_for_settled;
};

int mneme_deliveries_init(struct mneme_deliveries *deliveries, size_t max_events, size_t max_bytes,
                          struct mneme_error *error);

/* Frees all records; no events may be under way. */
void mneme_deliveries_clean_up(struct mneme_deliveries *deliveries);

/*
 * Makes a record for one event of `bytes`. Waits up to timeout_ms for room (0: not at all), then
 * MNEME_E_FULL. An event larger than the whole queue is admitted when nothing else is under way.
 */
int mneme_deliveries_admit(struct mneme_delivery **out, struct mneme_deliveries *deliveries, size_t bytes,
                           struct mneme_uuid event_id, mneme_delivery_fn *on_delivery, void *context,
                           int timeout_ms, struct mneme_error *error);

/* Makes what the publishing thread wrote visible to the reporting thread, which calls this. */
static inline void mneme_delivery_receive(struct mneme_delivery *delivery) {
    (void)atomic_load_explicit(&delivery->ticket, memory_order_acquire);
}

/* Settles events that were reported, or never sent: makes room, wakes waiting threads, takes the records
 * back. */
void mneme_deliveries_settle(struct mneme_deliveries *deliveries, struct mneme_delivery *const *settled,
                             size_t count);

/* The oldest event under way, NULL if there is none. Only for the code that settles them. */
struct mneme_delivery *mneme_deliveries_oldest(struct mneme_deliveries *deliveries);

/* The ticket of the event admitted last; 0 before the first. */
uint64_t mneme_deliveries_last_ticket(struct mneme_deliveries *deliveries);

/* Waits up to timeout_ms until all events up to this ticket are settled; returns whether they are. */
bool mneme_deliveries_wait(struct mneme_deliveries *deliveries, uint64_t ticket, int timeout_ms);

/* How many events up to this ticket are not settled. Takes time proportional to their number, with the queue
 * locked. */
size_t mneme_deliveries_count(struct mneme_deliveries *deliveries, uint64_t ticket);

#endif
