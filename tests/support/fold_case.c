/*
 * The log's times, offsets and (where the test gives none) ids are counted, so that a log folds into the same
 * rows however it is cut into batches.
 */
#include "tests/support/fold_case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/kafka/kafka.h"
#include "consumers/postgres/postgres_projection.h"
#include "schemas/codec.h"
#include "tests/support/avro_oracle.h"

#define FIRST_TIME INT64_C(1767225600000000) /* 2026-01-01 */

static void require(bool is_fine, const char *what, const struct mneme_error *error) {
    if (!is_fine) {
        fprintf(stderr, "%s: %s\n", what, error->message);
        abort();
    }
}

enum mneme_apply_result mneme_fold_case_open(struct mneme_fold_case *fold, void **projection,
                                             int64_t *next_offsets) {
    int32_t partitions[MNEME_FOLD_CASE_PARTITIONS];
    int64_t offsets[MNEME_FOLD_CASE_PARTITIONS] = {0};
    for (int i = 0; i < MNEME_FOLD_CASE_PARTITIONS; i++) {
        partitions[i] = i;
    }
    if (*projection == NULL) {
        int status = mneme_ledger_projection.open(projection, fold->fixture.config, &fold->error);
        require(status == MNEME_OK, "open", &fold->error);
    }
    struct mneme_assignment assignment = {.topic = MNEME_FOLD_CASE_TOPIC,
                                          .topic_partitions = MNEME_FOLD_CASE_PARTITIONS,
                                          .partitions = partitions,
                                          .next_offsets = offsets,
                                          .count = MNEME_FOLD_CASE_PARTITIONS};
    enum mneme_apply_result result = mneme_ledger_projection.assign(*projection, &assignment, &fold->error);
    if (next_offsets != NULL) {
        memcpy(next_offsets, offsets, sizeof offsets);
    }
    return result;
}

void mneme_fold_case_set_up(struct mneme_fold_case *fold) {
    *fold = (struct mneme_fold_case){0};
    mneme_arena_init(&fold->arena, 0);
    int status = mneme_fixture_set_up(&fold->fixture, MNEME_FIXTURE_TABLES, 0, &fold->error);
    require(status == MNEME_OK, "fixture", &fold->error);
    status = mneme_pg_connect(&fold->postgres, fold->fixture.config, "test", &fold->error);
    require(status == MNEME_OK, "connect", &fold->error);
    require(mneme_fold_case_open(fold, &fold->projection, NULL) == MNEME_APPLIED, "assign", &fold->error);
}

void mneme_fold_case_tear_down(struct mneme_fold_case *fold) {
    if (fold->projection != NULL) {
        mneme_ledger_projection.close(fold->projection);
    }
    mneme_pg_close(fold->postgres);
    mneme_buffer_clean_up(&fold->text);
    mneme_arena_clean_up(&fold->arena);
    free(fold->log);
    mneme_fixture_tear_down(&fold->fixture);
}

void mneme_fold_case_empty(struct mneme_fold_case *fold) {
    mneme_ledger_projection.close(fold->projection);
    fold->projection = NULL;
    int status =
        mneme_pg_run(fold->postgres,
                     "DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(oid::regclass::text, ', ') "
                     "FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND "
                     "relkind IN ('r', 'p') AND relname <> 'schema_migrations'); END $$",
                     &fold->error);
    require(status == MNEME_OK, "truncate", &fold->error);
    require(mneme_fold_case_open(fold, &fold->projection, NULL) == MNEME_APPLIED, "assign", &fold->error);
    fold->applied = 0;
}

/* Ids that the line does not give: version 7, ascending with the log. */
static void number_ids(struct mneme_fold_case *fold, struct mneme_event *event, struct mneme_str line) {
    uint64_t number = fold->count + 1;
    struct mneme_uuid id = {{0x01, 0x94, 0, 0, 0, 0, 0x70, 0, 0x80}};
    for (int i = 0; i < 4; i++) {
        id.bytes[5 - i] = (uint8_t)(number >> (8 * i));
    }
    if (memmem(line.data, line.len, "\"event_id\"", 10) == NULL &&
        memmem(line.data, line.len, "\"idempotency_key\"", 17) == NULL) {
        event->event_id = id;
    }
    if (event->type == MNEME_EVENT_MEMORY_CREATED &&
        memmem(line.data, line.len, "\"memory_id\"", 11) == NULL) {
        id.bytes[15] = 1;
        event->payload.memory_created.memory_id = id;
    }
    if (memmem(line.data, line.len, "\"occurred_at\"", 13) == NULL) {
        event->occurred_at = FIRST_TIME + (int64_t)number * 1000001;
    }
}

struct mneme_batch_item *mneme_fold_case_add(struct mneme_fold_case *fold, const char *format, ...) {
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    require(len > 0 && (size_t)len < sizeof line, "a line is too long", &fold->error);
    for (int i = 0; i < len; i++) {
        line[i] = line[i] == '\'' ? '"' : line[i];
    }
    if (fold->count == fold->capacity) {
        fold->capacity = fold->capacity == 0 ? 64 : fold->capacity * 2;
        fold->log = realloc(fold->log, fold->capacity * sizeof *fold->log);
        require(fold->log != NULL, "out of memory", &fold->error);
    }
    struct mneme_batch_item *item = &fold->log[fold->count];
    *item = (struct mneme_batch_item){0};
    struct mneme_str text = {line, (size_t)len};
    int status = mneme_event_from_json(&item->event, &fold->arena, text, "default", &fold->error);
    require(status == MNEME_OK, line, &fold->error);
    number_ids(fold, &item->event, text);
    struct mneme_buffer key = {0};
    mneme_event_key(&item->event, &key);
    item->key = mneme_arena_copy(&fold->arena, mneme_buffer_str(&key));
    mneme_buffer_clean_up(&key);
    item->value = MNEME_STR_LIT("raw bytes");
    item->position.partition = mneme_kafka_partition_of(item->key, MNEME_FOLD_CASE_PARTITIONS);
    item->position.offset = fold->next_offset[item->position.partition]++;
    item->recorded_at = FIRST_TIME + (int64_t)fold->count * 1000;
    item->blocked_by = item->position.offset;
    fold->count++;
    return item;
}

