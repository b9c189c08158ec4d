/*
 * Names of schemas, and connections whose search path they are.
 */
#include "common/postgres/schema.h"

#include <stdio.h>

#include "common/postgres/session.h"

/* Identifiers that are quoted, with commas between them. */
#define PATH_BYTES (MNEME_PG_SCHEMAS * (2 * MNEME_PG_NAME_BYTES + 4) + 16)

static const struct {
    enum mneme_setting setting;
    const char *suffix; /* behind the ledger's name */
} schemas[MNEME_PG_SCHEMAS] = {
    [MNEME_PG_SCHEMA_LEDGER] = {MNEME_SETTING_PG_SCHEMA, ""},
    [MNEME_PG_SCHEMA_SEARCH] = {MNEME_SETTING_SEARCH_SCHEMA, "_search"},
    [MNEME_PG_SCHEMA_EMBED] = {MNEME_SETTING_EMBED_SCHEMA, "_embed"},
    [MNEME_PG_SCHEMA_VECTORS] = {MNEME_SETTING_VECTORS_SCHEMA, "_vectors"},
};

enum mneme_setting mneme_pg_schema_setting(enum mneme_pg_schema schema) {
    return schemas[schema].setting;
}

int mneme_pg_schema_name(char name[MNEME_PG_NAME_BYTES], const struct mneme_config *config,
                         enum mneme_pg_schema schema, struct mneme_error *error) {
    const char *own = mneme_config_string(config, schemas[schema].setting);
    const char *ledger = mneme_config_string(config, MNEME_SETTING_PG_SCHEMA);
    bool is_derived = *own == '\0';
    int len = snprintf(name, MNEME_PG_NAME_BYTES, "%s%s", is_derived ? ledger : own,
                       is_derived ? schemas[schema].suffix : "");
    if (len < 0 || len >= MNEME_PG_NAME_BYTES) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot use schema %s%s: it is longer than the %d bytes of a name; shorten %s",
            is_derived ? ledger : own, is_derived ? schemas[schema].suffix : "", MNEME_PG_NAME_BYTES - 1,
            mneme_setting_info(is_derived ? MNEME_SETTING_PG_SCHEMA : schemas[schema].setting)->env);
    }
    return MNEME_OK;
}

/* Appends the identifier, quoted as SQL wants it; the path has room for it. */
static size_t append(char *path, size_t len, const char *name) {
    path[len++] = '"';
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '"') {
            path[len++] = '"';
        }
        path[len++] = *at;
    }
    path[len++] = '"';
    return len;
}

static int connect_along(struct mneme_postgres **out, const struct mneme_config *config,
                         const enum mneme_pg_schema *along, size_t count, const char *purpose,
                         struct mneme_error *error) {
    char path[PATH_BYTES];
    char names[MNEME_PG_SCHEMAS][MNEME_PG_NAME_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        int status = mneme_pg_schema_name(names[i], config, along[i], error);
        if (status != MNEME_OK) {
            return status;
        }
        len = append(path, len, names[i]);
        path[len++] = ',';
    }
    snprintf(path + len, sizeof path - len, "public");
    return mneme_pg_connect_path(out, config, names[0], path, purpose, error);
}

int mneme_pg_connect_to(struct mneme_postgres **out, const struct mneme_config *config,
                        enum mneme_pg_schema schema, const char *purpose, struct mneme_error *error) {
    if (schema == MNEME_PG_SCHEMA_LEDGER) {
        return mneme_pg_connect(out, config, purpose, error);
    }
    const enum mneme_pg_schema along[] = {schema, MNEME_PG_SCHEMA_LEDGER};
    return connect_along(out, config, along, sizeof along / sizeof *along, purpose, error);
}

int mneme_pg_connect_to_all(struct mneme_postgres **out, const struct mneme_config *config,
                            const char *purpose, struct mneme_error *error) {
    static const enum mneme_pg_schema along[] = {MNEME_PG_SCHEMA_LEDGER, MNEME_PG_SCHEMA_SEARCH,
                                                 MNEME_PG_SCHEMA_VECTORS};
    return connect_along(out, config, along, sizeof along / sizeof *along, purpose, error);
}
