/*
 * The table of SQLSTATEs: what each means for a retry, for the program and for the person. Longer prefixes
 * come before shorter ones, and the first match counts.
 */
#include "common/postgres/errors.h"

#include <stdio.h>
#include <string.h>

#include "common/log/log.h"
#include "common/postgres/postgres.h"

#define CHECK_SERVER "check that Postgres runs, and DATABASE_URL"
#define CHECK_LOGIN "check user and password in DATABASE_URL"
#define CHECK_INPUT "correct the input"
#define CHECK_TABLES                                                                                         \
    "run `mneme migrate`; if it applies nothing, `mneme verify postgres` names what is missing"
#define CHECK_ROOM "free disk, memory or connections of Postgres"
#define CHECK_LOG "read the log of Postgres"
#define TRY_AGAIN "try again"

struct meaning {
    const char *prefix;
    enum mneme_pg_verdict verdict;
    enum mneme_status status;
    const char *advice;
};

static const struct meaning meanings[] = {
    {"08P01", MNEME_PG_FATAL, MNEME_E_INTERNAL, CHECK_LOG},    /* protocol violation */
    {"08", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, CHECK_SERVER}, /* connection */
    {"21", MNEME_PG_BAD_DATA, MNEME_E_INVALID, CHECK_INPUT},   /* cardinality */
    {"22P04", MNEME_PG_FATAL, MNEME_E_INTERNAL, CHECK_LOG},    /* a COPY row of the wrong shape */
    {"22", MNEME_PG_BAD_DATA, MNEME_E_INVALID, CHECK_INPUT},   /* data */
    {"23", MNEME_PG_BAD_DATA, MNEME_E_INVALID, CHECK_INPUT},   /* constraints */
    {"25006", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, "name the primary server in DATABASE_URL"}, /* a standby */
    {"25P03", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, TRY_AGAIN}, /* idle transaction was ended */
    {"26000", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, TRY_AGAIN}, /* a pooler lost the prepared statement */
    {"28", MNEME_PG_FATAL, MNEME_E_DENIED, CHECK_LOGIN},       /* authorisation */
    {"3D000", MNEME_PG_FATAL, MNEME_E_NOT_FOUND, "create the database, or correct DATABASE_URL"},
    {"3F000", MNEME_PG_FATAL, MNEME_E_NOT_FOUND, CHECK_TABLES}, /* no such schema */
    {"40", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, TRY_AGAIN},     /* deadlock, serialization */
    {"42501", MNEME_PG_FATAL, MNEME_E_DENIED, "ask for permission, or log in as a user who has it"},
    {"42P01", MNEME_PG_FATAL, MNEME_E_NOT_FOUND, CHECK_TABLES}, /* no such table */
    {"42703", MNEME_PG_FATAL, MNEME_E_NOT_FOUND, CHECK_TABLES}, /* no such column */
    {"53", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, CHECK_ROOM},    /* resources */
    {"54", MNEME_PG_BAD_DATA, MNEME_E_TOO_LARGE, CHECK_INPUT},  /* limits of the server */
    {"55006", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, TRY_AGAIN},  /* in use */
    {"55P03", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, TRY_AGAIN},  /* locked */
    {"57P04", MNEME_PG_FATAL, MNEME_E_NOT_FOUND,
     "create the database, or correct DATABASE_URL"},           /* dropped */
    {"57", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, CHECK_SERVER},  /* starting, stopping, cancelled */
    {"58030", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, CHECK_ROOM}, /* input or output failed */
    {"72000", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, TRY_AGAIN},  /* snapshot too old */
};

static const struct meaning no_answer = {"", MNEME_PG_RETRY, MNEME_E_UNAVAILABLE, CHECK_SERVER};
static const struct meaning anything_else = {"", MNEME_PG_FATAL, MNEME_E_INTERNAL, CHECK_LOG};

static const struct meaning *find_meaning(const char *sqlstate) {
    if (sqlstate == NULL || *sqlstate == '\0') {
        return &no_answer;
    }
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (strncmp(sqlstate, meanings[i].prefix, strlen(meanings[i].prefix)) == 0) {
            return &meanings[i];
        }
    }
    return &anything_else;
}

