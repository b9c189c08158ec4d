/*
 * A hash of keys. An entry is one piece of memory, with the key behind it.
 */
#include "consumers/postgres/rebuild/stream_set.h"

#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->is_lost = true)
#include <uthash.h>

struct mneme_stream_entry {
    UT_hash_handle hh;
    bool is_lost;
    size_t tenant_len, key_len;
    char key[];
};

void mneme_stream_set_clean_up(struct mneme_stream_set *set) {
    struct mneme_stream_entry *entry = set->entries;
    HASH_CLEAR(hh, set->entries);
    while (entry != NULL) {
        struct mneme_stream_entry *next = entry->hh.next;
        free(entry);
        entry = next;
    }
    set->entries = NULL;
}

bool mneme_stream_set_add(struct mneme_stream_set *set, struct mneme_str tenant, struct mneme_str stream_id) {
    size_t len = tenant.len + 1 + stream_id.len;
    struct mneme_stream_entry *entry = calloc(1, sizeof *entry + len);
    if (entry == NULL) {
        return false;
    }
    memcpy(entry->key, tenant.data, tenant.len);
    entry->key[tenant.len] = '/';
    memcpy(entry->key + tenant.len + 1, stream_id.data, stream_id.len);
    entry->tenant_len = tenant.len;
    entry->key_len = len;
    struct mneme_stream_entry *found = NULL;
    HASH_FIND(hh, set->entries, entry->key, len, found);
    if (found != NULL) {
        free(entry);
        return true;
    }
    HASH_ADD_KEYPTR(hh, set->entries, entry->key, len, entry);
    bool is_lost = entry->is_lost;
    if (is_lost) {
        free(entry);
    }
    return !is_lost;
}

bool mneme_stream_set_has(const struct mneme_stream_set *set, struct mneme_str key) {
    struct mneme_stream_entry *found = NULL;
    if (key.data != NULL) {
        HASH_FIND(hh, set->entries, key.data, key.len, found);
    }
    return found != NULL;
}

size_t mneme_stream_set_count(const struct mneme_stream_set *set) {
    return HASH_COUNT(set->entries);
}

void mneme_stream_set_each(const struct mneme_stream_set *set,
                           void (*visit)(void *context, struct mneme_str key, struct mneme_str tenant,
                                         struct mneme_str stream_id),
                           void *context) {
    for (const struct mneme_stream_entry *entry = set->entries; entry != NULL; entry = entry->hh.next) {
        visit(context, (struct mneme_str){entry->key, entry->key_len},
              (struct mneme_str){entry->key, entry->tenant_len},
              (struct mneme_str){entry->key + entry->tenant_len + 1, entry->key_len - entry->tenant_len - 1});
    }
}
