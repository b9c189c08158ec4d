/*
 * The audit reads everything in one transaction, so that workers may go on meanwhile.
 */
#include "consumers/postgres/ledger/audit_store.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/postgres/row.h"
#include "sql/embedded.h"

/* A hash of another length is not the hash of any row. */
static void get_hash(uint8_t hash[MNEME_LEDGER_HASH_BYTES], const PGresult *rows, int row, int column) {
    memset(hash, 0xFF, MNEME_LEDGER_HASH_BYTES);
    if (PQgetlength(rows, row, column) == MNEME_LEDGER_HASH_BYTES) {
        memcpy(hash, PQgetvalue(rows, row, column), MNEME_LEDGER_HASH_BYTES);
    }
}

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the ledger was not read: out of memory");
}

int mneme_audit_heads(struct mneme_ledger_head **heads, size_t *count, struct mneme_postgres *postgres,
                      struct mneme_error *error) {
    PGresult *rows = NULL;
    *heads = NULL;
    *count = 0;
    int status = mneme_pg_query(&rows, postgres, mneme_sql_audit_heads, NULL, true, error);
    if (status != MNEME_OK) {
        return status;
    }
    *heads = calloc((size_t)PQntuples(rows) + 1, sizeof **heads);
    if (*heads == NULL) {
        PQclear(rows);
        return no_memory(error);
    }
    for (int i = 0; i < PQntuples(rows); i++) {
        struct mneme_ledger_head *head = &(*heads)[(*count)++];
        head->partition = (int32_t)mneme_pg_get_long(rows, i, 0);
        head->sequence_id = mneme_pg_get_long(rows, i, 1);
        get_hash(head->hash, rows, i, 2);
    }
    PQclear(rows);
    return MNEME_OK;
}

static int read_bases(struct mneme_audit_store *store, struct mneme_postgres *postgres,
                      struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, postgres, mneme_sql_audit_bases, NULL, true, error);
    if (status != MNEME_OK) {
        return status;
    }
    store->bases = calloc((size_t)PQntuples(rows) + 1, sizeof *store->bases);
    for (int i = 0; i < PQntuples(rows) && store->bases != NULL; i++) {
        struct mneme_audit_base *base = &store->bases[store->base_count++];
        base->partition = (int32_t)mneme_pg_get_long(rows, i, 0);
        base->first_offset = mneme_pg_get_long(rows, i, 1);
        base->last_offset = mneme_pg_get_long(rows, i, 2);
        base->row_count = mneme_pg_get_long(rows, i, 3);
        get_hash(base->previous_hash, rows, i, 4);
        get_hash(base->hash, rows, i, 5);
    }
    PQclear(rows);
    return store->bases == NULL ? no_memory(error) : MNEME_OK;
}

static int read_parked(struct mneme_audit_store *store, struct mneme_postgres *postgres,
                       struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, postgres, mneme_sql_audit_parked, NULL, true, error);
    if (status != MNEME_OK) {
        return status;
    }
    store->parked = calloc((size_t)PQntuples(rows) + 1, sizeof *store->parked);
    for (int i = 0; i < PQntuples(rows) && store->parked != NULL; i++) {
        store->parked[store->parked_count++] = mneme_pg_get_long(rows, i, 0);
    }
    PQclear(rows);
    return store->parked == NULL ? no_memory(error) : MNEME_OK;
}

int mneme_audit_losses(struct mneme_postgres *postgres,
                       void (*on_loss)(void *context, const struct mneme_audit_loss *loss), void *context,
                       struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, postgres, mneme_sql_audit_losses, NULL, true, error);
    for (int i = 0; status == MNEME_OK && i < PQntuples(rows); i++) {
        const struct mneme_audit_loss loss = {
            .partition = (int32_t)mneme_pg_get_long(rows, i, 0),
            .first_offset = mneme_pg_get_long(rows, i, 1),
            .last_offset = mneme_pg_get_long(rows, i, 2),
            .head_sequence = mneme_pg_get_long(rows, i, 3),
            .accepted_at = mneme_pg_get_long(rows, i, 4),
            .accepted_by = {PQgetvalue(rows, i, 5), (size_t)PQgetlength(rows, i, 5)},
        };
        on_loss(context, &loss);
    }
    PQclear(rows);
    return status;
}

