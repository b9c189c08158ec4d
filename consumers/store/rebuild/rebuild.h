/*
 * Rebuilding and verifying a projection that is a schema of Postgres: it is folded into a separate schema, by
 * COPY with few indexes; the other indexes are built afterwards, and schemas are renamed in one transaction.
 */
#ifndef MNEME_CONSUMERS_STORE_REBUILD_H
#define MNEME_CONSUMERS_STORE_REBUILD_H

#include "common/postgres/schema.h"
#include "consumers/runtime/rebuild.h"
#include "consumers/store/rebuild/scratch.h"
#include "sql/embedded.h"

/* What differs from projection to projection. */
struct mneme_store_rebuild {
    const struct mneme_projection_ops *projection;
    enum mneme_projection schema;
    const struct mneme_migration_set *migrations;
    const struct mneme_catalog_example *example; /* of parts that are made during the load; or NULL */
    bool keeps_losses;                           /* its schema has the table log_losses */
    const char *list_indexes_sql;     /* adds the load's indexes to the table rebuild_indexes; or NULL */
    const char *complete_indexes_sql; /* after all indexes, and again right before the switch; or NULL */
};

/* The operations of struct mneme_rebuild_ops. A projection wraps the first three with its own constant
 * struct mneme_store_rebuild, which must outlive the rebuild, and takes the others as they are. */
int mneme_store_rebuild_begin(void **rebuild, const struct mneme_store_rebuild *kind,
                              const struct mneme_config *config, const struct mneme_rebuild_log *log,
                              bool *is_resumed, struct mneme_error *error);
int mneme_store_rebuild_abandon(const struct mneme_store_rebuild *kind, const struct mneme_config *config,
                                bool *was_there, struct mneme_error *error);
int mneme_store_verify(struct mneme_verify_outcome *outcome, const struct mneme_store_rebuild *kind,
                       const struct mneme_verify_options *options, struct mneme_error *error);

int mneme_store_rebuild_restart(void *rebuild, const struct mneme_rebuild_log *log,
                                struct mneme_error *error);
const struct mneme_config *mneme_store_rebuild_config(void *rebuild);
int mneme_store_rebuild_finish_load(void *rebuild, unsigned jobs, struct mneme_error *error);
int mneme_store_rebuild_freeze(void *rebuild, struct mneme_error *error);
int mneme_store_rebuild_swap(void *rebuild, const int64_t *next_offsets, int32_t partitions,
                             struct mneme_error *error);
void mneme_store_rebuild_end(void *rebuild);

#endif
