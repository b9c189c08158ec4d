/*
 * The vectors against their topic: the topic is folded in memory, document by document, as far as the live
 * projection is, and every row of the store is compared with that. Postgres gives one snapshot of rows and
 * progress; a store outside of it goes on meanwhile, so there what the rest of the topic changes is left out.
 */
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "consumers/log/hand_parked.h"
#include "consumers/log/reader.h"
#include "consumers/store/rebuild/definitions.h"
#include "consumers/vectors/loss_check.h"
#include "consumers/vectors/rebuild.h"
#include "consumers/vectors/record.h"
#include "consumers/vectors/sketch.h"
#include "consumers/vectors/vectors_projection.h"
#include "sql/embedded.h"

#define OFFSETS_TIMEOUT_MS 30000
#define HASH_SEED UINT64_C(0x5EC70A5)

enum table { DOCUMENTS, RAW_VECTORS, TABLES };

static const char *const table_names[TABLES] = {[DOCUMENTS] = "documents", [RAW_VECTORS] = "raw_vectors"};

/* The state of a document by the topic. */
struct entry {
    struct mneme_str key; /* tenant/stream/kind/ref */
    int64_t source_sequence;
    uint64_t row_hash; /* of each row of it */
    struct part {
        struct mneme_vector_sketch sketch;
        bool is_seen;
    } first, *further; /* parts of the vector; the further ones in the arena, room for the most there were */
    size_t parts;      /* 0: removed */
    size_t capacity;   /* of `further` */
    bool is_moving;    /* the rest of the topic has it too */
    bool is_raw;
};

struct verify {
    const struct mneme_verify_options *options;
    struct mneme_postgres *postgres; /* in the snapshot's transaction */
    struct mneme_generation generation;
    struct mneme_log_reader *reader;
    struct mneme_embedding_codec *codec;
    struct mneme_log_range *ranges;
    int64_t *ends; /* of the topic, by partition */
    int32_t partitions;
    bool is_rest; /* what is read now is behind the live projection */
    int64_t done;
    struct mneme_arena arena; /* entries and keys */
    struct mneme_hash index;
    struct mneme_arena scratch; /* of a record */
    struct mneme_buffer key;
    struct mneme_vector_collection collection; /* that was looked up last */
    struct mneme_buffer collection_name;       /* tenant, NUL, name */
    struct mneme_rebuild_table_difference tables[TABLES];
};

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was compared: out of memory");
}

/* --- entries --- */

static uint64_t hash_text(uint64_t seed, struct mneme_str text) {
    return text.data == NULL ? mneme_hash_mix(seed, UINT64_MAX) : mneme_hash_bytes(seed, text.data, text.len);
}

static uint64_t hash_row(const struct mneme_vector_change *change) {
    uint64_t hash = mneme_hash_mix(HASH_SEED, (uint64_t)change->source_sequence);
    hash = mneme_hash_mix(hash, mneme_vector_change_part(change, 0).len);
    if (mneme_vector_change_is_raw(change)) {
        hash = hash_text(hash, change->collection);
        hash = hash_text(hash, change->vector_id);
        return hash_text(hash, change->metadata_json);
    }
    hash = mneme_hash_mix(hash, (uint64_t)change->created_at);
    hash = hash_text(hash, change->scope.user_id);
    hash = hash_text(hash, change->scope.agent_id);
    hash = hash_text(hash, change->scope.run_id);
    return hash_text(hash, change->scope.conversation_id);
}

static uint64_t take_key(struct verify *verify, const struct mneme_vector_change *change) {
    const struct mneme_str parts[] = {change->scope.tenant, change->document.stream_id, change->document.kind,
                                      change->document.ref};
    mneme_buffer_clear(&verify->key);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        mneme_buffer_append_str(&verify->key, parts[i]);
        mneme_buffer_append(&verify->key, "/", 1);
    }
    return hash_text(HASH_SEED, mneme_buffer_str(&verify->key));
}

