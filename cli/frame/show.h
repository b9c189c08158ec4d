/*
 * Values as a person reads them: in cells of a table, and as lines of a label and a value.
 */
#ifndef MNEME_CLI_SHOW_H
#define MNEME_CLI_SHOW_H

#include "cli/frame/table.h"
#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/base/types.h"

/* Cells. A time is shown to the second, in UTC; content {"text": …} as the text alone, other JSON as it is.
 */
void mneme_show_cell_uuid(struct mneme_table *table, struct mneme_uuid id);
void mneme_show_cell_time(struct mneme_table *table, int64_t micros);
void mneme_show_cell_content(struct mneme_table *table, struct mneme_str json);
void mneme_show_cell_bytes(struct mneme_table *table, int64_t bytes); /* such as "12.3 MB" */
void mneme_show_cell_position(struct mneme_table *table, struct mneme_position position);

/* Lines on stdout; one that says nothing (null, empty, {}) is left out. Control characters are shown escaped,
 * except for line feeds and tabs of content. */
void mneme_show_uuid(const char *label, struct mneme_uuid id);
void mneme_show_str(const char *label, struct mneme_str text);
void mneme_show_content(const char *label, struct mneme_str json);
void mneme_show_array(const char *label, const struct mneme_str_array *array);
void mneme_show_time(const char *label, struct mneme_opt_long micros);
void mneme_show_long(const char *label, struct mneme_opt_long value);

/* Text without what a terminal would obey; `keep_lines` leaves line feeds and tabs. */
void mneme_show_escape(struct mneme_buffer *out, struct mneme_str text, bool keep_lines);

/* MNEME_E_USAGE unless it is null or a JSON object. */
int mneme_show_check_json(struct mneme_str json, const char *option, struct mneme_error *error);

#endif
