/*
 * What the verbs over working memory share: whose it is, and reading it.
 */
#ifndef MNEME_CLI_WORKING_H
#define MNEME_CLI_WORKING_H

#include "cli/frame/command.h"
#include "queries/working.h"

extern const struct mneme_command mneme_command_context_get;
extern const struct mneme_command mneme_command_context_events;

extern const struct mneme_command mneme_command_working_show;

/* Row for a table of options of a verb about a context. */
#define MNEME_WORKING_CONTEXT_OPTION                                                                         \
    { "context", 0, "ID", -1, "A context of its own, outside any conversation, instead of --conversation." }

/* Row for a table of options of a verb that reads. */
#define MNEME_WORKING_STREAM_OPTION                                                                          \
    { "stream", 0, "ID", -1, "The stream it was written to; by default the user's, else the agent's." }

/* Prints of what was read; the exit code. */
typedef enum mneme_exit mneme_working_show_fn(const struct mneme_cli *cli,
                                              const struct mneme_working_place *place,
                                              const struct mneme_working *working);

/* Reads the working memory of --conversation (or --context), behind --at-least, and shows it. Of the question
 * `asked` the place is filled in; NULL: all that is at hand. */
enum mneme_exit mneme_working_read_and_show(struct mneme_cli *cli, const struct mneme_working_question *asked,
                                            mneme_working_show_fn *show);

#endif
