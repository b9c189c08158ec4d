/*
 * Which events need no verdict: what is not known is not certain, and what is noted makes the next certain or
 * not.
 */
#include "consumers/redis/certainty.h"

#include <criterion/criterion.h>

#include "common/uuid.h"

static struct mneme_certainty *certainty;

static void set_up(void) {
    cr_assert_eq(mneme_certainty_new(&certainty, 10, NULL), MNEME_OK);
}

static void tear_down(void) {
    mneme_certainty_destroy(certainty);
}

TestSuite(certainty, .init = set_up, .fini = tear_down);

/* The number-th id there could be, of that version. */
static struct mneme_uuid id_of(int version, unsigned char number) {
    struct mneme_uuid id = {{0}};
    id.bytes[0] = 1;
    id.bytes[6] = (unsigned char)(version << 4);
    id.bytes[15] = number;
    return id;
}

static struct mneme_batch_item item_of(enum mneme_event_type type, unsigned char number) {
    struct mneme_batch_item item = {.key = MNEME_STR_LIT("default/ada"), .position = {.partition = 3}};
    item.event.type = type;
    item.event.event_id = id_of(7, number);
    return item;
}

/* A stream becomes known when the ledger tells of it; here, by an event whose stream is put by hand. */
static void know_stream(void) {
    mneme_certainty_know(certainty, MNEME_STR_LIT("default/ada"), 3, id_of(7, 10), id_of(7, 10));
}

static bool accepts(struct mneme_batch_item item) {
    return mneme_certainty_accepts(certainty, &item);
}

Test(certainty, nothing_is_certain_of_a_stream_that_is_not_known) {
    struct mneme_batch_item item = item_of(MNEME_EVENT_CONTEXT_SET, 20);
    cr_assert_not(accepts(item));
    mneme_certainty_note(certainty, &item, true);
    cr_assert_not(accepts(item_of(MNEME_EVENT_CONTEXT_SET, 21)));
}

Test(certainty, an_id_above_all_others_is_no_duplicate) {
    know_stream();
    struct mneme_batch_item item = item_of(MNEME_EVENT_CONTEXT_SET, 11);
    cr_assert(accepts(item));
    cr_assert_not(accepts(item_of(MNEME_EVENT_CONTEXT_SET, 10)));
    mneme_certainty_note(certainty, &item, true);
    cr_assert_not(accepts(item), "the same again");
    cr_assert(accepts(item_of(MNEME_EVENT_CONTEXT_SET, 12)));
    item = item_of(MNEME_EVENT_CONTEXT_SET, 13);
    item.event.event_id = id_of(5, 13);
    cr_assert_not(accepts(item), "ids by name have no order");
}

Test(certainty, an_event_that_is_refused_raises_the_bound_too) {
    know_stream();
    struct mneme_batch_item item = item_of(MNEME_EVENT_MEMORY_UPDATED, 30);
    mneme_certainty_note(certainty, &item, false);
    cr_assert_not(accepts(item_of(MNEME_EVENT_CONTEXT_SET, 20)));
    cr_assert(accepts(item_of(MNEME_EVENT_CONTEXT_SET, 31)));
}

Test(certainty, what_can_fail_is_not_certain) {
    know_stream();
    const enum mneme_event_type types[] = {MNEME_EVENT_MEMORY_UPDATED, MNEME_EVENT_MEMORY_DELETED,
                                           MNEME_EVENT_CONTEXT_DELETED, MNEME_EVENT_CONVERSATION_CREATED,
                                           MNEME_EVENT_AGENT_DECISION};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        cr_assert_not(accepts(item_of(types[i], 20)), "%zu", i);
    }
    struct mneme_batch_item item = item_of(MNEME_EVENT_CONTEXT_SET, 20);
    item.event.expected_version = (struct mneme_opt_long){.is_set = true, .value = 1};
    cr_assert_not(accepts(item));
}

Test(certainty, a_memory_is_new_when_its_id_is_above_all_others) {
    know_stream();
    struct mneme_batch_item item = item_of(MNEME_EVENT_MEMORY_CREATED, 20);
    item.event.payload.memory_created.memory_id = id_of(7, 10);
    cr_assert_not(accepts(item));
    item.event.payload.memory_created.memory_id = id_of(7, 11);
    cr_assert(accepts(item));
    mneme_certainty_note(certainty, &item, true);
    item.event.event_id = id_of(7, 21);
    cr_assert_not(accepts(item), "it is there now");
    item.event.payload.memory_created.memory_id = id_of(4, 30);
    cr_assert_not(accepts(item), "random ids have no order");
}

Test(certainty, a_turn_needs_a_conversation_that_is_there) {
    know_stream();
    struct mneme_batch_item turn = item_of(MNEME_EVENT_CONVERSATION_TURN, 20);
    turn.event.payload.conversation_turn.conversation_id = MNEME_STR_LIT("chat");
    cr_assert_not(accepts(turn));
    mneme_certainty_note(certainty, &turn, true);
    turn.event.event_id = id_of(7, 21);
    cr_assert(accepts(turn));
    turn.event.payload.conversation_turn.turn_index = (struct mneme_opt_long){.is_set = true, .value = 4};
    cr_assert_not(accepts(turn), "the place may be taken");
    turn.event.payload.conversation_turn.turn_index.is_set = false;
    turn.event.payload.conversation_turn.conversation_id = MNEME_STR_LIT("other");
    cr_assert_not(accepts(turn));
    struct mneme_batch_item deletion = item_of(MNEME_EVENT_CONVERSATION_DELETED, 22);
    deletion.event.payload.conversation_deleted.conversation_id = MNEME_STR_LIT("chat");
    mneme_certainty_note(certainty, &deletion, true);
    turn = item_of(MNEME_EVENT_CONVERSATION_TURN, 23);
    turn.event.payload.conversation_turn.conversation_id = MNEME_STR_LIT("chat");
    cr_assert_not(accepts(turn));
}

Test(certainty, nothing_is_certain_behind_what_is_parked) {
    know_stream();
    struct mneme_batch_item item = item_of(MNEME_EVENT_CONTEXT_SET, 20);
    item.park_reason = "unreadable";
    mneme_certainty_note(certainty, &item, false);
    cr_assert_not(accepts(item_of(MNEME_EVENT_CONTEXT_SET, 21)));
}

Test(certainty, a_partition_that_goes_takes_its_streams_along) {
    know_stream();
    mneme_certainty_forget(certainty, 4);
    cr_assert(accepts(item_of(MNEME_EVENT_CONTEXT_SET, 20)));
    mneme_certainty_forget(certainty, 3);
    cr_assert_not(accepts(item_of(MNEME_EVENT_CONTEXT_SET, 20)));
}
