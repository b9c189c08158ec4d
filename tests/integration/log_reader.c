/*
 * Reading ranges of a real log without a group: everything once and in order, cuts by position and time, and
 * what stops a reading.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "consumers/log/reader.h"
#include "tests/support/fixture.h"
#include "tests/support/patience.h"
#include "tests/support/running_worker.h"

#define PARTITIONS 4
#define TIMEOUT_MS MNEME_PATIENCE_MS

static struct mneme_fixture fixture;
static struct mneme_log_writer writer;
static struct mneme_log_reader *reader;

static void set_up(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, PARTITIONS, &error), MNEME_OK, "%s",
                 error.message);
    mneme_log_writer_open(&writer, fixture.config);
    cr_assert_eq(mneme_log_reader_open(&reader, fixture.config, "test", &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(mneme_log_reader_partitions(reader), PARTITIONS);
}

static void tear_down(void) {
    mneme_log_reader_close(reader);
    mneme_log_writer_close(&writer);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(log_reader, .init = set_up, .fini = tear_down, .timeout = 60);

/* What was handed over, checked as it came: each partition's offsets without gap. */
struct seen {
    int64_t next[PARTITIONS];
    size_t events, parked, batches, largest;
    bool stops_after_batch;
};

static int see(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    (void)error;
    struct seen *seen = context;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        cr_assert_eq(item->position.offset, seen->next[item->position.partition]);
        seen->next[item->position.partition]++;
        seen->parked += item->park_reason != NULL ? 1 : 0;
        cr_assert(item->recorded_at > 0);
    }
    for (size_t i = 0; i < batch->partition_count; i++) {
        cr_assert_eq(batch->partitions[i].next_offset, seen->next[batch->partitions[i].partition]);
    }
    seen->events += batch->count;
    seen->batches++;
    seen->largest = batch->count > seen->largest ? batch->count : seen->largest;
    return MNEME_OK;
}

static bool stop_after_batch(void *context) {
    const struct seen *seen = context;
    return seen->stops_after_batch && seen->batches > 0;
}

static void resolve(int64_t offsets[PARTITIONS], struct mneme_log_point point) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_log_reader_resolve(offsets, reader, &point, TIMEOUT_MS, &error), MNEME_OK, "%s",
                 error.message);
}

static void between(struct mneme_log_range ranges[PARTITIONS], const int64_t from[PARTITIONS],
                    const int64_t to[PARTITIONS]) {
    for (int32_t i = 0; i < PARTITIONS; i++) {
        ranges[i] = (struct mneme_log_range){i, from[i], to[i]};
    }
}

static int read_ranges(struct mneme_log_range *ranges, size_t count, struct seen *seen, size_t max_events,
                       struct mneme_error *error) {
    for (size_t i = 0; i < count; i++) {
        seen->next[ranges[i].partition] = ranges[i].from;
    }
    struct mneme_log_read read = {.ranges = ranges,
                                  .range_count = count,
                                  .max_events = max_events,
                                  .timeout_ms = TIMEOUT_MS,
                                  .is_interrupted = stop_after_batch,
                                  .on_batch = see,
                                  .context = seen};
    return mneme_log_reader_read(reader, &read, error);
}

static void write_events(int count) {
    mneme_log_writer_events(&writer, 50, count);
    mneme_log_writer_flush(&writer);
}

