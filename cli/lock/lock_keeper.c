/*
 * Extends the lock after a third of the lease, which leaves time for more tries when a server is slow or down
 * for a moment. Once the servers say that somebody else or nobody holds the lock, it stays lost.
 */
#include "cli/lock/lock_keeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>

#include "common/base/backoff.h"
#include "common/base/clock.h"

#define EXTENDED_AFTER 3 /* extends after the lease divided by this */
#define FIRST_RETRY_MS 20
#define RETRIES 10 /* at least this many fit into the lease */

struct mneme_lock_keeper {
    struct mneme_locks *locks; /* the thread's */
    int64_t ttl_ms;
    int wake_fd;
    pthread_t thread;

    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t changed;
    struct mneme_lock lock; /* as of the last successful extension */
    struct mneme_error why; /* of the last one, if it failed */
    bool is_lost, is_stopping;
};

/* Waits with the mutex held, until the time or the end. */
static void wait_ms(struct mneme_lock_keeper *keeper, int64_t ms) {
    struct timespec until;
    int64_t at = mneme_clock_monotonic_micros() + ms * 1000;
    until.tv_sec = at / 1000000;
    until.tv_nsec = (long)(at % 1000000) * 1000;
    while (!keeper->is_stopping && pthread_cond_timedwait(&keeper->changed, &keeper->mutex, &until) == 0) {
    }
}

/* Called with the mutex held; releases it meanwhile, so that the lease can still be watched. */
static int extend(struct mneme_lock_keeper *keeper) {
    struct mneme_lock lock = keeper->lock;
    struct mneme_error why = {0};
    pthread_mutex_unlock(&keeper->mutex);
    int status = mneme_lock_extend(&lock, keeper->locks, keeper->ttl_ms, &why);
    pthread_mutex_lock(&keeper->mutex);
    keeper->why = why;
    if (status == MNEME_OK) {
        keeper->lock = lock;
        keeper->why = (struct mneme_error){0};
    } else if (status == MNEME_E_CONFLICT || status == MNEME_E_NOT_FOUND) {
        keeper->is_lost = true;
        (void)eventfd_write(keeper->wake_fd, 1); /* fails only when nobody reads it */
    }
    return status;
}

static void *keep(void *context) {
    struct mneme_lock_keeper *keeper = context;
    struct mneme_backoff backoff;
    int64_t slowest = keeper->ttl_ms / RETRIES;
    mneme_backoff_init(&backoff, FIRST_RETRY_MS < slowest ? FIRST_RETRY_MS : slowest, slowest);
    pthread_mutex_lock(&keeper->mutex);
    wait_ms(keeper, keeper->ttl_ms / EXTENDED_AFTER);
    while (!keeper->is_stopping && !keeper->is_lost) {
        if (extend(keeper) == MNEME_OK) {
            mneme_backoff_reset(&backoff);
            wait_ms(keeper, keeper->ttl_ms / EXTENDED_AFTER);
        } else if (!keeper->is_lost) {
            wait_ms(keeper, mneme_backoff_next_ms(&backoff));
        }
    }
    pthread_mutex_unlock(&keeper->mutex);
    return NULL;
}

static void destroy(struct mneme_lock_keeper *keeper) {
    pthread_cond_destroy(&keeper->changed);
    pthread_mutex_destroy(&keeper->mutex);
    free(keeper);
}

int mneme_lock_keeper_start(struct mneme_lock_keeper **out, const struct mneme_lock *lock,
                            struct mneme_locks *locks, int64_t ttl_ms, int wake_fd,
                            struct mneme_error *error) {
    pthread_condattr_t monotonic;
    struct mneme_lock_keeper *keeper = calloc(1, sizeof *keeper);
    if (keeper == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the lock '%s' cannot be kept: out of memory; free some memory", lock->name);
    }
    keeper->locks = locks;
    keeper->lock = *lock;
    keeper->ttl_ms = ttl_ms;
    keeper->wake_fd = wake_fd;
    pthread_mutex_init(&keeper->mutex, NULL); /* these three cannot fail on Linux */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failure = pthread_create(&keeper->thread, NULL, keep, keeper);
    if (failure != 0) {
        destroy(keeper);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the lock '%s' cannot be kept: cannot start a thread: %s; end some processes",
                               lock->name, strerror(failure));
    }
    *out = keeper;
    return MNEME_OK;
}

int64_t mneme_lock_keeper_left_ms(struct mneme_lock_keeper *keeper) {
    pthread_mutex_lock(&keeper->mutex);
    int64_t left_ms = keeper->is_lost ? 0 : mneme_lock_left_ms(&keeper->lock);
    pthread_mutex_unlock(&keeper->mutex);
    return left_ms;
}

void mneme_lock_keeper_stop(struct mneme_lock_keeper *keeper, struct mneme_error *why) {
    pthread_mutex_lock(&keeper->mutex);
    keeper->is_stopping = true;
    pthread_cond_signal(&keeper->changed);
    pthread_mutex_unlock(&keeper->mutex);
    pthread_join(keeper->thread, NULL);
    *why = keeper->why;
    destroy(keeper);
}
