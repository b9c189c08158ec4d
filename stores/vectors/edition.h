/*
 * Editions of a model's records: all of them, made once from a log, on a topic of their own. Records carry
 * positions of the log that they come from, by which older never replaces newer, so those of another log
 * never go among them. One edition of a model counts; another is filled beside it and takes its place
 * together with the generation of vectors that is filled from it.
 *
 * They are kept in the schema of the projection `embed`, whatever the search path of the connection is. All
 * functions take part in a transaction that is open.
 */
#ifndef MNEME_STORES_VECTORS_EDITION_H
#define MNEME_STORES_VECTORS_EDITION_H

#include "stores/vectors/generation.h"

/* The one that counts; 1 where nothing else is known. */
int mneme_edition_current(int32_t *edition, struct mneme_postgres *postgres,
                          const struct mneme_config *config, const char *model, struct mneme_error *error);

/* The topic of the one that counts. */
int mneme_edition_current_topic(char topic[MNEME_TOPIC_NAME_BYTES], struct mneme_postgres *postgres,
                                const struct mneme_config *config, const char *model,
                                struct mneme_error *error);

/* One that nobody has used, in Postgres or as a topic on the brokers, and its topic's name. */
int mneme_edition_unused(int32_t *edition, char topic[MNEME_TOPIC_NAME_BYTES],
                         struct mneme_postgres *postgres, const struct mneme_config *config,
                         const char *model, struct mneme_error *error);

/* By which name `embed` keeps its progress of an edition: "embed.<model>" of the one that counts, that and
 * "#<edition>" of another. NUL-terminated. */
#define MNEME_EDITION_PROGRESS_BYTES (MNEME_MODEL_BYTES + 24)
void mneme_edition_progress(char text[MNEME_EDITION_PROGRESS_BYTES], const char *model, int32_t edition,
                            bool is_current);

/* Makes the generation's edition the one that counts, unless it is: the progress and what is parked of it
 * become those of the model, with epochs that no writer has. What is remembered of the one before stays until
 * mneme_edition_forget. */
int mneme_edition_take(const struct mneme_generation *generation, struct mneme_postgres *postgres,
                       const struct mneme_config *config, struct mneme_error *error);

/* Forgets what `embed` remembers of the model's editions that neither count nor have a generation; topics
 * stay. The search path has the schema of vectors. */
int mneme_edition_forget(struct mneme_postgres *postgres, const struct mneme_config *config,
                         const char *model, struct mneme_error *error);

#endif