struct losses {
    struct mneme_audit_store *store;
    const struct mneme_audit *audit;
    bool has_failed;
};

/* The last loss of a partition says where its chain begins. */
static void take_loss(void *context, const struct mneme_audit_loss *loss) {
    struct losses *losses = context;
    struct mneme_audit_store *store = losses->store;
    if (losses->audit->partition >= 0 && losses->audit->partition != loss->partition) {
        return;
    }
    losses->audit->on_loss(losses->audit->context, loss);
    struct mneme_audit_begin *last = store->begin_count == 0 ? NULL : &store->begins[store->begin_count - 1];
    if (last == NULL || last->partition != loss->partition) {
        struct mneme_audit_begin *begins =
            reallocarray(store->begins, store->begin_count + 1, sizeof *store->begins);
        if (begins == NULL) {
            losses->has_failed = true;
            return;
        }
        store->begins = begins;
        last = &begins[store->begin_count++];
        *last = (struct mneme_audit_begin){.partition = loss->partition, .head_sequence = -1};
    }
    last->offset = loss->last_offset + 1;
    last->head_sequence =
        loss->head_sequence > last->head_sequence ? loss->head_sequence : last->head_sequence;
}

static int read_losses(struct mneme_audit_store *store, struct mneme_postgres *postgres,
                       const struct mneme_audit *audit, struct mneme_error *error) {
    struct losses losses = {store, audit, false};
    int status = mneme_audit_losses(postgres, take_loss, &losses, error);
    return status == MNEME_OK && losses.has_failed ? no_memory(error) : status;
}

static int report_total(struct mneme_postgres *postgres, const struct mneme_audit *audit,
                        struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, postgres, mneme_sql_audit_count, NULL, true, error);
    if (status == MNEME_OK) {
        audit->on_total(audit->context, audit->partition < 0 ? mneme_pg_get_long(rows, 0, 0) : 0);
    }
    PQclear(rows);
    return status;
}

