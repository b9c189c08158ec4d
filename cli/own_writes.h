/*
 * Reads wait a moment for what was written from here just before, without being asked to: a memory that was
 * added a moment ago is listed. It is not a promise, as --at-least is: after the moment the answer comes as
 * it is, and a note on stderr says that something is not in it yet.
 */
#ifndef MNEME_CLI_OWN_WRITES_H
#define MNEME_CLI_OWN_WRITES_H

#include "cli/frame/command.h"
#include "common/postgres/postgres.h"

/* Waits for the tables, at most MNEME_READ_OWN_WRITES_MS; `postgres` is a connection to them. That they hold
 * the writes is remembered, so that the next read asks for nothing. Never fails: whoever cannot wait reads at
 * once. Whether there was something to look for. */
bool mneme_own_writes_wait(const struct mneme_cli *cli, struct mneme_postgres *postgres);

#endif
