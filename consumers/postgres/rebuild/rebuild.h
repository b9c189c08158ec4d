/*
 * How the projection `postgres` is rebuilt: into a schema apart, by COPY with few indexes, the rest of them
 * built afterwards, and by renaming schemas in one transaction.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_REBUILD_H
#define MNEME_CONSUMERS_POSTGRES_REBUILD_H

#include "consumers/runtime/rebuild.h"

extern const struct mneme_rebuild_ops mneme_postgres_rebuild;

/* See struct mneme_rebuild_ops. */
int mneme_postgres_rebuild_subject(struct mneme_subject_outcome *outcome,
                                   const struct mneme_subject_options *options, struct mneme_error *error);

#endif
