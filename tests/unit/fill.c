/*
 * Filling batches: what becomes an event, what is parked, when a batch is closed.
 */
#include "consumers/log/fill.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/runtime_events.h"

#define PARTITIONS 8

static int released;

static void release(void *message) {
    (void)message;
    released++;
}

struct bench {
    struct mneme_fill_rules rules;
    struct mneme_fill fill;
    struct mneme_park_set parked;
    struct mneme_buffer keys[256], values[256]; /* what the records point to */
    size_t used;
    int64_t next[PARTITIONS];
    struct mneme_error error;
};

static struct bench bench;

static void set_up(void) {
    bench = (struct bench){.rules = {.codec = mneme_test_codec(),
                                     .topic_partitions = PARTITIONS,
                                     .content_max_chars = 10000,
                                     .max_events = 100,
                                     .max_bytes = 1000000,
                                     .linger_micros = 2000,
                                     .release = release}};
    mneme_fill_init(&bench.fill);
    released = 0;
}

static void tear_down(void) {
    mneme_fill_clean_up(&bench.fill, &bench.rules);
    mneme_park_set_clean_up(&bench.parked);
    mneme_codec_destroy(bench.rules.codec);
    for (size_t i = 0; i < bench.used; i++) {
        mneme_buffer_clean_up(&bench.keys[i]);
        mneme_buffer_clean_up(&bench.values[i]);
    }
}

TestSuite(fill, .init = set_up, .fini = tear_down);

static int add_raw(int32_t partition, struct mneme_str key, struct mneme_str value, int64_t now) {
    struct mneme_log_record record = {.position = {partition, bench.next[partition]},
                                      .progress = bench.next[partition],
                                      .timestamp_ms = 1234,
                                      .key = key,
                                      .value = value};
    int status = mneme_fill_add(&bench.fill, &bench.rules, &bench.parked, &record, now, &bench.error);
    bench.next[partition] += status == MNEME_OK;
    return status;
}

/* Encodes an event of the user; its record lies in slot `used - 1`. */
static int32_t encode(const char *user) {
    int32_t partition = 0;
    size_t i = bench.used++;
    mneme_test_event(&bench.keys[i], &bench.values[i], &partition, bench.rules.codec, user, (int)i,
                     PARTITIONS);
    return partition;
}

static struct mneme_str last_key(void) {
    return mneme_buffer_str(&bench.keys[bench.used - 1]);
}

static struct mneme_str last_value(void) {
    return mneme_buffer_str(&bench.values[bench.used - 1]);
}

static int32_t add_event(const char *user, int64_t now) {
    int32_t partition = encode(user);
    cr_assert_eq(add_raw(partition, last_key(), last_value(), now), MNEME_OK, "%s", bench.error.message);
    return partition;
}

static const struct mneme_batch_item *last_item(void) {
    return &bench.fill.batch.items[bench.fill.batch.count - 1];
}

static void check_parked(const char *phrase) {
    cr_assert_not_null(last_item()->park_reason);
    cr_assert_not_null(strstr(last_item()->park_reason, phrase), "%s", last_item()->park_reason);
}

Test(fill, an_event_is_decoded_in_place) {
    int32_t partition = add_event("ada", 1);
    const struct mneme_batch_item *item = last_item();
    cr_assert_null(item->park_reason);
    cr_assert_eq(item->position.partition, partition);
    cr_assert_eq(item->position.offset, 0);
    cr_assert_eq(item->recorded_at, 1234000);
    cr_assert(mneme_str_equal(item->event.stream_id, MNEME_STR_LIT("ada")));
    cr_assert_eq(item->event.type, MNEME_EVENT_MEMORY_CREATED);
    cr_assert(item->event.stream_id.data > item->value.data &&
              item->event.stream_id.data < item->value.data + item->value.len);
}

