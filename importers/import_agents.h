/*
 * The number of memories of each type for each agent in an import, in bounded memory.
 */
#ifndef MNEME_IMPORTERS_IMPORT_AGENTS_H
#define MNEME_IMPORTERS_IMPORT_AGENTS_H

#include "schemas/event.h"

#define MNEME_IMPORT_MAX_AGENTS 1000
#define MNEME_IMPORT_MAX_TYPES 16

struct mneme_import_agent {
    char agent_id[256]; /* "" for memories without an agent */
    int64_t memories;
    int64_t by_type[MNEME_IMPORT_MAX_TYPES]; /* as mneme_import_type_name counts them */
};

/* Zero-initialise before use. */
struct mneme_import_agents {
    struct mneme_import_agent **items;
    size_t count;
    void *by_id;    /* finds an item by its agent */
    int64_t others; /* memories of agents beyond the first MNEME_IMPORT_MAX_AGENTS */
};

void mneme_import_agents_clean_up(struct mneme_import_agents *agents);

/* Counts a memory_created; false when memory is exhausted. */
bool mneme_import_agents_count(struct mneme_import_agents *agents, const struct mneme_event *event);

/* Sorts the items, most memories first. */
void mneme_import_agents_sort(struct mneme_import_agents *agents);

/* The name of a memory type by its number; NULL after the last. */
const char *mneme_import_type_name(size_t type);

#endif
