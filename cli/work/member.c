/*
 * One process of the group: the same program, `mneme work PROJECTION`. Its output is a pipe, so that lines of
 * different workers do not mix; the end of the pipe shows that the process has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/work/group.h"
#include "common/base/clock.h"

#define MAX_ARGUMENTS 8
#define MAX_LINE_BYTES ((size_t)1024 * 1024)

/* Runs in the new process, which has no other threads. */
__attribute__((noreturn)) static void become(char *const *arguments, int log, pid_t parent) {
    /* When the parent is killed, the workers get SIGTERM and end normally. */
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(MNEME_EXIT_INTERRUPTED);
    }
    (void)dup2(log, STDERR_FILENO);
    (void)dup2(log, STDOUT_FILENO);
    execv("/proc/self/exe", arguments);
    dprintf(STDERR_FILENO, "mneme: the worker was not started: %s; check that /proc is mounted\n",
            strerror(errno));
    _exit(MNEME_EXIT_USAGE);
}

/* Sets the environment before the fork, since nothing may be allocated between fork and exec. */
static int set_environment(const struct mneme_member *member, const struct mneme_member_options *options) {
    char port[16];
    (void)snprintf(port, sizeof port, "%d", member->metrics_port);
    return setenv("MNEME_LOG_FORMAT", options->log_format, 1) == 0 &&
                   setenv("MNEME_METRICS_PORT", port, 1) == 0
               ? MNEME_OK
               : MNEME_E_NO_MEMORY;
}

static void list_arguments(char *arguments[MAX_ARGUMENTS], const struct mneme_member *member,
                           const struct mneme_member_options *options) {
    const char *const all[][2] = {{"mneme", "work"},
                                  {member->projection, NULL},
                                  {options->config_path == NULL ? NULL : "--config", options->config_path},
                                  {options->id == NULL ? NULL : "--id", options->id}};
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        for (size_t j = 0; j < 2 && all[i][j] != NULL; j++) {
            arguments[count++] =
                (char *)all[i][j]; /* exec takes them without const but does not change them */
        }
    }
    arguments[count] = NULL;
}

int mneme_member_start(struct mneme_member *member, const struct mneme_member_options *options,
                       struct mneme_error *error) {
    char *arguments[MAX_ARGUMENTS];
    int ends[2];
    list_arguments(arguments, member, options);
    if (set_environment(member, options) != MNEME_OK || pipe2(ends, O_CLOEXEC) != 0) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE, "the worker was not started: %s; free some",
                               strerror(errno));
    }
    pid_t parent = getpid();
    member->pid = fork();
    if (member->pid == 0) {
        become(arguments, ends[1], parent);
    }
    int failure = errno;
    (void)close(ends[1]);
    if (member->pid < 0) {
        (void)close(ends[0]);
        return mneme_error_set(error, MNEME_E_UNAVAILABLE, "the worker was not started: %s; free some",
                               strerror(failure));
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    member->log = ends[0];
    member->state = MNEME_MEMBER_RUNS;
    member->started_micros = mneme_clock_monotonic_micros();
    member->last_error[0] = '\0';
    member->partitions = -1;
    return MNEME_OK;
}

static void take_lines(struct mneme_member *member,
                       void (*take)(void *, struct mneme_member *, struct mneme_str), void *context,
                       bool is_last) {
    struct mneme_buffer *line = &member->line;
    size_t from = 0;
    const char *feed;
    while (line->len > from && (feed = memchr(line->data + from, '\n', line->len - from)) != NULL) {
        size_t to = (size_t)(feed - line->data);
        take(context, member, (struct mneme_str){line->data + from, to - from});
        from = to + 1;
    }
    if (line->len > from && (is_last || line->len - from > MAX_LINE_BYTES)) {
        take(context, member, (struct mneme_str){line->data + from, line->len - from});
        from = line->len;
    }
    if (from > 0) {
        memmove(line->data, line->data + from, line->len - from);
        line->len -= from;
    }
    line->failed = false; /* an overlong line is lost; the next line is read again */
}

bool mneme_member_read(struct mneme_member *member,
                       void (*take)(void *context, struct mneme_member *, struct mneme_str), void *context) {
    char bytes[16384];
    ssize_t len;
    while ((len = read(member->log, bytes, sizeof bytes)) > 0) {
        mneme_buffer_append(&member->line, bytes, (size_t)len);
        take_lines(member, take, context, false);
    }
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return true;
    }
    take_lines(member, take, context, true);
    return false;
}

int mneme_member_reap(struct mneme_member *member) {
    int status = 0;
    while (waitpid(member->pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)close(member->log);
    member->log = -1;
    member->pid = 0;
    return status;
}
