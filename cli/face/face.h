/*
 * The command line as a face of the catalogue: turns options and arguments into a request, and rows and notes
 * into a table, labelled lines, or JSON lines.
 */
#ifndef MNEME_CLI_FACE_FACE_H
#define MNEME_CLI_FACE_FACE_H

#include "cli/frame/command.h"
#include "importers/lines.h"
#include "operations/request.h"
#include "operations/sink.h"

/* The `run` of every command that is an operation (cli->command->operation). */
enum mneme_exit mneme_face_run(struct mneme_cli *cli);

/* The name of a field's option: "expected-version". */
#define MNEME_FACE_OPTION_BYTES 64
void mneme_face_option_name(char text[MNEME_FACE_OPTION_BYTES], const struct mneme_op_field *field);

/* The lines of standard input, read when an operation asks for them. */
struct mneme_face_lines {
    struct mneme_lines lines;
    struct mneme_op_lines source;
};
void mneme_face_lines_init(struct mneme_face_lines *lines);
void mneme_face_lines_clean_up(struct mneme_face_lines *lines);

/* Sets the request's fields from the options and arguments, and completes it. A field of lines takes `lines`,
 * which must outlive the request. */
int mneme_face_request(struct mneme_op_request *request, const struct mneme_cli *cli,
                       const struct mneme_face_lines *lines, struct mneme_error *error);

/* --- what is printed --- */

struct mneme_face_printer;

/* NULL when memory is exhausted. */
struct mneme_face_printer *mneme_face_printer_new(const struct mneme_cli *cli,
                                                  const struct mneme_operation *operation, int64_t limit);
struct mneme_op_sink mneme_face_printer_sink(struct mneme_face_printer *printer);

/* How the operation describes the objects in the column; NULL for a column without objects. */
const struct mneme_op_part *mneme_face_part(const struct mneme_operation *operation, const char *column);

/* Prints the objects of such a column, if there are any. */
void mneme_face_print_part(const struct mneme_op_part *part, const char *label, struct mneme_str json);

/* Prints what is left, if the answer `is_whole`, and says so when there are more rows than the limit
 * (`has_more`). Frees the printer. */
enum mneme_exit mneme_face_printer_end(struct mneme_face_printer *printer, bool is_whole, bool has_more);

#endif
