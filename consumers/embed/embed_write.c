/*
 * Rows are written by arrays, one statement for each kind of change. The statement that removes documents
 * returns those that existed.
 */
#include "consumers/embed/embed_write.h"

#include <endian.h>

#include "consumers/embed/embed_parts.h"
#include "sql/embedded.h"

#define MAX_NAMES 6

/* The arrays of a statement, by column. */
struct columns {
    struct mneme_str *names[MAX_NAMES];
    struct mneme_str *hashes;
    int64_t *sequences;
    size_t count;
};

void mneme_embed_writer_clean_up(struct mneme_embed_writer *writer) {
    mneme_buffer_clean_up(&writer->key);
    mneme_buffer_clean_up(&writer->value);
}

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}

static bool make_columns(struct columns *columns, size_t capacity, struct mneme_arena *arena) {
    bool is_made = true;
    *columns = (struct columns){.hashes = mneme_arena_alloc(arena, (capacity + 1) * sizeof(struct mneme_str)),
                                .sequences = mneme_arena_alloc(arena, (capacity + 1) * sizeof(int64_t))};
    for (size_t i = 0; i < MAX_NAMES; i++) {
        columns->names[i] = mneme_arena_alloc(arena, (capacity + 1) * sizeof(struct mneme_str));
        is_made = is_made && columns->names[i] != NULL;
    }
    return is_made && columns->hashes != NULL && columns->sequences != NULL;
}

/* Model, edition, names and, where there are any, sequences and hashes. */
static void fill_params(struct mneme_pg_params *params, const struct mneme_embed_writer *writer,
                        const struct columns *columns, size_t name_count, bool has_hashes) {
    mneme_pg_param_str(params, mneme_str_from(writer->model->name));
    mneme_pg_param_long(params, writer->edition);
    for (size_t i = 0; i < name_count; i++) {
        mneme_pg_param_str_array(params, columns->names[i], columns->count);
    }
    if (columns->sequences != NULL) {
        mneme_pg_param_long_array(params, columns->sequences, columns->count);
    }
    if (has_hashes) {
        mneme_pg_param_bytes_array(params, columns->hashes, columns->count);
    }
}

int mneme_embed_add_record(struct mneme_embed_writer *writer, const struct mneme_embedding_key *key,
                           struct mneme_str value, int64_t source_sequence, struct mneme_error *error) {
    mneme_buffer_clear(&writer->key);
    mneme_embedding_key_write(&writer->key, key);
    return writer->key.failed ? no_memory(error)
                              : mneme_embed_records_add(writer->records, mneme_buffer_str(&writer->key),
                                                        value, source_sequence, error);
}

static struct mneme_str cell(const PGresult *rows, int row, int column) {
    return (struct mneme_str){PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column)};
}

static int64_t long_cell(const PGresult *rows, int row, int column) {
    uint64_t wire;
    memcpy(&wire, PQgetvalue(rows, row, column), sizeof wire);
    return (int64_t)be64toh(wire);
}

