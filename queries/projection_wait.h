/*
 * Waits until projections other than the ledger hold what was written: full text, and the vectors with the
 * embeddings that they come from.
 */
#ifndef MNEME_QUERIES_PROJECTION_WAIT_H
#define MNEME_QUERIES_PROJECTION_WAIT_H

#include "common/config/config.h"
#include "queries/position_wait.h"

/* Returns once full text has passed every position of the events topic. Opens its own connection.
 * MNEME_E_TIMEOUT says what is missing and what to start, MNEME_E_UNAVAILABLE which position is parked there.
 */
int mneme_search_wait(const struct mneme_config *config, const struct mneme_position *positions, size_t count,
                      const struct mneme_query_wait *wait, struct mneme_error *error);

/* Returns once every event up to and at the positions is embedded and its vectors are in the store: those of
 * the model (NULL: the active one, else that of the settings). Asks the brokers how far the embeddings go.
 * The bound covers all of this. */
int mneme_vectors_wait(const struct mneme_config *config, const char *model,
                       const struct mneme_position *positions, size_t count,
                       const struct mneme_query_wait *wait, struct mneme_error *error);

/* Whether a worker of full text has ever run: it has progress in the events topic. False also when that
 * cannot be found out. Opens its own connection. */
bool mneme_search_has_begun(const struct mneme_config *config);

/* The same for the embeddings that the vectors of the model come from; `model` as above. */
bool mneme_vectors_have_begun(const struct mneme_config *config, const char *model);

#endif
