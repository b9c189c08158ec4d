/*
 * Working memory from the ledger's tables.
 */
#include "queries/working.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/kafka.h"
#include "hot/working_load.h"
#include "queries/position_wait.h"
#include "sql/embedded.h"

struct mneme_working_reader {
    const struct mneme_config *config;
    const char *purpose;
    struct mneme_postgres *postgres; /* NULL until it is needed */
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_pg_params params;
    PGresult *rows; /* of the last answer, which points into it */
    struct mneme_arena arena;
};

int mneme_working_open(struct mneme_working_reader **out, const struct mneme_config *config,
                       const char *purpose, struct mneme_error *error) {
    struct mneme_working_reader *reader = calloc(1, sizeof *reader);
    *out = NULL;
    if (reader == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "working memory was not read: memory is exhausted");
    }
    reader->config = config;
    reader->purpose = purpose;
    mneme_arena_init(&reader->arena, 0);
    int status = mneme_kafka_events_topic(reader->topic, config, error);
    if (status != MNEME_OK) {
        mneme_working_close(reader);
        return status;
    }
    *out = reader;
    return MNEME_OK;
}

static void forget_answer(struct mneme_working_reader *reader) {
    PQclear(reader->rows);
    reader->rows = NULL;
    mneme_arena_reset(&reader->arena, SIZE_MAX);
}

void mneme_working_close(struct mneme_working_reader *reader) {
    if (reader != NULL) {
        forget_answer(reader);
        mneme_pg_close(reader->postgres);
        mneme_pg_params_clean_up(&reader->params);
        mneme_arena_clean_up(&reader->arena);
        free(reader);
    }
}

static int ensure_postgres(struct mneme_working_reader *reader, struct mneme_error *error) {
    return reader->postgres == NULL
               ? mneme_query_connect(&reader->postgres, reader->config, reader->purpose, error)
               : mneme_pg_ensure(reader->postgres, error);
}

int mneme_working_ask(struct mneme_working *out, struct mneme_working_reader *reader,
                      const struct mneme_working_place *place, const struct mneme_position *at_least,
                      size_t count, const struct mneme_query_wait *wait, struct mneme_error *error) {
    const struct mneme_working_wanted wanted = {.tenant = place->tenant,
                                                .stream_id = place->stream_id,
                                                .conversation_id = place->conversation_id,
                                                .after = -1};
    struct mneme_loaded_working loaded;
    forget_answer(reader);
    int status = ensure_postgres(reader, error);
    if (status == MNEME_OK && count > 0) {
        status = mneme_position_wait(reader->postgres, MNEME_TABLES_PROJECTION, reader->topic, at_least,
                                     count, wait, error);
    }
    if (status == MNEME_OK) {
        status = mneme_working_params(&reader->params, &reader->arena, mneme_str_from(reader->topic), &wanted,
                                      1, mneme_clock_now_micros(), error);
    }
    if (status == MNEME_OK) {
        status = mneme_query_rows(&reader->rows, reader->postgres, "working memory was not read",
                                  mneme_sql_hot_working, &reader->params, error);
    }
    if (status == MNEME_OK) {
        status = mneme_working_read(&loaded, 1, reader->rows, &reader->arena, error);
    }
    if (status == MNEME_OK) {
        *out = loaded.working;
    }
    return status;
}

const struct mneme_context_key *mneme_working_find_key(const struct mneme_working *working,
                                                       struct mneme_str key) {
    for (size_t i = 0; i < working->key_count; i++) {
        if (mneme_str_equal(working->keys[i].key, key)) {
            return &working->keys[i];
        }
    }
    return NULL;
}
