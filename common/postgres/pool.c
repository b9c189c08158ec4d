/*
 * The pool. A place is one connection, open or not: the holder of a place may open its connection. Free
 * places are counted; free open connections form a stack, so that under light load the same few are used. A
 * borrower that finds neither waits in a queue, and gets a connection or a place from the next one who
 * returns one, so that nobody is overtaken.
 */
#include "common/postgres/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/base/condition.h"
#include "common/log/log.h"
#include "common/postgres/schema.h"
#include "common/postgres/session.h"

#define POLL_MS 20 /* interval of checks whether a wait was cancelled */
#define LONGEST_RETRY_MS 30000

/* A borrower in the queue; on its stack. */
struct waiter {
    struct waiter *next;
    pthread_cond_t handed;
    bool has_place;                  /* it was given a place … */
    struct mneme_postgres *postgres; /* … with this connection; NULL: to be opened */
};

struct idle {
    struct mneme_postgres *postgres;
    int64_t since_micros;
};

struct mneme_pg_pool {
    struct mneme_config *config;
    char *purpose, *settings;
    int64_t min_size, max_size, tries, retry_ms, idle_micros;

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t given_back;
    struct idle *idle; /* up to max_size; the last one is the most recently used */
    int64_t idle_count, size;
    struct waiter *first, *last;
    int64_t waiting;
    bool is_stopped;
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot set up connections to Postgres: out of memory; free some memory");
}

/* --- opening and closing the pool --- */

static void free_pool(struct mneme_pg_pool *pool) {
    for (int64_t i = 0; i < pool->idle_count; i++) {
        mneme_pg_close(pool->idle[i].postgres);
    }
    pthread_cond_destroy(&pool->given_back);
    pthread_mutex_destroy(&pool->lock);
    mneme_config_destroy(pool->config);
    free(pool->purpose);
    free(pool->settings);
    free(pool->idle);
    free(pool);
}

static int take_settings(struct mneme_pg_pool *pool, const struct mneme_config *config,
                         const struct mneme_pg_pool_options *options, struct mneme_error *error) {
    struct mneme_buffer settings = {0};
    mneme_buffer_printf(&settings, "SET statement_timeout = %lld%s",
                        (long long)mneme_config_long(config, MNEME_SETTING_PG_COMMAND_TIMEOUT_MS),
                        options->is_read_only ? "; SET default_transaction_read_only = on" : "");
    mneme_buffer_append_byte(&settings, '\0');
    pool->settings = settings.failed ? NULL : settings.data;
    pool->purpose = strdup(options->purpose);
    pool->min_size = mneme_config_long(config, MNEME_SETTING_PG_POOL_MIN);
    pool->max_size = mneme_config_long(config, MNEME_SETTING_PG_POOL_MAX);
    pool->tries =
        options->tries > 0 ? options->tries : mneme_config_long(config, MNEME_SETTING_PG_CONNECT_TRIES);
    pool->retry_ms = mneme_config_long(config, MNEME_SETTING_PG_CONNECT_RETRY_MS);
    pool->idle_micros = mneme_config_long(config, MNEME_SETTING_PG_POOL_IDLE_S) * 1000000;
    pool->idle = calloc((size_t)pool->max_size, sizeof *pool->idle);
    if (pool->settings == NULL || pool->purpose == NULL || pool->idle == NULL) {
        return no_memory(error);
    }
    if (pool->min_size > pool->max_size) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot set up connections to Postgres: MNEME_PG_POOL_MIN (%lld) is greater "
                               "than MNEME_PG_POOL_MAX (%lld); lower it, or raise the other",
                               (long long)pool->min_size, (long long)pool->max_size);
    }
    int status = mneme_config_copy(&pool->config, config, error);
    return status == MNEME_OK && options->url != NULL
               ? mneme_config_set(pool->config, MNEME_SETTING_DATABASE_URL, options->url, MNEME_FROM_OPTION,
                                  error)
               : status;
}

