/*
 * Values of rows, shown for people.
 */
#ifndef MNEME_CLI_FACE_VALUES_H
#define MNEME_CLI_FACE_VALUES_H

#include "cli/frame/table.h"
#include "common/base/buffer.h"
#include "common/postgres/row.h"

bool mneme_face_is_null(enum mneme_row_kind kind, const void *value);

/* A value that is not null as text, in `out` unless it is text already. For times and JSON see show.h. */
struct mneme_str mneme_face_text(struct mneme_buffer *out, enum mneme_row_kind kind, const void *value);

bool mneme_face_is_time(enum mneme_row_kind kind);

/* How a table lays out the value. */
enum mneme_table_kind mneme_face_cell_kind(enum mneme_row_kind kind);

#endif
