/*
 * Facts about a Postgres server, and the rights of the current user.
 */
#ifndef MNEME_QUERIES_SERVER_FACTS_H
#define MNEME_QUERIES_SERVER_FACTS_H

#include "common/postgres/schema.h"
#include "queries/question.h"

struct mneme_server_facts {
    char version[64];
    int64_t version_number; /* 150004 for 15.4 */
    int64_t now;            /* its clock, microseconds */
    char role[MNEME_PG_NAME_BYTES], database[MNEME_PG_NAME_BYTES];
    bool may_create; /* schemas in the database */
    char vector_version[32],
        vector_available[32]; /* versions of pgvector in the database and on the server; "": not there */
    bool may_add_vector;      /* to the database */
};

int mneme_server_facts_read(struct mneme_server_facts *out, struct mneme_postgres *postgres,
                            struct mneme_error *error);

struct mneme_server_schema {
    bool is_there; /* else nothing below is set */
    bool is_owner;
    char owner[MNEME_PG_NAME_BYTES];
    char refused[256]; /* tables whose rows the user may not read and write, as far as there is room; "": none
                        */
};

int mneme_server_schema_read(struct mneme_server_schema *out, struct mneme_postgres *postgres,
                             const char *schema, struct mneme_error *error);

#endif