Test(fill, progress_of_each_partition_goes_from_where_it_was_to_behind_its_last_record) {
    const char *users[] = {"ada", "bob", "cy", "dan", "eve", "fay", "gus", "hal"};
    int64_t count[PARTITIONS] = {0};
    for (int32_t i = 0; i < PARTITIONS; i++) {
        bench.next[i] = 100 + i;
    }
    for (int i = 0; i < 40; i++) {
        count[add_event(users[i % 8], 1)]++;
    }
    size_t touched = 0;
    for (size_t i = 0; i < bench.fill.batch.partition_count; i++) {
        const struct mneme_batch_partition *part = &bench.fill.batch.partitions[i];
        cr_assert_eq(part->first_offset, 100 + part->partition);
        cr_assert_eq(part->next_offset, part->first_offset + count[part->partition]);
        touched++;
    }
    for (int32_t i = 0; i < PARTITIONS; i++) {
        touched -= count[i] > 0;
    }
    cr_assert_eq(touched, 0);
}

Test(fill, a_gap_in_the_log_is_passed_with_the_progress_before_it) {
    int32_t partition = encode("ada");
    struct mneme_log_record record = {.position = {partition, 12},
                                      .progress = 10,
                                      .timestamp_ms = -1,
                                      .key = last_key(),
                                      .value = last_value()};
    cr_assert_eq(mneme_fill_add(&bench.fill, &bench.rules, &bench.parked, &record, 0, &bench.error),
                 MNEME_OK);
    cr_assert_eq(bench.fill.batch.partitions[0].first_offset, 10);
    cr_assert_eq(bench.fill.batch.partitions[0].next_offset, 13);
    cr_assert_eq(last_item()->recorded_at, 0);
}

static void check_parked_alone(void) {
    cr_assert_not_null(last_item()->park_reason);
    cr_assert_eq(last_item()->blocked_by, MNEME_PARKED_ALONE);
    cr_assert_eq(mneme_park_set_count(&bench.parked), 0);
}

Test(fill, bytes_that_are_no_event_are_parked_alone) {
    int32_t partition = encode("ada");
    const struct mneme_str values[] = {MNEME_STR_LIT("not an event"),
                                       MNEME_STR_LIT(""),
                                       MNEME_STR_NULL,
                                       MNEME_STR_LIT("\xc3\x01"),
                                       {last_value().data, last_value().len - 1}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        cr_assert_eq(add_raw(partition, last_key(), values[i], 0), MNEME_OK);
        check_parked_alone();
        cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
        cr_assert_null(last_item()->park_reason, "behind value %zu", i);
    }
}

Test(fill, a_text_that_is_not_utf8_is_no_event) {
    int32_t partition = encode("ada");
    char *text = memmem(bench.values[0].data, bench.values[0].len, "text", 4);
    cr_assert_not_null(text);
    text[0] = '\xff';
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
    check_parked("UTF-8");
    check_parked_alone();
}

/* Adds an event of the user that is over a limit, and one of the same user that is not. */
static int32_t add_refused(const char *user) {
    int32_t partition = encode(user);
    bench.rules.content_max_chars = 5;
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
    check_parked("content");
    bench.rules.content_max_chars = 10000;
    return partition;
}

Test(fill, an_event_over_a_limit_is_parked_and_its_key_behind_it) {
    int32_t partition = add_refused("ada");
    cr_assert_eq(last_item()->blocked_by, 0);
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
    check_parked("waits behind offset 0");
    cr_assert_eq(last_item()->blocked_by, 0);
    cr_assert_eq(add_raw(partition, last_key(), MNEME_STR_LIT("garbage"), 0), MNEME_OK);
    cr_assert_eq(last_item()->blocked_by, MNEME_PARKED_ALONE, "garbage waits behind nobody");
    add_event("bob", 0);
    cr_assert_null(last_item()->park_reason);
    mneme_fill_reset(&bench.fill, &bench.rules);
    cr_assert_eq(add_raw(partition, mneme_buffer_str(&bench.keys[0]), mneme_buffer_str(&bench.values[0]), 0),
                 MNEME_OK);
    check_parked("waits behind offset 0");
}

Test(fill, an_event_over_a_limit_is_parked_alone_where_what_is_kept_replaces_itself) {
    bench.rules.parks_alone = true;
    int32_t partition = add_refused("ada");
    check_parked_alone();
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
    cr_assert_null(last_item()->park_reason);
}

