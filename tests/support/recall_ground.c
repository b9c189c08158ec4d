/*
 * Words and rows by one statement each; vectors by the store's own loading.
 */
#include "tests/support/recall_ground.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/postgres/schema.h"
#include "consumers/store/migrate.h"
#include "sql/embedded.h"
#include "tests/support/embedding_load.h"

#define CHUNK 5000
#define WORDS 20000

static const char make_rows[] =
    "CREATE FUNCTION number_id(n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS "
    "$$SELECT ('01940000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid$$;"
    "CREATE FUNCTION words_of(n bigint) RETURNS text IMMUTABLE LANGUAGE sql AS "
    "$$SELECT string_agg('w' || floor(exp(ln(20000) * ((hashint8(n * 20 + i)::bigint & 2147483647) / "
    "2147483648.0)))"
    "::integer, ' ') FROM generate_series(1, 14) AS i$$;"
    "INSERT INTO memories (id, tenant, stream_id, user_id, memory_type, content, metadata, tags, entities, "
    "confidence, "
    "importance, priority, created_at, updated_at, is_deleted, is_archived, tier, version, source_event_id, "
    "source_sequence, valid_from) "
    "SELECT number_id(n), 'default', u, u, 'fact', jsonb_build_object('text', words_of(n)), '{}', '{}', "
    "'{}', 1, 0.5, 5, "
    "t, t, false, false, 'warm', 1, number_id(n), n * 4096, t "
    "FROM generate_series(0::bigint, current_setting('bench.memories')::bigint - 1) AS n, "
    "LATERAL (SELECT 'user-' || n % current_setting('bench.scopes')::bigint AS u, "
    "timestamptz '2026-01-01' + n * interval '1 second' AS t) AS facts;"
    "INSERT INTO search_settings (text_search_config, analysis) VALUES ('english', 2);"
    "INSERT INTO documents (tenant, stream_id, kind, ref, user_id, created_at, source_sequence, valid_from, "
    "text, "
    "lexemes, length) "
    "SELECT tenant, stream_id, 'memory', id::text, user_id, created_at, source_sequence, valid_from, content "
    "->> 'text', "
    "to_tsvector('english', content ->> 'text'), 14 FROM memories;"
    "ANALYZE";

static int migrate(struct mneme_recall_ground *ground, struct mneme_error *error) {
    static const enum mneme_projection schemas[] = {MNEME_PROJECTION_POSTGRES, MNEME_PROJECTION_SEARCH,
                                                    MNEME_PROJECTION_VECTORS};
    static const struct mneme_migration_set *const sets[] = {
        &mneme_migrations_postgres, &mneme_migrations_search, &mneme_migrations_vectors};
    int status = MNEME_OK;
    for (size_t i = 0; i < 3 && status == MNEME_OK; i++) {
        char schema[MNEME_PG_NAME_BYTES];
        struct mneme_postgres *postgres = NULL;
        status = mneme_pg_schema_name(schema, ground->fixture.config, schemas[i], error);
        if (status == MNEME_OK) {
            status = mneme_pg_connect_to(&postgres, ground->fixture.config, schemas[i], "mneme-bench", error);
        }
        if (status == MNEME_OK) {
            status = mneme_migrate(postgres, schema, *sets[i], NULL, NULL, error);
        }
        mneme_pg_close(postgres);
    }
    return status;
}

static int fill_store(struct mneme_recall_ground *ground, void *store, struct mneme_error *error) {
    struct mneme_vector_change *changes = calloc(CHUNK, sizeof *changes);
    const struct mneme_embedding_load load = {.vectors = ground->memories,
                                              .users = ground->scopes,
                                              .dimensions = ground->generation.dimensions,
                                              .model = ground->generation.model};
    struct mneme_arena arena;
    int status = changes == NULL ? mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory") : MNEME_OK;
    mneme_arena_init(&arena, (size_t)1 << 20);
    for (long from = 0; from < ground->memories && status == MNEME_OK; from += CHUNK) {
        size_t count = (size_t)(ground->memories - from < CHUNK ? ground->memories - from : CHUNK);
        mneme_arena_reset(&arena, SIZE_MAX);
        for (size_t i = 0; i < count; i++) {
            char text[64];
            long number = from + (long)i;
            changes[i] = mneme_embedding_load_change(&load, number, &arena);
            snprintf(text, sizeof text, "user-%ld", number % ground->scopes);
            changes[i].scope.user_id = mneme_arena_copy(&arena, mneme_str_from(text));
            changes[i].document.stream_id = changes[i].scope.user_id;
            changes[i].document.kind = MNEME_STR_LIT("memory");
            snprintf(text, sizeof text, "01940000-0000-7000-8000-%012lx", (unsigned long)number);
            changes[i].document.ref = mneme_arena_copy(&arena, mneme_str_from(text));
        }
        status = mneme_pgvector_store.load(store, changes, count, error);
    }
    free(changes);
    mneme_arena_clean_up(&arena);
    return status == MNEME_OK ? mneme_pgvector_store.finish_load(store, 2, error) : status;
}

