/*
 * Signals of the program: SIGINT and SIGTERM raise the flag that mneme_cli_interrupted() tells.
 */
#ifndef MNEME_CLI_SIGNALS_H
#define MNEME_CLI_SIGNALS_H

#include <stdbool.h>

/* Process-wide; call once, before any thread is started. A second SIGINT ends the process at once, with 130.
 * SIGPIPE is ignored, since it would also end the process when a service closes a connection. */
void mneme_cli_catch_signals(void);

/* From now on a SIGINT ends the process after `ms` at the latest, with 130: libraries wait for services that
 * do not answer in calls that nobody can end. All that is published or written may be cut off at any moment.
 * Starts a thread; call it once. */
#define MNEME_CLI_INTERRUPT_MS 2000
#define MNEME_CLI_SERVICE_INTERRUPT_MS 5000 /* of workers, which finish the batch at hand */
void mneme_cli_bound_interrupt(int ms);

/* Whether it was SIGINT, so that somebody sits there and waits. */
bool mneme_cli_interrupted_by_person(void);

#endif
