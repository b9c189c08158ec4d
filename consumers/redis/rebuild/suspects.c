/*
 * Checks suspects by one statement, and by one snapshot each.
 */
#include "consumers/redis/rebuild/suspects.h"

#include "common/base/percent.h"
#include "sql/embedded.h"
#include "stores/redis/memory_load.h"

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was compared: out of memory");
}

/* --- what the tables have --- */

struct question {
    struct mneme_cache_compare *compare;
    struct mneme_postgres *postgres;
    struct mneme_str topic;
};

static bool decode(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str text) {
    struct mneme_buffer plain = {0};
    bool is_right = mneme_percent_decode(&plain, text) && !plain.failed;
    *out = mneme_arena_copy(arena, mneme_buffer_str(&plain));
    mneme_buffer_clean_up(&plain);
    return is_right && out->data != NULL;
}

/* Tenant, stream and id; false for names that no memory has. */
static bool take_names(struct mneme_hot_memory_key *out, struct mneme_arena *arena,
                       const struct mneme_cache_suspect *one) {
    const char *end = one->names.data + one->names.len;
    const char *first = memchr(one->names.data, '/', one->names.len);
    const char *second = first == NULL ? NULL : memchr(first + 1, '/', (size_t)(end - first - 1));
    out->partition = one->scanned.partition;
    return second != NULL &&
           decode(&out->tenant, arena,
                  (struct mneme_str){one->names.data, (size_t)(first - one->names.data)}) &&
           decode(&out->stream_id, arena, (struct mneme_str){first + 1, (size_t)(second - first - 1)}) &&
           mneme_uuid_parse(&out->id, (struct mneme_str){second + 1, (size_t)(end - second - 1)});
}

/* Whether the suspect equals the table's row: a reader has filled it, from a later state than what was
 * folded. */
static int excuse_filled(const struct question *question, struct mneme_cache_suspect *const *suspects,
                         const struct mneme_hot_memory_key *keys, size_t count, struct mneme_error *error) {
    struct mneme_arena *arena = &question->compare->arena;
    struct mneme_buffer *value = &question->compare->text;
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    int status = mneme_hot_memories_params(&params, arena, question->topic, keys, count, error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, question->postgres, mneme_sql_hot_memories, &params, true, error);
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        struct mneme_hot_loaded_memory loaded = {0};
        status = mneme_hot_memories_read(&loaded, rows, row, arena, error);
        mneme_buffer_clear(value);
        if (status == MNEME_OK && !loaded.memory.row.is_deleted) {
            struct mneme_cache_suspect *one = suspects[loaded.n - 1];
            mneme_hot_memory_write(value, &loaded.memory);
            status = value->failed ? no_memory(error) : MNEME_OK;
            one->is_excused = one->hash == mneme_cache_snapshot_hash_memory(mneme_buffer_str(value));
        }
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_cache_suspects_ask(struct mneme_cache_compare *compare, struct mneme_postgres *postgres,
                             struct mneme_str topic, struct mneme_error *error) {
    const struct question question = {compare, postgres, topic};
    struct mneme_arena *arena = &compare->arena;
    size_t most = compare->suspect_count;
    struct mneme_cache_suspect **suspects = mneme_arena_alloc(arena, (most + 1) * sizeof(*suspects));
    struct mneme_hot_memory_key *keys = mneme_arena_alloc(arena, (most + 1) * sizeof *keys);
    size_t count = 0;
    if (suspects == NULL || keys == NULL) {
        return no_memory(error);
    }
    for (struct mneme_cache_suspect *one = compare->first; one != NULL; one = one->next) {
        if (one->table == MNEME_HOT_MEMORY && one->difference != MNEME_REBUILD_ROW_MISSING &&
            !one->is_by_expiry && take_names(&keys[count], arena, one)) {
            suspects[count++] = one;
        }
    }
    return count == 0 ? MNEME_OK : excuse_filled(&question, suspects, keys, count, error);
}

/* --- suspects, checked again --- */

/* The suspects that are checked again, and the next of them. */
struct again {
    struct mneme_cache_suspect **suspects;
    struct mneme_hot_scanned *keys;
    size_t count, next;
};

static int recheck_live(void *context, const struct mneme_cache_snapshot *snapshot,
                        struct mneme_error *error) {
    struct again *again = context;
    struct mneme_cache_suspect *one = again->suspects[again->next++];
    bool was_there = one->difference != MNEME_REBUILD_ROW_MISSING;
    (void)error;
    one->is_excused = one->is_excused || snapshot->is_there != was_there ||
                      (was_there && (snapshot->hash != one->hash || snapshot->expires_ms != one->expires_ms));
    return MNEME_OK;
}

static int recheck_folded(void *context, const struct mneme_cache_snapshot *snapshot,
                          struct mneme_error *error) {
    struct again *again = context;
    struct mneme_cache_suspect *one = again->suspects[again->next++];
    bool was_there = one->difference != MNEME_REBUILD_ROW_EXTRA;
    (void)error;
    one->is_excused = one->is_excused || snapshot->is_there != was_there ||
                      (was_there && snapshot->hash != one->folded_hash);
    return MNEME_OK;
}

/* The suspects' keys in the separate space. */
static bool move_keys(struct again *again, struct mneme_cache_compare *compare,
                      const struct mneme_hot_space *shadow) {
    for (size_t i = 0; i < again->count; i++) {
        struct mneme_hot_scanned *key = &again->keys[i];
        mneme_buffer_clear(&compare->text);
        mneme_hot_base(&compare->text, shadow, key->partition);
        size_t base_len = compare->text.len;
        mneme_buffer_append_str(&compare->text, key->name);
        key->key = mneme_arena_copy(&compare->arena, mneme_buffer_str(&compare->text));
        if (key->key.data == NULL || compare->text.failed) {
            return false;
        }
        key->name = (struct mneme_str){key->key.data + base_len, key->key.len - base_len};
    }
    again->next = 0;
    return true;
}

int mneme_cache_suspects_recheck(struct mneme_cache_compare *compare, struct mneme_redis *redis,
                                 const struct mneme_hot_space *shadow, struct mneme_error *error) {
    size_t most = compare->suspect_count + 1;
    struct again again = {
        .suspects = mneme_arena_alloc(&compare->arena, most * sizeof(struct mneme_cache_suspect *)),
        .keys = mneme_arena_alloc(&compare->arena, most * sizeof(struct mneme_hot_scanned)),
    };
    if (again.suspects == NULL || again.keys == NULL) {
        return no_memory(error);
    }
    for (struct mneme_cache_suspect *one = compare->first; one != NULL; one = one->next) {
        if (!one->is_list) {
            again.keys[again.count] = one->scanned;
            again.suspects[again.count++] = one;
        }
    }
    /* The number of the space matters for lists alone, which do not count here. */
    int status = mneme_cache_snapshot_each(redis, &compare->live, again.keys, again.count, recheck_live,
                                           &again, error);
    if (status == MNEME_OK) {
        status = move_keys(&again, compare, shadow)
                     ? mneme_cache_snapshot_each(redis, shadow, again.keys, again.count, recheck_folded,
                                                 &again, error)
                     : no_memory(error);
    }
    return status;
}

void mneme_cache_suspects_leave_out(struct mneme_cache_compare *compare) {
    for (struct mneme_cache_suspect *one = compare->first; one != NULL; one = one->next) {
        if (!one->is_list && !one->is_excused) {
            one->is_excused = true;
            compare->tables[one->table].left_out++;
        }
    }
}
