/*
 * The bulk load of a generation: binary COPY into tables without indexes, then duplicates and removed vectors
 * are deleted, and then the indexes are built, the approximate one in memory. Also reads a whole generation.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/postgres/row.h"
#include "common/postgres/wire.h"
#include "sql/embedded.h"
#include "stores/vectors/pgvector/pgvector.h"

#define FLUSH_BYTES ((size_t)512 * 1024)
#define SCAN_ROWS "1000"

/* Memory that the graph of the index takes per vector, besides the vector. */
#define GRAPH_BYTES 800
#define LEAST_MEMORY_MB 64

/* These have no time-outs, and may use plans that a fold must not. */
static const char bulk_settings[] =
    "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'; "
    "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL enable_seqscan = on; "
    "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_bitmapscan = on; "
    "SET LOCAL work_mem = '128MB'";

bool mneme_pgvector_read(float *out, size_t dimensions, struct mneme_str wire) {
    uint16_t count;
    if (wire.len != 4 + dimensions * sizeof *out) {
        return false;
    }
    memcpy(&count, wire.data, sizeof count);
    for (size_t i = 0; i < dimensions; i++) {
        uint32_t bits;
        memcpy(&bits, wire.data + 4 + i * sizeof bits, sizeof bits);
        bits = be32toh(bits);
        memcpy(out + i, &bits, sizeof bits);
    }
    return be16toh(count) == dimensions;
}

/* A vector in the binary form of its type: dimensions, nothing, the floats. */
static void copy_vector(struct mneme_buffer *rows, struct mneme_str vector) {
    size_t dimensions = vector.len / sizeof(float);
    mneme_pg_wire_32(rows, (int32_t)(4 + vector.len));
    mneme_pg_wire_16(rows, (int16_t)dimensions);
    mneme_pg_wire_16(rows, 0);
    if (!mneme_buffer_reserve(rows, vector.len)) {
        return;
    }
    for (size_t i = 0; i < dimensions; i++) {
        uint32_t bits;
        memcpy(&bits, vector.data + i * sizeof bits, sizeof bits);
        bits = htobe32(le32toh(bits));
        memcpy(rows->data + rows->len, &bits, sizeof bits);
        rows->len += sizeof bits;
    }
}

static void copy_key(struct mneme_buffer *rows, const struct mneme_vector_change *change) {
    mneme_copy_str(rows, change->document.stream_id);
    mneme_copy_str(rows, change->document.kind);
    mneme_copy_str(rows, change->document.ref);
}

static void copy_part(struct mneme_buffer *rows, const struct mneme_vector_change *change, size_t part) {
    mneme_copy_row(rows, 12);
    mneme_copy_long(rows, change->source_sequence);
    mneme_copy_time(rows, change->created_at);
    mneme_copy_str(rows, change->scope.tenant);
    mneme_copy_str(rows, change->scope.user_id);
    mneme_copy_str(rows, change->scope.agent_id);
    mneme_copy_str(rows, change->scope.run_id);
    mneme_copy_str(rows, change->scope.conversation_id);
    copy_vector(rows, mneme_vector_change_part(change, part));
    copy_key(rows, change);
    mneme_pg_wire_32(rows, sizeof(int16_t));
    mneme_pg_wire_16(rows, (int16_t)part);
}

static void copy_document(struct mneme_buffer *rows, const struct mneme_vector_change *change) {
    for (size_t part = 0; part < mneme_vector_change_parts(change); part++) {
        copy_part(rows, change, part);
    }
}

static void copy_raw(struct mneme_buffer *rows, const struct mneme_vector_change *change) {
    mneme_copy_row(rows, 9);
    mneme_copy_long(rows, change->source_sequence);
    mneme_copy_str(rows, change->scope.tenant);
    copy_key(rows, change);
    mneme_copy_str(rows, change->collection);
    mneme_copy_str(rows, change->vector_id);
    copy_vector(rows, change->vector);
    mneme_copy_str(rows, change->metadata_json);
}

static void copy_removed(struct mneme_buffer *rows, const struct mneme_vector_change *change) {
    mneme_copy_row(rows, 5);
    mneme_copy_long(rows, change->source_sequence);
    mneme_copy_str(rows, change->scope.tenant);
    copy_key(rows, change);
}

enum stream { DOCUMENTS, RAW_VECTORS, REMOVED, STREAMS };

static const struct {
    const char *copy_sql;
    void (*put)(struct mneme_buffer *rows, const struct mneme_vector_change *change);
} streams[STREAMS] = {
    [DOCUMENTS] = {"COPY embeddings_{g} FROM STDIN (FORMAT binary)", copy_document},
    [RAW_VECTORS] = {"COPY raw_vectors_{g} FROM STDIN (FORMAT binary)", copy_raw},
    [REMOVED] = {"COPY removed_vectors_{g} FROM STDIN (FORMAT binary)", copy_removed},
};

