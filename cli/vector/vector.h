/*
 * What the verbs over raw vectors share: a vector as JSON, and publishing with a receipt for each.
 */
#ifndef MNEME_CLI_VECTOR_H
#define MNEME_CLI_VECTOR_H

#include "cli/frame/command.h"
#include "common/base/arena.h"
#include "producers/publisher.h"

extern const struct mneme_command mneme_command_vector_add;
extern const struct mneme_command mneme_command_vector_query;
extern const struct mneme_command mneme_command_vector_delete;

#define MNEME_VECTOR_COLLECTION "default" /* where none is named */

/* A JSON array of numbers as floats in the arena. MNEME_E_INVALID for anything else. */
int mneme_vector_parse(float **out, size_t *dimensions, struct mneme_str json, struct mneme_arena *arena,
                       struct mneme_error *error);

/* Publishes what belongs to vectors, in order and many at a time. */
struct mneme_vector_publisher;

int mneme_vector_publisher_open(struct mneme_vector_publisher **out, const struct mneme_cli *cli,
                                struct mneme_error *error);

/* Ends it; everything has been settled before. NULL is fine. */
void mneme_vector_publisher_close(struct mneme_vector_publisher *publisher);

/* Queues an event of the type about that id: `payload` is the members of its payload, without braces. */
int mneme_vector_publisher_put(struct mneme_vector_publisher *publisher, const char *type,
                               struct mneme_str id, struct mneme_str collection, struct mneme_str payload,
                               struct mneme_error *error);

/* Waits for the brokers and prints a receipt for each; the exit code of the worst. */
enum mneme_exit mneme_vector_publisher_settle(struct mneme_vector_publisher *publisher);

#endif
