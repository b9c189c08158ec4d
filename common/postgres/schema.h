/*
 * The schemas in Postgres: one for the ledger and its tables, and one for each other projection, so that each
 * can be rebuilt and replaced separately.
 */
#ifndef MNEME_COMMON_POSTGRES_SCHEMA_H
#define MNEME_COMMON_POSTGRES_SCHEMA_H

#include "common/config/projections.h"
#include "common/postgres/postgres.h"

#define MNEME_PG_NAME_BYTES 64 /* of an identifier, with a NUL */

/* The schema of the projection, or the ledger's if it has none. MNEME_E_USAGE when the name is too long for
 * Postgres. */
int mneme_pg_schema_name(char name[MNEME_PG_NAME_BYTES], const struct mneme_config *config,
                         enum mneme_projection projection, struct mneme_error *error);

/* Like mneme_pg_connect, with a search path of that schema and, if it is not the ledger's, then the ledger's
 * and `public` (which has the extensions): the projection's tables hide the ledger's tables of the same name.
 */
int mneme_pg_connect_to(struct mneme_postgres **out, const struct mneme_config *config,
                        enum mneme_projection projection, const char *purpose, struct mneme_error *error);

/* The same for reading: the ledger's schema first, then those of search and vectors, then `public`. */
int mneme_pg_connect_to_all(struct mneme_postgres **out, const struct mneme_config *config,
                            const char *purpose, struct mneme_error *error);

/* The same, with a cancel (may be NULL) that also becomes the connection's: MNEME_E_TIMEOUT. */
int mneme_pg_connect_to_all_within(struct mneme_postgres **out, const struct mneme_config *config,
                                   const char *purpose, const struct mneme_cancel *cancel,
                                   struct mneme_error *error);

#endif
