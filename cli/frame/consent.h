/*
 * Agreement to what destroys more than the one thing that a call names by its id.
 */
#ifndef MNEME_CLI_CONSENT_H
#define MNEME_CLI_CONSENT_H

#include "cli/frame/command.h"

/* MNEME_EXIT_DONE when --yes was given, or the answer to the question on the terminal is yes. Else prints why
 * not, beginning with `nothing` such as "nothing was deleted", and gives MNEME_EXIT_UNSAFE, or
 * MNEME_EXIT_INTERRUPTED. Where input or messages are no terminal nobody is asked, and only --yes agrees. The
 * command takes MNEME_CLI_CONSENT. */
enum mneme_exit mneme_cli_consent(const struct mneme_cli *cli, const char *nothing, const char *question);

#endif
