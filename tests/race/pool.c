/*
 * A pool of connections under ThreadSanitizer: more threads than connections, each of which leaves what it
 * likes in its own: open transactions, settings, a backend that was ended; and somebody who ends backends as
 * they come. Whoever comes next must find nothing of it, nobody may be forgotten in line, and no more may be
 * lent than there are. A plain program, since
 * Criterion's forks and ThreadSanitizer do not go together. With an argument, a DATABASE_URL, it runs there:
 * through PgBouncer no database can be made.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "common/postgres/pool.h"
#include "tests/support/fixture.h"
#include "tests/support/patience.h"
#include "tests/support/posix_threads.h"

#define BORROWERS 12
#define BORROWS 150
#define CONNECTIONS 4

static struct mneme_pg_pool *pool;
static atomic_int lent, most_lent, served, lost, called_off;
static atomic_bool is_over;

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "race/pool: %s\n", what);
        _Exit(1); /* the others are in the middle of something */
    }
}

static void set(struct mneme_config *config, enum mneme_setting setting, const char *value) {
    struct mneme_error error = {0};
    require(mneme_config_set(config, setting, value, MNEME_FROM_OPTION, &error) == MNEME_OK, error.message);
}

/* The backend may be ended at any time; false when it was. */
static bool is_done(int status, const struct mneme_error *error) {
    require(status == MNEME_OK || status == MNEME_E_UNAVAILABLE, error->message);
    atomic_fetch_add(&lost, status == MNEME_OK ? 0 : 1);
    return status == MNEME_OK;
}

static bool check_setting(struct mneme_postgres *postgres, const char *sql, const char *wanted) {
    struct mneme_error error = {0};
    PGresult *rows = NULL;
    bool has_answer = is_done(mneme_pg_query(&rows, postgres, sql, NULL, false, &error), &error);
    if (has_answer && strcmp(PQgetvalue(rows, 0, 0), wanted) != 0) {
        fprintf(stderr, "%s: %s, not %s\n", sql, PQgetvalue(rows, 0, 0), wanted);
        _Exit(1);
    }
    PQclear(rows);
    return has_answer;
}

static void note_lent(void) {
    int now = atomic_fetch_add(&lent, 1) + 1;
    int most = atomic_load(&most_lent);
    while (now > most && !atomic_compare_exchange_weak(&most_lent, &most, now)) {
    }
}

/* Leaves something behind; what it is goes by turns. */
static void use(struct mneme_postgres *postgres, int turn) {
    struct mneme_error error = {0};
    require(PQtransactionStatus(mneme_pg_raw(postgres)) == PQTRANS_IDLE, "a transaction was left open");
    if (!check_setting(postgres, "SHOW statement_timeout", "17s") ||
        !check_setting(postgres, "SHOW lock_timeout", "0")) {
        return;
    }
    switch (turn % 5) {
    case 0:
        (void)is_done(mneme_pg_run(postgres, "BEGIN; CREATE TABLE left_behind (a int)", &error), &error);
        break;
    case 1:
        if (is_done(mneme_pg_set(postgres, "SET lock_timeout = '3s'", &error), &error)) {
            (void)check_setting(postgres, "SHOW lock_timeout", "3s");
        }
        break;
    case 2: /* its own backend; the answer is the loss of the connection */
        require(mneme_pg_run(postgres, "SELECT pg_terminate_backend(pg_backend_pid())", &error) != MNEME_OK,
                "a backend ended and nobody was told");
        break;
    case 3:
        require(mneme_pg_run(postgres, "SELECT 1 / 0", &error) != MNEME_OK, "nothing is divided by zero");
        break;
    default:
        break;
    }
}

static void *borrow_again_and_again(void *argument) {
    int first = *(int *)argument;
    const struct mneme_pg_pool_wait wait = {.timeout_ms = MNEME_PATIENCE_MS};
    for (int i = 0; i < BORROWS; i++) {
        struct mneme_error error = {0};
        struct mneme_postgres *postgres = NULL;
        require(mneme_pg_pool_borrow(&postgres, pool, &wait, &error) == MNEME_OK, error.message);
        note_lent();
        use(postgres, first + i);
        atomic_fetch_sub(&lent, 1);
        mneme_pg_pool_give_back(pool, postgres);
        atomic_fetch_add(&served, 1);
    }
    return NULL;
}

static bool is_tired(void *context) {
    return ++*(int *)context > 2;
}

