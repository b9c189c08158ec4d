/*
 * The tables' migrations: which are applied, which are to be, and applying them. Each is one transaction with
 * its record; any number of processes may do it at once.
 */
#ifndef MNEME_CONSUMERS_STORE_MIGRATE_H
#define MNEME_CONSUMERS_STORE_MIGRATE_H

#include "common/postgres/postgres.h"
#include "sql/embedded.h"

/* How many of `set` are applied; the rest is to be. MNEME_E_UNSAFE when the database has migrations that
 * `set` lacks (it is newer than the program), or when one was applied from another text. Blocks. */
int mneme_migrate_count(size_t *applied, struct mneme_postgres *postgres, struct mneme_migration_set set,
                        struct mneme_error *error);

/* MNEME_E_NOT_FOUND when one of the set is not applied, else as mneme_migrate_count. */
int mneme_migrate_check(struct mneme_postgres *postgres, struct mneme_migration_set set,
                        struct mneme_error *error);

/* Makes the schema and applies the whole set in the transaction that the connection is in. */
int mneme_migrate_within(struct mneme_postgres *postgres, const char *schema, struct mneme_migration_set set,
                         struct mneme_error *error);

/* Makes the schema if need be and applies what is missing; `on_applied`, which may be NULL, is told of each.
 * Waits up to a minute for another process that does the same. What was applied before a failure stays.
 * Blocks. */
int mneme_migrate(struct mneme_postgres *postgres, const char *schema, struct mneme_migration_set set,
                  void (*on_applied)(void *context, const struct mneme_migration *migration), void *context,
                  struct mneme_error *error);

#endif