static struct entry *find(struct verify *verify, uint64_t hash) {
    uint64_t cursor = hash;
    struct entry *entry;
    while ((entry = mneme_hash_next(&verify->index, hash, &cursor)) != NULL &&
           !mneme_str_equal(entry->key, mneme_buffer_str(&verify->key))) {
    }
    return entry;
}

static struct entry *find_or_add(struct verify *verify, const struct mneme_vector_change *change) {
    uint64_t hash = take_key(verify, change);
    struct entry *entry = find(verify, hash);
    if (entry != NULL) {
        return entry;
    }
    entry = mneme_arena_calloc(&verify->arena, 1, sizeof *entry);
    if (entry == NULL) {
        return NULL;
    }
    entry->key = mneme_arena_copy(&verify->arena, mneme_buffer_str(&verify->key));
    entry->source_sequence = INT64_MIN;
    entry->is_raw = mneme_vector_change_is_raw(change);
    return entry->key.data != NULL && mneme_hash_add(&verify->index, hash, entry) ? entry : NULL;
}

static struct part *part_of(struct entry *entry, size_t part) {
    return part == 0 ? &entry->first : &entry->further[part - 1];
}

/* Replaces the document's former state by the change; false when memory is exhausted. */
static bool replace(struct verify *verify, struct entry *entry, const struct mneme_vector_change *change) {
    size_t parts = change->is_removal ? 0 : mneme_vector_change_parts(change);
    if (parts > entry->capacity + 1) {
        entry->further = mneme_arena_calloc(&verify->arena, parts - 1, sizeof *entry->further);
        entry->capacity = entry->further == NULL ? 0 : parts - 1;
        if (entry->further == NULL) {
            return false;
        }
    }
    entry->source_sequence = change->source_sequence;
    entry->parts = parts;
    entry->row_hash = parts > 0 ? hash_row(change) : 0;
    for (size_t i = 0; i < parts; i++) {
        part_of(entry, i)->sketch = mneme_vector_sketch_of(mneme_vector_change_part(change, i));
    }
    return true;
}

/* --- the topic --- */

/* Whether a raw vector fits its collection; one that does not is parked by the projection. */
static int check_raw(struct verify *verify, const struct mneme_vector_change *change,
                     struct mneme_error *error) {
    mneme_buffer_clear(&verify->key);
    mneme_buffer_append_str(&verify->key, change->scope.tenant);
    mneme_buffer_append_byte(&verify->key, 0);
    mneme_buffer_append_str(&verify->key, change->collection);
    int status = MNEME_OK;
    if (!mneme_str_equal(mneme_buffer_str(&verify->key), mneme_buffer_str(&verify->collection_name))) {
        struct mneme_buffer former = verify->collection_name;
        verify->collection_name = verify->key;
        verify->key = former;
        status = mneme_vector_collection_get(&verify->collection, verify->postgres, &verify->generation,
                                             change->scope.tenant, change->collection, error);
    }
    return status == MNEME_OK
               ? mneme_vector_collection_check(&verify->collection, change->collection,
                                               change->vector.len / sizeof(float), change->metric, error)
               : status;
}

static int fold_item(struct verify *verify, const struct mneme_batch_item *item, struct mneme_error *error) {
    struct mneme_vector_record record;
    struct mneme_error reason = {0};
    mneme_arena_reset(&verify->scratch, SIZE_MAX);
    int status = mneme_vector_record_read(&record, verify->codec, item, &verify->scratch, &reason);
    if (status == MNEME_OK && !record.change.is_removal && mneme_vector_change_is_raw(&record.change)) {
        status = check_raw(verify, &record.change, &reason);
    }
    if (status == MNEME_E_INVALID) {
        return MNEME_OK;
    }
    if (status != MNEME_OK) {
        return mneme_error_set(error, (enum mneme_status)status, "%s", reason.message);
    }
    struct entry *entry = find_or_add(verify, &record.change);
    if (entry == NULL) {
        return out_of_memory(error);
    }
    if (verify->is_rest) {
        entry->is_moving = true;
    } else if (record.change.source_sequence > entry->source_sequence) {
        return replace(verify, entry, &record.change) ? MNEME_OK : out_of_memory(error);
    }
    return MNEME_OK;
}

