/*
 * Compares the live keys with those of a separate space, into which the log was folded equally far. A
 * difference is only a suspicion at first: rows are read from the ledger's tables as they are when a batch is
 * folded, so one space may have a later state than the other, and readers fill missing keys. A suspect that
 * the workers write again, once they have reached the ledger's position, is cleared.
 *
 * Lists of memories are compared with the memories that are there.
 */
#ifndef MNEME_CONSUMERS_REDIS_REBUILD_COMPARE_H
#define MNEME_CONSUMERS_REDIS_REBUILD_COMPARE_H

#include "common/base/hash.h"
#include "consumers/redis/rebuild/snapshot.h"
#include "consumers/runtime/rebuild.h"

/* A key that may be wrong. */
struct mneme_cache_suspect {
    enum mneme_difference difference;
    struct mneme_hot_scanned scanned; /* of the live space */
    struct mneme_str names;           /* as in a snapshot */
    size_t table;
    bool is_list;         /* of memories: judged at once */
    uint64_t hash;        /* of what is live; 0 where there is nothing */
    int64_t expires_ms;   /* likewise */
    uint64_t folded_hash; /* of what was folded; 0 where there is nothing */
    bool is_by_expiry;    /* nothing else differs */
    bool is_excused;      /* it is right after all */
    struct mneme_cache_suspect *next;
};

#define MNEME_CACHE_COMPARE_TABLES (MNEME_HOT_KIND_COUNT + 1) /* the last: keys of no kind */

struct mneme_cache_compare {
    const bool *partitions; /* which are compared, by number */
    int32_t partition_count;
    struct mneme_hot_space live;
    const int64_t *live_numbers;          /* of each partition */
    const int64_t *evicted;               /* of each partition: how many live entries were evicted */
    const int64_t *evicted_apart;         /* the same of the separate space */
    int64_t ttl_ms[MNEME_HOT_KIND_COUNT]; /* the longest time that each kind is kept; 0: unknown */

    struct mneme_arena arena;
    struct mneme_hash entries;  /* of the separate space */
    struct mneme_hash reported; /* lists that are suspects already */
    struct mneme_cache_suspect *first;
    size_t suspect_count;
    struct mneme_rebuild_table_difference tables[MNEME_CACHE_COMPARE_TABLES];
    struct mneme_buffer text;
};

/* `live`, `partitions`, `live_numbers`, `evicted`, `evicted_apart` and `ttl_ms` are the caller's to set
 * afterwards. */
int mneme_cache_compare_init(struct mneme_cache_compare *compare, struct mneme_error *error);
void mneme_cache_compare_clean_up(struct mneme_cache_compare *compare);

/* Adds a key of the separate space; all of these come first. */
int mneme_cache_compare_expect(struct mneme_cache_compare *compare,
                               const struct mneme_cache_snapshot *snapshot, struct mneme_error *error);
/* Compares a key of the live space. */
int mneme_cache_compare_live(struct mneme_cache_compare *compare, const struct mneme_cache_snapshot *snapshot,
                             struct mneme_error *error);
/* Call after the last live key: finds the missing ones. */
int mneme_cache_compare_missing(struct mneme_cache_compare *compare, struct mneme_error *error);

/* Reports every table, with the suspects that are not excused. Returns their number. */
int64_t mneme_cache_compare_report(struct mneme_cache_compare *compare,
                                   const struct mneme_verify_options *options);

#endif
