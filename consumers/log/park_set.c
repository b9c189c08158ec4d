/*
 * A hash table of partition and key. Almost always it is empty, and then a look-up costs nothing.
 */
#include "consumers/log/park_set.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct mneme_park_entry {
    UT_hash_handle hh;
    int64_t blocked_by;
    size_t len;
    char bytes[]; /* the partition's four bytes, then the key's */
};

void mneme_park_set_clean_up(struct mneme_park_set *set) {
    struct mneme_park_entry *entry = set->entries;
    HASH_CLEAR(hh, set->entries);
    while (entry != NULL) {
        struct mneme_park_entry *next = entry->hh.next;
        free(entry);
        entry = next;
    }
    mneme_buffer_clean_up(&set->lookup);
    *set = (struct mneme_park_set){0};
}

/* Puts partition and key together in set->lookup. */
static bool compose(struct mneme_park_set *set, int32_t partition, struct mneme_str key) {
    mneme_buffer_clear(&set->lookup);
    mneme_buffer_append(&set->lookup, &partition, sizeof partition);
    mneme_buffer_append_str(&set->lookup, key);
    return !set->lookup.failed;
}

bool mneme_park_set_add(struct mneme_park_set *set, int32_t partition, struct mneme_str key,
                        int64_t blocked_by) {
    if (!compose(set, partition, key)) {
        return false;
    }
    struct mneme_park_entry *entry;
    HASH_FIND(hh, set->entries, set->lookup.data, set->lookup.len, entry);
    if (entry != NULL) {
        return true;
    }
    entry = malloc(sizeof *entry + set->lookup.len);
    if (entry == NULL) {
        return false;
    }
    memset(&entry->hh, 0, sizeof entry->hh);
    entry->blocked_by = blocked_by;
    entry->len = set->lookup.len;
    memcpy(entry->bytes, set->lookup.data, set->lookup.len);
    HASH_ADD_KEYPTR(hh, set->entries, entry->bytes, entry->len, entry);
    if (entry->hh.tbl == NULL) { /* how uthash reports that its own memory could not be had */
        free(entry);
        return false;
    }
    return true;
}

bool mneme_park_set_find(struct mneme_park_set *set, int64_t *blocked_by, bool *failed, int32_t partition,
                         struct mneme_str key) {
    *failed = false;
    if (set->entries == NULL || key.data == NULL) {
        return false;
    }
    if (!compose(set, partition, key)) {
        *failed = true;
        return false;
    }
    struct mneme_park_entry *entry;
    HASH_FIND(hh, set->entries, set->lookup.data, set->lookup.len, entry);
    if (entry == NULL) {
        return false;
    }
    *blocked_by = entry->blocked_by;
    return true;
}

size_t mneme_park_set_count(const struct mneme_park_set *set) {
    return HASH_COUNT(set->entries);
}
