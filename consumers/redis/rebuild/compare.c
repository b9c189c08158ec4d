/*
 * One entry for each key of the separate space, by its partition and name.
 */
#include "consumers/redis/rebuild/compare.h"

#include <stdlib.h>

#include "common/base/clock.h"

/* Times that differ by less are the same. */
#define SAME_MS 1000

#define OTHER MNEME_HOT_KIND_COUNT

/* A key of the separate space. */
struct entry {
    struct mneme_hot_scanned scanned;
    struct mneme_str names;
    size_t table;
    int64_t expires_ms;
    uint64_t hash;
    bool is_seen; /* it is live, too */
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was compared: out of memory");
}

int mneme_cache_compare_init(struct mneme_cache_compare *compare, struct mneme_error *error) {
    *compare = (struct mneme_cache_compare){0};
    mneme_arena_init(&compare->arena, (size_t)1 << 18);
    return mneme_hash_init(&compare->entries, &compare->arena, 1024) &&
                   mneme_hash_init(&compare->reported, &compare->arena, 16)
               ? MNEME_OK
               : no_memory(error);
}

void mneme_cache_compare_clean_up(struct mneme_cache_compare *compare) {
    mneme_arena_clean_up(&compare->arena);
    mneme_buffer_clean_up(&compare->text);
    for (size_t i = 0; i < MNEME_CACHE_COMPARE_TABLES; i++) {
        for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
            mneme_buffer_clean_up(&compare->tables[i].keys[kind]);
        }
    }
}

static size_t table_of(const struct mneme_cache_snapshot *snapshot) {
    return snapshot->has_kind ? snapshot->kind : OTHER;
}

static bool is_list(size_t table) {
    return table == MNEME_HOT_RANKS || table == MNEME_HOT_AGES || table == MNEME_HOT_AGENT ||
           table == MNEME_HOT_USER_AGENT || table == MNEME_HOT_OTHERS;
}

/* Bookkeeping of entries besides their values: it may differ with the batches in which the log was folded. */
static bool is_bookkeeping(size_t table) {
    return table == MNEME_HOT_PROGRESS || (table >= MNEME_HOT_SIZES && table <= MNEME_HOT_GAPS);
}

static bool is_compared(const struct mneme_cache_compare *compare,
                        const struct mneme_cache_snapshot *snapshot) {
    int32_t partition = snapshot->scanned.partition;
    return snapshot->is_there && partition < compare->partition_count && compare->partitions[partition] &&
           !is_bookkeeping(table_of(snapshot));
}

/* Whether it has expired, or expires so soon that it may have been missing on one side. */
static bool is_expiring(int64_t expires_ms) {
    return expires_ms >= 0 && expires_ms <= mneme_clock_now_micros() / 1000 + SAME_MS;
}

/* --- entries --- */

static uint64_t hash_name(const struct mneme_hot_scanned *scanned) {
    return mneme_hash_bytes((uint64_t)scanned->partition, scanned->name.data, scanned->name.len);
}

static struct entry *find(const struct mneme_cache_compare *compare,
                          const struct mneme_hot_scanned *scanned) {
    uint64_t hash = hash_name(scanned);
    uint64_t cursor = hash;
    struct entry *entry;
    while ((entry = mneme_hash_next(&compare->entries, hash, &cursor)) != NULL &&
           !(entry->scanned.partition == scanned->partition &&
             mneme_str_equal(entry->scanned.name, scanned->name))) {
    }
    return entry;
}

/* The key as it is in the live space, and its parts, in the arena. */
static bool copy_names(struct mneme_cache_compare *compare, struct mneme_hot_scanned *out,
                       struct mneme_str *names, const struct mneme_cache_snapshot *snapshot) {
    const struct mneme_hot_space space = {compare->live.prefix,
                                          compare->live_numbers[snapshot->scanned.partition]};
    mneme_buffer_clear(&compare->text);
    mneme_hot_base(&compare->text, &space, snapshot->scanned.partition);
    size_t base_len = compare->text.len;
    mneme_buffer_append_str(&compare->text, snapshot->scanned.name);
    struct mneme_str key = mneme_arena_copy(&compare->arena, mneme_buffer_str(&compare->text));
    if (key.data == NULL || compare->text.failed) {
        return false;
    }
    *out = (struct mneme_hot_scanned){.key = key,
                                      .partition = snapshot->scanned.partition,
                                      .name = {key.data + base_len, key.len - base_len}};
    size_t names_at =
        snapshot->names.len == 0 ? 0 : (size_t)(snapshot->names.data - snapshot->scanned.name.data);
    *names = (struct mneme_str){out->name.data + names_at, snapshot->names.len};
    return true;
}

