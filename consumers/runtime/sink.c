/*
 * A slot with a mutex and two conditions. The slot's state says who owns the job.
 */
#include "consumers/runtime/sink.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"

enum slot_state { SLOT_OPENING, SLOT_EMPTY, SLOT_POSTED, SLOT_DONE, SLOT_CLOSING };

struct mneme_sink {
    /* Set before the thread starts. */
    const struct mneme_projection_ops *ops;
    const struct mneme_config *config;
    void (*on_done)(void *context);
    void *context;
    pthread_t thread;

    pthread_mutex_t mutex;
    pthread_cond_t to_sink;   /* POSTED or CLOSING */
    pthread_cond_t to_poster; /* EMPTY or DONE */
    /* Under the mutex. */
    enum slot_state state;
    struct mneme_job *job;
    int open_status;
    struct mneme_error open_error;
    enum mneme_apply_result idle_result;
    struct mneme_error idle_error;
};

/* The pause between calls of the projection's `idle`. */
#define IDLE_MS 1000

static struct timespec from_now(int64_t milliseconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

static void run_job(const struct mneme_sink *sink, void *projection, struct mneme_job *job) {
    int64_t start = mneme_clock_monotonic_micros();
    job->error = (struct mneme_error){0};
    switch (job->kind) {
    case MNEME_JOB_ASSIGN:
        job->result = sink->ops->assign(projection, &job->assignment, &job->error);
        break;
    case MNEME_JOB_APPLY:
        job->result = mneme_halving_apply(job->halving, sink->ops, projection, job->batch, &job->error);
        break;
    case MNEME_JOB_REVOKE:
        sink->ops->revoke(projection, job->assignment.partitions, job->assignment.count);
        job->result = MNEME_APPLIED;
        break;
    }
    job->micros = mneme_clock_monotonic_micros() - start;
}

/* Calls the projection's `idle`; the mutex is held before and after. */
static void run_idle(struct mneme_sink *sink, void *projection) {
    struct mneme_error error = {0};
    pthread_mutex_unlock(&sink->mutex);
    enum mneme_apply_result result = sink->ops->idle(projection, &error);
    pthread_mutex_lock(&sink->mutex);
    sink->idle_result = result;
    sink->idle_error = error;
    if (result != MNEME_APPLIED) {
        pthread_mutex_unlock(&sink->mutex);
        sink->on_done(sink->context);
        pthread_mutex_lock(&sink->mutex);
    }
}

/* Waits for a job or the end. */
static void await(struct mneme_sink *sink, void *projection) {
    struct timespec until = from_now(IDLE_MS);
    while (sink->state != SLOT_POSTED && sink->state != SLOT_CLOSING) {
        if (sink->ops->idle == NULL) {
            pthread_cond_wait(&sink->to_sink, &sink->mutex);
        } else if (pthread_cond_timedwait(&sink->to_sink, &sink->mutex, &until) != 0) {
            run_idle(sink, projection);
            until = from_now(IDLE_MS);
        }
    }
}

static void serve(struct mneme_sink *sink, void *projection) {
    pthread_mutex_lock(&sink->mutex);
    for (;;) {
        await(sink, projection);
        if (sink->state == SLOT_CLOSING) {
            break;
        }
        struct mneme_job *job = sink->job;
        pthread_mutex_unlock(&sink->mutex);
        run_job(sink, projection, job);
        pthread_mutex_lock(&sink->mutex);
        sink->state = SLOT_DONE;
        pthread_cond_signal(&sink->to_poster);
        pthread_mutex_unlock(&sink->mutex);
        sink->on_done(sink->context);
        pthread_mutex_lock(&sink->mutex);
    }
    pthread_mutex_unlock(&sink->mutex);
}

static void *sink_main(void *argument) {
    struct mneme_sink *sink = argument;
    void *projection = NULL;
    struct mneme_error error = {0};
    int status = sink->ops->open(&projection, sink->config, &error);
    pthread_mutex_lock(&sink->mutex);
    sink->open_status = status;
    sink->open_error = error;
    sink->state = SLOT_EMPTY;
    pthread_cond_signal(&sink->to_poster);
    pthread_mutex_unlock(&sink->mutex);
    if (status == MNEME_OK) {
        serve(sink, projection);
        sink->ops->close(projection);
    }
    return NULL;
}

static void destroy(struct mneme_sink *sink) {
    pthread_cond_destroy(&sink->to_sink);
    pthread_cond_destroy(&sink->to_poster);
    pthread_mutex_destroy(&sink->mutex);
    free(sink);
}

static struct mneme_sink *create(const struct mneme_projection_ops *ops, const struct mneme_config *config,
                                 void (*on_done)(void *context), void *context) {
    struct mneme_sink *sink = calloc(1, sizeof *sink);
    if (sink == NULL) {
        return NULL;
    }
    sink->ops = ops;
    sink->config = config;
    sink->on_done = on_done;
    sink->context = context;
    sink->state = SLOT_OPENING;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&sink->mutex, NULL);
    pthread_cond_init(&sink->to_sink, &monotonic);
    pthread_cond_init(&sink->to_poster, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return sink;
}

/* Signals are the business of the thread that runs the worker. */
static int start_thread(struct mneme_sink *sink) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&sink->thread, NULL, sink_main, sink);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

