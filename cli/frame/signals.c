/*
 * The interrupt flags. They are the one thing that the handler touches.
 */
#include "cli/frame/signals.h"

#include <signal.h>
#include <unistd.h>

#include "cli/frame/command.h"

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t interrupted_from_terminal;

/* Only a second SIGINT is impatience: a SIGTERM beside the first comes from a parent that passes it on. */
static void on_signal(int signal_number) {
    if (signal_number == SIGINT) {
        if (interrupted_from_terminal) {
            _exit(MNEME_EXIT_INTERRUPTED);
        }
        interrupted_from_terminal = 1;
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