Test(fill, a_truncated_event_is_parked) {
    int32_t partition = encode("ada");
    struct mneme_str value = last_value();
    for (size_t len = 0; len < value.len; len++) {
        struct mneme_park_set none = {0};
        struct mneme_log_record record = {
            .position = {partition, 0}, .key = last_key(), .value = {value.data, len}};
        mneme_fill_reset(&bench.fill, &bench.rules);
        cr_assert_eq(mneme_fill_add(&bench.fill, &bench.rules, &none, &record, 0, &bench.error), MNEME_OK);
        cr_assert_not_null(last_item()->park_reason, "%zu bytes", len);
        mneme_park_set_clean_up(&none);
    }
}

Test(fill, a_tombstone_is_parked_with_a_value_that_can_be_stored) {
    int32_t partition = encode("ada");
    cr_assert_eq(add_raw(partition, last_key(), MNEME_STR_NULL, 0), MNEME_OK);
    check_parked("tombstone");
    cr_assert_not_null(last_item()->value.data);
    cr_assert_eq(last_item()->value.len, 0);
}

Test(fill, a_message_without_a_key_is_parked_and_blocks_nobody) {
    int32_t partition = encode("ada");
    cr_assert_eq(add_raw(partition, MNEME_STR_NULL, last_value(), 0), MNEME_OK);
    check_parked("no key");
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
    cr_assert_null(last_item()->park_reason);
    cr_assert_eq(mneme_park_set_count(&bench.parked), 0);
}

Test(fill, an_event_under_another_key_is_parked) {
    int32_t partition = encode("ada");
    cr_assert_eq(add_raw(partition, MNEME_STR_LIT("default/bob"), last_value(), 0), MNEME_OK);
    check_parked("\"default/ada\"");
    check_parked_alone();
    cr_assert_not(bench.fill.has_stray);
}

Test(fill, an_event_in_the_wrong_partition_is_parked_and_asks_for_a_look_at_the_topic) {
    int32_t partition = encode("ada");
    cr_assert_eq(add_raw((partition + 1) % PARTITIONS, last_key(), last_value(), 0), MNEME_OK);
    check_parked("murmur2");
    check_parked_alone();
    cr_assert(bench.fill.has_stray);
    mneme_fill_reset(&bench.fill, &bench.rules);
    cr_assert_not(bench.fill.has_stray);
}

Test(fill, an_unknown_schema_is_not_taken) {
    int32_t partition = encode("ada");
    bench.values[0].data[3] ^= 0x55; /* within the fingerprint */
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_E_UNKNOWN_SCHEMA);
    cr_assert_eq(bench.fill.batch.count, 0);
    cr_assert_eq(bench.fill.batch.partition_count, 0);
    cr_assert_eq(mneme_park_set_count(&bench.parked), 0);
}

Test(fill, an_unknown_schema_is_not_taken_behind_a_parked_key_either) {
    int32_t partition = encode("ada");
    cr_assert(mneme_park_set_add(&bench.parked, partition, last_key(), 77));
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
    check_parked("waits behind offset 77");
    cr_assert_eq(last_item()->blocked_by, 77);
    bench.values[0].data[3] ^= 0x55;
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_E_UNKNOWN_SCHEMA,
                 "projections that park alone must wait here as well");
}

Test(fill, what_is_parked_by_hand_is_not_looked_into_and_blocks_its_key) {
    struct mneme_log_marks marks = {0};
    int32_t partition = encode("ada");
    bench.rules.marks = &marks;
    cr_assert(mneme_log_marks_add(&marks, (struct mneme_position){partition, 1},
                                  MNEME_STR_LIT("no such schema"), NULL));
    cr_assert(
        mneme_log_marks_add(&marks, (struct mneme_position){partition, 7}, MNEME_STR_LIT("another"), NULL));
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
    cr_assert_null(last_item()->park_reason);
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK, "it could be read by now");
    check_parked("parked by hand: no such schema");
    cr_assert_eq(last_item()->blocked_by, 1);
    cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
    check_parked("waits behind offset 1");
    mneme_park_set_clean_up(&bench.parked);
    bench.rules.parks_alone = true;
    bench.next[partition] = 7;
    cr_assert_eq(add_raw(partition, last_key(), MNEME_STR_LIT("\xc3\x01unknown one"), 0), MNEME_OK);
    check_parked("another");
    check_parked_alone();
    mneme_log_marks_clean_up(&marks);
}