int mneme_pg_pool_open(struct mneme_pg_pool **out, const struct mneme_config *config,
                       const struct mneme_pg_pool_options *options, struct mneme_error *error) {
    struct mneme_pg_pool *pool = calloc(1, sizeof *pool);
    *out = NULL;
    if (pool == NULL) {
        return no_memory(error);
    }
    pthread_mutex_init(&pool->lock, NULL); /* cannot fail with default attributes; the same below */
    pthread_cond_init(&pool->given_back, NULL);
    int status = take_settings(pool, config, options, error);
    if (status != MNEME_OK) {
        free_pool(pool);
        return status;
    }
    *out = pool;
    return MNEME_OK;
}

void mneme_pg_pool_stop(struct mneme_pg_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->is_stopped = true;
    for (struct waiter *waiter = pool->first; waiter != NULL; waiter = waiter->next) {
        pthread_cond_signal(&waiter->handed);
    }
    pthread_mutex_unlock(&pool->lock);
}

void mneme_pg_pool_close(struct mneme_pg_pool *pool) {
    if (pool == NULL) {
        return;
    }
    mneme_pg_pool_stop(pool);
    pthread_mutex_lock(&pool->lock);
    while (pool->size > pool->idle_count || pool->waiting > 0) {
        pthread_cond_wait(&pool->given_back, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    free_pool(pool);
}

/* --- places, with the lock held --- */

/* Gives a place, with its connection if open, to the first in the queue, or makes it free. */
static void put_place(struct mneme_pg_pool *pool, struct mneme_postgres *postgres) {
    struct waiter *waiter = pool->first;
    if (waiter != NULL && !pool->is_stopped) {
        pool->first = waiter->next;
        pool->last = pool->first == NULL ? NULL : pool->last;
        pool->waiting--;
        waiter->has_place = true;
        waiter->postgres = postgres;
        pthread_cond_signal(&waiter->handed);
        return;
    }
    if (postgres == NULL) {
        pool->size--;
    } else {
        pool->idle[pool->idle_count++] = (struct idle){postgres, mneme_clock_monotonic_micros()};
    }
    pthread_cond_broadcast(&pool->given_back);
}

/* Takes a free place; false when there is none, or others wait for one. */
static bool take_place(struct mneme_postgres **out, struct mneme_pg_pool *pool) {
    *out = NULL;
    if (pool->first != NULL) {
        return false;
    }
    if (pool->idle_count > 0) {
        *out = pool->idle[--pool->idle_count].postgres;
        return true;
    }
    if (pool->size < pool->max_size) {
        pool->size++;
        return true;
    }
    return false;
}

static void leave_line(struct mneme_pg_pool *pool, const struct waiter *waiter) {
    struct waiter *before = NULL;
    for (struct waiter *at = pool->first; at != waiter; at = at->next) {
        before = at;
    }
    if (before == NULL) {
        pool->first = waiter->next;
    } else {
        before->next = waiter->next;
    }
    pool->last = pool->last == waiter ? before : pool->last;
    pool->waiting--;
    pthread_cond_broadcast(&pool->given_back);
}

static struct timespec in_micros(int64_t micros) {
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t nanos = at.tv_nsec + micros * 1000;
    at.tv_sec += nanos / 1000000000;
    at.tv_nsec = nanos % 1000000000;
    return at;
}

/* The state of a borrower's wait. */
struct bound {
    const struct mneme_pg_pool_wait *wait;
    int64_t deadline_micros;
};

static int64_t left_micros(const struct bound *bound) {
    return bound->deadline_micros - mneme_clock_monotonic_micros();
}

static bool is_called_off(const struct bound *bound) {
    return mneme_cancel_is_due(bound->wait->cancel);
}

static int64_t poll_micros(const struct bound *bound) {
    int64_t left = left_micros(bound);
    return left < POLL_MS * 1000 ? left : POLL_MS * 1000;
}

/* Waits in the queue for a place. The cancel callback is called without the lock. */
static int wait_in_line(struct mneme_postgres **out, struct mneme_pg_pool *pool, const struct bound *bound,
                        struct mneme_error *error) {
    struct waiter waiter = {0};
    bool is_cancelled = false;
    if (mneme_condition_init(&waiter.handed) != 0) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot query Postgres: out of memory; free some memory");
    }
    *(pool->last == NULL ? &pool->first : &pool->last->next) = &waiter;
    pool->last = &waiter; /* cppcheck-suppress autoVariables ; it leaves the queue before it returns */
    pool->waiting++;
    while (!waiter.has_place && !pool->is_stopped && !is_cancelled && left_micros(bound) > 0) {
        struct timespec until = in_micros(poll_micros(bound));
        (void)pthread_cond_timedwait(&waiter.handed, &pool->lock, &until);
        pthread_mutex_unlock(&pool->lock);
        is_cancelled = is_called_off(bound);
        pthread_mutex_lock(&pool->lock);
    }
    if (!waiter.has_place) {
        leave_line(pool, &waiter);
    }
    pthread_cond_destroy(&waiter.handed);
    *out = waiter.postgres;
    if (waiter.has_place) {
        return MNEME_OK;
    }
    if (pool->is_stopped) {
        return MNEME_E_UNAVAILABLE; /* the caller reports it, as for those who come later */
    }
    return is_cancelled
               ? mneme_error_set(
                     error, MNEME_E_TIMEOUT,
                     "cannot query Postgres: the caller gave up before a connection came free; try again")
               : mneme_error_set(error, MNEME_E_TIMEOUT,
                                 "cannot query Postgres: none of the %lld connections came free within %lld "
                                 "ms; send fewer requests at a time, or raise MNEME_PG_POOL_MAX",
                                 (long long)pool->max_size, (long long)bound->wait->timeout_ms);
}

/* --- connections, without the lock --- */

static int connect_once(struct mneme_postgres **postgres, struct mneme_pg_pool *pool,
                        const struct mneme_cancel *cancel, struct mneme_error *error) {
    int status;
    if (*postgres != NULL) {
        mneme_pg_set_cancel(*postgres, cancel);
        status = mneme_pg_ensure(*postgres, error);
    } else {
        status = mneme_pg_connect_to_all_within(postgres, pool->config, pool->purpose, cancel, error);
        status = status == MNEME_OK ? mneme_pg_set_always(*postgres, pool->settings, error) : status;
    }
    if (*postgres != NULL) {
        mneme_pg_set_cancel(*postgres, NULL); /* statements use the borrower's cancel */
    }
    return status;
}

/* Pauses before the next try; false when the wait ends before. */
static bool pause_for(int64_t pause_ms, const struct bound *bound) {
    int64_t until = mneme_clock_monotonic_micros() + pause_ms * 1000;
    while (mneme_clock_monotonic_micros() < until) {
        if (left_micros(bound) <= 0 || is_called_off(bound)) {
            return false;
        }
        int64_t pause = until - mneme_clock_monotonic_micros();
        int64_t interval = poll_micros(bound);
        mneme_clock_pause(pause < interval ? pause : interval);
    }
    return true;
}

/* Makes the connection usable, retrying as needed. */
static int connect(struct mneme_postgres **postgres, struct mneme_pg_pool *pool, const struct bound *bound,
                   struct mneme_error *error) {
    struct mneme_error why = {0};
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, pool->retry_ms, LONGEST_RETRY_MS);
    int status = connect_once(postgres, pool, bound->wait->cancel, &why);
    for (int64_t tries = 1; status == MNEME_E_UNAVAILABLE && tries < pool->tries; tries++) {
        int64_t pause_ms = mneme_backoff_next_ms(&backoff);
        mneme_log(MNEME_LOG_WARN, "no connection to postgres", MNEME_LOG_S("reason", why.message),
                  MNEME_LOG_I("retry_in_ms", pause_ms));
        if (!pause_for(pause_ms, bound)) {
            break;
        }
        status = connect_once(postgres, pool, bound->wait->cancel, &why);
    }
    return status == MNEME_OK ? status : mneme_error_set(error, (enum mneme_status)status, "%s", why.message);
}

