/*
 * The cache of streams: bounded, forgets by partition, keeps what is used.
 */
#include "consumers/store/stream_cache.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define CAPACITY 100

static struct mneme_stream_cache *cache;

static void set_up(void) {
    cr_assert_eq(mneme_stream_cache_new(&cache, CAPACITY, NULL), MNEME_OK);
}

static void tear_down(void) {
    mneme_stream_cache_destroy(cache);
}

TestSuite(stream_cache, .init = set_up, .fini = tear_down);

static struct mneme_str key_of(int number) {
    static char text[32];
    int len = snprintf(text, sizeof text, "default/user-%d", number);
    return (struct mneme_str){text, (size_t)len};
}

static void put(int number, int32_t partition, int64_t version) {
    const struct mneme_stream_state state = {.version = version};
    mneme_stream_cache_put(cache, key_of(number), partition, &state);
}

static int64_t version_of(int number) {
    const struct mneme_stream_state *state = mneme_stream_cache_find(cache, key_of(number));
    return state == NULL ? -1 : state->version;
}

Test(stream_cache, remembers_and_replaces) {
    put(1, 0, 10);
    put(2, 0, 20);
    put(1, 0, 11);
    cr_assert_eq(version_of(1), 11);
    cr_assert_eq(version_of(2), 20);
    cr_assert_eq(version_of(3), -1);
    cr_assert_eq(mneme_stream_cache_count(cache), 2);
}

Test(stream_cache, never_holds_more_than_its_capacity) {
    for (int i = 0; i < 10 * CAPACITY; i++) {
        put(i, i % 3, i);
        cr_assert_leq(mneme_stream_cache_count(cache), CAPACITY);
    }
    cr_assert_eq(version_of(10 * CAPACITY - 1), 10 * CAPACITY - 1);
}

Test(stream_cache, keeps_what_is_asked_for_again_and_again) {
    put(-1, 0, 7);
    for (int i = 0; i < 20 * CAPACITY; i++) {
        put(i, 0, i);
        cr_assert_eq(version_of(-1), 7, "after %d others", i);
    }
}

Test(stream_cache, forgets_a_whole_partition) {
    for (int i = 0; i < CAPACITY; i++) {
        put(i, i % 2, i);
    }
    mneme_stream_cache_drop(cache, 1);
    for (int i = 0; i < CAPACITY; i++) {
        cr_assert_eq(version_of(i), i % 2 == 1 ? -1 : i);
    }
    cr_assert_eq(mneme_stream_cache_count(cache), CAPACITY / 2);
    put(1, 1, 5);
    cr_assert_eq(version_of(1), 5);
}
