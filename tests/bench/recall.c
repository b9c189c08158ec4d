/*
 * How fast recall answers: one client, eight clients, and with the call to the embedding service, against one
 * bare vector query by SQL in the same run.
 *
 * usage: mneme_bench_recall [--most N] [--questions N] [--dimensions N]
 *
 * Memories of 1,000 users, 10,000, 100,000 and 1,000,000 (none above --most), and 10,000 of one user. Each
 * question is asked three times: first with the embedding call (of the service that OPENAI_BASE_URL names),
 * then with its vector in the cache, and as bare SQL: the ten nearest of the user. ours and limit are the
 * medians of the last two in ms; ratio is limit / ours. client_cpu_ms and server_cpu_ms are the processor
 * time of a question with its vector in the cache, which a busy machine changes far less.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "queries/recall/recall.h"
#include "tests/support/bench.h"
#include "tests/support/recall_ground.h"

#define CLIENTS 8
#define TOP_K 10

struct bench {
    long most, questions, dimensions;
    struct mneme_recall_ground ground;
    double *embedded, *cached, *bare; /* milliseconds, one for each question */
    double client_cpu_ms, server_cpu_ms;
    size_t degraded;
};

static double millis_since(int64_t started) {
    return (double)(mneme_clock_monotonic_micros() - started) / 1e3;
}

