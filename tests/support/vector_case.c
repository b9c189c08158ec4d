/*
 * The transaction around a write is the caller's in the product, and so it is here.
 */
#include "tests/support/vector_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void require(int status, const char *what, const struct mneme_error *error) {
    if (status != MNEME_OK) {
        fprintf(stderr, "%s: %s\n", what, error->message);
        abort();
    }
}

void mneme_vector_case_set_up(struct mneme_vector_case *vectors, const char *store,
                              enum mneme_generation_state state, enum mneme_vector_metric metric) {
    *vectors = (struct mneme_vector_case){0};
    struct mneme_error *error = &vectors->error;
    mneme_arena_init(&vectors->arena, 0);
    require(mneme_fixture_set_up(&vectors->fixture, MNEME_FIXTURE_TABLES, 0, error), "fixture", error);
    const struct mneme_config *config = vectors->fixture.config;
    require(mneme_pg_connect_to(&vectors->postgres, config, MNEME_PROJECTION_VECTORS, "test", error),
            "connect", error);
    require(mneme_pg_connect_to_all(&vectors->reader, config, "test", error), "connect", error);
    vectors->generation = (struct mneme_generation){
        .state = state,
        .store = mneme_vector_store_find(store),
        .metric = metric,
        .dimensions = MNEME_VECTOR_CASE_DIMENSIONS,
        .model = "tests",
        .topic = "test.embeddings.tests",
    };
    require(mneme_generation_add(&vectors->generation, vectors->postgres, error), "add", error);
    require(mneme_vector_store_open(&vectors->store, config, vectors->postgres, &vectors->generation, error),
            "open", error);
    require(vectors->generation.store->make(vectors->store, error), "make", error);
    require(mneme_vectors_open(&vectors->vectors, config, vectors->reader, "tests", error), "ask", error);
}

void mneme_vector_case_tear_down(struct mneme_vector_case *vectors) {
    if (vectors->store != NULL) {
        require(vectors->generation.store->drop(vectors->store, &vectors->error), "drop", &vectors->error);
        vectors->generation.store->close(vectors->store);
    }
    mneme_vectors_close(vectors->vectors);
    mneme_vector_matches_clean_up(&vectors->matches);
    mneme_raw_matches_clean_up(&vectors->raw_matches);
    mneme_arena_clean_up(&vectors->arena);
    mneme_pg_close(vectors->postgres);
    mneme_pg_close(vectors->reader);
    mneme_fixture_tear_down(&vectors->fixture);
    *vectors = (struct mneme_vector_case){0};
}

static struct mneme_str copy(struct mneme_vector_case *vectors, const char *text) {
    return mneme_arena_copy(&vectors->arena, mneme_str_from(text));
}

static struct mneme_str copy_floats(struct mneme_vector_case *vectors, const float *floats, size_t count) {
    return mneme_arena_copy(&vectors->arena,
                            (struct mneme_str){(const char *)floats, count * sizeof *floats});
}

struct mneme_vector_change mneme_vector_case_document(struct mneme_vector_case *vectors, const char *tenant,
                                                      const char *user, const char *ref,
                                                      int64_t source_sequence, float x, float y, float z) {
    const float floats[MNEME_VECTOR_CASE_DIMENSIONS] = {x, y, z};
    return (struct mneme_vector_change){
        .document = {copy(vectors, user), MNEME_STR_LIT("memory"), copy(vectors, ref)},
        .scope = {.tenant = copy(vectors, tenant), .user_id = copy(vectors, user)},
        .source_sequence = source_sequence,
        .created_at = 1767225600123456 + source_sequence,
        .vector = copy_floats(vectors, floats, MNEME_VECTOR_CASE_DIMENSIONS),
        .text = MNEME_STR_LIT("some text"),
    };
}

void mneme_vector_case_set_parts(struct mneme_vector_case *vectors, struct mneme_vector_change *change,
                                 const float *numbers, size_t parts) {
    size_t count = parts * MNEME_VECTOR_CASE_DIMENSIONS;
    float *floats = mneme_arena_calloc(&vectors->arena, count, sizeof *floats);
    for (size_t i = 0; i < parts; i++) {
        memcpy(floats + i * MNEME_VECTOR_CASE_DIMENSIONS, numbers + 3 * i, 3 * sizeof *floats);
    }
    change->vector = (struct mneme_str){(const char *)floats, count * sizeof *floats};
    change->parts = parts;
}

static int count_one(void *context, const struct mneme_vector_change *change) {
    (void)change;
    ++*(size_t *)context;
    return MNEME_OK;
}

