/*
 * Asks on the terminal; without one, only --yes consents.
 */
#include "cli/frame/consent.h"

#include <stdio.h>
#include <unistd.h>

static enum mneme_exit refuse(const char *nothing, const char *why) {
    fprintf(stderr, "mneme: %s: %s\n", nothing, why);
    return mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : MNEME_EXIT_UNSAFE;
}

enum mneme_exit mneme_cli_consent(const struct mneme_cli *cli, const char *nothing, const char *question) {
    char answer[8];
    if (mneme_cli_flag(cli, "yes")) {
        return MNEME_EXIT_DONE;
    }
    if (!cli->stderr_is_terminal || isatty(STDIN_FILENO) != 1) {
        return refuse(nothing, "there is no terminal to ask for your consent; give --yes");
    }
    fprintf(stderr, "%s [y/N] ", question);
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y')) {
        return MNEME_EXIT_DONE;
    }
    return refuse(nothing, "you did not agree; answer y, or give --yes");
}
