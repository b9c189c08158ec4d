/*
 * Memories that can be recalled, made without the log: rows of the tables, of full text and of the vectors as
 * the projections write them, since only reading them is measured. Memory n belongs to the user n modulo the
 * number of scopes, and says words whose ranks are spread as in a language.
 */
#ifndef MNEME_TESTS_RECALL_GROUND_H
#define MNEME_TESTS_RECALL_GROUND_H

#include "common/postgres/postgres.h"
#include "stores/vectors/generation.h"
#include "tests/support/fixture.h"

struct mneme_recall_ground {
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres; /* looks into all schemas */
    struct mneme_generation generation;
    long memories, scopes;
};

/* A database with so many memories in so many scopes; `dimensions` 0: without vectors, else with those of the
 * settings' model. To be cleaned up even after an error. */
int mneme_recall_ground_init(struct mneme_recall_ground *ground, long memories, long scopes, int dimensions,
                             struct mneme_error *error);
void mneme_recall_ground_clean_up(struct mneme_recall_ground *ground);

/* The next number by chance; the state is not 0. */
uint64_t mneme_recall_ground_chance(uint64_t *state);

/* A question of four words, and the user whom it is about. */
void mneme_recall_ground_question(char text[128], char user[32], const struct mneme_recall_ground *ground,
                                  uint64_t *chance);

/* The value below which that share of them lies; sorts them. */
double mneme_recall_ground_percentile(double *values, size_t count, double share);

#endif
