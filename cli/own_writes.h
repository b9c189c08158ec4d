/*
 * Reads wait a moment for what was written from here just before, without being asked to: a memory that was
 * added a moment ago is listed. It is not a promise, as --at-least is: after the moment the answer comes as
 * it is, and a note on stderr says that something is not in it yet.
 */
#ifndef MNEME_CLI_OWN_WRITES_H
#define MNEME_CLI_OWN_WRITES_H

#include "cli/frame/command.h"
#include "common/base/arena.h"
#include "common/base/types.h"
#include "common/config/projections.h"
#include "common/postgres/postgres.h"

/* What has to hold them, as bits. */
enum mneme_own_place {
    MNEME_OWN_TABLES = 1 << MNEME_PROJECTION_POSTGRES,
    MNEME_OWN_TEXTS = 1 << MNEME_PROJECTION_SEARCH, /* where no worker of it has been it is not waited for */
    MNEME_OWN_VECTORS = 1 << MNEME_PROJECTION_VECTORS, /* the same */
};

/* Positions, in an arena. */
struct mneme_own_writes {
    const struct mneme_position *positions;
    size_t count; /* 0: nothing was written lately, or it is not waited for */
};

/* Whether the read has something to wait for: writes of the last minute that not all of these places are
 * known to hold, unless the call has --at-least or --as-of, or MNEME_READ_OWN_WRITES_MS is 0. Asks no
 * service. */
bool mneme_own_writes_are_due(const struct mneme_cli *cli, unsigned places);

/* Waits for these places, at most MNEME_READ_OWN_WRITES_MS for all of them. `postgres` is a connection to the
 * tables. What it has found to be there is remembered, so that the next read asks for nothing. Never fails:
 * whoever cannot wait reads at once. Whether there was something to look for. */
bool mneme_own_writes_wait(const struct mneme_cli *cli, struct mneme_postgres *postgres, unsigned places);

/* The positions that the tables are known to hold. */
void mneme_own_writes_held(struct mneme_own_writes *out, const struct mneme_cli *cli,
                           struct mneme_arena *arena);

/* The positions for a reader that waits by itself, and for how long; count 0 when there are none. */
int64_t mneme_own_writes_of(struct mneme_own_writes *out, const struct mneme_cli *cli,
                            struct mneme_arena *arena);

/* Tells that the answer is without them. */
void mneme_own_writes_tell_missing(const struct mneme_cli *cli, const char *where);

#endif