static int make_vectors(struct mneme_recall_ground *ground, int dimensions, struct mneme_error *error) {
    void *store = NULL;
    struct mneme_postgres *postgres = NULL;
    struct mneme_generation *generation = &ground->generation;
    const struct mneme_config *config = ground->fixture.config;
    *generation = (struct mneme_generation){.state = MNEME_GENERATION_FILLING,
                                            .store = &mneme_pgvector_store,
                                            .metric = MNEME_METRIC_COSINE,
                                            .dimensions = dimensions,
                                            .topic = "bench"};
    snprintf(generation->model, sizeof generation->model, "%s",
             mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL));
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_VECTORS, "mneme-bench", error);
    if (status == MNEME_OK) {
        status = mneme_generation_add(generation, postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_vector_store_open(&store, config, postgres, generation, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pgvector_store.make(store, error);
    }
    if (status == MNEME_OK) {
        status = fill_store(ground, store, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(postgres, "ANALYZE", error);
    }
    if (store != NULL) {
        mneme_pgvector_store.close(store);
    }
    mneme_pg_close(postgres);
    return status;
}

int mneme_recall_ground_init(struct mneme_recall_ground *ground, long memories, long scopes, int dimensions,
                             struct mneme_error *error) {
    char settings[128];
    int64_t started = mneme_clock_monotonic_micros();
    *ground = (struct mneme_recall_ground){.memories = memories, .scopes = scopes};
    int status = mneme_fixture_set_up(&ground->fixture, MNEME_FIXTURE_POSTGRES, 0, error);
    if (status == MNEME_OK) { /* no question is in the cache yet */
        status = mneme_config_set(ground->fixture.config, MNEME_SETTING_REDIS_PREFIX,
                                  ground->fixture.redis_prefix, MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        status = migrate(ground, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to_all(&ground->postgres, ground->fixture.config, "mneme-bench", error);
    }
    snprintf(settings, sizeof settings, "SET bench.memories = %ld; SET bench.scopes = %ld", memories, scopes);
    if (status == MNEME_OK) {
        status = mneme_pg_run(ground->postgres, settings, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(ground->postgres, make_rows, error);
    }
    if (status == MNEME_OK && dimensions > 0) {
        status = make_vectors(ground, dimensions, error);
    }
    fprintf(stderr, "%ld memories in %ld scopes after %.0f s\n", memories, scopes,
            (double)(mneme_clock_monotonic_micros() - started) / 1e6);
    return status;
}

void mneme_recall_ground_clean_up(struct mneme_recall_ground *ground) {
    mneme_pg_close(ground->postgres);
    mneme_fixture_tear_down(&ground->fixture);
    *ground = (struct mneme_recall_ground){0};
}

uint64_t mneme_recall_ground_chance(uint64_t *state) {
    *state ^= *state << 13; /* xorshift64 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

void mneme_recall_ground_question(char text[128], char user[32], const struct mneme_recall_ground *ground,
                                  uint64_t *chance) {
    int len = 0;
    for (int i = 0; i < 4; i++) {
        double share = (double)(mneme_recall_ground_chance(chance) >> 11) / 9007199254740992.0;
        len +=
            snprintf(text + len, 128 - (size_t)len, "%sw%d", i > 0 ? " " : "", (int)exp(log(WORDS) * share));
    }
    snprintf(user, 32, "user-%llu",
             (unsigned long long)(mneme_recall_ground_chance(chance) % (uint64_t)ground->scopes));
}

static int compare_doubles(const void *a, const void *b) {
    double one = *(const double *)a;
    double other = *(const double *)b;
    return (one > other) - (one < other);
}

double mneme_recall_ground_percentile(double *values, size_t count, double share) {
    qsort(values, count, sizeof *values, compare_doubles);
    long place = (long)ceil(share * (double)count) - 1;
    return values[place < 0 ? 0 : place];
}
