/*
 * Sessions behind a pooler that shares them (PgBouncer with pool_mode=transaction): the next transaction may
 * run in another session. So statements are not prepared, and each transaction gets its settings with its
 * first statement, for that transaction only.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/postgres/session.h"

#define SET "SET "
#define SET_LOCAL "SET LOCAL "

/* The pooler invents a cancel key for each client, so libpq knows a process id that differs from that of the
 * backend. */
int mneme_pg_find_pooler(struct mneme_postgres *postgres, struct mneme_error *error) {
    PGresult *rows = NULL;
    postgres->is_pooled = false;
    if (!postgres->is_pool_shared) {
        return MNEME_OK;
    }
    int status = mneme_pg_query(&rows, postgres, "SELECT pg_backend_pid()", NULL, false, error);
    if (status == MNEME_OK) {
        postgres->is_pooled = strtol(PQgetvalue(rows, 0, 0), NULL, 10) != PQbackendPID(postgres->connection);
    }
    PQclear(rows);
    return status;
}

static void append_quoted(struct mneme_buffer *out, const char *text, size_t len) {
    mneme_buffer_append_byte(out, '\'');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\'') {
            mneme_buffer_append_byte(out, '\'');
        }
        mneme_buffer_append(out, text + i, 1);
    }
    mneme_buffer_append_byte(out, '\'');
}

/* The parts of "SET name = value" or "SET LOCAL name = value"; false for anything else. */
struct setting {
    const char *name, *value;
    size_t name_len, value_len;
};

/* The end of a setting: the next ";" outside quotes. */
static size_t setting_len(const char *sql) {
    char quote = '\0';
    size_t len = 0;
    for (; sql[len] != '\0' && (quote != '\0' || sql[len] != ';'); len++) {
        if (quote == '\0' && (sql[len] == '\'' || sql[len] == '"')) {
            quote = sql[len];
        } else if (sql[len] == quote) {
            quote = '\0';
        }
    }
    return len;
}

static bool parse_setting(struct setting *out, const char *sql, size_t len) {
    const char *equals = memchr(sql, '=', len);
    size_t word = strncmp(sql, SET_LOCAL, strlen(SET_LOCAL)) == 0 ? strlen(SET_LOCAL) : strlen(SET);
    if (strncmp(sql, SET, strlen(SET)) != 0 || equals == NULL || equals < sql + word + 2 ||
        equals[-1] != ' ' || equals[1] != ' ') {
        return false;
    }
    out->name = sql + word;
    out->name_len = (size_t)(equals - 1 - out->name);
    out->value = equals + 2;
    out->value_len = (size_t)(sql + len - out->value);
    return true;
}

/* Forgets an earlier value of the same setting. */
static void drop_setting(struct mneme_buffer *settings, const char *name, size_t name_len) {
    for (size_t at = 0; at < settings->len;) {
        struct setting former;
        size_t len = setting_len(settings->data + at) + strlen("; ");
        if (parse_setting(&former, settings->data + at, len - strlen("; ")) && former.name_len == name_len &&
            memcmp(former.name, name, name_len) == 0) {
            memmove(settings->data + at, settings->data + at + len, settings->len - at - len + 1);
            settings->len -= len;
        } else {
            at += len;
        }
    }
}

/* For a simple query, which may contain several statements; NUL-terminated. */
static void add_setting(struct mneme_buffer *settings, struct setting setting) {
    static const char session_default[] = "default_transaction_read_only";
    /* The default applies only when a transaction begins, which has already happened. */
    if (setting.name_len == strlen(session_default) &&
        strncmp(setting.name, session_default, setting.name_len) == 0) {
        setting.name += strlen("default_");
        setting.name_len -= strlen("default_");
    }
    drop_setting(settings, setting.name, setting.name_len);
    mneme_buffer_printf(settings, SET_LOCAL "%.*s = %.*s; ", (int)setting.name_len, setting.name,
                        (int)setting.value_len, setting.value);
    mneme_buffer_append_byte(settings, '\0');
    settings->len -= settings->failed ? 0 : 1;
}

