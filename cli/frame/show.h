/*
 * Values for people, in cells of a table; form.h has labelled lines.
 */
#ifndef MNEME_CLI_SHOW_H
#define MNEME_CLI_SHOW_H

#include "cli/frame/table.h"
#include "common/base/clock.h"
#include "common/base/types.h"

/* Cells. A time is shown to the second, in UTC; content as mneme_show_text_of says. */
void mneme_show_cell_time(struct mneme_table *table, int64_t micros);
void mneme_show_cell_content(struct mneme_table *table, struct mneme_str json);
void mneme_show_cell_bytes(struct mneme_table *table, int64_t bytes); /* such as "12.3 MB" */
void mneme_show_cell_position(struct mneme_table *table, struct mneme_position position);

/* The text of a JSON string or of {"text": …}, in the arena or the JSON itself; other JSON as it is. */
struct mneme_str mneme_show_text_of(struct mneme_str json, struct mneme_arena *arena);

/* "2026-01-02 03:04:05", in UTC. */
struct mneme_str mneme_show_time_of(char text[MNEME_RFC3339_BYTES], int64_t micros);

#endif
