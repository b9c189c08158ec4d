/*
 * Reads wait a moment for what was written from here just before, so that a memory added a moment ago is
 * listed. Unlike --at-least this is not guaranteed: when the time is over, the answer comes as it is, and a
 * note on stderr says that something is missing yet.
 */
#ifndef MNEME_CLI_OWN_WRITES_H
#define MNEME_CLI_OWN_WRITES_H

#include "cli/frame/command.h"
#include "common/postgres/postgres.h"

/* Waits for the tables, at most MNEME_READ_OWN_WRITES_MS; `postgres` is a connection to them. Notes when they
 * hold the writes, so that the next read need not check. Never fails: without a connection the read does not
 * wait. Returns whether there were writes to wait for. */
bool mneme_own_writes_wait(const struct mneme_cli *cli, struct mneme_postgres *postgres);

#endif