enum mneme_pg_verdict mneme_pg_classify(const char *sqlstate) {
    return find_meaning(sqlstate)->verdict;
}

int mneme_pg_error(struct mneme_error *error, const char *what, const char *sqlstate, const char *reason) {
    const struct meaning *meaning = find_meaning(sqlstate);
    /* The code is for debugging Postgres; people read its meaning. */
    mneme_log(MNEME_LOG_DEBUG, "Postgres refused", MNEME_LOG_S("what", what),
              MNEME_LOG_S("sqlstate", sqlstate), MNEME_LOG_S("reason", reason));
    return mneme_error_set(error, meaning->status, "%s: %.600s; %s", what, reason, meaning->advice);
}

/* The first line, without trailing white space. */
static int line_len(const char *text) {
    size_t len = strcspn(text, "\r\n");
    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    return (int)len;
}

/* Whether the answer is not an error but unexpected, such as rows where a COPY should begin. */
static bool is_other_answer(const PGresult *result) {
    ExecStatusType kind = PQresultStatus(result);
    return result != NULL && kind != PGRES_FATAL_ERROR && kind != PGRES_BAD_RESPONSE &&
           kind != PGRES_PIPELINE_ABORTED;
}

int mneme_pg_result_error(struct mneme_error *error, char sqlstate[MNEME_SQLSTATE_BYTES], PGconn *connection,
                          const PGresult *result, bool is_pooled) {
    const char *code = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (is_pooled && code != NULL && strcmp(code, MNEME_SQLSTATE_OF_POOLER) == 0) {
        code = MNEME_SQLSTATE_LOST;
    }
    const char *primary = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *object = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    if (primary == NULL && is_other_answer(result)) {
        code = "08P01"; /* protocol violation: trying again gives the same result */
        primary = "the server sent an unexpected answer";
    }
    if (primary == NULL) {
        primary = PQerrorMessage(connection);
    }
    snprintf(sqlstate, MNEME_SQLSTATE_BYTES, "%s", code == NULL ? "" : code);
    char reason[512];
    snprintf(reason, sizeof reason, "%.*s%s%s", line_len(primary), primary,
             object == NULL ? "" : ", constraint ", object == NULL ? "" : object);
    return mneme_pg_error(error, "Postgres failed", sqlstate, reason);
}

static bool is_code_character(char character) {
    return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z');
}

/* libpq gives the SQLSTATE of a refused connection only in the text: "FATAL:  28P01: password …". */
static const char *find_code(const char *message) {
    for (const char *at = strstr(message, ":  "); at != NULL; at = strstr(at + 1, ":  ")) {
        const char *code = at + 3;
        size_t len = 0;
        while (len < 5 && is_code_character(code[len])) {
            len++;
        }
        if (len == 5 && strncmp(code + 5, ": ", 2) == 0) {
            return code;
        }
    }
    return NULL;
}

int mneme_pg_connect_error(struct mneme_error *error, char sqlstate[MNEME_SQLSTATE_BYTES], PGconn *connection,
                           const char *place) {
    const char *message = PQerrorMessage(connection);
    const char *code = find_code(message);
    char what[256];
    snprintf(what, sizeof what, "cannot connect to Postgres at %s", place);
    sqlstate[0] = '\0';
    if (code == NULL && PQconnectionNeedsPassword(connection)) {
        snprintf(sqlstate, MNEME_SQLSTATE_BYTES, "28P01");
        return mneme_pg_error(error, what, sqlstate, "the server requires a password");
    }
    char reason[512];
    if (code != NULL) {
        snprintf(sqlstate, MNEME_SQLSTATE_BYTES, "%.5s", code);
        message = code + 7;
        if (strcmp(sqlstate, MNEME_SQLSTATE_OF_POOLER) == 0) {
            memcpy(sqlstate, MNEME_SQLSTATE_LOST, sizeof MNEME_SQLSTATE_LOST);
        }
    }
    snprintf(reason, sizeof reason, "%.*s", line_len(message), message);
    return mneme_pg_error(error, what, sqlstate, reason);
}
