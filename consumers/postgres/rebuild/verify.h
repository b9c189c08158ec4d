/*
 * Whether the live tables are what the log says: the log is folded apart, and row is compared with row.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_VERIFY_H
#define MNEME_CONSUMERS_POSTGRES_VERIFY_H

#include "consumers/runtime/rebuild.h"

/* See struct mneme_rebuild_ops. */
int mneme_postgres_verify(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                          struct mneme_error *error);

#endif