Test(log_reader, everything_comes_once_in_order_and_in_bounded_batches) {
    int64_t first[PARTITIONS];
    int64_t end[PARTITIONS];
    struct mneme_log_range ranges[PARTITIONS];
    struct mneme_error error = {0};
    struct seen seen = {0};
    write_events(3000);
    resolve(first, (struct mneme_log_point){.kind = MNEME_LOG_BEGINNING});
    resolve(end, (struct mneme_log_point){.kind = MNEME_LOG_END});
    between(ranges, first, end);
    cr_assert_eq(read_ranges(ranges, PARTITIONS, &seen, 256, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(seen.events, 3000);
    cr_assert_eq(seen.largest, 256);
    cr_assert_eq(seen.parked, 0);
    for (int i = 0; i < PARTITIONS; i++) {
        cr_assert_eq(ranges[i].from, end[i]);
    }
}

Test(log_reader, a_range_is_read_exactly_while_others_write) {
    struct mneme_error error = {0};
    struct seen seen = {0};
    write_events(1000);
    struct mneme_log_range ranges[] = {{2, 17, 101}, {1, 5, 5}};
    write_events(1000);
    cr_assert_eq(read_ranges(ranges, 2, &seen, 0, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(seen.events, 84);
    cr_assert_eq(seen.next[2], 101);
}

Test(log_reader, an_interrupted_reading_goes_on_where_it_ended) {
    int64_t first[PARTITIONS] = {0};
    int64_t end[PARTITIONS];
    struct mneme_log_range ranges[PARTITIONS];
    struct mneme_error error = {0};
    struct seen seen = {.stops_after_batch = true};
    write_events(2000);
    resolve(end, (struct mneme_log_point){.kind = MNEME_LOG_END});
    between(ranges, first, end);
    size_t rounds = 0;
    for (; seen.events < 2000 && rounds < 2000; rounds++) {
        seen.batches = 0;
        cr_assert_eq(read_ranges(ranges, PARTITIONS, &seen, 20, &error), MNEME_OK, "%s", error.message);
    }
    cr_assert_eq(seen.events, 2000, "%zu", seen.events);
    cr_assert_gt(rounds, 0);
}

Test(log_reader, a_time_cuts_before_or_behind_what_has_it) {
    int64_t before[PARTITIONS];
    int64_t cut[PARTITIONS];
    write_events(500);
    resolve(before, (struct mneme_log_point){.kind = MNEME_LOG_END});
    int64_t noted = mneme_clock_now_micros() + 1000;
    while (mneme_clock_now_micros() < noted + 2000) { /* the log counts milliseconds */
        mneme_clock_pause(500);
    }
    write_events(500);
    resolve(cut, (struct mneme_log_point){.kind = MNEME_LOG_TIME, .micros = noted});
    cr_assert_arr_eq(cut, before, sizeof cut);
    resolve(cut, (struct mneme_log_point){.kind = MNEME_LOG_TIME, .micros = noted, .is_behind = true});
    cr_assert_arr_eq(cut, before, sizeof cut);
    int64_t end[PARTITIONS];
    resolve(end, (struct mneme_log_point){.kind = MNEME_LOG_END});
    resolve(cut, (struct mneme_log_point){.kind = MNEME_LOG_TIME, .micros = MNEME_MAX_MICROS});
    cr_assert_arr_eq(cut, end, sizeof cut);
    int64_t first[PARTITIONS] = {0};
    resolve(cut, (struct mneme_log_point){.kind = MNEME_LOG_TIME, .micros = MNEME_MIN_MICROS});
    cr_assert_arr_eq(cut, first, sizeof cut);
}

Test(log_reader, a_position_cuts_its_partition_there_and_the_others_by_its_time) {
    int64_t before[PARTITIONS];
    int64_t end[PARTITIONS];
    int64_t cut[PARTITIONS];
    write_events(500);
    resolve(before, (struct mneme_log_point){.kind = MNEME_LOG_END});
    int64_t noted = mneme_clock_now_micros();
    while (mneme_clock_now_micros() < noted + 3000) {
        mneme_clock_pause(500);
    }
    write_events(500);
    resolve(end, (struct mneme_log_point){.kind = MNEME_LOG_END});
    struct mneme_position last = {1, before[1] - 1};
    resolve(cut, (struct mneme_log_point){.kind = MNEME_LOG_POSITION, .position = last, .is_behind = true});
    cr_assert_eq(cut[1], before[1]);
    for (int i = 0; i < PARTITIONS; i++) {
        cr_assert_leq(cut[i], before[i]);
    }
    resolve(cut, (struct mneme_log_point){.kind = MNEME_LOG_POSITION, .position = last});
    cr_assert_eq(cut[1], before[1] - 1);
    resolve(cut, (struct mneme_log_point){
                     .kind = MNEME_LOG_POSITION, .position = {2, before[2]}, .is_behind = true});
    cr_assert_eq(cut[2], before[2] + 1);
    for (int i = 0; i < PARTITIONS; i++) {
        cr_assert(cut[i] >= before[i] && cut[i] <= end[i]);
    }
}

Test(log_reader, a_position_that_the_log_lacks_is_refused_with_what_it_has) {
    struct mneme_error error = {0};
    int64_t cut[PARTITIONS];
    write_events(100);
    struct mneme_log_point point = {.kind = MNEME_LOG_POSITION, .position = {0, 100000}};
    cr_assert_eq(mneme_log_reader_resolve(cut, reader, &point, TIMEOUT_MS, &error), MNEME_E_NOT_FOUND);
    cr_assert(strstr(error.message, "0:100000") != NULL, "%s", error.message);
    point.position = (struct mneme_position){PARTITIONS, 0};
    cr_assert_eq(mneme_log_reader_resolve(cut, reader, &point, TIMEOUT_MS, &error), MNEME_E_NOT_FOUND);
}

Test(log_reader, what_is_no_event_is_handed_over_as_parked) {
    struct mneme_error error = {0};
    struct seen seen = {0};
    mneme_log_writer_put(&writer, 0, MNEME_STR_LIT("default/x"), MNEME_STR_LIT("nonsense"));
    mneme_log_writer_put(&writer, 0, MNEME_STR_LIT("default/x"), MNEME_STR_LIT("more"));
    mneme_log_writer_flush(&writer);
    struct mneme_log_range range = {0, 0, 2};
    cr_assert_eq(read_ranges(&range, 1, &seen, 0, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(seen.parked, 2);
}

Test(log_reader, an_unknown_schema_ends_it_behind_all_that_came_before) {
    struct mneme_error error = {0};
    struct seen seen = {0};
    int32_t partition = mneme_log_writer_event(&writer, "ada", 1);
    mneme_log_writer_put(&writer, partition, MNEME_STR_LIT("default/user:bo"),
                         MNEME_STR_LIT("\xC3\x01\x01\x02\x03\x04\x05\x06\x07\x08zzz"));
    mneme_log_writer_flush(&writer);
    struct mneme_log_range range = {partition, 0, 2};
    cr_assert_eq(read_ranges(&range, 1, &seen, 0, &error), MNEME_E_UNKNOWN_SCHEMA, "%s", error.message);
    cr_assert_eq(seen.events, 1);
    cr_assert_eq(range.from, 1);
    cr_assert(strstr(error.message, ":1 of ") != NULL, "%s", error.message);
}

Test(log_reader, an_offset_that_is_not_in_the_log_ends_it) {
    struct mneme_error error = {0};
    struct seen seen = {0};
    write_events(10);
    struct mneme_log_range range = {0, 100000, 100001};
    cr_assert_eq(read_ranges(&range, 1, &seen, 0, &error), MNEME_E_UNSAFE, "%s", error.message);
    cr_assert_eq(seen.events, 0);
}
