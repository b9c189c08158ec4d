/*
 * How memories are listed.
 */
#include "cli/frame/session.h"
#include "cli/frame/show.h"
#include "cli/memory/memory.h"

static void write_memory(const void *row, struct mneme_json_writer *json) {
    mneme_memory_row_json(row, json);
}

static void add_memory(struct mneme_table *table, const void *row) {
    const struct mneme_memory_row *memory = row;
    mneme_show_cell_uuid(table, memory->id);
    mneme_table_cell(table, memory->user_id.data != NULL ? memory->user_id : memory->agent_id);
    mneme_table_cell(table, memory->memory_type);
    mneme_show_cell_time(table, memory->created_at);
    mneme_show_cell_content(table, memory->content);
}

static const char *const headings[] = {"ID", "SUBJECT", "TYPE", "CREATED", "CONTENT", NULL};

const struct mneme_listing_kind mneme_memory_listing = {headings, add_memory, write_memory,
                                                        "no memory matches"};