int mneme_pg_pool_borrow(struct mneme_postgres **out, struct mneme_pg_pool *pool,
                         const struct mneme_pg_pool_wait *wait, struct mneme_error *error) {
    const struct bound bound = {wait, mneme_clock_monotonic_micros() + wait->timeout_ms * 1000};
    struct mneme_postgres *postgres = NULL;
    *out = NULL;
    pthread_mutex_lock(&pool->lock);
    int status = pool->is_stopped              ? MNEME_E_UNAVAILABLE
                 : take_place(&postgres, pool) ? MNEME_OK
                                               : wait_in_line(&postgres, pool, &bound, error);
    pthread_mutex_unlock(&pool->lock);
    if (status == MNEME_E_UNAVAILABLE) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "cannot query Postgres: this process is shutting down; ask another one");
    }
    if (status != MNEME_OK) {
        return status;
    }
    status = connect(&postgres, pool, &bound, error);
    if (status != MNEME_OK) {
        mneme_pg_close(postgres);
        pthread_mutex_lock(&pool->lock);
        put_place(pool, NULL);
        pthread_mutex_unlock(&pool->lock);
        return status;
    }
    *out = postgres;
    return MNEME_OK;
}

void mneme_pg_pool_give_back(struct mneme_pg_pool *pool, struct mneme_postgres *postgres) {
    struct mneme_error ignored = {0};
    if (postgres == NULL) {
        return;
    }
    /* A broken connection is reopened by its next borrower. */
    if (mneme_pg_reset(postgres, &ignored) != MNEME_OK) {
        mneme_pg_close(postgres);
        postgres = NULL;
    }
    pthread_mutex_lock(&pool->lock);
    put_place(pool, postgres);
    pthread_mutex_unlock(&pool->lock);
}

