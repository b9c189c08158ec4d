/*
 * mneme work all: runs a process for each projection that the settings allow, in one process group. This
 * process has no threads and folds nothing: it starts the workers, passes on logs and signals, and restarts
 * workers that die.
 */
#include "cli/work/group.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/frame/signals.h"
#include "cli/frame/values.h"
#include "common/base/clock.h"
#include "common/config/projections.h"

#define LONGEST_POLL_MS 1000
#define NOT_SAID (-1.0)
#define STEADY_MICROS INT64_C(60000000) /* a worker that ran this long gets a short restart pause again */

struct group {
    struct mneme_member members[MNEME_PROJECTIONS];
    size_t count;
    struct mneme_member_options options;
    struct mneme_group_log log;
    enum mneme_exit code; /* of the first worker that failed for good */
    int64_t stop_micros;  /* when it was asked to stop; 0 before that */
    bool is_killed;
};

/* --- members --- */

/* Without the setting, the default would point to a service that may not exist. */
static bool is_allowed(const struct mneme_projection_facts *projection, const struct mneme_config *config) {
    return !projection->is_optional ||
           (mneme_config_source(config, projection->given_by) != MNEME_FROM_DEFAULT &&
            mneme_config_string(config, projection->given_by)[0] != '\0');
}

static int add_members(struct group *group, const struct mneme_config *config, struct mneme_error *error) {
    int64_t port = mneme_config_long(config, MNEME_SETTING_METRICS_PORT);
    int64_t initial_ms = mneme_config_long(config, MNEME_SETTING_RETRY_INITIAL_MS);
    int64_t max_ms = mneme_config_long(config, MNEME_SETTING_RETRY_MAX_MS);
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        if (!is_allowed(&mneme_projections[i], config)) {
            continue;
        }
        struct mneme_member *member = &group->members[group->count++];
        member->projection = mneme_projections[i].name;
        member->log = -1;
        member->metrics_port = port > 0 ? (int)(port + (int64_t)group->count - 1) : 0;
        mneme_backoff_init(&member->backoff, initial_ms, max_ms);
    }
    if (port + (int64_t)group->count - 1 > 65535) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "no worker was started: --metrics %lld is too high for the ports of %zu "
                               "workers; give a port up to %zu",
                               (long long)port, group->count, 65536 - group->count);
    }
    return MNEME_OK;
}

static void log_members(const struct group *group, const struct mneme_config *config) {
    char text[256];
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        const struct mneme_member left_out = {.projection = mneme_projections[i].name};
        if (!is_allowed(&mneme_projections[i], config)) {
            (void)snprintf(text, sizeof text, "%s is not set",
                           mneme_setting_info(mneme_projections[i].given_by)->env);
            mneme_group_log_say(&group->log, MNEME_LOG_INFO, &left_out, "is left out", NOT_SAID, text);
        }
    }
    for (size_t i = 0; i < group->count && group->members[0].metrics_port > 0; i++) {
        (void)snprintf(text, sizeof text, "http://%s:%d/metrics",
                       mneme_config_string(config, MNEME_SETTING_METRICS_HOST),
                       group->members[i].metrics_port);
        mneme_group_log_say(&group->log, MNEME_LOG_INFO, &group->members[i], "serves metrics", NOT_SAID,
                            text);
    }
}

/* --- start and end of a member --- */

/* Schedules the member's restart, and returns in how many seconds. */
static double pause_member(struct mneme_member *member) {
    int64_t pause_ms = mneme_backoff_next_ms(&member->backoff);
    member->state = MNEME_MEMBER_WAITS;
    member->start_at_micros = mneme_clock_monotonic_micros() + pause_ms * 1000;
    return (double)pause_ms / 1000;
}

static void start(struct group *group, struct mneme_member *member) {
    struct mneme_error error = {0};
    if (mneme_member_start(member, &group->options, &error) != MNEME_OK) {
        mneme_group_log_say(&group->log, MNEME_LOG_WARN, member, "is started later", pause_member(member),
                            error.message);
    }
}

/* Failures that only a person can fix: a restart would fail the same way. */
static bool is_permanent(int code) {
    static const enum mneme_exit codes[] = {MNEME_EXIT_USAGE, MNEME_EXIT_CONFLICT, MNEME_EXIT_NOT_FOUND,
                                            MNEME_EXIT_UNSAFE};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (code == (int)codes[i]) {
            return true;
        }
    }
    return false;
}

/* "signal 9 (Killed)", or the worker's exit code and last error. */
static void describe_end(char *text, size_t size, const struct mneme_member *member, int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        (void)snprintf(text, size, "signal %d (%s)", WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
    } else if (member->last_error[0] != '\0') {
        (void)snprintf(text, size, "exit code %d: %s", WEXITSTATUS(wait_status), member->last_error);
    } else {
        (void)snprintf(text, size, "exit code %d", WEXITSTATUS(wait_status));
    }
}