/* COPY takes no parameters: the partition goes by a setting of the session. */
static int set_partition(struct mneme_postgres *postgres, int32_t partition, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    char text[12];
    snprintf(text, sizeof text, "%d", (int)partition);
    mneme_pg_param_str(&params, mneme_str_from(text));
    int status = mneme_pg_query(NULL, postgres, "SELECT set_config('mneme.audit_partition', $1::text, true)",
                                &params, true, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

/* Otherwise a partition that was never folded would count as whole, without a row. */
static int check_partition(struct mneme_postgres *postgres, int32_t partition, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_long(&params, partition);
    int status = mneme_pg_query(&rows, postgres, mneme_sql_audit_partitions, &params, true, error);
    if (status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] == 0) {
        bool is_empty = PQgetisnull(rows, 0, 1) == 1;
        status = mneme_error_set(
            error, MNEME_E_NOT_FOUND, "the ledger was not verified: there is no partition %d; %s%.*s",
            (int)partition, is_empty ? "nothing is folded yet, see `mneme status`" : "the partitions are ",
            is_empty ? 0 : PQgetlength(rows, 0, 1), PQgetvalue(rows, 0, 1));
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_audit_store_open(struct mneme_audit_store *store, struct mneme_postgres *postgres,
                           const struct mneme_audit *audit, struct mneme_error *error) {
    int status = mneme_pg_run(postgres, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    if (status == MNEME_OK && audit->partition >= 0) {
        status = check_partition(postgres, audit->partition, error);
    }
    if (status == MNEME_OK) {
        status = mneme_audit_heads(&store->heads, &store->head_count, postgres, error);
    }
    if (status == MNEME_OK) {
        status = read_bases(store, postgres, error);
    }
    if (status == MNEME_OK) {
        status = read_parked(store, postgres, error);
    }
    if (status == MNEME_OK) {
        status = read_losses(store, postgres, audit, error);
    }
    if (status == MNEME_OK) {
        status = report_total(postgres, audit, error);
    }
    if (status == MNEME_OK) {
        status = set_partition(postgres, audit->partition, error);
    }
    return status == MNEME_OK ? mneme_pg_copy_out_begin(postgres, mneme_sql_audit_copy, error) : status;
}

void mneme_audit_store_clean_up(struct mneme_audit_store *store) {
    free(store->heads);
    free(store->bases);
    free(store->begins);
    free(store->parked);
}

static int compare_longs(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool mneme_audit_is_parked(const struct mneme_audit_store *store, struct mneme_position position) {
    int64_t sequence_id = mneme_sequence_id(position);
    return bsearch(&sequence_id, store->parked, store->parked_count, sizeof sequence_id, compare_longs) !=
           NULL;
}

const struct mneme_ledger_head *mneme_audit_head_of(const struct mneme_audit_store *store,
                                                    int32_t partition) {
    for (size_t i = 0; i < store->head_count; i++) {
        if (store->heads[i].partition == partition) {
            return &store->heads[i];
        }
    }
    return NULL;
}

const struct mneme_audit_begin *mneme_audit_begin_of(const struct mneme_audit_store *store,
                                                     int32_t partition) {
    for (size_t i = 0; i < store->begin_count; i++) {
        if (store->begins[i].partition == partition) {
            return &store->begins[i];
        }
    }
    return NULL;
}

const struct mneme_audit_base *mneme_audit_base_of(const struct mneme_audit_store *store,
                                                   const struct mneme_ledger_head *head) {
    int64_t offset = head->sequence_id / MNEME_MAX_PARTITIONS;
    for (size_t i = 0; i < store->base_count; i++) {
        const struct mneme_audit_base *base = &store->bases[i];
        if (base->partition == head->partition && offset >= base->first_offset &&
            offset <= base->last_offset) {
            return base;
        }
    }
    return NULL;
}

/* --- rows --- */

/* The field at `at` with its length word; empty when it does not fit. */
static struct mneme_str field_at(struct mneme_str bytes, size_t at) {
    uint32_t wire;
    if (bytes.len - at < sizeof wire) {
        return MNEME_STR_NULL;
    }
    memcpy(&wire, bytes.data + at, sizeof wire);
    int32_t len = (int32_t)be32toh(wire);
    size_t whole = sizeof wire + (len < 0 ? 0 : (size_t)len);
    return bytes.len - at < whole ? MNEME_STR_NULL : (struct mneme_str){bytes.data + at, whole};
}

static bool take_long(int64_t *out, struct mneme_str field) {
    uint64_t wire;
    if (field.len != sizeof(int32_t) + sizeof wire) {
        return false;
    }
    memcpy(&wire, field.data + sizeof(int32_t), sizeof wire);
    *out = (int64_t)be64toh(wire);
    return true;
}

bool mneme_audit_read(struct mneme_ledger_read *row, struct mneme_str bytes) {
    size_t at = sizeof(int16_t);
    row->fields.data = bytes.data + at;
    for (size_t i = 0; i < MNEME_LEDGER_FIELDS; i++) {
        row->field[i] = field_at(bytes, at);
        if (row->field[i].data == NULL) {
            return false;
        }
        at += row->field[i].len;
    }
    row->fields.len = at - sizeof(int16_t);
    struct mneme_str hash = field_at(bytes, at);
    memset(row->hash, 0xFF, sizeof row->hash); /* of another length: no hash of any row */
    if (hash.len == sizeof(int32_t) + sizeof row->hash) {
        memcpy(row->hash, hash.data + sizeof(int32_t), sizeof row->hash);
    }
    uint32_t partition;
    if (hash.data == NULL || row->field[18].len != sizeof(int32_t) + sizeof partition) {
        return false;
    }
    memcpy(&partition, row->field[18].data + sizeof(int32_t), sizeof partition);
    row->partition = (int32_t)be32toh(partition);
    return take_long(&row->sequence_id, row->field[0]) && take_long(&row->offset, row->field[19]);
}
