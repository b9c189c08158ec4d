/*
 * Connections to Postgres that threads borrow and give back. None is opened before it is wanted; as many as
 * MNEME_PG_POOL_MAX says are open at a time, and whoever finds all of them lent waits in line, first come,
 * first served, within a bound and until the caller calls it off.
 *
 * Connections lead to the schemas of all projections (mneme_pg_connect_to_all), and end a statement that runs
 * longer than MNEME_PG_COMMAND_TIMEOUT_MS. What a borrower leaves in one (a transaction, settings) is gone
 * when the next one gets it; what is left in no transaction and is no setting (LISTEN, a lock of a session, a
 * temporary table) needs a connection of its own. Behind PgBouncer, transactions get their settings as with
 * any other connection (mneme_pg_is_pooled).
 *
 * Thread-safe; a connection that is lent belongs to the borrower's thread.
 */
#ifndef MNEME_COMMON_POSTGRES_POOL_H
#define MNEME_COMMON_POSTGRES_POOL_H

#include "common/postgres/postgres.h"

struct mneme_pg_pool;

struct mneme_pg_pool_options {
    const char *purpose; /* application_name */
    bool is_read_only;
    const char *url; /* another database than that of DATABASE_URL; NULL: that */
    int64_t tries;   /* at a connection that cannot be made; 0: as MNEME_PG_CONNECT_TRIES says */
};

/* Connects to nothing yet. Copies what it needs. MNEME_E_USAGE when MNEME_PG_POOL_MIN is above
 * MNEME_PG_POOL_MAX. */
int mneme_pg_pool_open(struct mneme_pg_pool **out, const struct mneme_config *config,
                       const struct mneme_pg_pool_options *options, struct mneme_error *error);

/* From now on nothing is lent: who waits, and who asks, gets MNEME_E_UNAVAILABLE. */
void mneme_pg_pool_stop(struct mneme_pg_pool *pool);

/* Stops it, waits until all that is lent was given back, and frees it. May be NULL. */
void mneme_pg_pool_close(struct mneme_pg_pool *pool);

/* How long a borrower waits for a connection that others have, and what ends that and the connecting; the
 * cancel may be NULL. */
struct mneme_pg_pool_wait {
    int64_t timeout_ms;
    const struct mneme_cancel *cancel;
};

/* Lends a connection that answered when it was last used and whose server has not gone since; a lost one is
 * made again first. A connection that cannot be made is tried again after 1 s (MNEME_PG_CONNECT_RETRY_MS),
 * then 2, 4, …, as often as the options say. MNEME_E_TIMEOUT when none came free in time, or the wait was
 * called off; else the errors of mneme_pg_connect. Takes no longer than the wait says and one attempt to
 * connect, which the cancel ends, too. */
int mneme_pg_pool_borrow(struct mneme_postgres **out, struct mneme_pg_pool *pool,
                         const struct mneme_pg_pool_wait *wait, struct mneme_error *error);

/* Takes it back, in any state; a transaction that is open is rolled back. NULL does nothing. */
void mneme_pg_pool_give_back(struct mneme_pg_pool *pool, struct mneme_postgres *postgres);

/* Opens what is missing of MNEME_PG_POOL_MIN, and closes what was idle for longer than MNEME_PG_POOL_IDLE_S
 * of what is above it. For whoever has a moment every few seconds; nothing depends on it but speed. */
void mneme_pg_pool_tend(struct mneme_pg_pool *pool);

struct mneme_pg_pool_stats {
    int64_t size; /* open, or being opened */
    int64_t min_size, max_size;
    int64_t idle_size; /* of those that are open, the ones that are not lent */
    int64_t waiting;   /* borrowers in line */
};
void mneme_pg_pool_stats_read(struct mneme_pg_pool_stats *out, struct mneme_pg_pool *pool);

#endif
