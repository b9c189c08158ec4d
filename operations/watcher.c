/*
 * A thread that exists only while somebody waits. Each round it reads the progress once, collects the
 * fulfilled waits, reads the verdicts that they want in one query, and wakes the waiters. Between rounds it
 * pauses, briefly at first, since a write is usually folded within milliseconds.
 *
 * A waiter is on its thread's stack and may leave at any time, so the watching thread queries with copies,
 * without the lock, and delivers the answers to the waiters that are still there.
 */
#include "operations/watcher.h"

#include <stdlib.h>

#include "common/base/condition.h"
#include "queries/position_wait.h"

#define FIRST_PAUSE_MICROS 2000
#define LONGEST_PAUSE_MICROS 50000
#define CHECK_MS 20 /* how often a waiter's cancel is checked, since it does not signal */

/* Guarded by the watcher's lock while it is listed. */
struct waiter {
    struct waiter *next;
    uint64_t serial;
    const struct mneme_position *positions;
    size_t count;
    struct mneme_verdict_row *verdicts; /* NULL: it waits only for the positions */
    struct mneme_arena *arena;          /* holds the verdicts' strings */
    bool is_done;
    int status;
    struct mneme_error error;
};

struct mneme_watcher {
    const struct mneme_config *config;
    const char *topic;
    pthread_mutex_t lock;
    pthread_cond_t has_waiters; /* or the end */
    pthread_cond_t has_news;    /* some waiters are done */
    struct waiter *waiters;
    uint64_t last_serial;
    bool ends, has_thread;
    pthread_t thread;

    /* Only the thread uses these, except that others read, under the lock, what the last poll saw. */
    struct mneme_postgres *postgres;
    struct mneme_progress_snapshot progress;
};

/* A fulfilled wait, as the thread works on it without the lock. */
struct job {
    uint64_t serial;
    struct mneme_position *positions;
    size_t count;
    bool wants_verdicts;
    struct mneme_verdict_row *verdicts;
    int status;
    struct mneme_error error;
};

/* --- the thread --- */

static int connect(struct mneme_watcher *watcher, struct mneme_error *error) {
    return watcher->postgres == NULL
               ? mneme_query_connect(&watcher->postgres, watcher->config, "mneme-watcher", error)
               : mneme_pg_ensure(watcher->postgres, error);
}

/* Ends every wait with the error: when progress cannot be read, nobody keeps waiting in silence. */
static void fail_all(struct mneme_watcher *watcher, int status, const struct mneme_error *error) {
    for (struct waiter *waiter = watcher->waiters; waiter != NULL; waiter = waiter->next) {
        waiter->is_done = true;
        waiter->status = status;
        waiter->error = *error;
    }
    pthread_cond_broadcast(&watcher->has_news);
}

/* Copies the fulfilled waits; called with the lock. *total: the number of positions whose verdicts are
 * wanted. */
static struct job *take_jobs(size_t *count, const struct mneme_watcher *watcher, struct mneme_arena *arena) {
    size_t waiting = 0;
    for (const struct waiter *waiter = watcher->waiters; waiter != NULL; waiter = waiter->next) {
        waiting++;
    }
    struct job *jobs = mneme_arena_calloc(arena, waiting + 1, sizeof *jobs);
    *count = 0;
    for (const struct waiter *waiter = watcher->waiters; waiter != NULL && jobs != NULL;
         waiter = waiter->next) {
        if (waiter->is_done ||
            mneme_progress_first_missing(&watcher->progress, waiter->positions, waiter->count) != NULL) {
            continue;
        }
        struct job job = {.serial = waiter->serial,
                          .positions = mneme_arena_calloc(arena, waiter->count + 1, sizeof *job.positions),
                          .count = waiter->count,
                          .wants_verdicts = waiter->verdicts != NULL,
                          .verdicts = mneme_arena_calloc(arena, waiter->count + 1, sizeof *job.verdicts)};
        if (job.positions == NULL || job.verdicts == NULL) {
            break; /* the next round tries again */
        }
        memcpy(job.positions, waiter->positions, waiter->count * sizeof *job.positions);
        jobs[(*count)++] = job;
    }
    return jobs;
}

/* The verdicts of several jobs in one query, with the place that each result belongs to. */
struct asking {
    struct mneme_verdict_row **places;
    size_t count;
    struct mneme_arena *arena;
};

static bool take_verdict(const void *row, void *context) {
    const struct mneme_verdict_row *from = row;
    struct asking *asking = context;
    if (from->place >= 0 && (size_t)from->place < asking->count) {
        struct mneme_verdict_row *verdict = asking->places[from->place];
        *verdict = *from;
        verdict->verdict = mneme_arena_copy(asking->arena, from->verdict);
        verdict->reason = mneme_arena_copy(asking->arena, from->reason);
    }
    return true;
}

