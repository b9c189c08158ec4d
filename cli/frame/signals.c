/*
 * The interrupt flag. It is the one thing that the handler touches.
 */
#include "cli/frame/signals.h"

#include <signal.h>
#include <unistd.h>

#include "cli/frame/command.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int signal_number) {
    if (interrupted && signal_number == SIGINT) {
        _exit(MNEME_EXIT_INTERRUPTED);
    }
    interrupted = 1;
}

void mneme_cli_catch_signals(void) {
    /* No SA_RESTART: a read of the terminal or a pipe ends, so that the flag is seen. */
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

bool mneme_cli_interrupted(void) {
    return interrupted != 0;
}
static bool is_cancelled(void *context) {
    (void)context;
    return mneme_cli_interrupted();
}

const struct mneme_cancel mneme_cli_cancel = {.is_cancelled = is_cancelled};
