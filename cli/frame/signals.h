/*
 * Signals of the program: SIGINT and SIGTERM set the flag that mneme_cli_interrupted() returns.
 */
#ifndef MNEME_CLI_SIGNALS_H
#define MNEME_CLI_SIGNALS_H

#include <stdbool.h>

/* Process-wide; call once, before any thread is started. A second SIGINT ends the process at once, with 130.
 * SIGPIPE is ignored, since it would also end the process when a service closes a connection. */
void mneme_cli_catch_signals(void);

/* From now on a SIGINT ends the process within `ms`, with 130, since libraries may block in calls to services
 * that do not answer. Anything being published or written may be cut off. Starts a thread; call it once. */
#define MNEME_CLI_INTERRUPT_MS 2000
#define MNEME_CLI_SERVICE_INTERRUPT_MS 5000 /* for workers, which finish the current batch */
void mneme_cli_bound_interrupt(int ms);

/* Whether it was SIGINT, so that a person is waiting. */
bool mneme_cli_interrupted_by_person(void);

#endif
