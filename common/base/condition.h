/*
 * Condition variables that wait by the monotonic clock, so that steps of the wall clock do not affect
 * time-outs.
 */
#ifndef MNEME_COMMON_BASE_CONDITION_H
#define MNEME_COMMON_BASE_CONDITION_H

#include <pthread.h>
#include <time.h>

/* Returns an errno, like pthread_cond_init. */
int mneme_condition_init(pthread_cond_t *condition);

/* The moment timeout_ms (at least 0) from now, for pthread_cond_timedwait on such a condition. */
struct timespec mneme_condition_deadline(int timeout_ms);

#endif