static enum stream stream_of(const struct mneme_vector_change *change) {
    if (change->is_removal) {
        return REMOVED;
    }
    return mneme_vector_change_is_raw(change) ? RAW_VECTORS : DOCUMENTS;
}

static int load_stream(struct mneme_pgvector *store, enum stream stream,
                       const struct mneme_vector_change *changes, size_t count, struct mneme_error *error) {
    struct mneme_buffer rows = {0};
    bool is_open = false;
    int status = mneme_pgvector_sql(store, streams[stream].copy_sql, store->generation.metric, "", error);
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        if (stream_of(&changes[i]) != stream) {
            continue;
        }
        if (!is_open) {
            status = mneme_pg_copy_begin(store->postgres, store->sql.data, &rows, error);
            is_open = status == MNEME_OK;
        }
        if (is_open) {
            streams[stream].put(&rows, &changes[i]);
        }
        if (is_open && rows.len >= FLUSH_BYTES) {
            status = mneme_pg_copy_flush(store->postgres, &rows, error);
        }
    }
    if (status == MNEME_OK && is_open) {
        status = mneme_pg_copy_end(store->postgres, &rows, NULL, error);
    }
    mneme_buffer_clean_up(&rows);
    return status;
}

/* A load that was interrupted while finishing continues with tables that already have indexes. */
static int unindex(struct mneme_pgvector *store, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status =
        mneme_pgvector_sql(store, mneme_sql_pgvector_is_indexed, store->generation.metric, "", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, store->postgres, store->sql.data, NULL, false, error);
    }
    bool is_indexed = status == MNEME_OK && PQntuples(rows) > 0;
    PQclear(rows);
    return is_indexed ? mneme_pgvector_run(store, mneme_sql_pgvector_unindex, "", error) : status;
}

int mneme_pgvector_load(void *context, const struct mneme_vector_change *changes, size_t count,
                        struct mneme_error *error) {
    int status = unindex(context, error);
    for (int stream = 0; stream < STREAMS && status == MNEME_OK; stream++) {
        status = load_stream(context, (enum stream)stream, changes, count, error);
    }
    return status;
}

int mneme_pgvector_in_transaction(struct mneme_pgvector *store,
                                  int (*step)(struct mneme_pgvector *, struct mneme_error *),
                                  const char *more_settings, struct mneme_error *error) {
    int status = mneme_pg_run(store->postgres, bulk_settings, error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(store->postgres, more_settings, error);
    }
    if (status == MNEME_OK) {
        status = step(store, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(store->postgres, "COMMIT", error);
    }
    if (status != MNEME_OK) {
        /* If this fails too, the connection is lost, and the transaction with it. */
        (void)mneme_pg_run(store->postgres, "ROLLBACK", NULL);
    }
    return status;
}

/* With several partitions, or a topic that is not compacted yet, a document may arrive more than once. */
static int remove_former(struct mneme_pgvector *store, struct mneme_error *error) {
    const struct {
        const char *template, *table;
        bool is_of_documents;
    } steps[] = {
        {mneme_sql_pgvector_settle, MNEME_PGVECTOR_RAW, false},
        {mneme_sql_pgvector_settle, "removed_vectors", false},
        {mneme_sql_pgvector_settle_documents, MNEME_PGVECTOR_DOCUMENTS, true},
        {mneme_sql_pgvector_settle_removed, MNEME_PGVECTOR_RAW, false},
        {mneme_sql_pgvector_settle_removed, MNEME_PGVECTOR_DOCUMENTS, true},
    };
    int status = MNEME_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == MNEME_OK; i++) {
        if (!steps[i].is_of_documents || store->generation.dimensions > 0) {
            status = mneme_pgvector_run(store, steps[i].template, steps[i].table, error);
        }
    }
    return status;
}

static int index_nearest(struct mneme_pgvector *store, struct mneme_error *error) {
    return mneme_pgvector_run(store, mneme_sql_pgvector_index_nearest, "", error);
}

void mneme_pgvector_build_settings(char *sql, size_t size, const struct mneme_pgvector *store,
                                   int64_t vectors, int64_t dimensions, unsigned jobs) {
    int64_t vector_bytes = dimensions * (int64_t)sizeof(float);
    int64_t wanted = vectors * (vector_bytes + GRAPH_BYTES) / (1024 * 1024);
    int64_t most = mneme_config_long(store->config, MNEME_SETTING_INDEX_MEMORY_MB);
    int64_t memory_mb = wanted > most ? most : wanted;
    snprintf(sql, size,
             "SET LOCAL maintenance_work_mem = '%lldMB'; SET LOCAL max_parallel_maintenance_workers = %u",
             (long long)(memory_mb < LEAST_MEMORY_MB ? LEAST_MEMORY_MB : memory_mb), jobs > 0 ? jobs - 1 : 0);
}

