/*
 * Consent to commands that destroy more than the one thing they name by its id.
 */
#ifndef MNEME_CLI_CONSENT_H
#define MNEME_CLI_CONSENT_H

#include "cli/frame/command.h"

/* MNEME_EXIT_DONE when --yes was given, or the answer to the question on the terminal is yes. Otherwise
 * prints the reason, beginning with `nothing` such as "nothing was deleted", and returns MNEME_EXIT_UNSAFE or
 * MNEME_EXIT_INTERRUPTED. Does not ask unless both stdin and stderr are terminals; then only --yes consents.
 * The command must have MNEME_CLI_CONSENT. */
enum mneme_exit mneme_cli_consent(const struct mneme_cli *cli, const char *nothing, const char *question);

#endif
