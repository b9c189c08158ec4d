/*
 * Connections to Postgres that threads borrow and return. Connections are opened on demand, at most
 * MNEME_PG_POOL_MAX at a time; when all are lent, borrowers wait in a queue, first come, first served, until
 * a time-out or the caller's cancel.
 *
 * Connections lead to the schemas of all projections (mneme_pg_connect_to_all), and end a statement that runs
 * longer than MNEME_PG_COMMAND_TIMEOUT_MS. An open transaction and settings of one borrower are cleared
 * before the next one gets the connection; other session state (LISTEN, a session lock, a temporary table)
 * requires a separate connection. Behind PgBouncer, transactions get their settings as with any other
 * connection (mneme_pg_is_pooled).
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
    const char *url; /* a database other than that of DATABASE_URL, or NULL */
    int64_t tries;   /* to open a connection; 0: as in MNEME_PG_CONNECT_TRIES */
};

/* Does not connect yet. Copies what it needs. MNEME_E_USAGE when MNEME_PG_POOL_MIN is above
 * MNEME_PG_POOL_MAX. */
int mneme_pg_pool_open(struct mneme_pg_pool **out, const struct mneme_config *config,
                       const struct mneme_pg_pool_options *options, struct mneme_error *error);

/* Stops lending: current and later borrowers get MNEME_E_UNAVAILABLE. */
void mneme_pg_pool_stop(struct mneme_pg_pool *pool);

/* Stops the pool, waits until all lent connections are returned, and frees it. May be NULL. */
void mneme_pg_pool_close(struct mneme_pg_pool *pool);

/* How long a borrower waits for a connection that others have; the cancel (may be NULL) ends both this wait
 * and connecting. */
struct mneme_pg_pool_wait {
    int64_t timeout_ms;
    const struct mneme_cancel *cancel;
};

/* Lends a connection that answered when it was last used and whose server has not closed it since; a lost
 * connection is reopened first. A failed attempt to connect is repeated after 1 s
 * (MNEME_PG_CONNECT_RETRY_MS), then 2, 4, …, as often as the options say. MNEME_E_TIMEOUT when none came free
 * in time, or the wait was cancelled; else the errors of mneme_pg_connect. Takes at most the time of the wait
 * plus one attempt to connect, which the cancel ends, too. */
int mneme_pg_pool_borrow(struct mneme_postgres **out, struct mneme_pg_pool *pool,
                         const struct mneme_pg_pool_wait *wait, struct mneme_error *error);

/* Returns a connection, in any state; an open transaction is rolled back. NULL is ignored. */
void mneme_pg_pool_give_back(struct mneme_pg_pool *pool, struct mneme_postgres *postgres);

/* Opens connections up to MNEME_PG_POOL_MIN, and closes those above it that were idle for longer than
 * MNEME_PG_POOL_IDLE_S. To be called every few seconds; only speed depends on it. */
void mneme_pg_pool_tend(struct mneme_pg_pool *pool);

struct mneme_pg_pool_stats {
    int64_t size; /* open, or being opened */
    int64_t min_size, max_size;
    int64_t idle_size; /* open and not lent */
    int64_t waiting;   /* borrowers in the queue */
};
void mneme_pg_pool_stats_read(struct mneme_pg_pool_stats *out, struct mneme_pg_pool *pool);

#endif