/* Runs a statement that removes rows, and removes the records of the rows that it returns. */
static int remove_rows(struct mneme_embed_writer *writer, const char *sql, const struct columns *columns,
                       size_t name_count, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    if (columns->count == 0) {
        return MNEME_OK;
    }
    fill_params(&params, writer, columns, name_count, false);
    int status = mneme_pg_query(&rows, writer->postgres, sql, &params, true, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        const struct mneme_embedding_key key = {cell(rows, row, 0), cell(rows, row, 1), cell(rows, row, 2),
                                                cell(rows, row, 3)};
        status = mneme_embed_add_record(writer, &key, MNEME_STR_NULL, long_cell(rows, row, 4), error);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int remove_turns(struct mneme_embed_writer *writer, const struct mneme_documents *documents,
                        struct mneme_error *error) {
    struct columns columns;
    if (!make_columns(&columns, documents->removal_count, writer->arena)) {
        return no_memory(error);
    }
    for (const struct mneme_document_removal *removal = documents->first_removal; removal != NULL;
         removal = removal->next) {
        columns.names[0][columns.count] = removal->tenant;
        columns.names[1][columns.count] = removal->stream_id;
        columns.names[2][columns.count] = removal->conversation_id;
        columns.sequences[columns.count++] = removal->sequence;
    }
    return remove_rows(writer, mneme_sql_embed_remove_turns, &columns, 3, error);
}

static void put_names(struct columns *columns, const struct mneme_document *document) {
    columns->names[0][columns->count] = document->tenant;
    columns->names[1][columns->count] = document->stream_id;
    columns->names[2][columns->count] = mneme_document_kinds[document->kind];
    columns->names[3][columns->count] = document->ref;
    columns->sequences[columns->count] = document->last->sequence;
}

/* Also of a document that came and went within the batch, and whose row is not there: a worker that ended
 * before it could commit may have left a record of it. */
static int remove_documents(struct mneme_embed_writer *writer, const struct mneme_documents *documents,
                            struct mneme_error *error) {
    struct columns columns;
    int status = MNEME_OK;
    if (!make_columns(&columns, documents->count, writer->arena)) {
        return no_memory(error);
    }
    for (const struct mneme_document *document = documents->first; document != NULL && status == MNEME_OK;
         document = document->next) {
        if (!document->last->is_there) {
            const struct mneme_embedding_key key = {mneme_document_kinds[document->kind], document->ref,
                                                    document->tenant, document->stream_id};
            put_names(&columns, document);
            columns.count++;
            status = mneme_embed_add_record(writer, &key, MNEME_STR_NULL, document->last->sequence, error);
        }
    }
    columns.sequences = NULL;
    return status == MNEME_OK ? remove_rows(writer, mneme_sql_embed_remove, &columns, 4, error) : status;
}

size_t mneme_embed_part_count(const struct mneme_embed_entry *entry, const char **refusal) {
    size_t count = 0;
    *refusal = NULL;
    for (const struct mneme_embed_text *part = entry->parts; part != NULL; part = part->next) {
        count += part->vector.data != NULL ? 1 : 0;
        *refusal = part->refusal != NULL ? part->refusal : *refusal;
    }
    return count;
}

static int store_rows(struct mneme_embed_writer *writer, const struct mneme_embed_entry *entries,
                      size_t count, struct mneme_error *error) {
    struct columns columns;
    struct mneme_pg_params params = {0};
    int64_t *parts = mneme_arena_alloc(writer->arena, (count + 1) * sizeof *parts);
    if (parts == NULL || !make_columns(&columns, count, writer->arena)) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const char *refusal;
        parts[i] = (int64_t)mneme_embed_part_count(&entries[i], &refusal);
        put_names(&columns, entries[i].document);
        columns.names[4][i] = entries[i].document->last->conversation_id;
        columns.names[5][i] = mneme_str_from(refusal);
        columns.hashes[i] = (struct mneme_str){(const char *)entries[i].text_hash, MNEME_TEXT_HASH_BYTES};
        columns.count++;
    }
    fill_params(&params, writer, &columns, 6, true);
    mneme_pg_param_long_array(&params, parts, count);
    int status = count == 0
                     ? MNEME_OK
                     : mneme_pg_query(NULL, writer->postgres, mneme_sql_embed_store, &params, true, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

/* The record, with as many vectors as the topic takes: neighbours share one where it takes no more. */
static int encode_fitting(struct mneme_embed_writer *writer, const struct mneme_embed_entry *entry,
                          const struct mneme_embedding_key *key, struct mneme_embedding *embedding,
                          struct mneme_error *error) {
    size_t room = mneme_embed_records_most_bytes(writer->records);
    size_t most = MNEME_EMBEDDING_MAX_PARTS;
    int status;
    do {
        if (!mneme_embed_join_parts(embedding, entry->parts, most, writer->arena)) {
            return no_memory(error);
        }
        mneme_buffer_clear(&writer->value);
        mneme_buffer_clear(&writer->key);
        mneme_embedding_key_write(&writer->key, key);
        status = mneme_embedding_encode(writer->codec, embedding, &writer->value, error);
        most /= 2;
    } while (status == MNEME_OK && embedding->part_vectors.len > 0 &&
             writer->key.len + writer->value.len > room);
    return status;
}

static int add_document(struct mneme_embed_writer *writer, const struct mneme_embed_entry *entry,
                        struct mneme_error *error) {
    const struct mneme_document *document = entry->document;
    const struct mneme_document_version *version = document->last;
    const char *refusal;
    size_t part_count = mneme_embed_part_count(entry, &refusal);
    const struct mneme_embedding_key key = {mneme_document_kinds[document->kind], document->ref,
                                            document->tenant, document->stream_id};
    if (part_count == 0) { /* what an earlier text has left would be found by that */
        return mneme_embed_add_record(writer, &key, MNEME_STR_NULL, version->sequence, error);
    }
    struct mneme_embedding embedding = {
        .tenant = document->tenant,
        .stream_id = document->stream_id,
        .kind = mneme_document_kinds[document->kind],
        .ref = document->ref,
        .user_id = version->user_id,
        .agent_id = version->agent_id,
        .run_id = version->run_id,
        .conversation_id = version->conversation_id,
        .position = version->position,
        .speaker = version->speaker,
        .created_at = version->created_at,
        .text = version->text,
        .text_hash = {(const char *)entry->text_hash, MNEME_TEXT_HASH_BYTES},
        .model = mneme_str_from(writer->model->name),
        .query_prefix = mneme_str_from(writer->model->query_prefix),
        .passage_prefix = mneme_str_from(writer->model->passage_prefix),
        .metadata = version->metadata,
        .source_sequence = version->sequence,
    };
    int status = encode_fitting(writer, entry, &key, &embedding, error);
    return status == MNEME_OK ? mneme_embed_add_record(writer, &key, mneme_buffer_str(&writer->value),
                                                       version->sequence, error)
                              : status;
}

int mneme_embed_write(struct mneme_embed_writer *writer, const struct mneme_documents *documents,
                      const struct mneme_embed_entry *entries, size_t count, struct mneme_error *error) {
    int status = remove_turns(writer, documents, error);
    if (status == MNEME_OK) {
        status = remove_documents(writer, documents, error);
    }
    if (status == MNEME_OK) {
        status = store_rows(writer, entries, count, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        status = add_document(writer, &entries[i], error);
    }
    return status;
}