/* The first version fills nothing in. */
static void forget_initial(void *record, const struct mneme_record_info *info) {
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        struct mneme_str *text = (struct mneme_str *)(void *)((char *)record + field->offset);
        if (field->has_initial && field->kind == MNEME_FIELD_STRING &&
            text->data == field->initial_text.data) {
            *text = MNEME_STR_NULL;
        }
    }
}

struct mneme_batch_item *mneme_fold_case_write_old(struct mneme_fold_case *fold,
                                                   struct mneme_batch_item *item) {
    const char *schema = mneme_released_schemas[0].json;
    struct mneme_decoder *decoder = NULL;
    struct mneme_oracle oracle;
    struct mneme_buffer bytes = {0};
    forget_initial(&item->event.payload, &mneme_payload_info[item->event.type]);
    require(mneme_oracle_open(&oracle, schema) && mneme_oracle_encode(&oracle, &item->event, &bytes),
            "write by the first version", &fold->error);
    require(mneme_decoder_compile(&decoder, schema, &fold->error) == MNEME_OK, "compile", &fold->error);
    struct mneme_str kept = mneme_arena_copy(&fold->arena, mneme_buffer_str(&bytes));
    require(mneme_decoder_decode(decoder, &item->event, &fold->arena, kept, &fold->error) == MNEME_OK,
            "read the first version", &fold->error);
    mneme_decoder_destroy(decoder);
    mneme_oracle_close(&oracle);
    mneme_buffer_clean_up(&bytes);
    return item;
}

void mneme_fold_case_batch(struct mneme_fold_case *fold, struct mneme_batch *batch, size_t first,
                           size_t count) {
    *batch = (struct mneme_batch){.items = fold->log + first, .count = count, .capacity = count};
    batch->partitions = calloc(MNEME_FOLD_CASE_PARTITIONS, sizeof *batch->partitions);
    require(batch->partitions != NULL, "out of memory", &fold->error);
    mneme_arena_init(&batch->arena, 0);
    for (size_t i = first; i < first + count; i++) {
        struct mneme_position at = fold->log[i].position;
        size_t k = 0;
        while (k < batch->partition_count && batch->partitions[k].partition != at.partition) {
            k++;
        }
        if (k == batch->partition_count) {
            batch->partitions[batch->partition_count++] =
                (struct mneme_batch_partition){.partition = at.partition, .first_offset = at.offset};
        }
        batch->partitions[k].next_offset = at.offset + 1;
    }
}

void mneme_fold_case_free_batch(struct mneme_batch *batch) {
    free(batch->partitions);
    mneme_arena_clean_up(&batch->arena);
}

enum mneme_apply_result mneme_fold_case_apply(struct mneme_fold_case *fold, size_t batch_size) {
    enum mneme_apply_result result = MNEME_APPLIED;
    while (fold->applied < fold->count && result == MNEME_APPLIED) {
        size_t left = fold->count - fold->applied;
        size_t count = batch_size == 0 || batch_size > left ? left : batch_size;
        struct mneme_batch batch;
        mneme_fold_case_batch(fold, &batch, fold->applied, count);
        result = mneme_ledger_projection.apply(fold->projection, &batch, &fold->error);
        mneme_fold_case_free_batch(&batch);
        fold->applied += result == MNEME_APPLIED ? count : 0;
    }
    return result;
}

const char *mneme_fold_case_text(struct mneme_fold_case *fold, const char *format, ...) {
    char sql[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    PGresult *rows = NULL;
    int status = mneme_pg_ensure(fold->postgres, &fold->error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, fold->postgres, sql, NULL, false, &fold->error);
    }
    require(status == MNEME_OK, sql, &fold->error);
    mneme_buffer_clear(&fold->text);
    for (int row = 0; row < PQntuples(rows); row++) {
        for (int column = 0; column < PQnfields(rows); column++) {
            const char *value = PQgetisnull(rows, row, column) ? "-" : PQgetvalue(rows, row, column);
            mneme_buffer_printf(&fold->text, "%s%s", column > 0 ? "|" : row > 0 ? ";" : "", value);
        }
    }
    PQclear(rows);
    mneme_buffer_append_byte(&fold->text, 0);
    return fold->text.data;
}

const char *mneme_fold_case_hash(struct mneme_fold_case *fold) {
    return mneme_fold_case_text(
        fold, "SELECT md5(string_agg(relname || query_to_xml(format("
              "'SELECT md5(string_agg(line, E''\\n'' ORDER BY line)) FROM (SELECT (to_jsonb(t) - "
              "%%L::text[])::text "
              "AS line FROM %%I t) lines', CASE relname WHEN 'progress' THEN '{owner,epoch,updated_at}' "
              "WHEN 'parked_events' THEN '{parked_at}' ELSE '{}' END, relname), false, true, '')::text, ',' "
              "ORDER BY relname)) FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
              "AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations'");
}
