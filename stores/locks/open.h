/*
 * Opens locks with settings that are already read.
 */
#ifndef MNEME_STORES_LOCKS_OPEN_H
#define MNEME_STORES_LOCKS_OPEN_H

#include "common/config/config.h"
#include "stores/locks/locks.h"

/* MNEME_LOCK_URLS names the servers. Connects to them only when a lock is acquired. The settings are needed
 * only during this call. MNEME_E_USAGE for an invalid list. The caller closes *out with mneme_locks_close; it
 * is NULL on an error. */
int mneme_locks_open_with(struct mneme_locks **out, const struct mneme_config *config,
                          struct mneme_error *error);

#endif