static int on_batch(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct verify *verify = context;
    int status = MNEME_OK;
    for (size_t i = 0; i < batch->count && status == MNEME_OK; i++) {
        if (batch->items[i].park_reason == NULL) {
            status = fold_item(verify, &batch->items[i], error);
        }
    }
    verify->done += (int64_t)batch->count;
    if (verify->options->on_progress != NULL) {
        verify->options->on_progress(verify->options->context, verify->done);
    }
    return status;
}

static bool is_interrupted(void *context) {
    const struct verify *verify = context;
    return verify->options->is_interrupted != NULL &&
           verify->options->is_interrupted(verify->options->context);
}

static int read_log(struct verify *verify, struct mneme_error *error) {
    struct mneme_log_marks marks = {0};
    int status =
        mneme_hand_parked_read(&marks, verify->options->config, mneme_log_reader_topic(verify->reader),
                               mneme_projections[MNEME_PROJECTION_VECTORS].name, error);
    struct mneme_log_read read = {.marks = &marks,
                                  .ranges = verify->ranges,
                                  .range_count = (size_t)verify->partitions,
                                  .is_interrupted = is_interrupted,
                                  .on_batch = on_batch,
                                  .context = verify};
    if (status == MNEME_OK) {
        status = mneme_log_reader_read(verify->reader, &read, error);
    }
    mneme_log_marks_clean_up(&marks);
    return status;
}

