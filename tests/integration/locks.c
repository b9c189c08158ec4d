/*
 * Locks on a real Redis. Its databases stand for independent servers: they share no key.
 */
#include "stores/locks/locks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/redis/redis.h"
#include "stores/locks/open.h"
#include "tests/support/fixture.h"

#define SERVERS 3
#define AWAY "redis://127.0.0.1:1"
#define TTL_MS 60000
#define NAME MNEME_STR_LIT("nightly")

static struct mneme_fixture fixture;
static struct mneme_error error;
static struct mneme_locks *locks, *others;
static struct mneme_redis *servers[SERVERS];
static char urls[SERVERS][256];

static void set(enum mneme_setting setting, const char *value) {
    cr_assert_eq(mneme_config_set(fixture.config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

/* What to talk to one server by, apart from locks. */
static void open_server(int number, const char *redis_url) {
    const struct mneme_redis_options options = {.timeout_ms = 5000};
    int len = (int)(strrchr(redis_url, '/') - redis_url);
    snprintf(urls[number], sizeof urls[number], "%.*s/%d", len, redis_url, number + 1);
    cr_assert_eq(mneme_redis_open(&servers[number], urls[number], &options, &error), MNEME_OK, "%s",
                 error.message);
}

static void set_up(void) {
    const char *redis_url = getenv("REDIS_URL");
    cr_assert_not_null(redis_url, "set the environment of ops/stack env");
    cr_assert_eq(mneme_fixture_set_up(&fixture, 0, 0, &error), MNEME_OK, "%s", error.message);
    set(MNEME_SETTING_REDIS_PREFIX, fixture.redis_prefix);
    set(MNEME_SETTING_LOCK_TTL_MS, "60000");
    set(MNEME_SETTING_LOCK_TIMEOUT_MS, "5000");
    for (int i = 0; i < SERVERS; i++) {
        open_server(i, redis_url);
    }
}

/* Both sides of a contest, on servers by their URLs. */
static void open_locks(const char *first, const char *second, const char *third) {
    char list[SERVERS * 256];
    snprintf(list, sizeof list, "%s,%s,%s", first, second, third);
    set(MNEME_SETTING_LOCK_URLS, list);
    cr_assert_eq(mneme_locks_open_with(&locks, fixture.config, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_locks_open_with(&others, fixture.config, &error), MNEME_OK, "%s", error.message);
}

static struct mneme_str key_of(char text[256], const char *suffix) {
    snprintf(text, 256, "%slock:{default/nightly}%s", fixture.redis_prefix, suffix);
    return mneme_str_from(text);
}

/* A key of the lock as a number; -1 when it is not there, -2 when it is none. */
static long long look(int server, const char *suffix) {
    char key[256];
    redisReply *reply;
    const struct mneme_str words[] = {MNEME_STR_LIT("GET"), key_of(key, suffix)};
    const struct mneme_redis_command command = {.words = words, .count = 2, .key = words[1]};
    cr_assert_eq(mneme_redis_run(&reply, servers[server], &command, &error), MNEME_OK, "%s", error.message);
    char *end = NULL;
    long long value = reply->type == REDIS_REPLY_STRING ? strtoll(reply->str, &end, 10) : -1;
    value = end != NULL && *end != '\0' ? -2 : value;
    freeReplyObject(reply);
    return value;
}

static bool is_held(int server) {
    return look(server, "") != -1;
}

static void run(int server, size_t count, const struct mneme_str *words) {
    const struct mneme_redis_command command = {.words = words, .count = count, .key = words[1]};
    cr_assert_eq(mneme_redis_run(NULL, servers[server], &command, &error), MNEME_OK, "%s", error.message);
}

/* What a restart without a file on disk does. */
static void forget(int server) {
    char lock[256];
    char token[256];
    const struct mneme_str words[] = {MNEME_STR_LIT("DEL"), key_of(lock, ""), key_of(token, ":token")};
    run(server, 3, words);
}

/* Counters stay for ever, but those of a test. */
static void sweep(int server) {
    char pattern[96];
    snprintf(pattern, sizeof pattern, "%s*", fixture.redis_prefix);
    const struct mneme_str words[] = {
        MNEME_STR_LIT("EVAL"),
        MNEME_STR_LIT("for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end"),
        MNEME_STR_LIT("0"), mneme_str_from(pattern)};
    run(server, sizeof words / sizeof *words, words);
}

static void tear_down(void) {
    for (int i = 0; i < SERVERS; i++) {
        sweep(i);
        mneme_redis_close(servers[i]);
    }
    mneme_locks_close(locks);
    mneme_locks_close(others);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(locks, .init = set_up, .fini = tear_down, .timeout = 60);

static struct mneme_lock acquire(struct mneme_locks *from) {
    struct mneme_lock lock;
    cr_assert_eq(mneme_lock_acquire(&lock, from, NAME, NULL, &error), MNEME_OK, "%s", error.message);
    return lock;
}

static int try_acquire(struct mneme_locks *from, int64_t wait_ms, const struct mneme_cancel *cancel) {
    struct mneme_lock lock;
    const struct mneme_lock_options options = {.wait_ms = {wait_ms, true}, .cancel = cancel};
    return mneme_lock_acquire(&lock, from, NAME, &options, &error);
}

Test(locks, one_holder_at_a_time_and_each_token_is_greater) {
    int64_t last = mneme_clock_now_micros();
    open_locks(urls[0], urls[1], urls[2]);
    for (int i = 0; i < 20; i++) {
        struct mneme_lock lock = acquire(i % 2 == 0 ? locks : others);
        cr_assert_gt(lock.token, last);
        last = lock.token;
        cr_assert_gt(mneme_lock_left_ms(&lock), 0);
        cr_assert_leq(mneme_lock_left_ms(&lock), TTL_MS - TTL_MS / 100 - 2);
        cr_assert_eq(try_acquire(locks, 0, NULL), MNEME_E_CONFLICT);
        cr_assert_eq(try_acquire(others, 0, NULL), MNEME_E_CONFLICT);
        cr_assert_eq(mneme_lock_release(&lock, i % 3 == 0 ? locks : others, &error), MNEME_OK, "%s",
                     error.message);
        cr_assert_eq(mneme_lock_left_ms(&lock), 0);
    }
}

Test(locks, only_the_holder_extends_and_releases) {
    open_locks(urls[0], urls[1], urls[2]);
    struct mneme_lock lock = acquire(locks);
    struct mneme_lock stranger;
    cr_assert_eq(mneme_lock_resume(&stranger, others, NAME, NULL, MNEME_STR_LIT("guessed"), &error),
                 MNEME_OK);
    cr_assert_eq(mneme_lock_extend(&stranger, others, 0, &error), MNEME_E_CONFLICT);
    cr_assert_eq(mneme_lock_release(&stranger, others, &error), MNEME_E_CONFLICT);
    cr_assert_eq(mneme_lock_left_ms(&stranger), 0);

    struct mneme_lock told;
    cr_assert_eq(mneme_lock_resume(&told, others, NAME, NULL, mneme_str_from(lock.value), &error), MNEME_OK);
    cr_assert_eq(mneme_lock_extend(&told, others, 2 * TTL_MS, &error), MNEME_OK, "%s", error.message);
    cr_assert_gt(mneme_lock_left_ms(&told), TTL_MS);
    cr_assert_eq(mneme_lock_release(&told, others, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_lock_extend(&lock, locks, 0, &error), MNEME_E_NOT_FOUND);
    cr_assert_eq(mneme_lock_release(&lock, locks, &error), MNEME_E_NOT_FOUND);
}

Test(locks, a_minority_may_be_away) {
    open_locks(urls[0], AWAY, urls[2]);
    struct mneme_lock lock = acquire(locks);
    cr_assert_eq(try_acquire(others, 0, NULL), MNEME_E_CONFLICT);
    cr_assert_eq(mneme_lock_extend(&lock, locks, 0, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_lock_release(&lock, locks, &error), MNEME_OK, "%s", error.message);
}

Test(locks, without_a_majority_nothing_is_held) {
    open_locks(urls[0], AWAY, "redis://127.0.0.1:2");
    cr_assert_eq(try_acquire(locks, 100, NULL), MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "1 of 3 servers, 2 are needed, and 2 did not answer"), "%s",
                       error.message);
    cr_assert_not(is_held(0), "what a failed try took is free again");
}

Test(locks, a_lock_that_is_held_by_no_majority_is_told_apart_from_one_that_is_unknown) {
    open_locks(urls[0], urls[1], urls[2]);
    struct mneme_lock lock = acquire(locks);
    forget(0);
    cr_assert_eq(mneme_lock_extend(&lock, locks, 0, &error), MNEME_OK);
    forget(0);
    forget(1);
    cr_assert_eq(mneme_lock_extend(&lock, locks, 0, &error), MNEME_E_NOT_FOUND);
    cr_assert_not(is_held(0), "a lease that is lost does not come back to life");
    cr_assert_not(is_held(1));
}

Test(locks, a_server_that_has_forgotten_gets_the_lock_again) {
    open_locks(urls[0], urls[1], urls[2]);
    struct mneme_lock lock = acquire(locks);
    for (int i = 0; i < SERVERS; i++) { /* each in its turn, and the lock is never lost */
        forget(i);
        cr_assert_eq(mneme_lock_extend(&lock, locks, 0, &error), MNEME_OK, "%s", error.message);
        cr_assert(is_held(i));
        cr_assert_geq(look(i, ":token"), lock.token);
    }
}

Test(locks, a_token_is_with_a_majority_before_it_is_told) {
    open_locks(urls[0], urls[1], urls[2]);
    int64_t ahead = mneme_clock_now_micros() + INT64_C(3600000000);
    char key[256];
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)ahead);
    const struct mneme_str words[] = {MNEME_STR_LIT("SET"), key_of(key, ":token"), mneme_str_from(text)};
    run(1, 3, words); /* one server's clock was ahead once */
    struct mneme_lock lock = acquire(locks);
    cr_assert_eq(lock.token, ahead + 1);
    for (int i = 0; i < SERVERS; i++) {
        cr_assert_eq(look(i, ":token"), ahead + 1);
    }
    cr_assert_eq(mneme_lock_release(&lock, locks, &error), MNEME_OK, "%s", error.message);
    forget(1);
    lock = acquire(others);
    cr_assert_eq(lock.token, ahead + 2, "the majority knows what the minority has forgotten");
}

Test(locks, a_token_grows_when_every_server_has_forgotten) {
    open_locks(urls[0], urls[1], urls[2]);
    struct mneme_lock first = acquire(locks);
    for (int i = 0; i < SERVERS; i++) {
        forget(i);
    }
    struct mneme_lock second = acquire(others);
    cr_assert_gt(second.token, first.token);
    cr_assert_eq(mneme_lock_extend(&first, locks, 0, &error), MNEME_E_CONFLICT);
}

Test(locks, a_failed_try_leaves_tokens_that_still_grow) {
    open_locks(urls[0], urls[1], urls[2]);
    struct mneme_lock lock = acquire(locks);
    int64_t noted = look(2, ":token");
    forget(2); /* where the other one gets it, but nowhere else */
    cr_assert_eq(try_acquire(others, 0, NULL), MNEME_E_CONFLICT);
    cr_assert_not(is_held(2));
    cr_assert_eq(mneme_lock_release(&lock, locks, &error), MNEME_OK, "%s", error.message);
    lock = acquire(others);
    cr_assert_gt(lock.token, noted);
}

Test(locks, who_waits_gets_it_when_the_lease_ends) {
    struct mneme_lock lock;
    const struct mneme_lock_options options = {.ttl_ms = {300, true}};
    open_locks(urls[0], urls[1], urls[2]);
    cr_assert_eq(mneme_lock_acquire(&lock, locks, NAME, &options, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(try_acquire(others, 30000, NULL), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_lock_left_ms(&lock), 0, "nobody else gets it while it may be relied on");
}

static bool is_asked_often(void *context) {
    int *asked = context;
    return ++*asked == 3;
}

Test(locks, a_cancel_ends_the_wait) {
    int asked = 0;
    const struct mneme_cancel cancel = {.is_cancelled = is_asked_often, .context = &asked};
    open_locks(urls[0], urls[1], urls[2]);
    struct mneme_lock lock = acquire(locks);
    cr_assert_eq(try_acquire(others, MNEME_LOCK_MAX_TTL_MS, &cancel), MNEME_E_CONFLICT);
    cr_assert_eq(asked, 3);
    cr_assert_eq(mneme_lock_release(&lock, locks, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(try_acquire(locks, 0, NULL), MNEME_OK, "the wait left something behind: %s", error.message);
}

Test(locks, a_deadline_ends_the_wait) {
    const struct mneme_cancel soon = mneme_cancel_within(NULL, 100);
    open_locks(urls[0], urls[1], urls[2]);
    (void)acquire(locks);
    cr_assert_eq(try_acquire(others, MNEME_LOCK_MAX_TTL_MS, &soon), MNEME_E_CONFLICT);
}

Test(locks, tenants_and_names_are_kept_apart) {
    static const struct {
        const char *tenant, *name;
    } different[] = {{"a", "b"},   {"a", "c"},  {"b", "b"},   {"a/b", "c"},
                     {"a", "b/c"}, {"a}", "b"}, {"ä:", "{b}"}};
    struct mneme_lock held[sizeof different / sizeof *different];
    open_locks(urls[0], urls[1], urls[2]);
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        const struct mneme_lock_options options = {.tenant = different[i].tenant};
        cr_assert_eq(mneme_lock_acquire(&held[i], locks, mneme_str_from(different[i].name), &options, &error),
                     MNEME_OK, "case %zu: %s", i, error.message);
    }
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        cr_assert_eq(mneme_lock_release(&held[i], locks, &error), MNEME_OK, "case %zu: %s", i, error.message);
    }
}

Test(locks, what_is_no_lock_is_refused) {
    static const char *const names[] = {"", "two\nlines", "\xff"};
    struct mneme_lock lock;
    char long_name[MNEME_LOCK_NAME_BYTES + 1] = {0};
    memset(long_name, 'x', MNEME_LOCK_NAME_BYTES);
    open_locks(urls[0], urls[1], urls[2]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cr_expect_eq(mneme_lock_acquire(&lock, locks, mneme_str_from(names[i]), NULL, &error), MNEME_E_USAGE);
    }
    cr_expect_eq(mneme_lock_acquire(&lock, locks, mneme_str_from(long_name), NULL, &error), MNEME_E_USAGE);
    const struct mneme_lock_options too_short = {.ttl_ms = {MNEME_LOCK_MIN_TTL_MS - 1, true}};
    cr_expect_eq(mneme_lock_acquire(&lock, locks, NAME, &too_short, &error), MNEME_E_USAGE);
    cr_expect_eq(mneme_lock_resume(&lock, locks, NAME, NULL, MNEME_STR_LIT(""), &error), MNEME_E_USAGE);
}

Test(locks, a_list_that_is_none_is_refused) {
    static const char *const lists[] = {"nonsense", "redis://a,", "redis://a,redis://b,redis://a"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        set(MNEME_SETTING_LOCK_URLS, lists[i]);
        cr_expect_eq(mneme_locks_open_with(&locks, fixture.config, &error), MNEME_E_USAGE, "%s", lists[i]);
        cr_expect_null(locks);
    }
}

Test(locks, without_a_list_the_usual_redis_keeps_them) {
    struct mneme_lock lock;
    cr_assert_eq(
        mneme_config_set(fixture.config, MNEME_SETTING_REDIS_URL, urls[0], MNEME_FROM_OPTION, &error),
        MNEME_OK);
    cr_assert_eq(mneme_locks_open_with(&locks, fixture.config, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_lock_acquire(&lock, locks, NAME, NULL, &error), MNEME_OK, "%s", error.message);
    cr_assert(is_held(0));
    cr_assert_not(is_held(1));
    cr_assert_eq(mneme_lock_release(&lock, locks, &error), MNEME_OK, "%s", error.message);
}