/* Asks for up to MNEME_VERDICTS_MAX positions of the jobs from *next on, and moves it behind them. */
static int ask_verdicts(struct mneme_watcher *watcher, struct job *jobs, size_t count, size_t *next,
                        struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_position *positions = mneme_arena_calloc(arena, MNEME_VERDICTS_MAX, sizeof *positions);
    struct asking asking = {.arena = arena,
                            .places = mneme_arena_calloc(arena, MNEME_VERDICTS_MAX, sizeof *asking.places)};
    if (positions == NULL || asking.places == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the verdicts were not read: memory is exhausted; free some");
    }
    for (; *next < count && asking.count + jobs[*next].count <= MNEME_VERDICTS_MAX; ++*next) {
        struct job *job = &jobs[*next];
        for (size_t i = 0; i < job->count && job->wants_verdicts; i++) {
            positions[asking.count] = job->positions[i];
            asking.places[asking.count++] = &job->verdicts[i];
        }
    }
    return asking.count == 0 ? MNEME_OK
                             : mneme_verdict_read(watcher->postgres, watcher->topic, MNEME_STR_NULL,
                                                  positions, asking.count, take_verdict, &asking, error);
}

/* Called without the lock. */
static int do_jobs(struct mneme_watcher *watcher, struct job *jobs, size_t count, struct mneme_arena *arena,
                   struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t next = 0; next < count && status == MNEME_OK;) {
        status = ask_verdicts(watcher, jobs, count, &next, arena, error);
    }
    for (size_t i = 0; i < count && status == MNEME_OK && watcher->progress.has_parked; i++) {
        if (!jobs[i].wants_verdicts) {
            jobs[i].status = mneme_position_refuse_parked(
                watcher->postgres, mneme_projections[MNEME_PROJECTION_POSTGRES].name, watcher->topic,
                jobs[i].positions, jobs[i].count, &jobs[i].error);
        }
    }
    return status;
}

/* Gives the job's answer to its waiter, if it is still there; called with the lock. */
static void deliver(struct mneme_watcher *watcher, const struct job *job) {
    for (struct waiter *waiter = watcher->waiters; waiter != NULL; waiter = waiter->next) {
        if (waiter->serial != job->serial) {
            continue;
        }
        for (size_t i = 0; i < job->count && job->wants_verdicts; i++) {
            waiter->verdicts[i] = job->verdicts[i];
            waiter->verdicts[i].verdict = mneme_arena_copy(waiter->arena, job->verdicts[i].verdict);
            waiter->verdicts[i].reason = mneme_arena_copy(waiter->arena, job->verdicts[i].reason);
        }
        waiter->status = job->status;
        waiter->error = job->error;
        waiter->is_done = true;
    }
}

/* Polls once for all waiters. Called with the lock, which it releases meanwhile. Returns true if a waiter was
 * woken. */
static bool poll_once(struct mneme_watcher *watcher) {
    struct mneme_error error = {0};
    struct mneme_arena arena;
    struct mneme_progress_snapshot progress;
    size_t count = 0;
    mneme_arena_init(&arena, 0);
    pthread_mutex_unlock(&watcher->lock);
    int status = connect(watcher, &error);
    if (status == MNEME_OK) {
        status = mneme_progress_snapshot(&progress, watcher->postgres,
                                         mneme_projections[MNEME_PROJECTION_POSTGRES].name, watcher->topic,
                                         &error);
    }
    pthread_mutex_lock(&watcher->lock);
    if (status == MNEME_OK) {
        watcher->progress = progress;
        struct job *jobs = take_jobs(&count, watcher, &arena);
        pthread_mutex_unlock(&watcher->lock);
        status = do_jobs(watcher, jobs, count, &arena, &error);
        pthread_mutex_lock(&watcher->lock);
        for (size_t i = 0; i < count && status == MNEME_OK; i++) {
            deliver(watcher, &jobs[i]);
        }
    }
    if (status != MNEME_OK) {
        fail_all(watcher, status, &error);
    } else if (count > 0) {
        pthread_cond_broadcast(&watcher->has_news);
    }
    mneme_arena_clean_up(&arena);
    return count > 0;
}

static bool has_waiting(const struct mneme_watcher *watcher) {
    for (const struct waiter *waiter = watcher->waiters; waiter != NULL; waiter = waiter->next) {
        if (!waiter->is_done) {
            return true;
        }
    }
    return false;
}

static void *watch(void *context) {
    struct mneme_watcher *watcher = context;
    uint64_t seen_serial = 0;
    int64_t pause_micros = FIRST_PAUSE_MICROS;
    pthread_mutex_lock(&watcher->lock);
    while (!watcher->ends) {
        if (!has_waiting(watcher)) {
            pthread_cond_wait(&watcher->has_waiters, &watcher->lock);
            continue;
        }
        bool is_fresh = watcher->last_serial != seen_serial;
        seen_serial = watcher->last_serial;
        if (poll_once(watcher) || is_fresh) {
            pause_micros = FIRST_PAUSE_MICROS;
        }
        if (has_waiting(watcher) && !watcher->ends) {
            pthread_mutex_unlock(&watcher->lock);
            mneme_clock_pause(pause_micros);
            pthread_mutex_lock(&watcher->lock);
            pause_micros = pause_micros * 2 < LONGEST_PAUSE_MICROS ? pause_micros * 2 : LONGEST_PAUSE_MICROS;
        }
    }
    pthread_mutex_unlock(&watcher->lock);
    return NULL;
}

