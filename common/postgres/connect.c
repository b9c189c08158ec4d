/*
 * Connects to Postgres within a time-out in milliseconds, and sets up the session so that results do not
 * depend on the server's configuration.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "common/postgres/session.h"

/* A server that disappears silently is noticed within this time, even in the middle of a statement. */
#define DEAD_PEER_MS "15000"

#define POLL_MS 20 /* of the caller's cancel, which sends no signal */

/* Notices go to the log, without their details, which may quote rows. */
static void log_notice(void *context, const PGresult *result) {
    (void)context;
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    mneme_log(MNEME_LOG_WARN, "postgres notice", MNEME_LOG_S("sqlstate", code),
              MNEME_LOG_S("message", message));
}

static bool is_number(const char *text, const char *end) {
    while (text < end && *text >= '0' && *text <= '9') {
        text++;
    }
    return text == end;
}

/* Whether a URL's password seems to contain an unescaped @, / or ?: libpq would take part of it for the host
 * or port, and show it in a message. */
static bool has_unescaped_password(const char *url) {
    const char *authority = strstr(url, "://");
    if (authority == NULL) {
        return false;
    }
    authority += 3;
    const char *end = authority + strcspn(authority, "/?");
    const char *first_at = strchr(authority, '@');
    if (first_at == NULL) {
        return false;
    }
    if (first_at < end) {
        const char *second_at = strchr(first_at + 1, '@');
        return second_at != NULL && second_at < end + strcspn(end, "?");
    }
    const char *colon = memchr(authority, ':', (size_t)(end - authority));
    return colon != NULL && !is_number(colon + 1, end);
}

static PGconn *start(const struct mneme_postgres *postgres) {
    /* The URL may override parameters before dbname, but not those after it. */
    const char *const keywords[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "dbname",          "application_name",    "client_encoding",  NULL};
    const char *const values[] = {"5",    "3", "3", DEAD_PEER_MS, postgres->url, postgres->purpose,
                                  "UTF8", NULL};
    return PQconnectStartParams(keywords, values, 1);
}

/* Continues connecting until it has succeeded or failed; false if the deadline or the caller's cancel came
 * first. */
static bool complete(PGconn *connection, int64_t deadline, const struct mneme_cancel *cancel) {
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
        int64_t left = mneme_cancel_left_micros(cancel, deadline - mneme_clock_monotonic_micros());
        if (left <= 0 || mneme_cancel_is_asked(cancel)) {
            return false;
        }
        int64_t left_ms = left / 1000 + 1; /* rounded up: the next check sees an expired deadline */
        left_ms = cancel != NULL && left_ms > POLL_MS ? POLL_MS : left_ms;
        struct pollfd waiting = {.fd = PQsocket(connection),
                                 .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        int ready = poll(&waiting, 1, (int)left_ms);
        if (ready > 0 || (ready < 0 && errno != EINTR)) {
            state = PQconnectPoll(connection);
        }
    }
    return true;
}

static void describe_place(char *text, size_t size, const PGconn *connection) {
    const char *host = PQhost(connection);
    const char *port = PQport(connection);
    const char *database = PQdb(connection);
    const char *user = PQuser(connection);
    snprintf(text, size, "%s:%s/%s as %s", host == NULL ? "" : host, port == NULL ? "" : port,
             database == NULL ? "" : database, user == NULL ? "" : user);
}

static int set_up_session(struct mneme_postgres *postgres, struct mneme_error *error) {
    char *schema = PQescapeIdentifier(postgres->connection, postgres->schema, strlen(postgres->schema));
    if (schema == NULL) {
        return mneme_pg_failed(postgres, NULL, error);
    }
    struct mneme_buffer sql = {0};
    mneme_buffer_printf(
        &sql,
        "SET search_path = %s; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; "
        "SET bytea_output = 'hex'; SET extra_float_digits = 1; SET client_min_messages = 'warning'",
        postgres->path == NULL ? schema : postgres->path);
    mneme_buffer_append_byte(&sql, '\0');
    int status = sql.failed ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                              "cannot connect to Postgres: out of memory; free some memory")
                            : mneme_pg_set(postgres, sql.data, error);
    mneme_buffer_clean_up(&sql);
    PQfreemem(schema);
    if (status == MNEME_OK && postgres->always != NULL) {
        status = mneme_pg_set(postgres, postgres->always, error);
    }
    postgres->has_other_settings = false;
    return status;
}

