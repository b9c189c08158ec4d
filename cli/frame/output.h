/*
 * What a command prints: the stream, lines on it, and whether all of it arrived.
 */
#ifndef MNEME_CLI_OUTPUT_H
#define MNEME_CLI_OUTPUT_H

#include "cli/frame/command.h"
#include "operations/sink.h"

/* Puts a stream in the place of stdout that remembers why a write failed, whoever prints by whichever call.
 * Before anything is printed; where memory is exhausted stdout stays what it was. */
void mneme_cli_output_begin(void);

/* Flushes and closes stdout. Output that nobody reads any more (a closed pipe) ends the program quietly, with
 * `code`; any other loss is told on stderr, and the exit code is not MNEME_EXIT_DONE. */
enum mneme_exit mneme_cli_output_end(enum mneme_exit code);

/* Writes the buffer and a line feed to stdout, and empties the buffer. MNEME_EXIT_UNAVAILABLE, with a
 * sentence on stderr, when memory was exhausted while the line was made. */
enum mneme_exit mneme_cli_put_line(struct mneme_buffer *line);

/* Clears the terminal and cuts what is printed from now on to `rows` rows, its height; 0: nothing is cut any
 * more. */
void mneme_cli_output_page(int rows);

/* "mneme: <sentence>" on stderr, behind what stdout has so far. What a terminal would obey is escaped, since
 * sentences quote what others wrote. */
void mneme_cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same of a note that came with an answer. */
void mneme_cli_say_note(const struct mneme_cli *cli, const struct mneme_op_note *note);

/* Whether writing to stdout has failed, so that long work can end; mneme_cli_output_end tells why. */
bool mneme_cli_output_is_lost(void);

#endif
