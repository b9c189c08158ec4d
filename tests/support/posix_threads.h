/*
 * librdkafka makes its threads and locks by C11's interface, which ThreadSanitizer does not know: it crashes
 * in the first such thread. A program that calls mneme_use_posix_threads gets definitions that lead to POSIX
 * threads.
 */
#ifndef MNEME_TESTS_POSIX_THREADS_H
#define MNEME_TESTS_POSIX_THREADS_H

/* Does nothing; that it is called brings the definitions into the program. */
void mneme_use_posix_threads(void);

#endif
