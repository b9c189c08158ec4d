/*
 * Which creations need no verdict: what is not known is not certain, and what was shown makes the next
 * certain or not.
 */
#include "consumers/redis/certainty.h"

#include <criterion/criterion.h>

#include "common/base/uuid.h"

static struct mneme_certainty *certainty;

static void set_up(void) {
    cr_assert_eq(mneme_certainty_new(&certainty, 10, NULL), MNEME_OK);
}

static void tear_down(void) {
    mneme_certainty_destroy(certainty);
}

TestSuite(certainty, .init = set_up, .fini = tear_down);

#define KEY MNEME_STR_LIT("default/ada")

/* The number-th id there could be, of that version. */
static struct mneme_uuid id_of(int version, unsigned char number) {
    struct mneme_uuid id = {{0}};
    id.bytes[0] = 1;
    id.bytes[6] = (unsigned char)(version << 4);
    id.bytes[15] = number;
    return id;
}

/* An event that creates a memory; both ids have that number. */
static struct mneme_batch_item creation(unsigned char number) {
    struct mneme_batch_item item = {.key = KEY, .position = {.partition = 3}};
    item.event.type = MNEME_EVENT_MEMORY_CREATED;
    item.event.event_id = id_of(7, number);
    item.event.payload.memory_created.memory_id = id_of(7, number);
    return item;
}

static void know(void) {
    mneme_certainty_set(certainty, KEY, 3, id_of(7, 10), id_of(7, 10));
}

static bool note(struct mneme_batch_item item) {
    return mneme_certainty_judge(certainty, &item);
}

Test(certainty, nothing_is_certain_of_a_stream_that_is_not_known) {
    cr_assert_not(note(creation(20)));
    cr_assert_not(note(creation(21)));
}

Test(certainty, ids_above_all_others_are_new) {
    know();
    cr_assert_not(note(creation(10)));
    cr_assert(note(creation(11)));
    cr_assert_not(note(creation(11)), "the same again");
    cr_assert(note(creation(12)));
    struct mneme_batch_item item = creation(13);
    item.event.event_id = id_of(5, 13);
    cr_assert_not(note(item), "ids by name have no order");
    item = creation(14);
    item.event.payload.memory_created.memory_id = id_of(4, 14);
    cr_assert_not(note(item), "nor have random ones");
    item = creation(15);
    item.event.payload.memory_created.memory_id = id_of(7, 12);
    cr_assert_not(note(item), "it is there");
}

Test(certainty, other_events_raise_the_bounds) {
    know();
    struct mneme_batch_item item = creation(30);
    item.event.type = MNEME_EVENT_MEMORY_UPDATED;
    cr_assert_not(note(item));
    cr_assert_not(note(creation(20)));
    item = creation(31);
    item.event.type = MNEME_EVENT_AGENT_DECISION;
    item.event.payload.agent_decision.decision_id = id_of(7, 50);
    cr_assert_not(note(item));
    cr_assert_not(note(creation(40)), "a decision leaves a memory");
    cr_assert(note(creation(51)));
}

Test(certainty, a_version_that_is_expected_may_be_another) {
    know();
    struct mneme_batch_item item = creation(20);
    item.event.expected_version = (struct mneme_opt_long){.is_set = true, .value = 1};
    cr_assert_not(note(item));
}

Test(certainty, nothing_is_certain_behind_what_is_parked) {
    know();
    struct mneme_batch_item item = creation(20);
    item.park_reason = "unreadable";
    cr_assert_not(note(item));
    cr_assert_not(note(creation(21)));
}

Test(certainty, what_is_parked_alone_changes_nothing) {
    know();
    struct mneme_batch_item item = creation(20);
    item.park_reason = "no event";
    item.blocked_by = MNEME_PARKED_ALONE;
    cr_assert_not(note(item));
    cr_assert(note(creation(21)));
}

Test(certainty, a_partition_that_goes_takes_its_streams_along) {
    know();
    mneme_certainty_forget(certainty, 4);
    cr_assert(note(creation(20)));
    mneme_certainty_forget(certainty, 3);
    cr_assert_not(note(creation(21)));
}