Test(fill, what_was_dropped_is_passed_over_and_blocks_nobody) {
    struct mneme_log_marks marks = {0};
    struct mneme_log_digest digest;
    int32_t partition = encode("ada");
    bench.rules.marks = &marks;
    int64_t recorded_at = mneme_fill_recorded_at(1234);
    cr_assert_eq(mneme_log_digest(&digest, 1, recorded_at, last_key(), last_value(), &bench.error), MNEME_OK);
    cr_assert(mneme_log_marks_add(&marks, (struct mneme_position){partition, 1}, MNEME_STR_LIT(""), &digest));
    cr_assert(mneme_log_marks_add(&marks, (struct mneme_position){partition, 3}, MNEME_STR_LIT(""), &digest));
    for (int64_t offset = 0; offset < 4; offset++) {
        cr_assert_eq(add_raw(partition, last_key(), last_value(), 0), MNEME_OK);
        cr_assert_null(last_item()->park_reason);
        cr_assert_eq(last_item()->position.offset, offset == 1 ? 0 : offset,
                     "the mark of offset 3 is of another message, which lay there before");
    }
    cr_assert_eq(bench.fill.batch.count, 3);
    cr_assert_eq(bench.fill.batch.partitions[0].next_offset, 4);
    mneme_log_marks_clean_up(&marks);
}

Test(fill, an_unknown_schema_is_told_without_what_to_do_about_it) {
    struct mneme_error reason = {0};
    struct mneme_error sentence = {0};
    char why[100];
    mneme_error_set(&reason, MNEME_E_UNKNOWN_SCHEMA,
                    "cannot decode an event: no schema; run a newer version");
    mneme_unknown_schema_reason(why, sizeof why, &reason);
    cr_assert_str_eq(why, "no schema");
    cr_assert_eq(mneme_unknown_schema(&sentence, "t.events", (struct mneme_position){3, 17}, &reason),
                 MNEME_E_UNKNOWN_SCHEMA);
    cr_assert_str_eq(
        sentence.message,
        "cannot read the event at 3:17 of t.events: unknown schema: no schema; upgrade this program, or "
        "leave the event out with `mneme dead-letters park 3:17`");
}

Test(fill, is_full_by_events) {
    bench.rules.max_events = 3;
    for (int i = 0; i < 3; i++) {
        cr_assert_not(mneme_fill_is_full(&bench.fill, &bench.rules));
        add_event("ada", 0);
    }
    cr_assert(mneme_fill_is_full(&bench.fill, &bench.rules));
    cr_assert_eq(mneme_fill_due_micros(&bench.fill, &bench.rules, 0), 0);
}

Test(fill, is_full_by_bytes) {
    add_event("ada", 0);
    cr_assert_eq(bench.fill.batch.bytes, bench.keys[0].len + bench.values[0].len);
    bench.rules.max_bytes = bench.fill.batch.bytes + 1;
    cr_assert_not(mneme_fill_is_full(&bench.fill, &bench.rules));
    add_event("ada", 0);
    cr_assert(mneme_fill_is_full(&bench.fill, &bench.rules));
}

Test(fill, is_due_when_nothing_came_for_the_linger) {
    cr_assert_eq(mneme_fill_due_micros(&bench.fill, &bench.rules, 5), INT64_MAX);
    add_event("ada", 10000);
    cr_assert_eq(mneme_fill_due_micros(&bench.fill, &bench.rules, 10000), 2000);
    add_event("ada", 11500);
    cr_assert_eq(mneme_fill_due_micros(&bench.fill, &bench.rules, 12000), 1500);
    cr_assert_eq(mneme_fill_due_micros(&bench.fill, &bench.rules, 13500), 0);
    cr_assert_eq(mneme_fill_due_micros(&bench.fill, &bench.rules, 99999), 0);
}

