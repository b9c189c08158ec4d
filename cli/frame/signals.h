/*
 * Signals of the program: SIGINT and SIGTERM raise the flag that mneme_cli_interrupted() tells.
 */
#ifndef MNEME_CLI_SIGNALS_H
#define MNEME_CLI_SIGNALS_H

/* Process-wide; call once, before any thread is started. A second SIGINT ends the process at once, with 130.
 * SIGPIPE is ignored, since it would also end the process when a service closes a connection. */
void mneme_cli_catch_signals(void);

#endif
