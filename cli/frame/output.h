/*
 * Lines on stdout.
 */
#ifndef MNEME_CLI_OUTPUT_H
#define MNEME_CLI_OUTPUT_H

#include "cli/frame/command.h"

/* Writes the buffer and a line feed to stdout, and empties the buffer. MNEME_EXIT_UNAVAILABLE, with a
 * sentence on stderr, when memory was exhausted while the line was made. */
enum mneme_exit mneme_cli_put_line(struct mneme_buffer *line);

/* Whether writing to stdout has failed: nobody reads any more, so that long work can end. */
bool mneme_cli_output_is_lost(void);

#endif
