/*
 * Records that the source of the vectors (their records, or the log behind these) was lost or replaced:
 * noticed by workers, which check both, and shown to readers of the vectors, which check neither.
 */
#ifndef MNEME_STORES_VECTORS_LOSS_H
#define MNEME_STORES_VECTORS_LOSS_H

#include "common/config/projections.h"
#include "common/postgres/postgres.h"

/* Who noticed it. */
#define MNEME_LOSS_SEEN_IN_LOG mneme_projections[MNEME_PROJECTION_EMBED].name
#define MNEME_LOSS_SEEN_IN_RECORDS mneme_projections[MNEME_PROJECTION_VECTORS].name

/* Records the loss for the active generation, or with a null reason, that there is none. Opens its own
 * connection; any thread. A failure is only logged. */
void mneme_loss_write(const struct mneme_config *config, const char *seen_by, const char *reason);

/* The reason recorded for the generation, by `seen_by` or (NULL) by anybody, cut to `size` bytes with the
 * NUL; "" when there is none. The search path includes the schema of vectors. */
int mneme_loss_read(char *reason, size_t size, struct mneme_postgres *postgres, int32_t generation,
                    const char *seen_by, struct mneme_error *error);

#endif
