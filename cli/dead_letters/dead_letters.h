/*
 * The verbs of `mneme dead-letters`, and what they have in common.
 */
#ifndef MNEME_CLI_DEAD_LETTERS_H
#define MNEME_CLI_DEAD_LETTERS_H

#include "cli/frame/command.h"
#include "consumers/log/batch.h"

extern const struct mneme_command mneme_command_dead_letters_park;
extern const struct mneme_command mneme_command_dead_letters_redrive;
extern const struct mneme_command mneme_command_dead_letters_drop;

/* --projection: null when it was not given; MNEME_E_USAGE unless a projection is called so. */
int mneme_dead_letters_projection(struct mneme_str *out, const struct mneme_cli *cli,
                                  struct mneme_error *error);

/* The first argument as a position; MNEME_E_USAGE. */
int mneme_dead_letters_position(struct mneme_position *out, const struct mneme_cli *cli,
                                struct mneme_error *error);

/* Tells what became of events that were tried again: as a line of JSON each, or on stderr those that stay
 * parked, up to some. */
struct mneme_retelling {
    struct mneme_cli *cli;
    struct mneme_buffer line;
    int64_t told;
};

/* `context` is a struct mneme_retelling; fits struct mneme_redrive. */
void mneme_retelling_event(void *context, const char *projection, const struct mneme_batch_item *item);

/* Behind the last event: how many stay parked that were not told. */
void mneme_retelling_rest(const struct mneme_retelling *retelling);

#endif
