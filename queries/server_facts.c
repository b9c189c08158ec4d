/*
 * One query for the server, and one for each schema.
 */
#include "queries/server_facts.h"

#include <stdio.h>

#include "sql/embedded.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct server_row {
    struct mneme_str version, role, database, vector_version, vector_available;
    int64_t version_number, now;
    bool may_create, may_add_vector;
};

static void put(char *out, size_t bytes, struct mneme_str text) {
    snprintf(out, bytes, "%.*s", (int)(text.len < bytes ? text.len : bytes - 1),
             text.data == NULL ? "" : text.data);
}

static bool take_server(const void *visited, void *context) {
    const struct server_row *row = visited;
    struct mneme_server_facts *out = context;
    out->version_number = row->version_number;
    out->now = row->now;
    out->may_create = row->may_create;
    out->may_add_vector = row->may_add_vector;
    put(out->version, sizeof out->version, row->version);
    put(out->role, sizeof out->role, row->role);
    put(out->database, sizeof out->database, row->database);
    put(out->vector_version, sizeof out->vector_version, row->vector_version);
    put(out->vector_available, sizeof out->vector_available, row->vector_available);
    return true;
}

int mneme_server_facts_read(struct mneme_server_facts *out, struct mneme_postgres *postgres,
                            struct mneme_error *error) {
    static const struct mneme_row_column columns[] = {
        {"version", MNEME_ROW_STR, offsetof(struct server_row, version)},
        {"version_number", MNEME_ROW_LONG, offsetof(struct server_row, version_number)},
        {"now", MNEME_ROW_TIME, offsetof(struct server_row, now)},
        {"role", MNEME_ROW_STR, offsetof(struct server_row, role)},
        {"database", MNEME_ROW_STR, offsetof(struct server_row, database)},
        {"may_create", MNEME_ROW_BOOL, offsetof(struct server_row, may_create)},
        {"vector_version", MNEME_ROW_STR, offsetof(struct server_row, vector_version)},
        {"vector_available", MNEME_ROW_STR, offsetof(struct server_row, vector_available)},
        {"may_add_vector", MNEME_ROW_BOOL, offsetof(struct server_row, may_add_vector)},
    };
    static const struct mneme_question question = {"the server was not asked", mneme_sql_doctor_server,
                                                   columns, COUNT(columns), sizeof(struct server_row)};
    *out = (struct mneme_server_facts){0};
    return mneme_query_run(postgres, &question, NULL, take_server, out, NULL, error);
}

struct schema_row {
    struct mneme_str owner, refused;
    bool is_owner;
};

static bool take_schema(const void *visited, void *context) {
    const struct schema_row *row = visited;
    struct mneme_server_schema *out = context;
    out->is_there = true;
    out->is_owner = row->is_owner;
    put(out->owner, sizeof out->owner, row->owner);
    put(out->refused, sizeof out->refused, row->refused);
    return true;
}

int mneme_server_schema_read(struct mneme_server_schema *out, struct mneme_postgres *postgres,
                             const char *schema, struct mneme_error *error) {
    static const struct mneme_row_column columns[] = {
        {"owner", MNEME_ROW_STR, offsetof(struct schema_row, owner)},
        {"is_owner", MNEME_ROW_BOOL, offsetof(struct schema_row, is_owner)},
        {"refused", MNEME_ROW_STR, offsetof(struct schema_row, refused)},
    };
    static const struct mneme_question question = {"the schema was not read", mneme_sql_doctor_schema,
                                                   columns, COUNT(columns), sizeof(struct schema_row)};
    struct mneme_pg_params params = {0};
    *out = (struct mneme_server_schema){0};
    mneme_pg_param_str(&params, mneme_str_from(schema));
    int status = mneme_query_run(postgres, &question, &params, take_schema, out, NULL, error);
    mneme_pg_params_clean_up(&params);
    return status;
}
