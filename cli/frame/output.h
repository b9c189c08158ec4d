/*
 * The output of a command: its stream, lines on it, and whether all of it arrived.
 */
#ifndef MNEME_CLI_OUTPUT_H
#define MNEME_CLI_OUTPUT_H

#include "cli/frame/command.h"
#include "operations/sink.h"

/* Replaces stdout by a stream that remembers why a write failed, whatever call printed. Call it before
 * anything is printed; when memory is exhausted, stdout stays as it was. */
void mneme_cli_output_begin(void);

/* Flushes and closes stdout. Output that nobody reads any more (a closed pipe) ends the program quietly, with
 * `code`; any other loss is reported on stderr, and the exit code is not MNEME_EXIT_DONE. */
enum mneme_exit mneme_cli_output_end(enum mneme_exit code);

/* Writes the buffer and a line feed to stdout, and empties the buffer. MNEME_EXIT_UNAVAILABLE, with a
 * sentence on stderr, when memory was exhausted while the line was made. */
enum mneme_exit mneme_cli_put_line(struct mneme_buffer *line);

/* Clears the terminal and cuts further output to `rows` rows, its height; 0: stops cutting. */
void mneme_cli_output_page(int rows);

/* Prints "mneme: <sentence>" on stderr, after flushing stdout. Control characters are escaped, since
 * sentences may quote stored text. */
void mneme_cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a note that came with an answer. */
void mneme_cli_say_note(const struct mneme_cli *cli, const struct mneme_op_note *note);

/* Whether writing to stdout has failed, so that long work can end; mneme_cli_output_end says why. */
bool mneme_cli_output_is_lost(void);

#endif
