/*
 * How long another projection takes to agree with the ledger on a batch, by how many of its events have no
 * effect: none, one in a hundred, all of them (a batch that was sent twice).
 *
 * usage: mneme_bench_gate [--events N] [--runs N]
 *
 * The ledger has passed the batch. ours is the median time of mneme_verdict_gate_pass, limit that of its
 * statement of exceptions alone, by the same session.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "consumers/store/migrate.h"
#include "consumers/store/verdict_gate.h"
#include "sql/embedded.h"
#include "tests/support/bench.h"
#include "tests/support/fixture.h"

#define PARTITIONS 8
#define TOPIC "bench.events"

struct bench {
    long events, runs;
    struct mneme_fixture fixture;
    struct mneme_postgres *postgres;
    struct mneme_batch batch;
    struct mneme_batch_partition partitions[PARTITIONS];
    struct mneme_pg_params exceptions;
    bool *is_accepted;
};

static const long shares[] = {0, 1, 100}; /* percent of the events that have no effect */

static int make_batch(struct bench *bench, struct mneme_error *error) {
    int64_t places[3][PARTITIONS];
    bench->is_accepted = calloc((size_t)bench->events, sizeof *bench->is_accepted);
    bench->batch.items = calloc((size_t)bench->events, sizeof *bench->batch.items);
    if (bench->is_accepted == NULL || bench->batch.items == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "no batch was made: out of memory");
    }
    bench->batch.count = (size_t)bench->events;
    for (long i = 0; i < bench->events; i++) {
        bench->batch.items[i].position = (struct mneme_position){(int32_t)(i % PARTITIONS), i / PARTITIONS};
    }
    bench->batch.partitions = bench->partitions;
    bench->batch.partition_count = PARTITIONS;
    for (int i = 0; i < PARTITIONS; i++) {
        bench->partitions[i] = (struct mneme_batch_partition){
            .partition = i, .first_offset = 0, .next_offset = bench->events / PARTITIONS + 1};
        places[0][i] = i;
        places[1][i] = 0;
        places[2][i] = bench->partitions[i].next_offset;
    }
    mneme_arena_init(&bench->batch.arena, 0);
    mneme_pg_param_str(&bench->exceptions, MNEME_STR_LIT(TOPIC));
    for (int i = 0; i < 3; i++) {
        mneme_pg_param_long_array(&bench->exceptions, places[i], PARTITIONS);
    }
    return MNEME_OK;
}

static int set_up(struct bench *bench, struct mneme_error *error) {
    int status = mneme_fixture_set_up(&bench->fixture, MNEME_FIXTURE_POSTGRES, 0, error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect(&bench->postgres, bench->fixture.config, "bench", error);
    }
    if (status == MNEME_OK) {
        status = mneme_migrate(bench->postgres, "mneme", mneme_migrations_postgres, NULL, NULL, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(bench->postgres,
                              "INSERT INTO progress SELECT 'postgres', '" TOPIC
                              "', p, 1000000000, NULL, 1, '', 8, now() FROM generate_series(0, 7) AS p",
                              error);
    }
    return status == MNEME_OK ? make_batch(bench, error) : status;
}

/* That many percent of the events have no effect; every second one of these was parked, the others are
 * refused by their verdict. */
static int make_exceptions(struct bench *bench, long percent, struct mneme_error *error) {
    char sql[1024];
    snprintf(sql, sizeof sql,
             "TRUNCATE verdict_exceptions, parked_events; "
             "CREATE TEMP TABLE chosen AS SELECT i %% %d AS partition, i / %d AS kafka_offset, "
             "row_number() OVER (ORDER BY i) AS n FROM generate_series(0, %ld) AS i "
             "WHERE i * %ld / 100 > (i - 1) * %ld / 100; "
             "INSERT INTO verdict_exceptions (kafka_partition, kafka_offset, verdict) "
             "SELECT partition, kafka_offset, 'duplicate' FROM chosen WHERE n %% 2 = 0; "
             "INSERT INTO parked_events (projection, topic, partition, kafka_offset, value, reason, "
             "blocked_by, recorded_at) "
             "SELECT 'postgres', '" TOPIC
             "', partition, kafka_offset, '', 'broken', kafka_offset, now() FROM chosen "
             "WHERE n %% 2 = 1; "
             "DROP TABLE chosen; ANALYZE verdict_exceptions, parked_events",
             PARTITIONS, PARTITIONS, bench->events - 1, percent, percent);
    return mneme_pg_run(bench->postgres, sql, error);
}

/* One of each, in turns. */
static int measure_once(struct bench *bench, double *ours, double *limit, struct mneme_error *error) {
    PGresult *rows = NULL;
    int64_t started = mneme_clock_monotonic_micros();
    int status =
        mneme_pg_query(&rows, bench->postgres, mneme_sql_gate_exceptions, &bench->exceptions, true, error);
    PQclear(rows);
    *limit = (double)(mneme_clock_monotonic_micros() - started) / 1e3;
    started = mneme_clock_monotonic_micros();
    if (status == MNEME_OK) {
        status =
            mneme_verdict_gate_pass(bench->is_accepted, bench->postgres, NULL, TOPIC, &bench->batch, error);
    }
    *ours = (double)(mneme_clock_monotonic_micros() - started) / 1e3;
    mneme_arena_reset(&bench->batch.arena, SIZE_MAX);
    return status;
}

static int measure(struct bench *bench, long percent, struct mneme_error *error) {
    double ours[MNEME_BENCH_MAX_RUNS];
    double limit[MNEME_BENCH_MAX_RUNS];
    int status = make_exceptions(bench, percent, error);
    for (long run = 0; run < bench->runs && status == MNEME_OK; run++) {
        status = measure_once(bench, &ours[run], &limit[run], error);
    }
    if (status == MNEME_OK) {
        double mine = mneme_bench_median(ours, (size_t)bench->runs);
        double least = mneme_bench_median(limit, (size_t)bench->runs);
        printf(
            "{\"bench\":\"gate\",\"events\":%ld,\"percent_without_effect\":%ld,\"ours\":%.2f,\"limit\":%.2f,"
            "\"ratio\":%.3f,\"unit\":\"ms\"}\n",
            bench->events, percent, mine, least, least / mine);
    }
    return status;
}

int main(int argc, char **argv) {
    static struct bench bench = {.events = 20000, .runs = 9};
    const struct mneme_bench_option options[] = {{"events", &bench.events, PARTITIONS, 1000000, false},
                                                 {"runs", &bench.runs, 1, MNEME_BENCH_MAX_RUNS, false}};
    if (!mneme_bench_read_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    struct mneme_error error = {0};
    int status = set_up(&bench, &error);
    for (size_t i = 0; i < sizeof shares / sizeof *shares && status == MNEME_OK; i++) {
        status = measure(&bench, shares[i], &error);
    }
    if (status != MNEME_OK) {
        fprintf(stderr, "mneme_bench_gate: %s\n", error.message);
    }
    mneme_pg_params_clean_up(&bench.exceptions);
    mneme_arena_clean_up(&bench.batch.arena);
    free(bench.batch.items);
    free(bench.is_accepted);
    mneme_pg_close(bench.postgres);
    mneme_fixture_tear_down(&bench.fixture);
    return status == MNEME_OK ? 0 : 1;
}
