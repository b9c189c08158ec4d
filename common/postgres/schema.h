/*
 * The schemas in Postgres: one for the ledger and its tables, and one for each other projection, so that each
 * can be rebuilt and put in the place of the old one by itself.
 */
#ifndef MNEME_COMMON_POSTGRES_SCHEMA_H
#define MNEME_COMMON_POSTGRES_SCHEMA_H

#include "common/config/projections.h"
#include "common/postgres/postgres.h"

#define MNEME_PG_NAME_BYTES 64 /* of an identifier, with a NUL */

/* The schema of the projection; of one without a schema of its own the ledger's. MNEME_E_USAGE when the name
 * is too long for Postgres. */
int mneme_pg_schema_name(char name[MNEME_PG_NAME_BYTES], const struct mneme_config *config,
                         enum mneme_projection projection, struct mneme_error *error);

/* As mneme_pg_connect, with a search path of that schema and, for another than the ledger's, the ledger's and
 * `public` (where extensions are) behind it: tables of its own hide the ledger's of the same name. */
int mneme_pg_connect_to(struct mneme_postgres **out, const struct mneme_config *config,
                        enum mneme_projection projection, const char *purpose, struct mneme_error *error);

/* The same for reading: the ledger's schema first, then those of search and vectors, then `public`. */
int mneme_pg_connect_to_all(struct mneme_postgres **out, const struct mneme_config *config,
                            const char *purpose, struct mneme_error *error);

/* The same, ended by the cancel (may be NULL), which is that of the connection then: MNEME_E_TIMEOUT. */
int mneme_pg_connect_to_all_within(struct mneme_postgres **out, const struct mneme_config *config,
                                   const char *purpose, const struct mneme_cancel *cancel,
                                   struct mneme_error *error);

#endif
