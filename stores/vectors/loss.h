/*
 * That the records which the vectors are made from, or the log that these come from, are gone or are others
 * now: seen by whoever looks at both, and told to those who ask the vectors, which look at neither.
 */
#ifndef MNEME_STORES_VECTORS_LOSS_H
#define MNEME_STORES_VECTORS_LOSS_H

#include "common/config/projections.h"
#include "common/postgres/postgres.h"

/* Who sees it. */
#define MNEME_LOSS_SEEN_IN_LOG mneme_projections[MNEME_PROJECTION_EMBED].name
#define MNEME_LOSS_SEEN_IN_RECORDS mneme_projections[MNEME_PROJECTION_VECTORS].name

/* Notes it for the active generation, or with a null reason that it is not so. Opens a connection of its own;
 * any thread. That it could not be noted is told in the log alone. */
void mneme_loss_write(const struct mneme_config *config, const char *seen_by, const char *reason);

/* The reason that was noted for the generation, by `seen_by` or (NULL) by anybody, cut to `size` bytes with
 * the NUL; "" when there is none. The search path has the schema of vectors. */
int mneme_loss_read(char *reason, size_t size, struct mneme_postgres *postgres, int32_t generation,
                    const char *seen_by, struct mneme_error *error);

#endif
