/*
 * The rebuild of the ledger and its tables: like that of any schema, plus the months' indexes, and the
 * rebuild of one subject's rows.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_REBUILD_H
#define MNEME_CONSUMERS_POSTGRES_REBUILD_H

#include "consumers/store/rebuild/rebuild.h"

extern const struct mneme_rebuild_ops mneme_ledger_rebuild;

/* See struct mneme_rebuild_ops. */
int mneme_ledger_rebuild_subject(struct mneme_subject_outcome *outcome,
                                 const struct mneme_subject_options *options, struct mneme_error *error);

#endif
