/*
 * The cache is a hash over a ring of entries; the ring's hand gives each entry that was used a second chance.
 */
#include "consumers/store/stream_cache.h"

#include <stdlib.h>

/* The hash reports exhausted memory instead of ending the program: the stream is then not remembered. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->is_lost = true)
#include <uthash.h>

struct entry {
    UT_hash_handle hh;
    struct mneme_stream_state state;
    size_t at; /* in the ring */
    int32_t partition;
    bool was_used;
    bool is_lost;
    size_t key_len;
    char key[];
};

struct mneme_stream_cache {
    struct entry *by_key;
    struct entry **ring; /* the first `count` are used */
    size_t count, capacity, hand;
};

int mneme_stream_cache_new(struct mneme_stream_cache **out, size_t capacity, struct mneme_error *error) {
    struct mneme_stream_cache *cache = calloc(1, sizeof *cache);
    struct entry **ring = calloc(capacity, sizeof *ring);
    if (cache == NULL || ring == NULL) {
        free(cache);
        free(ring);
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot remember streams: out of memory; lower MNEME_STREAM_CACHE");
    }
    cache->ring = ring;
    cache->capacity = capacity;
    *out = cache;
    return MNEME_OK;
}

static void forget(struct mneme_stream_cache *cache, struct entry *entry) {
    /* The entry is in the hash, which therefore is not empty. */
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    HASH_DEL(cache->by_key, entry);
    struct entry *last = cache->ring[--cache->count];
    cache->ring[entry->at] = last;
    last->at = entry->at;
    free(entry);
}

void mneme_stream_cache_destroy(struct mneme_stream_cache *cache) {
    if (cache == NULL) {
        return;
    }
    HASH_CLEAR(hh, cache->by_key);
    for (size_t i = 0; i < cache->count; i++) {
        free(cache->ring[i]);
    }
    free(cache->ring);
    free(cache);
}

static struct entry *find(struct mneme_stream_cache *cache, struct mneme_str key) {
    struct entry *entry = NULL;
    HASH_FIND(hh, cache->by_key, key.data, key.len, entry);
    return entry;
}

const struct mneme_stream_state *mneme_stream_cache_find(struct mneme_stream_cache *cache,
                                                         struct mneme_str key) {
    struct entry *entry = find(cache, key);
    if (entry == NULL) {
        return NULL;
    }
    entry->was_used = true;
    return &entry->state;
}

static void make_room(struct mneme_stream_cache *cache) {
    while (cache->count == cache->capacity) {
        cache->hand = cache->hand >= cache->count ? 0 : cache->hand;
        struct entry *entry = cache->ring[cache->hand];
        if (entry->was_used) {
            entry->was_used = false;
            cache->hand++;
        } else {
            forget(cache, entry);
        }
    }
}

void mneme_stream_cache_put(struct mneme_stream_cache *cache, struct mneme_str key, int32_t partition,
                            const struct mneme_stream_state *state) {
    struct entry *entry = find(cache, key);
    if (entry == NULL) {
        make_room(cache);
        entry = calloc(1, sizeof *entry + key.len);
        if (entry == NULL) {
            return;
        }
        memcpy(entry->key, key.data, key.len);
        entry->key_len = key.len;
        HASH_ADD_KEYPTR(hh, cache->by_key, entry->key, entry->key_len, entry);
        if (entry->is_lost) {
            free(entry);
            return;
        }
        entry->at = cache->count;
        cache->ring[cache->count++] = entry;
    }
    entry->state = *state;
    entry->partition = partition;
}

void mneme_stream_cache_drop(struct mneme_stream_cache *cache, int32_t partition) {
    size_t i = 0;
    while (i < cache->count) {
        if (cache->ring[i]->partition == partition) {
            forget(cache, cache->ring[i]);
        } else {
            i++;
        }
    }
}

size_t mneme_stream_cache_count(const struct mneme_stream_cache *cache) {
    return cache->count;
}