Test(fill, a_steady_trickle_does_not_hold_a_batch_open) {
    int64_t now = 0;
    while (mneme_fill_due_micros(&bench.fill, &bench.rules, now) > 0) {
        add_event("ada", now);
        now += 1000;
        cr_assert_leq(now, 2 * bench.rules.linger_micros);
    }
    cr_assert_gt(bench.fill.batch.count, 2);
}

Test(fill, messages_are_released_once_and_the_batch_can_be_used_again) {
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 70; i++) {
            add_event("ada", 0);
        }
        mneme_fill_reset(&bench.fill, &bench.rules);
        cr_assert_eq(released, 70 * (round + 1));
        cr_assert_eq(bench.fill.batch.count + bench.fill.batch.bytes + bench.fill.batch.partition_count, 0);
    }
}

Test(fill, records_are_taken_as_they_are) {
    bench.rules.takes_records = true;
    cr_assert_eq(add_raw(0, MNEME_STR_LIT("a"), MNEME_STR_LIT("no event"), 0), MNEME_OK);
    cr_assert_eq(add_raw(0, MNEME_STR_LIT("a"), MNEME_STR_NULL, 0), MNEME_OK);
    const struct mneme_batch *batch = &bench.fill.batch;
    cr_assert_eq(batch->count, 2);
    cr_assert(batch->is_of_records);
    cr_assert(batch->items[0].park_reason == NULL && batch->items[1].park_reason == NULL);
    cr_assert(mneme_str_equal(batch->items[0].value, MNEME_STR_LIT("no event")));
    cr_assert_null(batch->items[1].value.data, "a tombstone stays one");
    cr_assert_eq(mneme_batch_take_digests(&bench.fill.batch, &bench.error), MNEME_OK);
    cr_assert_not(batch->partitions[0].last_digest.is_set, "a compacted topic loses what it is known by");
}

Test(fill, offsets_without_events_move_the_progress_alone) {
    cr_assert(mneme_fill_is_empty(&bench.fill));
    cr_assert_eq(mneme_fill_skip(&bench.fill, &bench.rules, 2, 7, 9, 10000, &bench.error), MNEME_OK);
    cr_assert_not(mneme_fill_is_empty(&bench.fill));
    cr_assert_eq(mneme_fill_due_micros(&bench.fill, &bench.rules, 10000), 2000);
    const struct mneme_batch *batch = &bench.fill.batch;
    cr_assert_eq(batch->count, 0);
    cr_assert_eq(batch->partition_count, 1);
    cr_assert_eq(batch->partitions[0].first_offset, 7);
    cr_assert_eq(batch->partitions[0].next_offset, 9);
    cr_assert_eq(mneme_batch_take_digests(&bench.fill.batch, &bench.error), MNEME_OK);
    cr_assert_not(batch->partitions[0].last_digest.is_set);
    mneme_fill_reset(&bench.fill, &bench.rules);
    cr_assert(mneme_fill_is_empty(&bench.fill));
}

Test(fill, a_digest_knows_its_offset_and_so_does_one_that_was_kept_without) {
    struct mneme_log_digest digest;
    struct mneme_log_digest taken;
    cr_assert_eq(mneme_log_digest(&digest, 41, 1, MNEME_STR_LIT("k"), MNEME_STR_LIT("v"), &bench.error),
                 MNEME_OK);
    cr_assert_eq(mneme_log_digest_offset(&digest), 41);
    mneme_log_digest_take(&taken, digest.bytes, sizeof digest.bytes, 50);
    cr_assert(mneme_log_digest_equal(&taken, &digest));
    mneme_log_digest_take(&taken, digest.bytes, 32, 42);
    cr_assert(mneme_log_digest_equal(&taken, &digest), "the event right before next_offset 42");
    mneme_log_digest_take(&taken, digest.bytes, 0, 42);
    cr_assert_not(taken.is_set);
}
