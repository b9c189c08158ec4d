/*
 * Borrowing connections: bounds, order, what is left behind, and what happens when Postgres is away.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/postgres/pool.h"
#include "tests/support/fixture.h"
#include "tests/support/patience.h"

#define MOST 3

static struct mneme_fixture fixture;
static struct mneme_pg_pool *pool;
static struct mneme_postgres *killer;
static struct mneme_error error;

static void set(enum mneme_setting setting, const char *value) {
    cr_assert_eq(mneme_config_set(fixture.config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static void set_up(void) {
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_POSTGRES, 0, &error), MNEME_OK, "%s",
                 error.message);
    set(MNEME_SETTING_PG_POOL_MIN, "1");
    set(MNEME_SETTING_PG_POOL_MAX, "3");
    set(MNEME_SETTING_PG_CONNECT_RETRY_MS, "1");
}

static void tear_down(void) {
    mneme_pg_pool_close(pool);
    mneme_pg_close(killer);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(postgres_pool, .init = set_up, .fini = tear_down, .timeout = 300);

static int open_pool(const struct mneme_pg_pool_options *options) {
    return mneme_pg_pool_open(&pool, fixture.config, options, &error);
}

static void open_usual(void) {
    const struct mneme_pg_pool_options options = {.purpose = "mneme-pool"};
    cr_assert_eq(open_pool(&options), MNEME_OK, "%s", error.message);
}

static int borrow_within(struct mneme_postgres **out, int64_t timeout_ms) {
    const struct mneme_pg_pool_wait wait = {.timeout_ms = timeout_ms};
    return mneme_pg_pool_borrow(out, pool, &wait, &error);
}

static struct mneme_postgres *borrow(void) {
    struct mneme_postgres *postgres = NULL;
    cr_assert_eq(borrow_within(&postgres, MNEME_PATIENCE_MS), MNEME_OK, "%s", error.message);
    return postgres;
}

static void give_back(struct mneme_postgres *postgres) {
    mneme_pg_pool_give_back(pool, postgres);
}

static struct mneme_pg_pool_stats stats(void) {
    struct mneme_pg_pool_stats read;
    mneme_pg_pool_stats_read(&read, pool);
    return read;
}

static void check_value(struct mneme_postgres *postgres, const char *sql, const char *wanted) {
    PGresult *result = NULL;
    cr_assert_eq(mneme_pg_query(&result, postgres, sql, NULL, false, &error), MNEME_OK, "%s: %s", sql,
                 error.message);
    cr_expect_str_eq(PQgetvalue(result, 0, 0), wanted, "%s", sql);
    PQclear(result);
}

static int backend_of(struct mneme_postgres *postgres) {
    return PQbackendPID(mneme_pg_raw(postgres));
}

/* Ends the backend of a connection, and waits until that is hung up on. */
static void kill_backend(int backend, int handle) {
    char sql[80];
    struct pollfd peer = {.fd = handle, .events = POLLRDHUP};
    if (killer == NULL) {
        cr_assert_eq(mneme_pg_connect(&killer, fixture.config, "killer", &error), MNEME_OK, "%s",
                     error.message);
    }
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", backend);
    cr_assert_eq(mneme_pg_run(killer, sql, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(poll(&peer, 1, MNEME_PATIENCE_MS), 1);
}

Test(postgres_pool, connections_are_opened_when_they_are_wanted_and_used_again) {
    open_usual();
    cr_expect_eq(stats().size, 0, "nothing is opened before it is wanted");
    struct mneme_postgres *first = borrow();
    int backend = backend_of(first);
    cr_expect(stats().size == 1 && stats().idle_size == 0 && stats().min_size == 1 && stats().max_size == 3);
    give_back(first);
    cr_expect(stats().size == 1 && stats().idle_size == 1);
    first = borrow();
    struct mneme_postgres *second = borrow();
    cr_expect_eq(backend_of(first), backend);
    cr_expect_neq(backend_of(second), backend);
    check_value(first, "SHOW application_name", "mneme-pool");
    check_value(first, "SHOW statement_timeout", "30s");
    give_back(second);
    give_back(first);
    cr_expect(stats().size == 2 && stats().idle_size == 2);
}

Test(postgres_pool, who_finds_all_lent_waits_within_a_bound) {
    struct mneme_postgres *all[MOST];
    struct mneme_postgres *none = NULL;
    open_usual();
    for (int i = 0; i < MOST; i++) {
        all[i] = borrow();
    }
    int64_t started = mneme_clock_monotonic_micros();
    cr_assert_eq(borrow_within(&none, 200), MNEME_E_TIMEOUT);
    cr_expect_geq(mneme_clock_monotonic_micros() - started, 200000);
    cr_expect_null(none);
    cr_expect_str_eq(error.message,
                     "cannot query Postgres: none of the 3 connections came free within 200 ms; "
                     "send fewer requests at a time, or raise MNEME_PG_POOL_MAX");
    cr_expect(stats().size == MOST && stats().waiting == 0);
    for (int i = 0; i < MOST; i++) {
        give_back(all[i]);
    }
    cr_assert_eq(borrow_within(&none, 0), MNEME_OK, "what is free is lent without a wait");
    give_back(none);
}

static bool is_set(void *context) {
    return atomic_load((atomic_bool *)context);
}

struct waiting {
    pthread_t thread;
    atomic_bool is_cancelled;
    int status, place;
    struct mneme_error error;
};

static atomic_int places;

static void *wait_in_line(void *argument) {
    struct waiting *waiting = argument;
    struct mneme_postgres *postgres = NULL;
    const struct mneme_cancel cancel = {.is_cancelled = is_set, .context = &waiting->is_cancelled};
    const struct mneme_pg_pool_wait wait = {MNEME_PATIENCE_MS, &cancel};
    waiting->status = mneme_pg_pool_borrow(&postgres, pool, &wait, &waiting->error);
    waiting->place = atomic_fetch_add(&places, 1);
    mneme_pg_pool_give_back(pool, postgres);
    return NULL;
}

static void begin_waiting(struct waiting *waiting, int64_t in_line) {
    cr_assert_eq(pthread_create(&waiting->thread, NULL, wait_in_line, waiting), 0);
    while (stats().waiting < in_line) {
        mneme_clock_pause(1000);
    }
}

Test(postgres_pool, a_wait_is_called_off_and_the_others_are_served_in_their_order) {
    struct mneme_postgres *all[MOST];
    struct waiting waiting[4] = {0};
    open_usual();
    for (int i = 0; i < MOST; i++) {
        all[i] = borrow();
    }
    for (int i = 0; i < 4; i++) {
        begin_waiting(&waiting[i], i + 1);
    }
    atomic_store(&waiting[1].is_cancelled, true);
    pthread_join(waiting[1].thread, NULL);
    cr_expect_eq(waiting[1].status, MNEME_E_TIMEOUT);
    cr_expect_not_null(strstr(waiting[1].error.message, "the caller gave up"), "%s",
                       waiting[1].error.message);
    cr_expect_eq(stats().waiting, 3);
    give_back(all[0]);
    for (int i = 0; i < 4; i++) {
        if (i != 1) {
            pthread_join(waiting[i].thread, NULL);
            cr_expect_eq(waiting[i].status, MNEME_OK, "%s", waiting[i].error.message);
        }
    }
    cr_expect(waiting[0].place < waiting[2].place && waiting[2].place < waiting[3].place);
    give_back(all[1]);
    give_back(all[2]);
}

Test(postgres_pool, nothing_is_left_for_the_next_borrower) {
    const struct mneme_pg_pool_options options = {.purpose = "mneme-pool", .is_read_only = true};
    cr_assert_eq(open_pool(&options), MNEME_OK);
    struct mneme_postgres *postgres = borrow();
    int backend = backend_of(postgres);
    check_value(postgres, "SHOW default_transaction_read_only", "on");
    cr_assert_eq(
        mneme_pg_set(postgres, "SET search_path = nowhere; SET default_transaction_read_only = off", &error),
        MNEME_OK);
    cr_assert_eq(mneme_pg_run(postgres, "BEGIN; CREATE TABLE public.left_behind (a int)", &error), MNEME_OK);
    give_back(postgres);
    postgres = borrow();
    cr_expect_eq(backend_of(postgres), backend, "the session is good for another one");
    cr_expect_eq(PQtransactionStatus(mneme_pg_raw(postgres)), PQTRANS_IDLE);
    check_value(postgres, "SHOW default_transaction_read_only", "on");
    check_value(postgres, "SHOW statement_timeout", "30s");
    check_value(postgres, "SHOW application_name", "mneme-pool");
    check_value(postgres, "SELECT current_setting('search_path') LIKE '%mneme_vectors%'", "t");
    check_value(postgres, "SELECT count(*) FROM pg_class WHERE relname = 'left_behind'", "0");
    cr_expect_neq(mneme_pg_run(postgres, "CREATE TABLE public.refused (a int)", &error), MNEME_OK);
    give_back(postgres);
    /* In the middle of a COPY nothing can be saved. */
    postgres = borrow();
    cr_assert_eq(mneme_pg_copy_out_begin(postgres, "COPY pg_class TO STDOUT", &error), MNEME_OK);
    give_back(postgres);
    cr_expect_eq(stats().size, 0);
    postgres = borrow();
    check_value(postgres, "SELECT 1", "1");
    give_back(postgres);
}

Test(postgres_pool, a_statement_ends_when_it_takes_too_long) {
    set(MNEME_SETTING_PG_COMMAND_TIMEOUT_MS, "50");
    open_usual();
    struct mneme_postgres *postgres = borrow();
    cr_expect_eq(mneme_pg_run(postgres, "SELECT pg_sleep(100)", &error), MNEME_E_UNAVAILABLE, "%s",
                 error.message);
    cr_expect_eq(mneme_pg_ensure(postgres, &error), MNEME_OK);
    check_value(postgres, "SHOW statement_timeout", "50ms");
    give_back(postgres);
}

Test(postgres_pool, backends_that_were_ended_are_made_again) {
    open_usual();
    struct mneme_postgres *postgres = borrow();
    struct mneme_postgres *other = borrow();
    int backend = backend_of(postgres);
    int handle = PQsocket(mneme_pg_raw(postgres));
    give_back(postgres);
    kill_backend(backend, handle); /* while nobody has it */
    postgres = borrow();
    cr_expect_neq(backend_of(postgres), backend);
    check_value(postgres, "SHOW statement_timeout", "30s");
    kill_backend(backend_of(postgres), PQsocket(mneme_pg_raw(postgres))); /* while somebody uses it */
    cr_expect_eq(mneme_pg_run(postgres, "SELECT 1", &error), MNEME_E_UNAVAILABLE, "%s", error.message);
    give_back(postgres);
    cr_expect_eq(stats().size, 1);
    postgres = borrow();
    check_value(postgres, "SELECT 1", "1");
    give_back(postgres);
    give_back(other);
}

/* A server that hangs up on whoever comes, and counts them. */
static atomic_int callers;
static int listener;

static void *hang_up(void *argument) {
    (void)argument;
    for (int caller = accept(listener, NULL, NULL); caller >= 0; caller = accept(listener, NULL, NULL)) {
        atomic_fetch_add(&callers, 1);
        close(caller);
    }
    return NULL;
}

static int listen_somewhere(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
              getsockname(listener, (struct sockaddr *)&address, &len) == 0 && listen(listener, 16) == 0);
    return ntohs(address.sin_port);
}

Test(postgres_pool, a_server_that_is_away_is_tried_as_often_as_the_settings_say) {
    char url[160];
    pthread_t thread;
    struct mneme_postgres *postgres = NULL;
    snprintf(url, sizeof url, "host=127.0.0.1 port=%d sslmode=disable gssencmode=disable dbname=x user=x",
             listen_somewhere());
    cr_assert_eq(pthread_create(&thread, NULL, hang_up, NULL), 0);
    const struct mneme_pg_pool_options options = {.purpose = "mneme-pool", .url = url};
    cr_assert_eq(open_pool(&options), MNEME_OK, "%s", error.message);
    cr_expect_eq(borrow_within(&postgres, MNEME_PATIENCE_MS), MNEME_E_UNAVAILABLE, "%s", error.message);
    cr_expect_eq(atomic_load(&callers), 5);
    cr_expect_eq(stats().size, 0, "its place is free again");
    mneme_pg_pool_close(pool);
    pool = NULL;

    atomic_store(&callers, 0);
    const struct mneme_pg_pool_options once = {.purpose = "mneme-pool", .url = url, .tries = 1};
    cr_assert_eq(open_pool(&once), MNEME_OK, "%s", error.message);
    cr_expect_eq(borrow_within(&postgres, MNEME_PATIENCE_MS), MNEME_E_UNAVAILABLE);
    cr_expect_eq(atomic_load(&callers), 1);
    mneme_pg_pool_tend(pool); /* tells it in the log alone */
    cr_expect_eq(stats().size, 0);
    mneme_pg_pool_close(pool);
    pool = NULL;

    /* The wait for the next try ends with the borrower's. */
    set(MNEME_SETTING_PG_CONNECT_RETRY_MS, "600000");
    cr_assert_eq(open_pool(&options), MNEME_OK, "%s", error.message);
    cr_expect_eq(borrow_within(&postgres, 100), MNEME_E_UNAVAILABLE);
    shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
}

Test(postgres_pool, wrong_credentials_are_not_tried_again) {
    struct mneme_postgres *postgres = NULL;
    char url[2048];
    snprintf(url, sizeof url, "%s user=nobody_of_that_name password=wrong",
             mneme_config_string(fixture.config, MNEME_SETTING_DATABASE_URL));
    set(MNEME_SETTING_PG_CONNECT_RETRY_MS, "600000");
    const struct mneme_pg_pool_options options = {.purpose = "mneme-pool", .url = url};
    cr_assert_eq(open_pool(&options), MNEME_OK, "%s", error.message);
    cr_expect_eq(borrow_within(&postgres, MNEME_PATIENCE_MS), MNEME_E_DENIED, "%s", error.message);
}

Test(postgres_pool, tending_opens_the_least_and_closes_what_is_idle_beyond_it) {
    set(MNEME_SETTING_PG_POOL_MIN, "2");
    set(MNEME_SETTING_PG_POOL_IDLE_S, "0");
    open_usual();
    mneme_pg_pool_tend(pool);
    cr_expect(stats().size == 2 && stats().idle_size == 2);
    struct mneme_postgres *all[MOST];
    for (int i = 0; i < MOST; i++) {
        all[i] = borrow();
    }
    for (int i = 0; i < MOST; i++) {
        give_back(all[i]);
    }
    cr_expect_eq(stats().size, 3);
    mneme_clock_pause(1000);
    mneme_pg_pool_tend(pool);
    cr_expect_eq(stats().size, 2);
}

Test(postgres_pool, a_pool_that_stops_refuses_and_waits_for_what_is_lent) {
    struct mneme_postgres *all[MOST];
    struct waiting waiting = {0};
    open_usual();
    for (int i = 0; i < MOST; i++) {
        all[i] = borrow();
    }
    begin_waiting(&waiting, 1);
    mneme_pg_pool_stop(pool);
    pthread_join(waiting.thread, NULL);
    cr_expect_eq(waiting.status, MNEME_E_UNAVAILABLE);
    cr_expect_not_null(strstr(waiting.error.message, "shutting down"), "%s", waiting.error.message);
    struct mneme_postgres *none = NULL;
    cr_expect_eq(borrow_within(&none, MNEME_PATIENCE_MS), MNEME_E_UNAVAILABLE);
    for (int i = 0; i < MOST; i++) {
        check_value(all[i], "SELECT 1", "1");
        give_back(all[i]);
    }
}

Test(postgres_pool, bounds_that_contradict_each_other_are_refused) {
    set(MNEME_SETTING_PG_POOL_MIN, "4");
    const struct mneme_pg_pool_options options = {.purpose = "mneme-pool"};
    cr_expect_eq(open_pool(&options), MNEME_E_USAGE);
    cr_expect_not_null(strstr(error.message, "MNEME_PG_POOL_MIN (4) is greater than MNEME_PG_POOL_MAX (3)"),
                       "%s", error.message);
}
