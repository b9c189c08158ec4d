/*
 * Editions of a model's records: an edition has all records, created from one log, on its own topic. Records
 * carry their positions in that log, so that older ones never replace newer ones; so records of another log
 * are never mixed with them. One edition of a model is current; another can be filled in parallel, and
 * replaces it together with the generation of vectors that is filled from it.
 *
 * They are kept in the schema of the projection `embed`, regardless of the connection's search path. All
 * functions take part in an open transaction.
 */
#ifndef MNEME_STORES_VECTORS_EDITION_H
#define MNEME_STORES_VECTORS_EDITION_H

#include "stores/vectors/generation.h"

/* The current edition; 1 by default. */
int mneme_edition_current(int32_t *edition, struct mneme_postgres *postgres,
                          const struct mneme_config *config, const char *model, struct mneme_error *error);

/* The topic of the current edition. */
int mneme_edition_current_topic(char topic[MNEME_TOPIC_NAME_BYTES], struct mneme_postgres *postgres,
                                const struct mneme_config *config, const char *model,
                                struct mneme_error *error);

/* An edition number that is unused, in Postgres and as a topic on the brokers, and its topic's name. */
int mneme_edition_unused(int32_t *edition, char topic[MNEME_TOPIC_NAME_BYTES],
                         struct mneme_postgres *postgres, const struct mneme_config *config,
                         const char *model, struct mneme_error *error);

/* The name under which `embed` keeps its progress in an edition: "embed.<model>" for the current one, with
 * "#<edition>" appended for others. NUL-terminated. */
#define MNEME_EDITION_PROGRESS_BYTES (MNEME_MODEL_BYTES + 24)
void mneme_edition_progress(char text[MNEME_EDITION_PROGRESS_BYTES], const char *model, int32_t edition,
                            bool is_current);

/* Makes the generation's edition the current one, unless it is already: its progress and parked events become
 * those of the model, with epochs that no writer has. The data of the former edition stays until
 * mneme_edition_forget. */
int mneme_edition_take(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                       const struct mneme_config *config, struct mneme_error *error);

/* Deletes the data that `embed` keeps of the model's editions that are not current and have no generation;
 * topics stay. The search path includes the schema of vectors. */
int mneme_edition_forget(struct mneme_postgres *postgres, const struct mneme_config *config,
                         const char *model, struct mneme_error *error);

#endif
