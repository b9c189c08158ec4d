/*
 * Opening with settings that are read already.
 */
#ifndef MNEME_STORES_LOCKS_OPEN_H
#define MNEME_STORES_LOCKS_OPEN_H

#include "common/config/config.h"
#include "stores/locks/locks.h"

/* As mneme_locks_open of the library. The settings are needed for this call alone. */
int mneme_locks_open_with(struct mneme_locks **out, const struct mneme_config *config,
                          struct mneme_error *error);

#endif