static int nearest_settings(char *sql, size_t size, struct mneme_pgvector *store, unsigned jobs,
                            struct mneme_error *error) {
    PGresult *rows = NULL;
    int status =
        mneme_pgvector_sql(store, "SELECT count(*) FROM embeddings_{g}", store->generation.metric, "", error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, store->postgres, store->sql.data, NULL, false, error);
    }
    if (status == MNEME_OK) {
        int64_t vectors = strtoll(PQgetvalue(rows, 0, 0), NULL, 10);
        mneme_pgvector_build_settings(sql, size, store, vectors, store->generation.dimensions, jobs);
    }
    PQclear(rows);
    return status;
}

int mneme_pgvector_finish_load(void *context, unsigned jobs, struct mneme_error *error) {
    struct mneme_pgvector *store = context;
    char settings[160] = "";
    int status = mneme_pgvector_in_transaction(store, remove_former, "", error);
    if (status == MNEME_OK) {
        status = mneme_pgvector_in_transaction(store, mneme_pgvector_index,
                                               "SET LOCAL maintenance_work_mem = '256MB'", error);
    }
    if (status == MNEME_OK && mneme_pgvector_has_nearest(store)) {
        status = nearest_settings(settings, sizeof settings, store, jobs, error);
        if (status == MNEME_OK) {
            status = mneme_pgvector_in_transaction(store, index_nearest, settings, error);
        }
    }
    if (status == MNEME_OK) {
        status = mneme_pgvector_index_collections(store, jobs, error);
    }
    if (status == MNEME_OK && store->generation.dimensions > 0) {
        status = mneme_pgvector_run(store, "VACUUM (ANALYZE) embeddings_{g}", "", error);
    }
    return status;
}

static struct mneme_str get(const PGresult *rows, int row, int column) {
    return PQgetisnull(rows, row, column)
               ? MNEME_STR_NULL
               : (struct mneme_str){PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column)};
}

/* The vector in the form of a change, in a separate buffer. */
static bool take_vector(struct mneme_vector_change *change, struct mneme_buffer *floats,
                        struct mneme_str wire) {
    size_t dimensions = wire.len < 4 ? 0 : (wire.len - 4) / sizeof(float);
    mneme_buffer_clear(floats);
    if (!mneme_buffer_reserve(floats, dimensions * sizeof(float) + 1) ||
        !mneme_pgvector_read((float *)(void *)floats->data, dimensions, wire)) {
        return false;
    }
    floats->len = dimensions * sizeof(float);
    for (size_t i = 0; i < dimensions; i++) { /* converts this machine's numbers to those of a record */
        uint32_t bits;
        memcpy(&bits, floats->data + i * sizeof bits, sizeof bits);
        bits = htole32(bits);
        memcpy(floats->data + i * sizeof bits, &bits, sizeof bits);
    }
    change->vector = mneme_buffer_str(floats);
    return true;
}

static int visit_rows(const PGresult *rows, struct mneme_buffer *floats, mneme_vector_visit *visit,
                      void *context, struct mneme_error *error) {
    int status = MNEME_OK;
    for (int row = 0; row < PQntuples(rows) && status == MNEME_OK; row++) {
        struct mneme_vector_change change = {
            .source_sequence = mneme_pg_get_long(rows, row, 0),
            .created_at = mneme_pg_get_long(rows, row, 1),
            .scope = {get(rows, row, 2), get(rows, row, 3), get(rows, row, 4), get(rows, row, 5),
                      get(rows, row, 6)},
            .document = {get(rows, row, 8), get(rows, row, 9), get(rows, row, 10)},
            .collection = get(rows, row, 11),
            .vector_id = get(rows, row, 12),
            .metadata_json = get(rows, row, 13),
            .part = (size_t)mneme_pg_get_long(rows, row, 14),
        };
        status = take_vector(&change, floats, get(rows, row, 7)) ? visit(context, &change)
                                                                 : mneme_pgvector_out_of_memory(error);
    }
    return status;
}

static int scan_table(struct mneme_pgvector *store, const char *cursor_sql, mneme_vector_visit *visit,
                      void *context, struct mneme_error *error) {
    struct mneme_buffer floats = {0};
    int left = 1;
    int status = mneme_pgvector_run(store, cursor_sql, "", error);
    while (status == MNEME_OK && left > 0) {
        PGresult *rows = NULL;
        status =
            mneme_pg_query(&rows, store->postgres, "FETCH " SCAN_ROWS " FROM mneme_scan", NULL, true, error);
        left = status == MNEME_OK ? PQntuples(rows) : 0;
        if (status == MNEME_OK) {
            status = visit_rows(rows, &floats, visit, context, error);
        }
        PQclear(rows);
    }
    mneme_buffer_clean_up(&floats);
    return status == MNEME_OK ? mneme_pg_run(store->postgres, "CLOSE mneme_scan", error) : status;
}

int mneme_pgvector_scan(void *opened, mneme_vector_visit *visit, void *context, struct mneme_error *error) {
    struct mneme_pgvector *store = opened;
    int status = scan_table(store, mneme_sql_pgvector_scan_raw, visit, context, error);
    return status == MNEME_OK && store->generation.dimensions > 0
               ? scan_table(store, mneme_sql_pgvector_scan, visit, context, error)
               : status;
}