/* --- waiting --- */

static void unlist(struct mneme_watcher *watcher, const struct waiter *waiter) {
    for (struct waiter **at = &watcher->waiters; *at != NULL; at = &(*at)->next) {
        if (*at == waiter) {
            *at = waiter->next;
            return;
        }
    }
}

/* Fills the error for a wait that ends before the projection has come far enough. */
static int report_missed(const struct mneme_watcher *watcher, const struct waiter *waiter, int64_t timeout_ms,
                         const struct mneme_cancel *cancel, struct mneme_error *error) {
    const struct mneme_position *missing =
        mneme_progress_first_missing(&watcher->progress, waiter->positions, waiter->count);
    const struct mneme_query_wait wait = {timeout_ms, cancel};
    return mneme_progress_missed(&watcher->progress, mneme_projections[MNEME_PROJECTION_POSTGRES].name,
                                 watcher->topic, missing != NULL ? *missing : waiter->positions[0], &wait,
                                 error);
}

static int wait_in_list(struct mneme_watcher *watcher, struct waiter *waiter,
                        const struct mneme_cancel *cancel, struct mneme_error *error) {
    int64_t timeout_ms = (mneme_cancel_left_micros(cancel, INT64_MAX) + 500) / 1000;
    int status = MNEME_OK;
    pthread_mutex_lock(&watcher->lock);
    if (!watcher->has_thread) {
        watcher->has_thread = pthread_create(&watcher->thread, NULL, watch, watcher) == 0;
    }
    if (!watcher->has_thread) {
        pthread_mutex_unlock(&watcher->lock);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the wait did not start: no thread can be created; free some memory");
    }
    waiter->serial = ++watcher->last_serial;
    waiter->next = watcher->waiters;
    watcher->waiters = waiter;
    pthread_cond_signal(&watcher->has_waiters);
    while (!waiter->is_done && !mneme_cancel_is_due(cancel)) {
        struct timespec moment = mneme_condition_deadline(CHECK_MS);
        (void)pthread_cond_timedwait(&watcher->has_news, &watcher->lock, &moment);
    }
    unlist(watcher, waiter);
    if (!waiter->is_done) {
        status = report_missed(watcher, waiter, timeout_ms, cancel, error);
    } else if (waiter->status != MNEME_OK) {
        status = waiter->status;
        if (error != NULL) {
            *error = waiter->error;
        }
    }
    pthread_mutex_unlock(&watcher->lock);
    return status;
}

int mneme_watcher_wait(struct mneme_watcher *watcher, const struct mneme_position *positions, size_t count,
                       const struct mneme_cancel *cancel, struct mneme_error *error) {
    struct waiter waiter = {.positions = positions, .count = count};
    return count == 0 ? MNEME_OK : wait_in_list(watcher, &waiter, cancel, error);
}

int mneme_watcher_verdicts(struct mneme_verdict_row *verdicts, struct mneme_watcher *watcher,
                           const struct mneme_position *positions, size_t count, struct mneme_arena *arena,
                           const struct mneme_cancel *cancel, struct mneme_error *error) {
    int status = MNEME_OK;
    memset(verdicts, 0, count * sizeof *verdicts);
    for (size_t i = 0; i < count && status == MNEME_OK; i += MNEME_VERDICTS_MAX) {
        size_t some = count - i < MNEME_VERDICTS_MAX ? count - i : MNEME_VERDICTS_MAX;
        struct waiter waiter = {
            .positions = positions + i, .count = some, .verdicts = verdicts + i, .arena = arena};
        status = wait_in_list(watcher, &waiter, cancel, error);
    }
    return status;
}

/* --- opening --- */

int mneme_watcher_open(struct mneme_watcher **out, const struct mneme_config *config, const char *topic,
                       struct mneme_error *error) {
    struct mneme_watcher *watcher = calloc(1, sizeof *watcher);
    *out = watcher;
    if (watcher == NULL || mneme_condition_init(&watcher->has_waiters) != 0 ||
        mneme_condition_init(&watcher->has_news) != 0 || pthread_mutex_init(&watcher->lock, NULL) != 0) {
        free(watcher);
        *out = NULL;
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "the watcher was not opened: memory is exhausted; free some");
    }
    watcher->config = config;
    watcher->topic = topic;
    return MNEME_OK;
}

void mneme_watcher_close(struct mneme_watcher *watcher) {
    if (watcher == NULL) {
        return;
    }
    pthread_mutex_lock(&watcher->lock);
    watcher->ends = true;
    pthread_cond_signal(&watcher->has_waiters);
    pthread_mutex_unlock(&watcher->lock);
    if (watcher->has_thread) {
        pthread_join(watcher->thread, NULL);
    }
    mneme_pg_close(watcher->postgres);
    pthread_cond_destroy(&watcher->has_waiters);
    pthread_cond_destroy(&watcher->has_news);
    pthread_mutex_destroy(&watcher->lock);
    free(watcher);
}
