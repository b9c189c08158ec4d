/*
 * The functions of <threads.h> that librdkafka uses, by their POSIX counterparts. glibc keeps the same data
 * in both (its mtx_t and cnd_t have the size and the first members of the POSIX types), so the objects are
 * used as they are.
 */
#include "tests/support/posix_threads.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <threads.h>

/* They are called from a library, so they must be seen there. */
#define EXPORTED __attribute__((visibility("default")))

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "a mutex fits");
static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "a condition fits");
static_assert(sizeof(once_flag) == sizeof(pthread_once_t), "a once fits");

void mneme_use_posix_threads(void) {
}

/* ThreadSanitizer asks for it. librdkafka itself is not instrumented: its atomics, by which it counts
 * references, are not seen, so what it does to its own objects looks unordered. */
EXPORTED const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void) {
    return "race:librdkafka.so\n";
}

static int result_of(int error) {
    switch (error) {
    case 0:
        return thrd_success;
    case ENOMEM:
        return thrd_nomem;
    case ETIMEDOUT:
        return thrd_timedout;
    case EBUSY:
        return thrd_busy;
    default:
        return thrd_error;
    }
}

/* What a thread begins with, and ends with: freed when it is joined. */
struct start {
    thrd_start_t function;
    void *argument;
    int result;
};

static void *run(void *argument) {
    struct start *start = argument;
    start->result = start->function(start->argument);
    return start;
}

EXPORTED int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) {
        return thrd_nomem;
    }
    *start = (struct start){.function = function, .argument = argument};
    int error = pthread_create(thread, NULL, run, start);
    if (error != 0) {
        free(start);
    }
    return result_of(error);
}

EXPORTED int thrd_join(thrd_t thread, int *result) {
    void *returned = NULL;
    int error = pthread_join(thread, &returned);
    struct start *start = returned;
    if (error == 0 && result != NULL) {
        *result = start->result;
    }
    free(start);
    return result_of(error);
}

EXPORTED int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes,
                              (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    int error = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result_of(error);
}

EXPORTED void mtx_destroy(mtx_t *mutex) {
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

EXPORTED int mtx_lock(mtx_t *mutex) {
    return result_of(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

EXPORTED int mtx_unlock(mtx_t *mutex) {
    return result_of(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

EXPORTED int cnd_init(cnd_t *condition) {
    return result_of(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

EXPORTED void cnd_destroy(cnd_t *condition) {
    pthread_cond_destroy((pthread_cond_t *)condition);
}

EXPORTED int cnd_signal(cnd_t *condition) {
    return result_of(pthread_cond_signal((pthread_cond_t *)condition));
}

EXPORTED int cnd_broadcast(cnd_t *condition) {
    return result_of(pthread_cond_broadcast((pthread_cond_t *)condition));
}

EXPORTED int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return result_of(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

EXPORTED int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until) {
    return result_of(pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}

EXPORTED void call_once(once_flag *flag, void (*function)(void)) {
    pthread_once((pthread_once_t *)flag, function);
}