int mneme_sink_start(struct mneme_sink **out, const struct mneme_projection_ops *ops,
                     const struct mneme_config *config, void (*on_done)(void *context), void *context,
                     struct mneme_error *error) {
    struct mneme_sink *sink = create(ops, config, on_done, context);
    if (sink == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot start the sink thread: out of memory");
    }
    int failure = start_thread(sink);
    if (failure != 0) {
        destroy(sink);
        return mneme_error_set(error, MNEME_E_INTERNAL, "cannot start the sink thread: %s",
                               strerror(failure));
    }
    pthread_mutex_lock(&sink->mutex);
    while (sink->state == SLOT_OPENING) {
        pthread_cond_wait(&sink->to_poster, &sink->mutex);
    }
    int status = sink->open_status;
    pthread_mutex_unlock(&sink->mutex);
    if (status != MNEME_OK) {
        pthread_join(sink->thread, NULL);
        status = mneme_error_set(error, sink->open_error.code, "%s", sink->open_error.message);
        destroy(sink);
        return status;
    }
    *out = sink;
    return MNEME_OK;
}

void mneme_sink_stop(struct mneme_sink *sink) {
    if (sink == NULL) {
        return;
    }
    pthread_mutex_lock(&sink->mutex);
    while (sink->state == SLOT_POSTED) {
        pthread_cond_wait(&sink->to_poster, &sink->mutex);
    }
    sink->state = SLOT_CLOSING;
    pthread_cond_signal(&sink->to_sink);
    pthread_mutex_unlock(&sink->mutex);
    pthread_join(sink->thread, NULL);
    destroy(sink);
}

bool mneme_sink_is_idle(struct mneme_sink *sink) {
    pthread_mutex_lock(&sink->mutex);
    bool idle = sink->state == SLOT_EMPTY;
    pthread_mutex_unlock(&sink->mutex);
    return idle;
}

void mneme_sink_post(struct mneme_sink *sink, struct mneme_job *job) {
    pthread_mutex_lock(&sink->mutex);
    sink->job = job;
    sink->state = SLOT_POSTED;
    pthread_cond_signal(&sink->to_sink);
    pthread_mutex_unlock(&sink->mutex);
}

struct mneme_job *mneme_sink_take(struct mneme_sink *sink) {
    struct mneme_job *job = NULL;
    pthread_mutex_lock(&sink->mutex);
    if (sink->state == SLOT_DONE) {
        job = sink->job;
        sink->state = SLOT_EMPTY;
    }
    pthread_mutex_unlock(&sink->mutex);
    return job;
}

enum mneme_apply_result mneme_sink_take_idle(struct mneme_sink *sink, struct mneme_error *error) {
    pthread_mutex_lock(&sink->mutex);
    enum mneme_apply_result result = sink->idle_result;
    if (result != MNEME_APPLIED) {
        *error = sink->idle_error;
        sink->idle_result = MNEME_APPLIED;
    }
    pthread_mutex_unlock(&sink->mutex);
    return result;
}

void mneme_sink_wait(struct mneme_sink *sink, int64_t timeout_ms) {
    struct timespec until = from_now(timeout_ms);
    pthread_mutex_lock(&sink->mutex);
    while (sink->state == SLOT_POSTED) {
        if (timeout_ms < 0) {
            pthread_cond_wait(&sink->to_poster, &sink->mutex);
        } else if (pthread_cond_timedwait(&sink->to_poster, &sink->mutex, &until) != 0) {
            break;
        }
    }
    pthread_mutex_unlock(&sink->mutex);
}
