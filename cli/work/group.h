/*
 * What the files of mneme work share: the processes of `mneme work all`, and their log.
 */
#ifndef MNEME_CLI_WORK_GROUP_H
#define MNEME_CLI_WORK_GROUP_H

#include <sys/types.h>

#include "cli/frame/command.h"
#include "common/base/backoff.h"
#include "common/base/buffer.h"
#include "common/log/log.h"

/* Longer than any worker needs to stop: ten seconds to leave its consumer group, and five more for the
 * client. After that it is killed. */
#define MNEME_WORK_STOP_S 30

enum mneme_member_state {
    MNEME_MEMBER_RUNS,
    MNEME_MEMBER_WAITS, /* to be started again */
    MNEME_MEMBER_ENDED, /* for good */
};

/* One worker process. */
struct mneme_member {
    const char *projection;
    int metrics_port; /* 0: no metrics */
    enum mneme_member_state state;
    pid_t pid;
    int log; /* the read end of its output; -1 without a process */
    struct mneme_buffer line;
    char last_error[512]; /* its last error message, or "" */
    int64_t started_micros, start_at_micros;
    int64_t partitions; /* as it last reported; -1: not yet */
    struct mneme_backoff backoff;
    enum mneme_exit code; /* if it has ended for good */
};

struct mneme_member_options {
    const char *config_path; /* NULL: not given */
    const char *id;          /* as of --id, or NULL */
    const char *log_format;  /* the format of its log */
};

/* --- member.c --- */

/* Starts the process. It ends by itself when this process is gone. */
int mneme_member_start(struct mneme_member *member, const struct mneme_member_options *options,
                       struct mneme_error *error);

/* Reads its output, and calls `take` for each line, without the line feed. False at the end of its log, when
 * the process has ended. Does not block. */
bool mneme_member_read(struct mneme_member *member,
                       void (*take)(void *context, struct mneme_member *, struct mneme_str), void *context);

/* Waits for the process, after its log has ended, and returns its wait status. */
int mneme_member_reap(struct mneme_member *member);

/* --- group_log.c: the common log --- */

struct mneme_group_log {
    bool is_quiet; /* prints state changes for people, made from members' JSON; otherwise members' lines
                      unchanged */
};

/* Passes on a line of the member's log. */
void mneme_group_log_pass_on(const struct mneme_group_log *log, struct mneme_member *member,
                             struct mneme_str line);

/* Logs an entry about a member (NULL: about the group): a constant phrase, how soon (seconds; negative: not
 * given), and the reason ("": not given). */
void mneme_group_log_say(const struct mneme_group_log *log, enum mneme_log_level level,
                         const struct mneme_member *member, const char *event, double in_seconds,
                         const char *reason);

/* --- group.c --- */

/* `mneme work all`. */
enum mneme_exit mneme_work_all(struct mneme_cli *cli);

#endif
