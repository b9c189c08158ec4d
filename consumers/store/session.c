/*
 * Connections for the fold. All of its statements look up or change rows by key, so the planner is limited to
 * nested loops over indexes: a plan made while a table was small stays right when it has grown.
 */
#include "consumers/store/session.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/uuid.h"
#include "common/log/log.h"

/* Commits need not wait for the disk: rows and progress are in one transaction, so that what a crash loses is
 * folded again from the log. Time-outs make every operation return; a claim has a shorter one. Keep-alives
 * end the sessions of workers on lost machines, and with them their locks. */
static const char settings_sql[] =
    "SET synchronous_commit = off; SET statement_timeout = '120s'; SET lock_timeout = '10s'; "
    "SET idle_in_transaction_session_timeout = '30s'; SET tcp_keepalives_idle = 10; SET "
    "tcp_keepalives_interval = 5; "
    "SET tcp_keepalives_count = 3; SET jit = off; SET plan_cache_mode = force_custom_plan; "
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = "
    "off; "
    "SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0";

int mneme_store_session_init(struct mneme_store_session *session, const struct mneme_config *config,
                             enum mneme_projection schema, const char *projection,
                             struct mneme_error *error) {
    *session = (struct mneme_store_session){.config = config, .schema = schema};
    struct mneme_uuid unique;
    int status = mneme_uuid_v7(&unique, error);
    if (status != MNEME_OK) {
        return status;
    }
    char host[24] = "";
    if (gethostname(host, sizeof host - 1) != 0) {
        host[0] = '\0';
    }
    unsigned chance = (unsigned)unique.bytes[12] << 24 | (unsigned)unique.bytes[13] << 16 |
                      (unsigned)unique.bytes[14] << 8 | unique.bytes[15];
    snprintf(session->owner, sizeof session->owner, "mneme-%s %s/%ld/%08x", projection, host, (long)getpid(),
             chance);
    return MNEME_OK;
}

static void drop(struct mneme_store_session *session) {
    mneme_pg_close(session->postgres);
    session->postgres = NULL;
}

void mneme_store_session_clean_up(struct mneme_store_session *session) {
    drop(session);
}

static bool is_usable(PGconn *connection) {
    return PQstatus(connection) == CONNECTION_OK && PQconsumeInput(connection) == 1 &&
           PQtransactionStatus(connection) == PQTRANS_IDLE;
}

int mneme_store_session_ensure(struct mneme_store_session *session, struct mneme_error *error) {
    if (session->postgres != NULL && is_usable(mneme_pg_raw(session->postgres))) {
        return MNEME_OK;
    }
    drop(session);
    int status =
        mneme_pg_connect_to(&session->postgres, session->config, session->schema, session->owner, error);
    if (status != MNEME_OK) {
        session->postgres = NULL;
        return status;
    }
    status = mneme_pg_set(session->postgres, settings_sql, error);
    if (status == MNEME_OK && session->settings_sql != NULL) {
        status = mneme_pg_set(session->postgres, session->settings_sql, error);
    }
    if (status != MNEME_OK) {
        drop(session);
    }
    return status;
}

void mneme_store_session_rollback(struct mneme_store_session *session) {
    if (session->postgres == NULL) {
        return;
    }
    PGconn *connection = mneme_pg_raw(session->postgres);
    PGTransactionStatusType state = PQtransactionStatus(connection);
    bool is_open = state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
    struct mneme_error error = {0};
    if (state != PQTRANS_IDLE &&
        (!is_open || mneme_pg_run(session->postgres, "ROLLBACK", &error) != MNEME_OK)) {
        mneme_log(MNEME_LOG_DEBUG, "postgres session dropped", MNEME_LOG_S("reason", error.message));
        drop(session);
    }
}

enum mneme_apply_result mneme_store_session_result(int status) {
    switch ((enum mneme_status)status) {
    case MNEME_OK:
        return MNEME_APPLIED;
    case MNEME_E_UNAVAILABLE:
    case MNEME_E_TIMEOUT:
    case MNEME_E_NO_MEMORY:
        return MNEME_RETRY;
    case MNEME_E_INVALID:
    case MNEME_E_TOO_LARGE:
        return MNEME_REJECT;
    case MNEME_E_CONFLICT:
        return MNEME_FENCED;
    case MNEME_E_USAGE:
    case MNEME_E_NOT_FOUND:
    case MNEME_E_UNSAFE:
    case MNEME_E_FULL:
    case MNEME_E_UNKNOWN_SCHEMA:
    case MNEME_E_DENIED:
    case MNEME_E_INTERNAL:
        return MNEME_FATAL;
    }
    return MNEME_FATAL;
}
