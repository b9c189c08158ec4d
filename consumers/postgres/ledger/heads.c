/*
 * The heads of the partitions in a short list: a worker owns few.
 */
#include "consumers/postgres/ledger/heads.h"

#include <stdlib.h>

#include "common/postgres/row.h"
#include "sql/embedded.h"

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the ledger's heads were not read: out of memory");
}

void mneme_ledger_heads_clean_up(struct mneme_ledger_heads *heads) {
    free(heads->items);
    *heads = (struct mneme_ledger_heads){0};
}

struct mneme_ledger_head *mneme_ledger_heads_find(const struct mneme_ledger_heads *heads, int32_t partition) {
    for (size_t i = 0; i < heads->count; i++) {
        if (heads->items[i].partition == partition) {
            return &heads->items[i];
        }
    }
    return NULL;
}

void mneme_ledger_heads_drop(struct mneme_ledger_heads *heads, const int32_t *partitions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct mneme_ledger_head *head = mneme_ledger_heads_find(heads, partitions[i]);
        if (head != NULL) {
            *head = heads->items[--heads->count];
        }
    }
}

static bool reserve(struct mneme_ledger_heads *heads, size_t count) {
    if (heads->capacity - heads->count >= count) {
        return true;
    }
    size_t capacity = heads->count + count;
    struct mneme_ledger_head *items = realloc(heads->items, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    heads->items = items;
    heads->capacity = capacity;
    return true;
}

static int take(struct mneme_ledger_heads *heads, const PGresult *rows, struct mneme_error *error) {
    for (int row = 0; row < PQntuples(rows); row++) {
        struct mneme_ledger_head *head =
            mneme_ledger_heads_find(heads, (int32_t)mneme_pg_get_long(rows, row, 0));
        if (head == NULL || PQgetlength(rows, row, 2) != MNEME_LEDGER_HASH_BYTES) {
            return mneme_error_set(
                error, MNEME_E_UNSAFE,
                "the ledger's heads were not read: ledger_heads holds a hash of %d bytes; "
                "`mneme audit verify` shows what else was changed, and `mneme rebuild postgres` repairs it",
                PQgetlength(rows, row, 2));
        }
        head->sequence_id = mneme_pg_get_long(rows, row, 1);
        memcpy(head->hash, PQgetvalue(rows, row, 2), sizeof head->hash);
    }
    return MNEME_OK;
}

int mneme_ledger_heads_read(struct mneme_ledger_heads *heads, struct mneme_postgres *postgres,
                            const int32_t *partitions, size_t count, struct mneme_error *error) {
    mneme_ledger_heads_drop(heads, partitions, count);
    int64_t *wanted = malloc((count + 1) * sizeof *wanted);
    if (wanted == NULL || !reserve(heads, count)) {
        free(wanted);
        return no_memory(error);
    }
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    for (size_t i = 0; i < count; i++) {
        wanted[i] = partitions[i];
        heads->items[heads->count++] =
            (struct mneme_ledger_head){.partition = partitions[i], .sequence_id = -1};
    }
    mneme_pg_param_long_array(&params, wanted, count);
    int status = mneme_pg_query(&rows, postgres, mneme_sql_fold_read_heads, &params, true, error);
    if (status == MNEME_OK) {
        status = take(heads, rows, error);
    }
    if (status != MNEME_OK) {
        mneme_ledger_heads_drop(heads, partitions, count);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    free(wanted);
    return status;
}

int mneme_ledger_heads_params(struct mneme_pg_params *params, const struct mneme_ledger_head *const *heads,
                              size_t count, struct mneme_arena *arena, struct mneme_error *error) {
    int64_t *numbers = mneme_arena_alloc(arena, 2 * (count + 1) * sizeof *numbers);
    struct mneme_str *hashes = mneme_arena_alloc(arena, (count + 1) * sizeof *hashes);
    if (numbers == NULL || hashes == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        numbers[i] = heads[i]->partition;
        numbers[count + i] = heads[i]->sequence_id;
        hashes[i] = (struct mneme_str){(const char *)heads[i]->hash, sizeof heads[i]->hash};
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_long_array(params, numbers, count);
    mneme_pg_param_long_array(params, numbers + count, count);
    mneme_pg_param_bytes_array(params, hashes, count);
    return MNEME_OK;
}