/* The same as one statement, for a pipeline. */
static void pipe_settings(struct mneme_postgres *postgres) {
    const struct mneme_buffer *simple = &postgres->simple_settings;
    struct mneme_buffer *piped = &postgres->piped_settings;
    struct setting setting;
    mneme_buffer_clear(piped);
    for (size_t at = 0; at < simple->len;) {
        size_t len = setting_len(simple->data + at);
        if (parse_setting(&setting, simple->data + at, len)) {
            mneme_buffer_printf(piped, "%s set_config('%.*s', ", at == 0 ? "SELECT" : ",",
                                (int)setting.name_len, setting.name);
            if (setting.value[0] == '\'') {
                mneme_buffer_append(piped, setting.value, setting.value_len);
            } else {
                append_quoted(piped, setting.value, setting.value_len);
            }
            mneme_buffer_printf(piped, ", true)");
        }
        at += len + strlen("; ");
    }
    mneme_buffer_append_byte(piped, '\0');
}

int mneme_pg_set(struct mneme_postgres *postgres, const char *settings_sql, struct mneme_error *error) {
    postgres->has_other_settings = true;
    if (!postgres->is_pooled) {
        return mneme_pg_run(postgres, settings_sql, error);
    }
    for (const char *at = settings_sql; *at != '\0';) {
        struct setting setting;
        size_t len = setting_len(at);
        if (!parse_setting(&setting, at, len)) {
            return mneme_error_set(error, MNEME_E_INTERNAL, "\"%.*s\" is not a setting of a session",
                                   (int)len, at);
        }
        add_setting(&postgres->simple_settings, setting);
        at += len;
        at += strspn(at, "; ");
    }
    pipe_settings(postgres);
    return postgres->simple_settings.failed || postgres->piped_settings.failed
               ? mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "cannot set up a session of Postgres: out of memory; free some memory")
               : MNEME_OK;
}

void mneme_pg_forget_settings(struct mneme_postgres *postgres) {
    mneme_buffer_clear(&postgres->simple_settings);
    mneme_buffer_clear(&postgres->piped_settings);
}

static bool begins_transaction(const struct mneme_postgres *postgres) {
    return postgres->is_pooled && PQtransactionStatus(postgres->connection) == PQTRANS_IDLE;
}

PGresult *mneme_pg_exec(struct mneme_postgres *postgres, const char *sql) {
    if (!begins_transaction(postgres) || postgres->simple_settings.len == 0) {
        return PQexec(postgres->connection, sql);
    }
    struct mneme_buffer whole = {0};
    mneme_buffer_append(&whole, postgres->simple_settings.data, postgres->simple_settings.len);
    mneme_buffer_append(&whole, sql, strlen(sql) + 1);
    PGresult *result = whole.failed ? NULL : PQexec(postgres->connection, whole.data);
    mneme_buffer_clean_up(&whole);
    return result;
}

const char *mneme_pg_first_statement(struct mneme_postgres *postgres) {
    return begins_transaction(postgres) && postgres->simple_settings.len > 0 ? postgres->piped_settings.data
                                                                             : NULL;
}

bool mneme_pg_is_pooled(const struct mneme_postgres *postgres) {
    return postgres->is_pooled;
}

int mneme_pg_require_session(struct mneme_postgres *postgres, const char *what, struct mneme_error *error) {
    if (!postgres->is_pooled) {
        return MNEME_OK;
    }
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "%s: DATABASE_URL leads to a pooler (PgBouncer) that may give each transaction another session, and "
        "this needs one session throughout; name Postgres itself in DATABASE_URL for this command, or set "
        "MNEME_PG_POOL_MODE=session if the pooler has pool_mode=session",
        what);
}