int mneme_cache_compare_expect(struct mneme_cache_compare *compare,
                               const struct mneme_cache_snapshot *snapshot, struct mneme_error *error) {
    size_t table = table_of(snapshot);
    if (!is_compared(compare, snapshot) || is_expiring(snapshot->expires_ms) ||
        find(compare, &snapshot->scanned) != NULL) {
        return MNEME_OK;
    }
    compare->tables[table].log_rows++;
    if (is_list(table)) {
        return MNEME_OK;
    }
    struct entry *entry = mneme_arena_calloc(&compare->arena, 1, sizeof *entry);
    if (entry == NULL || !copy_names(compare, &entry->scanned, &entry->names, snapshot)) {
        return no_memory(error);
    }
    entry->table = table;
    entry->expires_ms = snapshot->expires_ms;
    entry->hash = snapshot->hash;
    return mneme_hash_add(&compare->entries, hash_name(&entry->scanned), entry) ? MNEME_OK : no_memory(error);
}

/* --- suspects --- */

static struct mneme_cache_suspect *add_suspect(struct mneme_cache_compare *compare,
                                               enum mneme_difference difference, size_t table) {
    struct mneme_cache_suspect *made = mneme_arena_calloc(&compare->arena, 1, sizeof *made);
    if (made != NULL) {
        made->difference = difference;
        made->table = table;
        made->is_list = is_list(table);
        made->next = compare->first;
        compare->first = made;
        compare->suspect_count++;
    }
    return made;
}

static int suspect_snapshot(struct mneme_cache_compare *compare, enum mneme_difference difference,
                            const struct mneme_cache_snapshot *snapshot, struct mneme_error *error) {
    struct mneme_cache_suspect *made = add_suspect(compare, difference, table_of(snapshot));
    if (made == NULL || !copy_names(compare, &made->scanned, &made->names, snapshot)) {
        return no_memory(error);
    }
    made->hash = snapshot->hash;
    made->expires_ms = snapshot->expires_ms;
    return MNEME_OK;
}

/* A wrong list is reported once, however many memories show it. */
static int suspect_list(struct mneme_cache_compare *compare, enum mneme_difference difference, size_t table,
                        struct mneme_str key, struct mneme_error *error) {
    uint64_t hash = mneme_hash_bytes(0, key.data, key.len);
    uint64_t cursor = hash;
    const struct mneme_cache_suspect *known;
    while ((known = mneme_hash_next(&compare->reported, hash, &cursor)) != NULL) {
        if (mneme_str_equal(known->scanned.key, key)) {
            return MNEME_OK;
        }
    }
    struct mneme_cache_suspect *made = add_suspect(compare, difference, table);
    if (made == NULL) {
        return no_memory(error);
    }
    made->scanned.key = mneme_arena_copy(&compare->arena, key);
    return made->scanned.key.data != NULL && mneme_hash_add(&compare->reported, hash, made)
               ? MNEME_OK
               : no_memory(error);
}

/* Which lists lack the memory. */
static int judge_lists(struct mneme_cache_compare *compare, const struct mneme_cache_snapshot *snapshot,
                       struct mneme_error *error) {
    int status = MNEME_OK;
    size_t base_len = snapshot->scanned.key.len - snapshot->scanned.name.len;
    for (size_t i = 0; status == MNEME_OK && i + 1 < snapshot->lacking_count; i += 2) {
        struct mneme_str key = {snapshot->lacking[i + 1]->str, snapshot->lacking[i + 1]->len};
        struct mneme_str names;
        enum mneme_hot_kind kind = MNEME_HOT_RANKS;
        bool is_absent = strcmp(snapshot->lacking[i]->str, "missing") == 0;
        (void)mneme_hot_kind_parse(&kind, &names,
                                   (struct mneme_str){key.data + base_len, key.len - base_len});
        status = suspect_list(compare, is_absent ? MNEME_REBUILD_ROW_MISSING : MNEME_REBUILD_ROW_DIFFERENT,
                              kind, key, error);
    }
    return status;
}

/* Readers may have prolonged it, but not beyond the time to live of a new entry. */
static bool is_kept_as_long(const struct mneme_cache_compare *compare,
                            const struct mneme_cache_snapshot *snapshot, int64_t expires_ms) {
    int64_t now_ms = mneme_clock_now_micros() / 1000;
    int64_t later_ms = snapshot->expires_ms - expires_ms;
    return (later_ms >= -SAME_MS && later_ms <= SAME_MS) ||
           (later_ms > 0 && snapshot->has_kind &&
            snapshot->expires_ms <= now_ms + compare->ttl_ms[snapshot->kind] + SAME_MS);
}