/* Removes the connection that has been idle longest from the stack, if that is too long. */
static struct mneme_postgres *take_stale(struct mneme_pg_pool *pool) {
    struct mneme_postgres *stale = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->idle_count > 0 && pool->size > pool->min_size &&
        mneme_clock_monotonic_micros() - pool->idle[0].since_micros > pool->idle_micros) {
        stale = pool->idle[0].postgres;
        memmove(pool->idle, pool->idle + 1, (size_t)--pool->idle_count * sizeof *pool->idle);
        pool->size--;
    }
    pthread_mutex_unlock(&pool->lock);
    return stale;
}

/* Opens a missing connection; false when none is missing, or it cannot be opened now. */
static bool open_missing(struct mneme_pg_pool *pool) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    pthread_mutex_lock(&pool->lock);
    bool is_missing = !pool->is_stopped && pool->size < pool->min_size;
    pool->size += is_missing ? 1 : 0;
    pthread_mutex_unlock(&pool->lock);
    if (!is_missing) {
        return false;
    }
    if (connect_once(&postgres, pool, NULL, &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "no connection to postgres", MNEME_LOG_S("reason", error.message));
        mneme_pg_close(postgres);
        postgres = NULL;
    }
    pthread_mutex_lock(&pool->lock);
    put_place(pool, postgres);
    pthread_mutex_unlock(&pool->lock);
    return postgres != NULL;
}

void mneme_pg_pool_tend(struct mneme_pg_pool *pool) {
    struct mneme_postgres *stale;
    while ((stale = take_stale(pool)) != NULL) {
        mneme_pg_close(stale);
    }
    while (open_missing(pool)) {
    }
}

void mneme_pg_pool_stats_read(struct mneme_pg_pool_stats *out, struct mneme_pg_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    *out = (struct mneme_pg_pool_stats){.size = pool->size,
                                        .min_size = pool->min_size,
                                        .max_size = pool->max_size,
                                        .idle_size = pool->idle_count,
                                        .waiting = pool->waiting};
    pthread_mutex_unlock(&pool->lock);
}
