/*
 * What commands that read share: a connection, and the wait for --at-least.
 */
#ifndef MNEME_CLI_SESSION_H
#define MNEME_CLI_SESSION_H

#include "cli/frame/command.h"
#include "queries/question.h"

/* Connects to Postgres for reading, and waits until the tables hold what --at-least names; without it, waits
 * a moment for own writes (cli/own_writes.h). The caller closes *out. */
int mneme_session_open(struct mneme_postgres **out, const struct mneme_cli *cli, struct mneme_error *error);

/* The same for a command that answers from the tables. If keys of its scope (--stream or --user, else the
 * tenant) wait behind an event that cannot be applied, it says so: in lines on stderr, or with --json in an
 * object after the answer, {"stale":[{"position","key","reason","behind"}]}. */
int mneme_session_open_read(struct mneme_postgres **out, const struct mneme_cli *cli,
                            struct mneme_error *error);

/* How long this call may wait: MNEME_WAIT_TIMEOUT_MS, or until SIGINT. */
struct mneme_query_wait mneme_session_wait(const struct mneme_cli *cli);

/* The tenant of the call; valid as long as the configuration. */
struct mneme_str mneme_session_tenant(const struct mneme_cli *cli);

#endif
