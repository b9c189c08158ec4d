/*
 * A projection's connection: opened when it is needed, set up for what a fold does, dropped when it is in
 * doubt.
 */
#ifndef MNEME_CONSUMERS_STORE_SESSION_H
#define MNEME_CONSUMERS_STORE_SESSION_H

#include "common/postgres/schema.h"
#include "consumers/runtime/projection.h"

#define MNEME_OWNER_BYTES 64 /* what an application_name holds, with a NUL */

struct mneme_store_session {
    const struct mneme_config *config;
    enum mneme_projection schema;
    const char *settings_sql;        /* further settings of each connection; set it behind init, or NULL */
    char owner[MNEME_OWNER_BYTES];   /* names this worker in progress.owner and pg_stat_activity; unique */
    struct mneme_postgres *postgres; /* NULL: not connected */
};

/* Makes the owner's name. `config` must outlive the session. Connects nothing yet. */
int mneme_store_session_init(struct mneme_store_session *session, const struct mneme_config *config,
                             enum mneme_projection schema, const char *projection, struct mneme_error *error);
void mneme_store_session_clean_up(struct mneme_store_session *session);

/* A connection that is set up and outside a transaction. */
int mneme_store_session_ensure(struct mneme_store_session *session, struct mneme_error *error);

/* Ends an open transaction without effect, or the connection where that cannot be done. */
void mneme_store_session_rollback(struct mneme_store_session *session);

/* What the runtime is to do after that status. */
enum mneme_apply_result mneme_store_session_result(int status);

#endif
