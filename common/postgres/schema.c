/*
 * Names of schemas, and connections with search paths of these.
 */
#include "common/postgres/schema.h"

#include <stdio.h>

#include "common/postgres/session.h"

/* Identifiers that are quoted, with commas between them. */
#define PATH_BYTES (MNEME_PROJECTIONS * (2 * MNEME_PG_NAME_BYTES + 4) + 16)

int mneme_pg_schema_name(char name[MNEME_PG_NAME_BYTES], const struct mneme_config *config,
                         enum mneme_projection projection, struct mneme_error *error) {
    const struct mneme_projection_facts *ledger = &mneme_projections[MNEME_PROJECTION_POSTGRES];
    const struct mneme_projection_facts *facts =
        mneme_projections[projection].has_schema ? &mneme_projections[projection] : ledger;
    const char *base = mneme_config_string(config, facts->schema_setting);
    enum mneme_setting setting = facts->schema_setting;
    const char *suffix = "";
    if (*base == '\0') {
        setting = ledger->schema_setting;
        base = mneme_config_string(config, setting);
        suffix = facts->schema_suffix;
    }
    int len = snprintf(name, MNEME_PG_NAME_BYTES, "%s%s", base, suffix);
    if (len < 0 || len >= MNEME_PG_NAME_BYTES) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "cannot use schema %s%s: the name is longer than %d bytes; shorten %s", base,
                               suffix, MNEME_PG_NAME_BYTES - 1, mneme_setting_info(setting)->env);
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
                         const enum mneme_projection *along, size_t count, const char *purpose,
                         const struct mneme_cancel *cancel, struct mneme_error *error) {
    char path[PATH_BYTES];
    char names[MNEME_PROJECTIONS][MNEME_PG_NAME_BYTES];
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
    return mneme_pg_connect_path(out, config, names[0], path, purpose, cancel, error);
}

int mneme_pg_connect_to(struct mneme_postgres **out, const struct mneme_config *config,
                        enum mneme_projection projection, const char *purpose, struct mneme_error *error) {
    if (projection == MNEME_PROJECTION_POSTGRES) {
        return mneme_pg_connect(out, config, purpose, error);
    }
    const enum mneme_projection along[] = {projection, MNEME_PROJECTION_POSTGRES};
    return connect_along(out, config, along, sizeof along / sizeof *along, purpose, NULL, error);
}

int mneme_pg_connect_to_all(struct mneme_postgres **out, const struct mneme_config *config,
                            const char *purpose, struct mneme_error *error) {
    return mneme_pg_connect_to_all_within(out, config, purpose, NULL, error);
}

int mneme_pg_connect_to_all_within(struct mneme_postgres **out, const struct mneme_config *config,
                                   const char *purpose, const struct mneme_cancel *cancel,
                                   struct mneme_error *error) {
    static const enum mneme_projection along[] = {MNEME_PROJECTION_POSTGRES, MNEME_PROJECTION_SEARCH,
                                                  MNEME_PROJECTION_VECTORS};
    return connect_along(out, config, along, sizeof along / sizeof *along, purpose, cancel, error);
}