int mneme_pg_set_always(struct mneme_postgres *postgres, const char *settings_sql,
                        struct mneme_error *error) {
    char *always = strdup(settings_sql);
    if (always == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot set up a session of Postgres: out of memory; free some memory");
    }
    free(postgres->always);
    postgres->always = always;
    int status = mneme_pg_set(postgres, always, error);
    postgres->has_other_settings = false;
    return status;
}

int mneme_pg_reset(struct mneme_postgres *postgres, struct mneme_error *error) {
    PGTransactionStatusType state = PQtransactionStatus(postgres->connection);
    int status = MNEME_OK;
    if (state == PQTRANS_ACTIVE || state == PQTRANS_UNKNOWN ||
        PQpipelineStatus(postgres->connection) != PQ_PIPELINE_OFF) {
        return mneme_error_set(
            error, MNEME_E_UNAVAILABLE,
            "cannot reset the session of Postgres: a statement or transaction is still open; connect again");
    }
    if (state != PQTRANS_IDLE) {
        status = mneme_pg_run(postgres, "ROLLBACK", error);
    }
    if (status != MNEME_OK || !postgres->has_other_settings) {
        return status;
    }
    if (postgres->is_pooled) {
        mneme_pg_forget_settings(postgres);
    } else {
        status = mneme_pg_run(postgres, "RESET ALL", error);
    }
    return status == MNEME_OK ? set_up_session(postgres, error) : status;
}

/* Whether libpq rejected the URL itself, before it tried to reach a server. */
static bool is_bad_url(const PGconn *connection) {
    static const char *const of_server[] = {"connection to server", "could not translate host name"};
    const char *message = PQerrorMessage(connection);
    for (size_t i = 0; i < sizeof of_server / sizeof *of_server; i++) {
        if (strncmp(message, of_server[i], strlen(of_server[i])) == 0) {
            return false;
        }
    }
    return true;
}

int mneme_pg_open(struct mneme_postgres *postgres, struct mneme_error *error) {
    PQfinish(postgres->connection);
    postgres->connection = NULL;
    postgres->sqlstate[0] = '\0';
    mneme_pg_forget_statements(postgres);
    mneme_pg_forget_settings(postgres);
    postgres->is_pooled = false;
    postgres->was_left = false;
    if (has_unescaped_password(postgres->url)) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot connect to Postgres: the password in DATABASE_URL contains \"@\", "
                               "\"/\" or \"?\"; write them as %%40, %%2F and %%3F");
    }
    int64_t deadline = mneme_clock_monotonic_micros() + postgres->connect_timeout_ms * 1000;
    PGconn *connection = start(postgres);
    if (connection == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot connect to Postgres: out of memory; free some memory");
    }
    postgres->connection = connection;
    char place[200];
    describe_place(place, sizeof place, connection);
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE); /* includes the SQLSTATE */
    PQsetNoticeReceiver(connection, log_notice, NULL);
    bool is_begun = PQstatus(connection) != CONNECTION_BAD;
    if (!is_begun && is_bad_url(connection)) {
        const char *message = PQerrorMessage(connection);
        return mneme_error_set(error, MNEME_E_USAGE, "cannot connect to Postgres: %.*s; correct DATABASE_URL",
                               (int)strcspn(message, "\r\n"), message);
    }
    if (is_begun && !complete(connection, deadline, postgres->cancel)) {
        char what[256];
        snprintf(what, sizeof what, "cannot connect to Postgres at %s", place);
        if (mneme_cancel_is_due(postgres->cancel)) {
            return mneme_pg_cancelled(postgres, what, error);
        }
        return mneme_pg_error(error, what, "", "no answer within MNEME_PG_CONNECT_TIMEOUT_MS");
    }
    if (PQstatus(connection) != CONNECTION_OK) {
        return mneme_pg_connect_error(error, postgres->sqlstate, connection, place);
    }
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
    int status = mneme_pg_find_pooler(postgres, error);
    return status == MNEME_OK ? set_up_session(postgres, error) : status;
}
