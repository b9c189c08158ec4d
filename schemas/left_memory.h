/*
 * Memories that another event leaves behind: which fields of an agent's decision or hand-off make up the
 * content of the memory. The tables and the texts that are searched read it from here.
 */
#ifndef MNEME_SCHEMAS_LEFT_MEMORY_H
#define MNEME_SCHEMAS_LEFT_MEMORY_H

#include "schemas/event.h"

struct mneme_left_memory_member {
    const char *name; /* in the object; NULL ends a list */
    const char *field;
};

extern const struct mneme_left_memory_member mneme_decision_content[];
extern const struct mneme_left_memory_member mneme_handoff_content[];

/* Appends the object of the payload's fields that the list names; null ones are left out. */
void mneme_left_memory_content(const struct mneme_event *event,
                               const struct mneme_left_memory_member *members,
                               struct mneme_json_writer *json);

#endif