static void note_end(struct group *group, struct mneme_member *member) {
    char how[640];
    int wait_status = mneme_member_reap(member);
    bool is_clean = WIFEXITED(wait_status) && (WEXITSTATUS(wait_status) == MNEME_EXIT_DONE ||
                                               WEXITSTATUS(wait_status) == MNEME_EXIT_INTERRUPTED);
    describe_end(how, sizeof how, member, wait_status);
    if (group->stop_micros != 0) {
        member->state = MNEME_MEMBER_ENDED;
        if (!is_clean) {
            mneme_group_log_say(&group->log, MNEME_LOG_WARN, member, "has not stopped as it should", NOT_SAID,
                                how);
        }
    } else if (WIFEXITED(wait_status) && is_permanent(WEXITSTATUS(wait_status))) {
        member->state = MNEME_MEMBER_ENDED;
        member->code = (enum mneme_exit)WEXITSTATUS(wait_status);
        group->code = group->code == MNEME_EXIT_DONE ? member->code : group->code;
        mneme_group_log_say(&group->log, MNEME_LOG_ERROR, member, "has failed and is not started again",
                            NOT_SAID, how);
    } else {
        if (mneme_clock_monotonic_micros() - member->started_micros >= STEADY_MICROS) {
            mneme_backoff_reset(&member->backoff);
        }
        mneme_group_log_say(&group->log, MNEME_LOG_WARN, member, "has ended and is started again",
                            pause_member(member), how);
    }
}

/* --- the loop --- */

static void pass_on(void *context, struct mneme_member *member, struct mneme_str line) {
    const struct group *group = context;
    mneme_group_log_pass_on(&group->log, member, line);
}

static void send_signal(const struct group *group, int signal_number) {
    for (size_t i = 0; i < group->count; i++) {
        if (group->members[i].state == MNEME_MEMBER_RUNS) {
            (void)kill(group->members[i].pid, signal_number); /* the process may have just ended */
        }
    }
}

/* How long workers may take to stop: a service's manager waits longer than a person. */
static int64_t stop_ms(void) {
    return mneme_cli_interrupted_by_person() ? MNEME_CLI_SERVICE_INTERRUPT_MS : MNEME_WORK_STOP_S * 1000;
}

/* A terminal sends SIGINT to the whole process group; a second SIGINT would end a worker at once, so this
 * passes on SIGTERM. */
static void handle_signals(struct group *group, int64_t now) {
    if (group->stop_micros == 0 && mneme_cli_interrupted()) {
        group->stop_micros = now;
        send_signal(group, SIGTERM);
        send_signal(group, SIGCONT); /* a stopped process would not handle it */
    }
    if (group->stop_micros != 0 && !group->is_killed &&
        now - group->stop_micros > stop_ms() * INT64_C(1000)) {
        group->is_killed = true;
        mneme_group_log_say(&group->log, MNEME_LOG_WARN, NULL, "workers that did not stop in time are killed",
                            NOT_SAID, "what they had not committed is folded by the next ones");
        send_signal(group, SIGKILL);
    }
    for (size_t i = 0; i < group->count; i++) {
        struct mneme_member *member = &group->members[i];
        if (member->state == MNEME_MEMBER_WAITS && group->stop_micros != 0) {
            member->state = MNEME_MEMBER_ENDED;
        } else if (member->state == MNEME_MEMBER_WAITS && now >= member->start_at_micros) {
            start(group, member);
        }
    }
}

static bool is_over(const struct group *group) {
    for (size_t i = 0; i < group->count; i++) {
        if (group->members[i].state != MNEME_MEMBER_ENDED) {
            return false;
        }
    }
    return true;
}

static int poll_ms(const struct group *group, int64_t now) {
    int64_t wait_ms = LONGEST_POLL_MS;
    for (size_t i = 0; i < group->count; i++) {
        const struct mneme_member *member = &group->members[i];
        int64_t left_ms = (member->start_at_micros - now + 999) / 1000;
        if (member->state == MNEME_MEMBER_WAITS && left_ms < wait_ms) {
            wait_ms = left_ms < 0 ? 0 : left_ms;
        }
    }
    return (int)wait_ms;
}

/* Waits for whatever comes first: a log line, the end of a log, a signal, or a due restart. */
static void read_logs(struct group *group, int64_t now) {
    struct pollfd logs[MNEME_PROJECTIONS];
    for (size_t i = 0; i < group->count; i++) {
        logs[i] = (struct pollfd){.fd = group->members[i].log, .events = POLLIN}; /* poll ignores -1 */
    }
    if (poll(logs, group->count, poll_ms(group, now)) <= 0) {
        return;
    }
    for (size_t i = 0; i < group->count; i++) {
        if (logs[i].revents != 0 && !mneme_member_read(&group->members[i], pass_on, group)) {
            note_end(group, &group->members[i]);
        }
    }
}

enum mneme_exit mneme_work_all(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    const char *format = mneme_config_string(cli->config, MNEME_SETTING_LOG_FORMAT);
    bool is_auto = strcmp(format, "auto") == 0;
    struct group group = {
        .log = {.is_quiet = cli->stderr_is_terminal && is_auto && !mneme_cli_flag(cli, "verbose")},
        .options = {.config_path = mneme_cli_value(cli, "config"), .id = mneme_cli_value(cli, "id")},
    };
    if (group.log.is_quiet) {
        group.options.log_format = "json";
    } else if (is_auto) {
        group.options.log_format = cli->stderr_is_terminal ? "text" : "logfmt";
    } else {
        group.options.log_format = format;
    }
    if (add_members(&group, cli->config, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    log_members(&group, cli->config);
    for (size_t i = 0; i < group.count && !mneme_cli_interrupted(); i++) {
        start(&group, &group.members[i]);
    }
    while (!is_over(&group)) {
        int64_t now = mneme_clock_monotonic_micros();
        handle_signals(&group, now);
        read_logs(&group, now);
    }
    for (size_t i = 0; i < group.count; i++) {
        mneme_buffer_clean_up(&group.members[i].line);
    }
    return group.code;
}
