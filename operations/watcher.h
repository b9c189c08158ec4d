/*
 * The watcher reads how far projections have come and wakes everyone who waits for a position or a verdict,
 * so that a thousand waits cost as many queries as one. Its thread and its connection exist only while
 * somebody waits.
 */
#ifndef MNEME_OPERATIONS_WATCHER_H
#define MNEME_OPERATIONS_WATCHER_H

#include "common/base/arena.h"
#include "common/base/cancel.h"
#include "common/config/config.h"
#include "common/config/projections.h"
#include "queries/verdicts.h"

struct mneme_watcher;

/* `topic` is the events topic; both are borrowed. Connects to nothing yet. */
int mneme_watcher_open(struct mneme_watcher **out, const struct mneme_config *config, const char *topic,
                       struct mneme_error *error);
/* Must not be called while somebody waits. NULL is allowed. */
void mneme_watcher_close(struct mneme_watcher *watcher);

/* Waits until the tables have passed all positions, like mneme_position_wait_shown. Any thread may call it.
 */
int mneme_watcher_wait(struct mneme_watcher *watcher, const struct mneme_position *positions, size_t count,
                       const struct mneme_cancel *cancel, struct mneme_error *error);

/* Waits for the verdicts of events that the caller published itself: verdicts[i] is that of positions[i],
 * with its strings in the arena, or a null verdict if the ledger does not have the event. MNEME_E_TIMEOUT
 * names a missing position. Any thread may call it. */
int mneme_watcher_verdicts(struct mneme_verdict_row *verdicts, struct mneme_watcher *watcher,
                           const struct mneme_position *positions, size_t count, struct mneme_arena *arena,
                           const struct mneme_cancel *cancel, struct mneme_error *error);

#endif
