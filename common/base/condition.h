/*
 * Conditions that are waited for by the monotonic clock, so that a step of the wall clock changes no bound.
 */
#ifndef MNEME_COMMON_BASE_CONDITION_H
#define MNEME_COMMON_BASE_CONDITION_H

#include <pthread.h>
#include <time.h>

/* Gives an errno, as pthread_cond_init. */
int mneme_condition_init(pthread_cond_t *condition);

/* The moment timeout_ms (at least 0) from now, for pthread_cond_timedwait on such a condition. */
struct timespec mneme_condition_deadline(int timeout_ms);

#endif