/* Waits a little and gives up, or has it. */
static void *give_up_again_and_again(void *argument) {
    (void)argument;
    while (!atomic_load(&is_over)) {
        struct mneme_error error = {0};
        struct mneme_postgres *postgres = NULL;
        int looks = 0;
        const struct mneme_cancel cancel = {.is_cancelled = is_tired, .context = &looks};
        const struct mneme_pg_pool_wait wait = {MNEME_PATIENCE_MS, &cancel};
        int status = mneme_pg_pool_borrow(&postgres, pool, &wait, &error);
        if (status == MNEME_OK) {
            note_lent();
            atomic_fetch_sub(&lent, 1);
            mneme_pg_pool_give_back(pool, postgres);
        } else {
            /* It may have given up while a connection was made again. */
            require(status == MNEME_E_TIMEOUT || status == MNEME_E_UNAVAILABLE, error.message);
            atomic_fetch_add(&called_off, 1);
        }
    }
    return NULL;
}

static void *tend_again_and_again(void *argument) {
    (void)argument;
    while (!atomic_load(&is_over)) {
        struct mneme_pg_pool_stats stats;
        mneme_pg_pool_tend(pool);
        mneme_pg_pool_stats_read(&stats, pool);
        require(stats.size <= CONNECTIONS && stats.idle_size <= stats.size, "the pool has grown");
    }
    return NULL;
}

/* Ends one of the pool's backends after the other, idle or not. */
static void *kill_again_and_again(void *argument) {
    const struct mneme_config *config = argument;
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    require(mneme_pg_connect(&postgres, config, "killer", &error) == MNEME_OK, error.message);
    while (!atomic_load(&is_over)) {
        require(mneme_pg_run(postgres,
                             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                             "WHERE application_name = 'mneme-race' AND datname = current_database() "
                             "ORDER BY random() LIMIT 1",
                             &error) == MNEME_OK,
                error.message);
        mneme_clock_pause(50000); /* whoever borrows must come to something */
    }
    mneme_pg_close(postgres);
    return NULL;
}

int main(int argc, char **argv) {
    mneme_use_posix_threads();
    mneme_log_configure(MNEME_LOG_ERROR, MNEME_LOG_LOGFMT);
    struct mneme_error error = {0};
    struct mneme_fixture fixture;
    bool is_given = argc > 1;
    require(mneme_fixture_set_up(&fixture, is_given ? 0 : MNEME_FIXTURE_POSTGRES, 0, &error) == MNEME_OK,
            error.message);
    if (is_given) {
        set(fixture.config, MNEME_SETTING_DATABASE_URL, argv[1]);
    }
    set(fixture.config, MNEME_SETTING_PG_POOL_MIN, "2");
    set(fixture.config, MNEME_SETTING_PG_POOL_MAX, "4");
    set(fixture.config, MNEME_SETTING_PG_POOL_IDLE_S, "0");
    set(fixture.config, MNEME_SETTING_PG_COMMAND_TIMEOUT_MS, "17000");
    set(fixture.config, MNEME_SETTING_PG_CONNECT_RETRY_MS, "10");
    set(fixture.config, MNEME_SETTING_PG_CONNECT_TRIES, "100"); /* a backend may be ended as it begins */
    const struct mneme_pg_pool_options options = {.purpose = "mneme-race"};
    require(mneme_pg_pool_open(&pool, fixture.config, &options, &error) == MNEME_OK, error.message);

    pthread_t threads[BORROWERS + 3];
    int firsts[BORROWERS];
    for (int i = 0; i < BORROWERS; i++) {
        firsts[i] = i;
        require(pthread_create(&threads[i], NULL, borrow_again_and_again, &firsts[i]) == 0, "no thread");
    }
    require(pthread_create(&threads[BORROWERS], NULL, give_up_again_and_again, NULL) == 0, "no thread");
    require(pthread_create(&threads[BORROWERS + 1], NULL, tend_again_and_again, NULL) == 0, "no thread");
    require(pthread_create(&threads[BORROWERS + 2], NULL, kill_again_and_again, fixture.config) == 0,
            "no thread");
    for (int i = 0; i < BORROWERS; i++) {
        require(pthread_join(threads[i], NULL) == 0, "no join");
    }
    atomic_store(&is_over, true);
    for (int i = BORROWERS; i < BORROWERS + 3; i++) {
        require(pthread_join(threads[i], NULL) == 0, "no join");
    }
    require(atomic_load(&served) == BORROWERS * BORROWS, "a borrower was forgotten");
    require(atomic_load(&lost) > 0, "no backend was ended while it was used");
    require(atomic_load(&most_lent) <= CONNECTIONS, "more were lent than there are");
    struct mneme_pg_pool_stats stats;
    mneme_pg_pool_stats_read(&stats, pool);
    require(stats.size == stats.idle_size && stats.waiting == 0, "a connection was not given back");
    mneme_pg_pool_close(pool);
    mneme_fixture_tear_down(&fixture);
    return 0;
}
