/*
 * What the ledger's schema records of the log (consumers/log/history.h), and recording a loss.
 */
#ifndef MNEME_CONSUMERS_STORE_LOG_HISTORY_H
#define MNEME_CONSUMERS_STORE_LOG_HISTORY_H

#include "consumers/log/history.h"
#include "consumers/runtime/rebuild.h"
#include "consumers/store/rebuild/scratch.h"

/* The operation `history` of struct mneme_rebuild_ops. Without a ledger, nothing is recorded. */
int mneme_store_log_history(struct mneme_log_history *history, const struct mneme_config *config,
                            const struct mneme_rebuild_log *log, struct mneme_error *error);

/* Records in the scratch schema, which is the ledger's, where the log begins now. */
int mneme_store_record_loss(struct mneme_scratch *scratch, const struct mneme_rebuild_log *log,
                            struct mneme_error *error);

#endif
