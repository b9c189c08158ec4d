/*
 * UUIDs: order, uniqueness over threads and forks, known values.
 */
#include "common/base/uuid.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"

#define IDS_PER_THREAD 20000
#define THREADS 4

static struct mneme_uuid make(void) {
    struct mneme_uuid id;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_uuid_v7(&id, &error), MNEME_OK, "%s", error.message);
    return id;
}

static int compare(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct mneme_uuid));
}

Test(uuid_v7, has_version_variant_and_the_time_of_now) {
    int64_t before = mneme_clock_now_micros() / 1000;
    struct mneme_uuid id = make();
    int64_t after = mneme_clock_now_micros() / 1000;
    int64_t ms = 0;
    for (int i = 0; i < 6; i++) {
        ms = ms << 8 | id.bytes[i];
    }
    cr_assert(ms >= before && ms <= after);
    cr_assert_eq(mneme_uuid_version(id), 7);
    cr_assert_eq(id.bytes[8] & 0xC0, 0x80);
}

Test(uuid_v7, ascends_within_a_thread_also_within_a_millisecond) {
    struct mneme_uuid last = make();
    for (int i = 0; i < 200000; i++) {
        struct mneme_uuid id = make();
        cr_assert_gt(mneme_uuid_compare(id, last), 0);
        last = id;
    }
}

static void *make_many(void *out) {
    struct mneme_uuid *ids = out;
    for (int i = 0; i < IDS_PER_THREAD; i++) {
        if (mneme_uuid_v7(&ids[i], NULL) != MNEME_OK) {
            return NULL;
        }
    }
    return out;
}

Test(uuid_v7, is_unique_over_threads) {
    struct mneme_uuid *ids = malloc(sizeof(struct mneme_uuid) * THREADS * IDS_PER_THREAD);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, make_many, ids + i * IDS_PER_THREAD), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *result;
        cr_assert_eq(pthread_join(threads[i], &result), 0);
        cr_assert_not_null(result);
    }
    qsort(ids, (size_t)THREADS * IDS_PER_THREAD, sizeof *ids, compare);
    for (size_t i = 1; i < (size_t)THREADS * IDS_PER_THREAD; i++) {
        cr_assert_neq(mneme_uuid_compare(ids[i - 1], ids[i]), 0);
    }
    free(ids);
}

Test(uuid_v7, draws_other_random_bits_in_a_child) {
    struct mneme_uuid unused = make(); /* fills the pool that a child would inherit */
    (void)unused;
    int pipe_ends[2];
    cr_assert_eq(pipe(pipe_ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        struct mneme_uuid id;
        bool is_done =
            mneme_uuid_v7(&id, NULL) == MNEME_OK && write(pipe_ends[1], &id, sizeof id) == sizeof id;
        _exit(is_done ? 0 : 1);
    }
    struct mneme_uuid of_child;
    cr_assert_eq(read(pipe_ends[0], &of_child, sizeof of_child), (ssize_t)sizeof of_child);
    struct mneme_uuid of_parent = make();
    cr_assert_neq(memcmp(of_parent.bytes + 8, of_child.bytes + 8, 8), 0);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

static struct mneme_uuid parse(const char *text) {
    struct mneme_uuid id;
    cr_assert(mneme_uuid_parse(&id, mneme_str_from(text)), "%s", text);
    return id;
}

Test(uuid_v5, agrees_with_known_values) {
    static const struct {
        const char *namespace_id;
        const char *name;
        const char *id;
    } vectors[] = {
        {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com", "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
        {"6ba7b811-9dad-11d1-80b4-00c04fd430c8", "", "1b4db7eb-4057-5ddf-91e0-36dec72071f5"},
        {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "default/k\xc3\xa4se",
         "810ce154-fcc5-5788-a1c5-1b7d703d3988"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct mneme_uuid id;
        struct mneme_error error = {0};
        cr_assert_eq(
            mneme_uuid_v5(&id, parse(vectors[i].namespace_id), mneme_str_from(vectors[i].name), &error),
            MNEME_OK);
        cr_assert_eq(mneme_uuid_compare(id, parse(vectors[i].id)), 0, "%s", vectors[i].name);
        cr_assert_eq(mneme_uuid_version(id), 5);
    }
}

Test(uuid_text, is_read_in_either_case_and_written_in_lower_case) {
    char text[MNEME_UUID_TEXT_BYTES + 1] = {0};
    mneme_uuid_format(parse("0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B"), text);
    cr_assert_str_eq(text, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
}

Test(uuid_text, is_refused_in_any_other_form) {
    static const char *const wrong[] = {
        "",
        "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
        "{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5bb",
        "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g",
        "0190a1b2_c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        "0190a1b-2c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        " 190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mneme_uuid id;
        cr_assert_not(mneme_uuid_parse(&id, mneme_str_from(wrong[i])), "%s", wrong[i]);
    }
    struct mneme_uuid id;
    cr_assert_not(mneme_uuid_parse(&id, MNEME_STR_NULL));
}

/* The lowest and the highest id that begin so. */
static void check_prefix(const char *text, const char *lowest, const char *highest) {
    struct mneme_uuid first, last;
    cr_assert(mneme_uuid_parse_prefix(&first, &last, mneme_str_from(text)), "%s", text);
    cr_assert_eq(mneme_uuid_compare(first, parse(lowest)), 0, "%s", text);
    cr_assert_eq(mneme_uuid_compare(last, parse(highest)), 0, "%s", text);
}

Test(uuid_text, the_beginning_of_one_is_a_range) {
    check_prefix("0190", "01900000-0000-0000-0000-000000000000", "0190ffff-ffff-ffff-ffff-ffffffffffff");
    check_prefix("0190a", "0190a000-0000-0000-0000-000000000000", "0190afff-ffff-ffff-ffff-ffffffffffff");
    check_prefix("0190A1B2", "0190a1b2-0000-0000-0000-000000000000", "0190a1b2-ffff-ffff-ffff-ffffffffffff");
    check_prefix("0190a1b2-", "0190a1b2-0000-0000-0000-000000000000", "0190a1b2-ffff-ffff-ffff-ffffffffffff");
    check_prefix("0190a1b2-c", "0190a1b2-c000-0000-0000-000000000000",
                 "0190a1b2-cfff-ffff-ffff-ffffffffffff");
    check_prefix("0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
                 "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
    check_prefix("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
                 "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
}

Test(uuid_text, what_begins_none_is_refused) {
    static const char *const wrong[] = {"",
                                        "019",
                                        "-0190a1b2",
                                        "0190-",
                                        "0190a1b2--c",
                                        "0190a1b2x",
                                        "0190a1b2_c3",
                                        "0190 a1b2",
                                        "0190a1b-2",
                                        "01-90a1b2",
                                        "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b0",
                                        "memory",
                                        "ada"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mneme_uuid first, last;
        cr_assert_not(mneme_uuid_parse_prefix(&first, &last, mneme_str_from(wrong[i])), "%s", wrong[i]);
    }
}