size_t mneme_vector_case_count(struct mneme_vector_case *vectors) {
    size_t count = 0;
    require(mneme_pg_run(vectors->postgres, "BEGIN", &vectors->error), "begin", &vectors->error);
    require(vectors->generation.store->scan(vectors->store, count_one, &count, &vectors->error), "scan",
            &vectors->error);
    require(mneme_pg_run(vectors->postgres, "COMMIT", &vectors->error), "end", &vectors->error);
    return count;
}

struct mneme_vector_change mneme_vector_case_raw(struct mneme_vector_case *vectors, const char *tenant,
                                                 const char *collection, const char *id,
                                                 int64_t source_sequence, const char *metadata_json,
                                                 const float *floats, size_t dimensions) {
    char ref[256];
    snprintf(ref, sizeof ref, "%s/%s", id, collection);
    return (struct mneme_vector_change){
        .document = {MNEME_STR_LIT("s"), MNEME_STR_LIT(MNEME_RAW_KIND), copy(vectors, ref)},
        .scope = {.tenant = copy(vectors, tenant)},
        .source_sequence = source_sequence,
        .created_at = 1767225600123456,
        .vector = copy_floats(vectors, floats, dimensions),
        .collection = copy(vectors, collection),
        .vector_id = copy(vectors, id),
        .metadata_json = metadata_json == NULL ? MNEME_STR_NULL : copy(vectors, metadata_json),
    };
}

struct mneme_vector_change mneme_vector_case_gone(struct mneme_vector_change change,
                                                  int64_t source_sequence) {
    change.is_removal = true;
    change.source_sequence = source_sequence;
    return change;
}

int mneme_vector_case_write(struct mneme_vector_case *vectors, const struct mneme_vector_change *changes,
                            size_t count, bool is_committed) {
    struct mneme_error ignored = {0};
    require(mneme_pg_run(vectors->postgres, "BEGIN", &vectors->error), "begin", &vectors->error);
    int status = vectors->generation.store->write(vectors->store, changes, count, &vectors->error);
    require(
        mneme_pg_run(vectors->postgres, status == MNEME_OK && is_committed ? "COMMIT" : "ROLLBACK", &ignored),
        "end", &ignored);
    return status;
}

const char *mneme_vector_case_ask(struct mneme_vector_case *vectors, const char *tenant, const char *user,
                                  float x, float y, float z, size_t k) {
    const float floats[MNEME_VECTOR_CASE_DIMENSIONS] = {x, y, z};
    struct mneme_vector_question question = {
        .scope = {.tenant = mneme_str_from(tenant), .user_id = mneme_str_from(user)},
        .vector = floats,
        .dimensions = MNEME_VECTOR_CASE_DIMENSIONS,
        .k = k,
        .min_similarity = -INFINITY,
    };
    require(mneme_vectors_query(&vectors->matches, vectors->vectors, &question, &vectors->error), "query",
            &vectors->error);
    struct mneme_buffer text = {0};
    for (size_t i = 0; i < vectors->matches.count; i++) {
        mneme_buffer_printf(&text, "%s%.*s", i == 0 ? "" : " ",
                            MNEME_STR_ARG(vectors->matches.items[i].key.ref));
    }
    struct mneme_str kept = mneme_arena_copy(&vectors->matches.arena, mneme_buffer_str(&text));
    mneme_buffer_clean_up(&text);
    return kept.data;
}

const char *mneme_vector_case_ask_raw(struct mneme_vector_case *vectors, const char *tenant,
                                      const char *collection, const char *filter_json, const float *floats,
                                      size_t dimensions, size_t k) {
    struct mneme_raw_question question = {
        .tenant = mneme_str_from(tenant),
        .collection = mneme_str_from(collection),
        .vector = floats,
        .dimensions = dimensions,
        .k = k,
        .filter_json = mneme_str_from(filter_json),
        .min_similarity = -INFINITY,
    };
    require(mneme_vectors_query_raw(&vectors->raw_matches, vectors->vectors, &question, &vectors->error),
            "query", &vectors->error);
    struct mneme_buffer text = {0};
    for (size_t i = 0; i < vectors->raw_matches.count; i++) {
        const struct mneme_raw_match *match = &vectors->raw_matches.items[i];
        mneme_buffer_printf(&text, "%.*s %.*s;", MNEME_STR_ARG(match->id),
                            MNEME_STR_ARG(match->metadata_json));
    }
    struct mneme_str kept = mneme_arena_copy(&vectors->raw_matches.arena, mneme_buffer_str(&text));
    mneme_buffer_clean_up(&text);
    return kept.data;
}