/* How far the live projection is, by partition. */
static int set_targets(struct verify *verify, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(verify->generation.topic));
    mneme_pg_param_str(&params, mneme_str_from(mneme_projections[MNEME_PROJECTION_VECTORS].name));
    int status = mneme_pg_query(&rows, verify->postgres, mneme_sql_verify_progress, &params, false, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        long long partition = strtoll(PQgetvalue(rows, row, 0), NULL, 10);
        long long offset = strtoll(PQgetvalue(rows, row, 1), NULL, 10);
        if (partition >= verify->partitions || offset > verify->ends[partition]) {
            status = mneme_error_set(
                error, MNEME_E_UNSAFE,
                "nothing was compared: the vectors are at offset %lld of partition %lld, which topic %s does "
                "not have; run `mneme rebuild embed` to make the vectors again",
                offset, partition, verify->generation.topic);
        } else {
            verify->ranges[partition].to = offset;
        }
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int make_ranges(struct verify *verify, struct mneme_error *error) {
    size_t count = (size_t)verify->partitions;
    int64_t *begins = calloc(count + 1, sizeof *begins);
    verify->ranges = calloc(count + 1, sizeof *verify->ranges);
    verify->ends = calloc(count + 1, sizeof *verify->ends);
    int status = begins == NULL || verify->ranges == NULL || verify->ends == NULL
                     ? out_of_memory(error)
                     : mneme_log_reader_resolve(begins, verify->reader,
                                                &(struct mneme_log_point){.kind = MNEME_LOG_BEGINNING},
                                                OFFSETS_TIMEOUT_MS, error);
    if (status == MNEME_OK) {
        status = mneme_log_reader_resolve(verify->ends, verify->reader,
                                          &(struct mneme_log_point){.kind = MNEME_LOG_END},
                                          OFFSETS_TIMEOUT_MS, error);
    }
    for (size_t p = 0; p < count && status == MNEME_OK; p++) {
        verify->ranges[p] =
            (struct mneme_log_range){.partition = (int32_t)p, .from = begins[p], .to = begins[p]};
    }
    free(begins);
    return status == MNEME_OK ? set_targets(verify, error) : status;
}

/* Folds the topic as far as the live projection is; then the rest, where it matters. */
static int fold(struct verify *verify, struct mneme_error *error) {
    int64_t total = 0;
    for (int32_t p = 0; p < verify->partitions; p++) {
        total += verify->ranges[p].to - verify->ranges[p].from;
    }
    if (verify->options->on_phase != NULL) {
        verify->options->on_phase(verify->options->context, total);
    }
    return read_log(verify, error);
}

static int fold_rest(struct verify *verify, struct mneme_error *error) {
    verify->is_rest = true;
    for (int32_t p = 0; p < verify->partitions; p++) {
        verify->ranges[p].to = verify->ends[p];
    }
    return read_log(verify, error);
}

/* --- the store --- */

/* A row by the key of its document, with the number of its part where it is a further one. */
static void note(struct verify *verify, bool is_raw, enum mneme_difference difference, struct mneme_str key,
                 size_t part) {
    struct mneme_rebuild_table_difference *table = &verify->tables[is_raw ? RAW_VECTORS : DOCUMENTS];
    if (table->counts[difference]++ < MNEME_DIFFERENCE_KEYS) {
        struct mneme_buffer *keys = &table->keys[difference];
        mneme_buffer_append(keys, key.data, key.len - 1); /* without the last slash */
        if (part > 0) {
            mneme_buffer_printf(keys, " part %zu", part + 1);
        }
        mneme_buffer_append(keys, "\n", 1);
    }
}

static int compare_row(void *context, const struct mneme_vector_change *change) {
    struct verify *verify = context;
    bool is_raw = mneme_vector_change_is_raw(change);
    struct entry *entry = find(verify, take_key(verify, change));
    verify->tables[is_raw ? RAW_VECTORS : DOCUMENTS].rows++;
    if (entry != NULL && entry->is_moving) {
        return MNEME_OK;
    }
    if (entry == NULL || change->part >= entry->parts) {
        note(verify, is_raw, MNEME_REBUILD_ROW_EXTRA, mneme_buffer_str(&verify->key), change->part);
        return MNEME_OK;
    }
    struct part *part = part_of(entry, change->part);
    struct mneme_vector_sketch sketch = mneme_vector_sketch_of(change->vector);
    part->is_seen = true;
    if (hash_row(change) != entry->row_hash ||
        !mneme_vector_sketch_equal(&sketch, &part->sketch, verify->generation.store->is_in_postgres)) {
        note(verify, is_raw, MNEME_REBUILD_ROW_DIFFERENT, entry->key, change->part);
    }
    return MNEME_OK;
}

static void note_missing(struct verify *verify) {
    for (size_t i = 0; i < verify->index.capacity; i++) {
        struct entry *entry = verify->index.slots[i].entry;
        for (size_t part = 0; entry != NULL && part < entry->parts; part++) {
            verify->tables[entry->is_raw ? RAW_VECTORS : DOCUMENTS].log_rows++;
            if (!part_of(entry, part)->is_seen && !entry->is_moving) {
                note(verify, entry->is_raw, MNEME_REBUILD_ROW_MISSING, entry->key, part);
            }
        }
    }
}

static int compare(struct verify *verify, struct mneme_verify_outcome *outcome, struct mneme_error *error) {
    void *store = NULL;
    int status = mneme_vector_store_open(&store, verify->options->config, verify->postgres,
                                         &verify->generation, error);
    if (status == MNEME_OK) {
        status = verify->generation.store->scan(store, compare_row, verify, error);
        verify->generation.store->close(store);
    }
    if (status != MNEME_OK) {
        return status;
    }
    note_missing(verify);
    for (int i = 0; i < TABLES; i++) {
        verify->tables[i].table = table_names[i];
        for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
            outcome->differences += verify->tables[i].counts[kind];
        }
        verify->options->visit(verify->options->context, &verify->tables[i]);
    }
    return MNEME_OK;
}

