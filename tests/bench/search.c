/*
 * How fast full text answers: within one of 1,000 scopes that share the documents, and within one more of
 * 10,000 documents.
 *
 * usage: mneme_bench_search [--documents N] [--queries N] [--clients N]
 *
 * The tables are filled by SQL, not by a worker. Words are drawn so that some are in every tenth text and
 * most in few; each query has three words of a text of the scope that is asked. A question finds documents
 * that have any of them, a search those that have the two first. p50_ms and p99_ms are of one client,
 * requests of so many at once. limit is what the same client needs for the statement that finds the documents
 * alone, without counting, ranking and telling them.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/postgres/schema.h"
#include "consumers/store/migrate.h"
#include "queries/search/search.h"
#include "tests/support/bench.h"
#include "tests/support/fixture.h"

#define MAX_CLIENTS 64
#define MAX_QUERIES 100000
#define WARM_UP 20

static const struct {
    const char *name;
    const char *scope; /* SQL: which of the scopes a query asks */
    enum mneme_query_form form;
} variants[] = {
    {"any of three words, one of 1,000 scopes", "user_id <> 'big'", MNEME_QUERY_ANY},
    {"all of two words, one of 1,000 scopes", "user_id <> 'big'", MNEME_QUERY_WEB},
    {"all of two words, a scope of 10,000", "user_id = 'big'", MNEME_QUERY_WEB},
    {"any of three words, a scope of 10,000", "user_id = 'big'", MNEME_QUERY_ANY},
};
#define VARIANTS (sizeof variants / sizeof *variants)

struct query {
    char user[32], text[128];
};

struct bench {
    long documents, queries, clients;
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres;
    struct query *asked;
    size_t asked_count;
    enum mneme_query_form form;
};

static const char *const fill[] = {
    "SET search_path = mneme, mneme_search, public",
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '512MB'",
    "SELECT setseed(0.5)",
    "INSERT INTO search_settings (text_search_config, analysis) VALUES ('english', 2)",
    "DROP INDEX documents_words",
    /* Document n; the first 10,000 are of the scope that is large. */
    "CREATE TABLE bench_texts AS SELECT n, CASE WHEN n <= 10000 THEN 'big' ELSE 'u' || n % 1000 END AS "
    "user_id, "
    "lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000' AS id, (SELECT string_agg('w' || "
    "to_hex(floor(30000 * random() ^ 4)::integer), ' ') FROM generate_series(1, 14) WHERE n > 0) AS text "
    "FROM generate_series(1, $1::bigint + 10000) AS n",
    "INSERT INTO documents SELECT 'default', user_id, 'memory', id, user_id, NULL, NULL, NULL, NULL, NULL, "
    "NULL, "
    "'2026-01-01', n * 4096, '2026-01-01', text, words, 15 FROM (SELECT *, to_tsvector('english', text) AS "
    "words "
    "FROM bench_texts OFFSET 0) AS t",
    "INSERT INTO memories SELECT id::uuid, 'default', user_id, NULL, user_id, NULL, NULL, 'fact', NULL, "
    "jsonb_build_object('text', text), '{}', '{}', '{}', 1, 0.5, 5, '2026-01-01', '2026-01-01', NULL, false, "
    "false, "
    "'warm', 1, id::uuid, n * 4096, '2026-01-01' FROM bench_texts",
    "CREATE INDEX documents_words ON documents USING gin (array_remove(ARRAY[tenant || '/user/' || user_id, "
    "tenant "
    "|| '/agent/' || agent_id], NULL), lexemes)",
    "VACUUM ANALYZE documents",
    "VACUUM ANALYZE memories",
};

static int run_fill(struct bench *bench, struct mneme_error *error) {
    int status = MNEME_OK;
    for (size_t i = 0; i < sizeof fill / sizeof *fill && status == MNEME_OK; i++) {
        struct mneme_pg_params params = {0};
        bool has_count = strstr(fill[i], "$1") != NULL;
        mneme_pg_param_long(&params, bench->documents);
        status = mneme_pg_query(NULL, bench->postgres, fill[i], has_count ? &params : NULL, false, error);
        mneme_pg_params_clean_up(&params);
    }
    return status;
}

static int migrate(struct bench *bench, enum mneme_projection schema, const char *name,
                   struct mneme_migration_set migrations, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    int status = mneme_pg_connect_to(&postgres, bench->fixture.config, schema, "bench", error);
    if (status == MNEME_OK) {
        status = mneme_migrate(postgres, name, migrations, NULL, NULL, error);
    }
    mneme_pg_close(postgres);
    return status;
}

static int set_up(struct bench *bench, struct mneme_error *error) {
    int status = mneme_fixture_set_up(&bench->fixture, MNEME_FIXTURE_POSTGRES, 0, error);
    if (status == MNEME_OK) {
        status = migrate(bench, MNEME_PROJECTION_POSTGRES, "mneme", mneme_migrations_postgres, error);
    }
    if (status == MNEME_OK) {
        status = migrate(bench, MNEME_PROJECTION_SEARCH, "mneme_search", mneme_migrations_search, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_connect(&bench->postgres, bench->fixture.config, "bench", error);
    }
    int64_t started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status = run_fill(bench, error);
    }
    fprintf(stderr, "filled in %.1f s\n", (double)(mneme_clock_monotonic_micros() - started) / 1e6);
    return status;
}

