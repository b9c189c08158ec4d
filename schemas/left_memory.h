/*
 * The memory that an agent's decision or hand-off creates: its content and its metadata, as JSON. Used for
 * both the tables and the searched texts.
 */
#ifndef MNEME_SCHEMAS_LEFT_MEMORY_H
#define MNEME_SCHEMAS_LEFT_MEMORY_H

#include "schemas/event.h"

/* Whether events of the type create such a memory. */
bool mneme_leaves_memory(enum mneme_event_type type);

/* The content and the metadata, each one JSON object, of the memory that the event creates by the rules of
 * its version. */
void mneme_left_memory_content(const struct mneme_event *event, struct mneme_json_writer *json);
void mneme_left_memory_metadata(const struct mneme_event *event, struct mneme_json_writer *json);

#endif
