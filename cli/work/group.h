/*
 * What the files of mneme work share: the processes of `mneme work all`, and what is said of them.
 */
#ifndef MNEME_CLI_WORK_GROUP_H
#define MNEME_CLI_WORK_GROUP_H

#include <sys/types.h>

#include "cli/frame/command.h"
#include "common/base/backoff.h"
#include "common/base/buffer.h"
#include "common/log/log.h"

/* Longer than any worker needs to stop: it leaves its consumer group within ten seconds, and the client
 * within five more. Then it is killed. */
#define MNEME_WORK_STOP_S 30

enum mneme_member_state {
    MNEME_MEMBER_RUNS,
    MNEME_MEMBER_WAITS, /* to be started again */
    MNEME_MEMBER_ENDED, /* for good */
};

/* One worker process. */
struct mneme_member {
    const char *projection;
    int metrics_port; /* 0: none */
    enum mneme_member_state state;
    pid_t pid;
    int log; /* what it writes comes out here; -1 without a process */
    struct mneme_buffer line;
    char last_words[512]; /* its own sentence of why it cannot go on; "" */
    int64_t started_micros, start_at_micros;
    int64_t partitions; /* that it said it has; -1 before that */
    struct mneme_backoff backoff;
    enum mneme_exit code; /* of one that has ended for good */
};

struct mneme_member_options {
    const char *config_path; /* NULL: none is given */
    const char *id;          /* as of --id, or NULL */
    const char *log_format;  /* that it logs in */
};

/* --- member.c --- */

/* Starts the process. It ends by itself when this one is gone. */
int mneme_member_start(struct mneme_member *member, const struct mneme_member_options *options,
                       struct mneme_error *error);

/* Reads what it wrote, and calls `take` for each line, without its line feed. False at the end of its log,
 * which comes when it has ended. Does not block. */
bool mneme_member_read(struct mneme_member *member,
                       void (*take)(void *context, struct mneme_member *, struct mneme_str), void *context);

/* Waits for the process, whose log has ended, and gives its wait status. */
int mneme_member_reap(struct mneme_member *member);

/* --- voice.c: the one log --- */

struct mneme_voice {
    bool is_quiet; /* states as lines for a person, made of members' JSON; else their lines as they are */
};

/* A line of the member's log. */
void mneme_voice_pass_on(const struct mneme_voice *voice, struct mneme_member *member, struct mneme_str line);

/* What the group says of a member (NULL: of itself): a constant phrase, how soon (seconds; below 0: not
 * said), and the reason ("": none). */
void mneme_voice_tell(const struct mneme_voice *voice, enum mneme_log_level level,
                      const struct mneme_member *member, const char *event, double in_seconds,
                      const char *reason);

/* --- group.c --- */

/* `mneme work all`. */
enum mneme_exit mneme_work_all(struct mneme_cli *cli);

#endif
