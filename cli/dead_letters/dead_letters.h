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

/* --projection: null when it was not given; MNEME_E_USAGE unless there is a projection of that name. */
int mneme_dead_letters_projection(struct mneme_str *out, const struct mneme_cli *cli,
                                  struct mneme_error *error);

/* The first argument as a position; MNEME_E_USAGE. */
int mneme_dead_letters_position(struct mneme_position *out, const struct mneme_cli *cli,
                                struct mneme_error *error);

/* Reports the outcome of events that were tried again: with --json one line for each, else the first ones
 * that stay parked, on stderr. */
struct mneme_redrive_report {
    struct mneme_cli *cli;
    struct mneme_buffer line;
    int64_t parked;
};

/* `context` is a struct mneme_redrive_report; a callback for struct mneme_redrive. */
void mneme_redrive_report_event(void *context, const char *projection, const struct mneme_batch_item *item);

/* Call after the last event: says how many more stay parked that were not printed. */
void mneme_redrive_report_rest(const struct mneme_redrive_report *report);

#endif
