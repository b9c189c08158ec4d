/*
 * Items in a hash table by agent; consecutive memories mostly have the same agent, which is tried first.
 */
#include "importers/import_agents.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "importers/legacy.h"

struct entry {
    struct mneme_import_agent agent;
    UT_hash_handle hh;
};

struct table {
    struct entry *head, *last;
};

void mneme_import_agents_clean_up(struct mneme_import_agents *agents) {
    struct table *table = agents->by_id;
    if (table != NULL) {
        HASH_CLEAR(hh, table->head);
    }
    for (size_t i = 0; i < agents->count; i++) {
        free(agents->items[i]); /* the first member of its entry */
    }
    free((void *)agents->items);
    free(table);
    *agents = (struct mneme_import_agents){0};
}

static struct table *open_table(struct mneme_import_agents *agents) {
    if (agents->by_id == NULL) {
        agents->by_id = calloc(1, sizeof(struct table));
        agents->items = (struct mneme_import_agent **)calloc(MNEME_IMPORT_MAX_AGENTS, sizeof *agents->items);
    }
    return agents->items == NULL ? NULL : agents->by_id;
}

/* NULL when memory is exhausted. */
static struct entry *add(struct mneme_import_agents *agents, struct table *table, struct mneme_str agent_id) {
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        return NULL;
    }
    memcpy(entry->agent.agent_id, agent_id.data == NULL ? "" : agent_id.data, agent_id.len);
    HASH_ADD_KEYPTR(hh, table->head, entry->agent.agent_id, agent_id.len, entry);
    if (entry->hh.tbl == NULL) { /* how uthash reports that it could not allocate memory */
        free(entry);
        return NULL;
    }
    agents->items[agents->count++] = &entry->agent;
    return entry;
}

static void count_type(struct mneme_import_agent *agent, struct mneme_str type) {
    for (size_t i = 0; i < MNEME_IMPORT_MAX_TYPES && mneme_import_type_name(i) != NULL; i++) {
        if (mneme_str_equal(type, mneme_str_from(mneme_import_type_name(i)))) {
            agent->by_type[i]++;
            return;
        }
    }
}

bool mneme_import_agents_count(struct mneme_import_agents *agents, const struct mneme_event *event) {
    struct table *table = open_table(agents);
    struct mneme_str id = event->scope.agent_id;
    if (table == NULL) {
        return false;
    }
    struct entry *found = table->last;
    if (found == NULL ||
        !mneme_str_equal(mneme_str_from(found->agent.agent_id), id.data == NULL ? MNEME_STR_LIT("") : id)) {
        HASH_FIND(hh, table->head, id.data == NULL ? "" : id.data, id.len, found);
    }
    if (found == NULL && agents->count == MNEME_IMPORT_MAX_AGENTS) {
        agents->others++;
        return true;
    }
    found = found == NULL ? add(agents, table, id) : found;
    if (found == NULL) {
        return false;
    }
    table->last = found;
    found->agent.memories++;
    count_type(&found->agent, event->payload.memory_created.memory_type);
    return true;
}

static int compare(const void *a, const void *b) {
    const struct mneme_import_agent *left = *(const struct mneme_import_agent *const *)a;
    const struct mneme_import_agent *right = *(const struct mneme_import_agent *const *)b;
    return left->memories != right->memories ? (left->memories < right->memories ? 1 : -1)
                                             : strcmp(left->agent_id, right->agent_id);
}

void mneme_import_agents_sort(struct mneme_import_agents *agents) {
    if (agents->count > 0) {
        qsort((void *)agents->items, agents->count, sizeof agents->items[0], compare);
    }
}

const char *mneme_import_type_name(size_t type) {
    const char *const *names = mneme_legacy_memory_types();
    size_t i = 0;
    while (i < type && names[i] != NULL) {
        i++;
    }
    return names[i];
}
