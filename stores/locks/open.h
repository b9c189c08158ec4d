/*
 * Opening with settings that are read already.
 */
#ifndef MNEME_STORES_LOCKS_OPEN_H
#define MNEME_STORES_LOCKS_OPEN_H

#include "common/config/config.h"
#include "stores/locks/locks.h"

/* MNEME_LOCK_URLS names the servers. Connects to them when a lock is acquired, not before. The settings are
 * needed for this call alone. MNEME_E_USAGE for a list that is none. The caller closes *out by
 * mneme_locks_close; it is NULL on an error. */
int mneme_locks_open_with(struct mneme_locks **out, const struct mneme_config *config,
                          struct mneme_error *error);

#endif
