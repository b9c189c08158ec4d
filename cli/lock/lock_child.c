/*
 * One loop over signals, messages of the keeper and the clock. The command gets its own process group, so
 * that its children end with it; on a terminal it stays in the foreground group, which gets the terminal's
 * signals directly.
 */
#include "cli/lock/lock_child.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/lock/lock_keeper.h"
#include "common/base/clock.h"

/* The command gets SIGTERM this long before the lease ends, and SIGKILL when the lease ends. */
#define GRACE_PARTS 5 /* the grace period is the lease divided by this */
#define MAX_GRACE_MS 5000
#define LONGEST_WAIT_MS 1000 /* poll's clock does not count time that the machine is suspended */

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
#define PASSED_ON (sizeof passed_on / sizeof *passed_on)

struct child {
    pid_t pid;
    bool has_group, has_ended;
    int wait_status;
    int signal_fd, wake_fd;
    struct mneme_lock_keeper *keeper;
    int64_t grace_ms;
    int64_t told_to_end_at; /* monotonic; 0: not yet */
    bool is_killed;
};

static void send_signal(const struct child *child, int signal_number) {
    (void)kill(child->has_group ? -child->pid : child->pid, signal_number); /* may have just ended */
}

/* In the new process; async-signal-safe calls only. */
__attribute__((noreturn)) static void become(char **command, pid_t parent, bool has_group,
                                             const sigset_t *mask) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    if (has_group) {
        (void)setpgid(0, 0);
    }
    (void)sigaction(SIGPIPE, &usual, NULL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    /* If the parent is killed, nobody extends the lease. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(MNEME_LOCK_EXIT_NOT_RUN);
    }
    execvp(command[0], command);
    int failure = errno;
    dprintf(STDERR_FILENO, "mneme: the command %s was not run: %s; check its name and $PATH\n", command[0],
            strerror(failure));
    _exit(failure == ENOENT ? MNEME_LOCK_EXIT_NO_COMMAND : MNEME_LOCK_EXIT_NOT_RUN);
}

static void pass_on(struct child *child) {
    struct signalfd_siginfo info;
    while (read(child->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD) {
            child->has_ended |= waitpid(child->pid, &child->wait_status, WNOHANG) == child->pid;
        } else if (child->has_group || info.ssi_code != SI_KERNEL) { /* a terminal's signal went to both */
            send_signal(child, (int)info.ssi_signo);
        }
    }
}

/* Ends the command as the lease requires; returns how long there is nothing to do. */
static int64_t watch_lease(struct child *child) {
    int64_t left_ms = mneme_lock_keeper_left_ms(child->keeper);
    int64_t now = mneme_clock_monotonic_micros();
    if (child->told_to_end_at == 0) {
        if (left_ms > child->grace_ms) {
            return left_ms - child->grace_ms;
        }
        child->told_to_end_at = now;
        send_signal(child, SIGTERM);
        send_signal(child, SIGCONT); /* a stopped process would not handle it */
    }
    int64_t kill_in_ms = child->grace_ms - (now - child->told_to_end_at) / 1000;
    if (kill_in_ms <= 0 && !child->is_killed) {
        child->is_killed = true;
        send_signal(child, SIGKILL);
    }
    return child->is_killed ? LONGEST_WAIT_MS : kill_in_ms;
}

static void handle_events(struct child *child) {
    struct pollfd fds[] = {{.fd = child->signal_fd, .events = POLLIN},
                           {.fd = child->wake_fd, .events = POLLIN}};
    while (!child->has_ended) {
        int64_t wait_ms = watch_lease(child);
        eventfd_t news;
        (void)poll(fds, sizeof fds / sizeof *fds,
                   (int)(wait_ms < LONGEST_WAIT_MS ? wait_ms : LONGEST_WAIT_MS));
        (void)eventfd_read(child->wake_fd, &news); /* the keeper is checked anyway */
        pass_on(child);
    }
    if (child->told_to_end_at != 0 && child->has_group) {
        send_signal(child, SIGKILL); /* its remaining children */
    }
}

/* --- beginning and end --- */

static int begin(struct child *child, char **command, const sigset_t *mask, struct mneme_error *error) {
    pid_t parent = getpid();
    child->has_group = isatty(STDIN_FILENO) != 1;
    child->pid = fork();
    if (child->pid == 0) {
        become(command, parent, child->has_group, mask);
    }
    if (child->pid < 0) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "the command %s was not run: cannot create a process: %s; end some processes",
                               command[0], strerror(errno));
    }
    if (child->has_group) {
        (void)setpgid(child->pid, child->pid); /* the child does it too: signals may come before it does */
    }
    return MNEME_OK;
}

/* Blocks the signals that are passed on, and opens the descriptor they are read from. */
static int catch_signals(struct child *child, sigset_t *mask, struct mneme_error *error) {
    sigset_t caught;
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    (void)sigaction(SIGCHLD, &usual, NULL); /* if the parent ignored it, waiting for the child would fail */
    (void)sigemptyset(&caught);
    (void)sigaddset(&caught, SIGCHLD);
    for (size_t i = 0; i < PASSED_ON; i++) {
        (void)sigaddset(&caught, passed_on[i]);
    }
    (void)pthread_sigmask(SIG_BLOCK, &caught, mask);
    child->signal_fd = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
    child->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (child->signal_fd < 0 || child->wake_fd < 0) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "the command was not run: cannot open a descriptor: %s; close some files",
                               strerror(errno));
    }
    if (mneme_cli_interrupted()) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "the command was not run: interrupted before it started");
    }
    return MNEME_OK;
}

int mneme_lock_run_command(struct mneme_lock_run *out, char **command, const struct mneme_lock *lock,
                           struct mneme_locks *locks, int64_t ttl_ms, struct mneme_error *error) {
    sigset_t mask;
    int64_t grace_ms = ttl_ms / GRACE_PARTS;
    struct child child = {.grace_ms = grace_ms < MAX_GRACE_MS ? grace_ms : MAX_GRACE_MS};
    *out = (struct mneme_lock_run){0};
    int status = catch_signals(&child, &mask, error);
    if (status == MNEME_OK) {
        status = begin(&child, command, &mask, error);
    }
    if (status == MNEME_OK) {
        status = mneme_lock_keeper_start(&child.keeper, lock, locks, ttl_ms, child.wake_fd, error);
        if (status != MNEME_OK) {
            send_signal(&child, SIGKILL);
            (void)waitpid(child.pid, &child.wait_status, 0);
        }
    }
    if (status == MNEME_OK) {
        handle_events(&child);
        out->is_lost = child.told_to_end_at != 0 || mneme_lock_keeper_left_ms(child.keeper) == 0;
        out->exit_code = WIFSIGNALED(child.wait_status) ? MNEME_LOCK_EXIT_SIGNAL + WTERMSIG(child.wait_status)
                                                        : WEXITSTATUS(child.wait_status);
        mneme_lock_keeper_stop(child.keeper, &out->why);
    }
    (void)close(child.signal_fd);
    (void)close(child.wake_fd);
    return status;
}