static double own_cpu_seconds(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static int ask(size_t *degraded, struct mneme_recall *recall, const char *text, const char *user,
               struct mneme_error *error) {
    struct mneme_recalled recalled = {0};
    const struct mneme_recall_question question = {
        .which = {.scope = {.tenant = MNEME_STR_LIT("default"), .user_id = mneme_str_from(user)}},
        .text = mneme_str_from(text),
        .top_k = TOP_K,
    };
    int status = mneme_recall_ask(&recalled, recall, &question, error);
    *degraded += recalled.degraded_count > 0;
    if (status == MNEME_OK && recalled.count == 0) {
        status = mneme_error_set(error, MNEME_E_INTERNAL, "nothing was recalled for '%s' of %s", text, user);
    }
    mneme_recalled_clean_up(&recalled);
    return status;
}

/* The questions one after the other. */
static int ask_all(double *millis, struct bench *bench, struct mneme_recall *recall,
                   struct mneme_error *error) {
    uint64_t chance = 20260101;
    int status = MNEME_OK;
    for (long i = 0; i < bench->questions && status == MNEME_OK; i++) {
        char text[128];
        char user[32];
        mneme_recall_ground_question(text, user, &bench->ground, &chance);
        int64_t started = mneme_clock_monotonic_micros();
        status = ask(&bench->degraded, recall, text, user, error);
        millis[i] = millis_since(started);
    }
    return status;
}

static int ask_cached(struct bench *bench, struct mneme_recall *recall, struct mneme_error *error) {
    long session = PQbackendPID(mneme_pg_raw(mneme_recall_postgres(recall)));
    double client = own_cpu_seconds();
    double server = mneme_bench_cpu_seconds(session);
    int status = ask_all(bench->cached, bench, recall, error);
    bench->client_cpu_ms = (own_cpu_seconds() - client) * 1e3 / (double)bench->questions;
    bench->server_cpu_ms = (mneme_bench_cpu_seconds(session) - server) * 1e3 / (double)bench->questions;
    return status;
}

/* --- bare SQL --- */

static void vector_text(char *out, size_t bytes, long dimensions, uint64_t *chance) {
    size_t len = 0;
    for (long i = 0; i < dimensions; i++) {
        double number = (double)(mneme_recall_ground_chance(chance) >> 40) / 16777216.0 - 0.5;
        len += (size_t)snprintf(out + len, bytes - len, "%c%.6f", i == 0 ? '[' : ',', number);
    }
    snprintf(out + len, bytes - len, "]");
}

static int ask_bare(struct bench *bench, struct mneme_error *error) {
    char sql[256];
    uint64_t chance = 20260101;
    int status = MNEME_OK;
    size_t bytes = (size_t)bench->dimensions * 12 + 8;
    char *vector = malloc(bytes);
    snprintf(sql, sizeof sql,
             "SELECT stream_id, kind, ref, embedding <=> $2::vector AS distance FROM embeddings_%d "
             "WHERE tenant = 'default' AND user_id = $1 ORDER BY distance LIMIT 10",
             bench->ground.generation.number);
    for (long i = 0; i < bench->questions && status == MNEME_OK && vector != NULL; i++) {
        char text[128];
        char user[32];
        struct mneme_pg_params params = {0};
        PGresult *result = NULL;
        mneme_recall_ground_question(text, user, &bench->ground, &chance);
        vector_text(vector, bytes, bench->dimensions, &chance);
        mneme_pg_param_str(&params, mneme_str_from(user));
        mneme_pg_param_str(&params, mneme_str_from(vector));
        int64_t started = mneme_clock_monotonic_micros();
        status = mneme_pg_query(&result, bench->ground.postgres, sql, &params, true, error);
        bench->bare[i] = millis_since(started);
        PQclear(result);
        mneme_pg_params_clean_up(&params);
    }
    free(vector);
    return status;
}

/* --- many clients --- */

struct client {
    struct bench *bench;
    struct mneme_recall *recall;
    pthread_t thread;
    int status;
    struct mneme_error error;
    size_t degraded;
};

static void *run_client(void *context) {
    struct client *client = context;
    uint64_t chance = 20260101;
    for (long i = 0; i < client->bench->questions && client->status == MNEME_OK; i++) {
        char text[128];
        char user[32];
        mneme_recall_ground_question(text, user, &client->bench->ground, &chance);
        client->status = ask(&client->degraded, client->recall, text, user, &client->error);
    }
    return NULL;
}

static int run_clients(double *per_second, struct bench *bench, struct mneme_error *error) {
    struct client clients[CLIENTS] = {0};
    const char *model = bench->ground.generation.model;
    int status = MNEME_OK;
    for (size_t i = 0; i < CLIENTS && status == MNEME_OK; i++) {
        clients[i].bench = bench;
        status = mneme_recall_open(&clients[i].recall, bench->ground.fixture.config, model, error);
    }
    int64_t started = mneme_clock_monotonic_micros();
    for (size_t i = 0; i < CLIENTS && status == MNEME_OK; i++) {
        pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
    }
    for (size_t i = 0; i < CLIENTS && status == MNEME_OK; i++) {
        pthread_join(clients[i].thread, NULL);
    }
    *per_second = CLIENTS * (double)bench->questions / (millis_since(started) / 1e3);
    for (size_t i = 0; i < CLIENTS; i++) {
        if (status == MNEME_OK && clients[i].status != MNEME_OK) {
            *error = clients[i].error;
            status = clients[i].status;
        }
        bench->degraded += clients[i].degraded;
        mneme_recall_close(clients[i].recall);
    }
    return status;
}

/* --- one size --- */

static void print_line(struct bench *bench, double per_second) {
    size_t count = (size_t)bench->questions;
    double cached = mneme_recall_ground_percentile(bench->cached, count, 0.5);
    double bare = mneme_recall_ground_percentile(bench->bare, count, 0.5);
    printf(
        "{\"bench\":\"recall\",\"memories\":%ld,\"scopes\":%ld,\"ours\":%.2f,\"limit\":%.2f,\"ratio\":%.3f,"
        "\"unit\":\"ms\",\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"with_embedding_p50_ms\":%.2f,"
        "\"with_embedding_p99_ms\":%.2f,\"limit_p99_ms\":%.2f,\"client_cpu_ms\":%.2f,\"server_cpu_ms\":%.2f,"
        "\"requests_per_s_8\":%.0f,\"degraded\":%zu}\n",
        bench->ground.memories, bench->ground.scopes, cached, bare, bare / cached, cached,
        mneme_recall_ground_percentile(bench->cached, count, 0.99),
        mneme_recall_ground_percentile(bench->embedded, count, 0.5),
        mneme_recall_ground_percentile(bench->embedded, count, 0.99),
        mneme_recall_ground_percentile(bench->bare, count, 0.99), bench->client_cpu_ms, bench->server_cpu_ms,
        per_second, bench->degraded);
    fflush(stdout);
}

static int measure(struct bench *bench, long memories, long scopes, struct mneme_error *error) {
    struct mneme_recall *recall = NULL;
    double per_second = 0;
    bench->degraded = 0;
    int status = mneme_recall_ground_init(&bench->ground, memories, scopes, (int)bench->dimensions, error);
    if (status == MNEME_OK) {
        status =
            mneme_recall_open(&recall, bench->ground.fixture.config, bench->ground.generation.model, error);
    }
    if (status == MNEME_OK) {
        status = ask_all(bench->embedded, bench, recall, error);
    }
    if (status == MNEME_OK) {
        status = ask_cached(bench, recall, error);
    }
    if (status == MNEME_OK) {
        status = ask_bare(bench, error);
    }
    if (status == MNEME_OK) {
        status = run_clients(&per_second, bench, error);
    }
    if (status == MNEME_OK) {
        print_line(bench, per_second);
    }
    mneme_recall_close(recall);
    mneme_recall_ground_clean_up(&bench->ground);
    return status;
}

int main(int argc, char **argv) {
    static const long sizes[][2] = {{10000, 1000}, {100000, 1000}, {1000000, 1000}, {10000, 1}};
    struct bench bench = {.most = 1000000, .questions = 200, .dimensions = 384};
    const struct mneme_bench_option options[] = {{"most", &bench.most, 10000, 100000000, false},
                                                 {"questions", &bench.questions, 10, 100000, false},
                                                 {"dimensions", &bench.dimensions, 1, 2000, false}};
    struct mneme_error error = {0};
    int status = MNEME_OK;
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    double *millis = calloc((size_t)bench.questions * 3, sizeof *millis);
    if (millis == NULL) {
        status = mneme_error_set(&error, MNEME_E_NO_MEMORY, "out of memory");
    } else {
        bench.embedded = millis;
        bench.cached = millis + bench.questions;
        bench.bare = millis + 2 * bench.questions;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && status == MNEME_OK; i++) {
        if (sizes[i][0] <= bench.most) {
            status = measure(&bench, sizes[i][0], sizes[i][1], &error);
        }
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_recall: %s\n", error.message);
    }
    free(millis);
    return status == MNEME_OK ? 0 : 1;
}
