/*
 * Whether everything can be embedded from the beginning: the log must have its beginning, or what it has lost
 * must be recorded, and the ledger, whose verdicts and versions texts depend on, must be made from it.
 */
#ifndef MNEME_CONSUMERS_EMBEDDABLE_H
#define MNEME_CONSUMERS_EMBEDDABLE_H

#include "common/config/config.h"
#include "consumers/log/history.h"

/* Fills *history with what is recorded of the log; history->lost_until is the caller's to free, on an error
 * too. MNEME_E_UNSAFE names the command that comes first. */
int mneme_embeddable_log(struct mneme_log_history *history, const struct mneme_config *config,
                         struct mneme_error *error);

#endif