int mneme_cache_compare_live(struct mneme_cache_compare *compare, const struct mneme_cache_snapshot *snapshot,
                             struct mneme_error *error) {
    size_t table = table_of(snapshot);
    int32_t partition = snapshot->scanned.partition;
    if (!is_compared(compare, snapshot) || compare->live_numbers[partition] != compare->live.number ||
        is_expiring(snapshot->expires_ms)) {
        return MNEME_OK;
    }
    struct entry *entry = find(compare, &snapshot->scanned);
    if (entry != NULL && entry->is_seen) {
        return MNEME_OK; /* it was listed twice */
    }
    compare->tables[table].rows++;
    if (is_list(table)) {
        return snapshot->strangers == 0
                   ? MNEME_OK
                   : suspect_list(compare, MNEME_REBUILD_ROW_DIFFERENT, table, snapshot->scanned.key, error);
    }
    int status = judge_lists(compare, snapshot, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (entry == NULL && table != MNEME_HOT_MEMORY && table != OTHER &&
        compare->evicted_apart[partition] > 0) {
        compare->tables[table].left_out++; /* memories are compared with the tables */
        return MNEME_OK;
    }
    if (entry == NULL) {
        return suspect_snapshot(compare, MNEME_REBUILD_ROW_EXTRA, snapshot, error);
    }
    entry->is_seen = true;
    bool is_same = entry->hash == snapshot->hash;
    if (is_same && is_kept_as_long(compare, snapshot, entry->expires_ms)) {
        return MNEME_OK;
    }
    status = suspect_snapshot(compare, MNEME_REBUILD_ROW_DIFFERENT, snapshot, error);
    if (status == MNEME_OK) {
        compare->first->folded_hash = entry->hash;
        compare->first->is_by_expiry = is_same;
    }
    return status;
}

int mneme_cache_compare_missing(struct mneme_cache_compare *compare, struct mneme_error *error) {
    for (size_t i = 0; i < compare->entries.capacity; i++) {
        const struct entry *entry = compare->entries.slots[i].entry;
        if (entry == NULL || entry->is_seen || is_expiring(entry->expires_ms)) {
            continue;
        }
        if (compare->evicted[entry->scanned.partition] > 0) {
            compare->tables[entry->table].left_out++;
            continue;
        }
        struct mneme_cache_suspect *made = add_suspect(compare, MNEME_REBUILD_ROW_MISSING, entry->table);
        if (made == NULL) {
            return no_memory(error);
        }
        made->scanned = entry->scanned;
        made->folded_hash = entry->hash;
        made->names = entry->names;
    }
    return MNEME_OK;
}

/* --- the report --- */

int64_t mneme_cache_compare_report(struct mneme_cache_compare *compare,
                                   const struct mneme_verify_options *options) {
    int64_t differences = 0;
    for (const struct mneme_cache_suspect *one = compare->first; one != NULL; one = one->next) {
        struct mneme_rebuild_table_difference *table = &compare->tables[one->table];
        if (one->is_excused) {
            continue;
        }
        differences++;
        if (table->counts[one->difference]++ < MNEME_DIFFERENCE_KEYS) {
            struct mneme_buffer *keys = &table->keys[one->difference];
            mneme_buffer_append(keys, "\n", keys->len > 0);
            mneme_buffer_append_str(keys, one->scanned.key);
        }
    }
    for (size_t i = 0; i < MNEME_CACHE_COMPARE_TABLES; i++) {
        struct mneme_rebuild_table_difference *table = &compare->tables[i];
        mneme_buffer_clear(&compare->text);
        if (i == OTHER) {
            mneme_buffer_append_str(&compare->text, MNEME_STR_LIT("other"));
        } else {
            mneme_hot_kind_names(&compare->text, (enum mneme_hot_kind)i, NULL, 0);
        }
        mneme_buffer_append_byte(&compare->text, '\0');
        table->table = compare->text.data;
        bool is_reported = !is_bookkeeping(i) && i != OTHER;
        bool is_shown = is_reported || table->rows > 0 || table->counts[MNEME_REBUILD_ROW_DIFFERENT] > 0;
        if (is_shown && !compare->text.failed) {
            options->visit(options->context, table);
        }
    }
    return differences;
}