static int open_all(struct verify *verify, struct mneme_error *error) {
    const struct mneme_config *config = verify->options->config;
    struct mneme_log_source source;
    int status =
        mneme_pg_connect_to(&verify->postgres, config, MNEME_PROJECTION_VECTORS, "mneme verify", error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(verify->postgres, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    }
    if (status == MNEME_OK) {
        status = mneme_generation_active(&verify->generation, verify->postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_loss_check(&verify->generation, config, verify->postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_vectors_source(&source, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_log_reader_open_source(&verify->reader, config, &source, "verify", error);
    }
    if (status == MNEME_OK) {
        status = mneme_embedding_codec_new(&verify->codec, config, source.topic, error);
    }
    if (status == MNEME_OK) {
        verify->partitions = mneme_log_reader_partitions(verify->reader);
        status = mneme_hash_init(&verify->index, &verify->arena, 1024) ? MNEME_OK : out_of_memory(error);
    }
    return status;
}

static void clean_up(struct verify *verify) {
    mneme_log_reader_close(verify->reader);
    mneme_embedding_codec_destroy(verify->codec);
    mneme_pg_close(verify->postgres);
    free(verify->ranges);
    free(verify->ends);
    mneme_arena_clean_up(&verify->arena);
    mneme_arena_clean_up(&verify->scratch);
    mneme_buffer_clean_up(&verify->key);
    mneme_buffer_clean_up(&verify->collection_name);
    for (int i = 0; i < TABLES; i++) {
        for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
            mneme_buffer_clean_up(&verify->tables[i].keys[kind]);
        }
    }
}

/* The tables of the active generation, where they are in Postgres. */
static int add_generation(void *context, const struct mneme_config *config, struct mneme_postgres *postgres,
                          struct mneme_error *error) {
    const struct verify *verify = context;
    void *store = NULL;
    if (!verify->generation.store->is_in_postgres) {
        return MNEME_OK;
    }
    int status = mneme_vector_store_open(&store, config, postgres, &verify->generation, error);
    if (status == MNEME_OK) {
        status = verify->generation.store->make(store, error);
        verify->generation.store->close(store);
    }
    return status;
}

static int compare_definitions(struct verify *verify, struct mneme_verify_outcome *outcome,
                               bool *has_all_columns, struct mneme_error *error) {
    const struct mneme_definitions definitions = {
        .schema = MNEME_PROJECTION_VECTORS,
        .migrations = &mneme_migrations_vectors,
        .add = add_generation,
        .context = verify,
    };
    return mneme_definitions_verify(outcome, has_all_columns, &definitions, verify->options, error);
}

int mneme_vectors_verify(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                         struct mneme_error *error) {
    struct verify verify = {.options = options};
    int64_t started = mneme_clock_monotonic_micros();
    *outcome = (struct mneme_verify_outcome){0};
    mneme_arena_init(&verify.arena, (size_t)1 << 20);
    mneme_arena_init(&verify.scratch, 0);
    bool has_all_columns = false;
    int status = open_all(&verify, error);
    if (status == MNEME_OK) {
        status = compare_definitions(&verify, outcome, &has_all_columns, error);
    }
    if (status != MNEME_OK || !has_all_columns) {
        clean_up(&verify);
        return status;
    }
    status = make_ranges(&verify, error);
    if (status == MNEME_OK) {
        status = fold(&verify, error);
        outcome->events = verify.done;
    }
    if (status == MNEME_OK && !is_interrupted(&verify) && !verify.generation.store->is_in_postgres) {
        status = fold_rest(&verify, error);
    }
    if (status == MNEME_OK && is_interrupted(&verify)) {
        outcome->is_interrupted = true;
    } else if (status == MNEME_OK) {
        status = compare(&verify, outcome, error);
    }
    clean_up(&verify);
    outcome->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    return status;
}