/* Queries by chance: the words of some texts of the scopes. */
static int draw_queries(struct bench *bench, const char *scope, struct mneme_error *error) {
    char sql[512];
    PGresult *rows = NULL;
    struct mneme_pg_params params = {0};
    snprintf(
        sql, sizeof sql,
        "SELECT user_id, split_part(text, ' ', 1), split_part(text, ' ', 5), split_part(text, ' ', 9) FROM "
        "(SELECT * FROM bench_texts WHERE %s ORDER BY md5(n::text) LIMIT $1::bigint) AS t",
        scope);
    mneme_pg_param_long(&params, bench->queries + WARM_UP);
    int status = mneme_pg_query(&rows, bench->postgres, sql, &params, false, error);
    bench->asked_count = status == MNEME_OK ? (size_t)PQntuples(rows) : 0;
    for (size_t i = 0; i < bench->asked_count; i++) {
        int row = (int)i;
        struct query *query = &bench->asked[i];
        snprintf(query->user, sizeof query->user, "%s", PQgetvalue(rows, row, 0));
        snprintf(query->text, sizeof query->text, "%s %s%s%s", PQgetvalue(rows, row, 1),
                 PQgetvalue(rows, row, 2), bench->form == MNEME_QUERY_ANY ? " " : "",
                 bench->form == MNEME_QUERY_ANY ? PQgetvalue(rows, row, 3) : "");
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int ask(struct mneme_postgres *postgres, const struct bench *bench, const struct query *query,
               int64_t *matches, struct mneme_error *error) {
    struct mneme_candidates found = {0};
    struct mneme_candidate_question question = {
        .which = {.scope = {.tenant = MNEME_STR_LIT("default"), .user_id = mneme_str_from(query->user)}},
        .text = mneme_str_from(query->text),
        .form = bench->form,
        .k1 = MNEME_BM25_K1,
        .b = MNEME_BM25_B,
        .limit = 10};
    int status = mneme_candidates_find(&found, postgres, &question, error);
    if (status == MNEME_OK && found.count == 0) {
        status =
            mneme_error_set(error, MNEME_E_INTERNAL, "\"%s\" of %s was not found", query->text, query->user);
    }
    *matches += found.matches;
    mneme_candidates_clean_up(&found);
    return status;
}

/* The bare statement: the documents of the scope that have the words, from the index and the table. */
static int ask_bare(struct mneme_postgres *postgres, const struct bench *bench, const struct query *query,
                    struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    char key[64];
    snprintf(key, sizeof key, "default/user/%s", query->user);
    mneme_pg_param_str(&params, mneme_str_from(key));
    mneme_pg_param_str(&params, mneme_str_from(query->text));
    const char *sql =
        bench->form == MNEME_QUERY_ANY
            ? "SELECT stream_id, kind, ref FROM documents WHERE array_remove(ARRAY[tenant || '/user/' || "
              "user_id, "
              "tenant || '/agent/' || agent_id], NULL) @> ARRAY[$1::text] AND lexemes @@ replace($2, ' ', "
              "'|')::tsquery"
            : "SELECT stream_id, kind, ref FROM documents WHERE array_remove(ARRAY[tenant || '/user/' || "
              "user_id, "
              "tenant || '/agent/' || agent_id], NULL) @> ARRAY[$1::text] AND lexemes @@ replace($2, ' ', "
              "'&')::tsquery";
    int status = mneme_pg_query(NULL, postgres, sql, &params, true, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int compare_doubles(const void *a, const void *b) {
    double first = *(const double *)a;
    double second = *(const double *)b;
    return (first > second) - (first < second);
}

/* What one client has measured. */
struct measured {
    double *millis;    /* of each query, sorted */
    double cpu_millis; /* of a query, the client's and the server's; without the server's when that is
                          elsewhere */
    int64_t matches;
};

static double own_cpu_seconds(void) {
    struct timespec used;
    return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0
               ? (double)used.tv_sec + (double)used.tv_nsec / 1e9
               : 0;
}

/* One client, one query after the other. */
static int run_one(const struct bench *bench, struct measured *out, bool is_bare, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    int status = mneme_query_connect(&postgres, bench->fixture.config, "bench", error);
    double cpu = 0;
    long session = status == MNEME_OK ? PQbackendPID(mneme_pg_raw(postgres)) : 0;
    for (size_t i = 0; i < bench->asked_count && status == MNEME_OK; i++) {
        if (i == WARM_UP) {
            out->matches = 0;
            cpu = own_cpu_seconds() + mneme_bench_cpu_seconds(session);
        }
        int64_t started = mneme_clock_monotonic_micros();
        status = is_bare ? ask_bare(postgres, bench, &bench->asked[i], error)
                         : ask(postgres, bench, &bench->asked[i], &out->matches, error);
        if (i >= WARM_UP) {
            out->millis[i - WARM_UP] = (double)(mneme_clock_monotonic_micros() - started) / 1e3;
        }
    }
    if (status == MNEME_OK) {
        size_t count = bench->asked_count - WARM_UP;
        out->cpu_millis = (own_cpu_seconds() + mneme_bench_cpu_seconds(session) - cpu) * 1e3 / (double)count;
        qsort(out->millis, count, sizeof *out->millis, compare_doubles);
    }
    mneme_pg_close(postgres);
    return status;
}

struct client {
    const struct bench *bench;
    pthread_t thread;
    int status;
    struct mneme_error error;
};

static void *run_client(void *context) {
    struct client *client = context;
    struct mneme_postgres *postgres = NULL;
    int64_t matches = 0;
    client->status = mneme_query_connect(&postgres, client->bench->fixture.config, "bench", &client->error);
    for (size_t i = 0; i < client->bench->asked_count && client->status == MNEME_OK; i++) {
        client->status = ask(postgres, client->bench, &client->bench->asked[i], &matches, &client->error);
    }
    mneme_pg_close(postgres);
    return NULL;
}

static int run_many(const struct bench *bench, double *per_second, struct mneme_error *error) {
    struct client clients[MAX_CLIENTS] = {0};
    size_t count = (size_t)bench->clients;
    size_t begun = 0;
    int64_t started = mneme_clock_monotonic_micros();
    int status = MNEME_OK;
    for (; begun < count; begun++) {
        clients[begun].bench = bench;
        if (pthread_create(&clients[begun].thread, NULL, run_client, &clients[begun]) != 0) {
            status = mneme_error_set(error, MNEME_E_INTERNAL, "no thread could be started");
            break;
        }
    }
    for (size_t i = 0; i < begun; i++) {
        pthread_join(clients[i].thread, NULL);
        if (status == MNEME_OK && clients[i].status != MNEME_OK) {
            *error = clients[i].error;
            status = clients[i].status;
        }
    }
    *per_second =
        (double)(count * bench->asked_count) / ((double)(mneme_clock_monotonic_micros() - started) / 1e6);
    return status;
}

static void report(const struct bench *bench, size_t variant, const struct measured *ours,
                   const struct measured *bare, double per_second) {
    size_t count = bench->asked_count - WARM_UP;
    double median = ours->millis[count / 2];
    double limit = bare->millis[count / 2];
    printf("{\"bench\":\"search\",\"variant\":\"%s\",\"documents\":%ld,\"matches\":%.1f,\"p50_ms\":%.2f,"
           "\"p99_ms\":%.2f,\"cpu_ms\":%.2f,\"limit_cpu_ms\":%.2f,\"requests_per_s\":%.0f,\"clients\":%ld,"
           "\"ours\":%.2f,\"limit\":%.2f,\"ratio\":%.3f,\"unit\":\"ms\",\"runs\":[[%.2f,%.2f]]}\n",
           variants[variant].name, bench->documents, (double)ours->matches / (double)count, median,
           ours->millis[count * 99 / 100], ours->cpu_millis, bare->cpu_millis, per_second, bench->clients,
           median, limit, limit / median, median, limit);
    fflush(stdout);
}

static int run_variant(struct bench *bench, size_t variant, struct mneme_error *error) {
    struct measured ours = {.millis = calloc((size_t)bench->queries + WARM_UP, sizeof(double))};
    struct measured bare = {.millis = calloc((size_t)bench->queries + WARM_UP, sizeof(double))};
    double per_second = 0;
    bench->form = variants[variant].form;
    int status = ours.millis == NULL || bare.millis == NULL
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY, "out of memory")
                     : draw_queries(bench, variants[variant].scope, error);
    if (status == MNEME_OK) {
        status = run_one(bench, &ours, false, error);
    }
    if (status == MNEME_OK) {
        status = run_one(bench, &bare, true, error);
    }
    if (status == MNEME_OK) {
        status = run_many(bench, &per_second, error);
    }
    if (status == MNEME_OK) {
        report(bench, variant, &ours, &bare, per_second);
    }
    free(ours.millis);
    free(bare.millis);
    return status;
}

int main(int argc, char **argv) {
    struct bench bench = {.documents = 100000, .queries = 500, .clients = 8};
    struct mneme_error error = {0};
    const struct mneme_bench_option options[] = {
        {.name = "documents", .value = &bench.documents, .least = 1000, .most = 100000000},
        {.name = "queries", .value = &bench.queries, .least = 10, .most = MAX_QUERIES},
        {.name = "clients", .value = &bench.clients, .least = 1, .most = MAX_CLIENTS},
    };
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    bench.asked = calloc((size_t)bench.queries + WARM_UP, sizeof *bench.asked);
    int status = bench.asked == NULL ? mneme_error_set(&error, MNEME_E_NO_MEMORY, "out of memory")
                                     : set_up(&bench, &error);
    for (size_t i = 0; i < VARIANTS && status == MNEME_OK; i++) {
        status = run_variant(&bench, i, &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_search: %s\n", error.message);
    }
    mneme_pg_close(bench.postgres);
    mneme_fixture_tear_down(&bench.fixture);
    free(bench.asked);
    return status == MNEME_OK ? 0 : 1;
}
