/*
 * The queue of events under way: bounds, order, waiting.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "producers/deliveries.h"

static struct mneme_deliveries deliveries;
static const struct mneme_uuid no_id;

static void set_up_with(size_t max_events, size_t max_bytes) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_deliveries_init(&deliveries, max_events, max_bytes, &error), MNEME_OK);
}

static void tear_down(void) {
    mneme_deliveries_clean_up(&deliveries);
}

TestSuite(deliveries, .fini = tear_down, .timeout = 20);

static struct mneme_delivery *admit(size_t bytes) {
    struct mneme_error error = {0};
    struct mneme_delivery *delivery = NULL;
    cr_assert_eq(mneme_deliveries_admit(&delivery, &deliveries, bytes, no_id, NULL, NULL, 0, &error),
                 MNEME_OK, "%s", error.message);
    return delivery;
}

static int admit_within(size_t bytes, int timeout_ms) {
    struct mneme_error error = {0};
    struct mneme_delivery *delivery = NULL;
    return mneme_deliveries_admit(&delivery, &deliveries, bytes, no_id, NULL, NULL, timeout_ms, &error);
}

static void settle(struct mneme_delivery *delivery) {
    mneme_deliveries_settle(&deliveries, &delivery, 1);
}

Test(deliveries, are_full_at_the_limit_of_events) {
    set_up_with(2, 1000);
    admit(1);
    struct mneme_delivery *second = admit(1);
    cr_assert_eq(admit_within(1, 0), MNEME_E_FULL);
    settle(second);
    admit(1);
}

Test(deliveries, are_full_at_the_limit_of_bytes) {
    set_up_with(100, 1000);
    struct mneme_delivery *first = admit(600);
    cr_assert_eq(admit_within(401, 0), MNEME_E_FULL);
    admit(400);
    settle(first);
    admit(600);
}

Test(deliveries, admit_an_event_larger_than_the_queue_when_it_is_alone) {
    set_up_with(100, 1000);
    struct mneme_delivery *small = admit(1);
    cr_assert_eq(admit_within(5000, 0), MNEME_E_FULL);
    settle(small);
    admit(5000);
    cr_assert_eq(admit_within(1, 0), MNEME_E_FULL);
}

Test(deliveries, wait_for_room_no_longer_than_told) {
    set_up_with(1, 1000);
    admit(1);
    int64_t started = mneme_clock_monotonic_micros();
    cr_assert_eq(admit_within(1, 50), MNEME_E_FULL);
    int64_t waited = mneme_clock_monotonic_micros() - started;
    cr_assert_geq(waited, 50000);
    cr_assert_lt(waited, 5000000);
}

static void *settle_oldest_soon(void *argument) {
    (void)argument;
    /* Until the other thread waits, which it does for longer than any test runs. */
    for (bool is_waiting = false; !is_waiting;) {
        pthread_mutex_lock(&deliveries.lock);
        is_waiting = deliveries.waiting_for_room + deliveries.waiting_for_settled > 0;
        pthread_mutex_unlock(&deliveries.lock);
    }
    settle(mneme_deliveries_oldest(&deliveries));
    return NULL;
}

Test(deliveries, wake_who_waits_for_room) {
    set_up_with(1, 1000);
    admit(1);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, settle_oldest_soon, NULL), 0);
    cr_assert_eq(admit_within(1, 60000), MNEME_OK);
    pthread_join(thread, NULL);
}

Test(deliveries, wake_who_waits_for_the_last_one) {
    set_up_with(10, 1000);
    admit(1);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, settle_oldest_soon, NULL), 0);
    cr_assert(mneme_deliveries_wait(&deliveries, UINT64_MAX, 60000));
    pthread_join(thread, NULL);
}

Test(deliveries, wait_only_for_what_was_admitted_before) {
    set_up_with(10, 1000);
    struct mneme_delivery *first = admit(1);
    struct mneme_delivery *second = admit(1);
    uint64_t ticket = mneme_deliveries_last_ticket(&deliveries);
    admit(1);
    cr_assert_not(mneme_deliveries_wait(&deliveries, ticket, 0));
    cr_assert_eq(mneme_deliveries_count(&deliveries, ticket), 2);
    settle(second);
    cr_assert_not(mneme_deliveries_wait(&deliveries, ticket, 0));
    cr_assert_eq(mneme_deliveries_count(&deliveries, ticket), 1);
    settle(first);
    cr_assert(mneme_deliveries_wait(&deliveries, ticket, 0));
    cr_assert_eq(mneme_deliveries_count(&deliveries, ticket), 0);
    cr_assert_not(mneme_deliveries_wait(&deliveries, UINT64_MAX, 0));
    cr_assert_eq(mneme_deliveries_count(&deliveries, UINT64_MAX), 1);
}

Test(deliveries, give_the_oldest_first) {
    set_up_with(10, 1000);
    struct mneme_delivery *first = admit(1);
    struct mneme_delivery *second = admit(1);
    cr_assert_eq(mneme_deliveries_oldest(&deliveries), first);
    settle(first);
    cr_assert_eq(mneme_deliveries_oldest(&deliveries), second);
    settle(second);
    cr_assert_null(mneme_deliveries_oldest(&deliveries));
}

Test(deliveries, take_records_back) {
    set_up_with(5000, 1000000);
    struct mneme_delivery *records[3000];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 3000; i++) {
            records[i] = admit(10);
        }
        mneme_deliveries_settle(&deliveries, records, 3000);
    }
    cr_assert_eq(deliveries.events, 0);
    cr_assert_eq(deliveries.bytes, 0);
    cr_assert_eq(mneme_deliveries_last_ticket(&deliveries), 9000);
}

Test(deliveries, keep_what_the_caller_gave) {
    set_up_with(10, 1000);
    struct mneme_error error = {0};
    struct mneme_delivery *delivery = NULL;
    struct mneme_uuid id = {{1, 2, 3}};
    int context = 0;
    cr_assert_eq(mneme_deliveries_admit(&delivery, &deliveries, 7, id, NULL, &context, 0, &error), MNEME_OK);
    mneme_delivery_receive(delivery);
    cr_assert_eq(delivery->context, &context);
    cr_assert_eq(memcmp(&delivery->event_id, &id, sizeof id), 0);
    cr_assert_eq(delivery->bytes, 7);
}
