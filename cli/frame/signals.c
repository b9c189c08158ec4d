/*
 * The interrupt flags. The handler touches only them and the descriptor that wakes the watch thread.
 */
#include "cli/frame/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/frame/command.h"
#include "common/base/clock.h"

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t interrupted_from_terminal;
static volatile sig_atomic_t wake_fd = -1;

/* Only a second SIGINT ends the process at once; a SIGTERM in addition to the first SIGINT comes from a
 * parent that passes it on. */
static void on_signal(int signal_number) {
    int saved_errno = errno;
    if (signal_number == SIGINT) {
        if (interrupted_from_terminal) {
            _exit(MNEME_EXIT_INTERRUPTED);
        }
        interrupted_from_terminal = 1;
        if (wake_fd >= 0) {
            (void)eventfd_write(wake_fd, 1);
        }
    }
    interrupted = 1;
    errno = saved_errno;
}

void mneme_cli_catch_signals(void) {
    /* No SA_RESTART: reads of the terminal or a pipe return, so that the flag is checked. */
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Waits for the lock of stdout, so that no printed line is cut. */
static void *watch(void *context) {
    eventfd_t count;
    const int *bound_ms = context;
    (void)eventfd_read(wake_fd, &count);
    mneme_clock_pause(*bound_ms * INT64_C(1000));
    if (ftrylockfile(stdout) == 0) {
        (void)fflush(stdout);
    }
    fprintf(stderr,
            "mneme: interrupted before a service answered; what was already sent may still take effect\n");
    _exit(MNEME_EXIT_INTERRUPTED);
}

void mneme_cli_bound_interrupt(int ms) {
    static int bound_ms;
    bound_ms = ms;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    wake_fd = eventfd(0, EFD_CLOEXEC);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the calling thread handles the signals */
    /* Without the thread, an interrupt ends the program only when its current wait ends. */
    if (wake_fd >= 0 && pthread_create(&thread, NULL, watch, &bound_ms) == 0) {
        (void)pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (interrupted_from_terminal && wake_fd >= 0) {
        (void)eventfd_write(wake_fd, 1);
    }
}

bool mneme_cli_interrupted(void) {
    return interrupted != 0;
}

bool mneme_cli_interrupted_by_person(void) {
    return interrupted_from_terminal != 0;
}

static bool is_cancelled(void *context) {
    (void)context;
    return mneme_cli_interrupted();
}

const struct mneme_cancel mneme_cli_cancel = {.is_cancelled = is_cancelled};
