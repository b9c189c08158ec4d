/*
 * The status of projections: progress in Postgres against a log in Kafka, parked events, sizes.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/kafka/kafka.h"
#include "consumers/store/migrate.h"
#include "queries/projection_status.h"
#include "tests/support/fixture.h"

#define PARTITIONS 3

static struct mneme_fixture fixture;
static struct mneme_postgres *writing;
static struct mneme_postgres *asking;
static struct mneme_log_probe *reader;
static struct mneme_error error, log_error;
static struct mneme_projection_status *projections;
static size_t count;
static char topic[MNEME_TOPIC_NAME_BYTES];

static void set_up(void) {
    unsigned wants = MNEME_FIXTURE_POSTGRES | MNEME_FIXTURE_TOPIC;
    cr_assert_eq(mneme_fixture_set_up(&fixture, wants, PARTITIONS, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_kafka_events_topic(topic, fixture.config, &error), MNEME_OK);
    cr_assert_eq(mneme_pg_connect(&writing, fixture.config, "test", &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_query_connect(&asking, fixture.config, "test", &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_log_probe_open(&reader, fixture.config, &error), MNEME_OK, "%s", error.message);
}

static void tear_down(void) {
    mneme_projection_status_clean_up(projections, count);
    mneme_log_probe_close(reader);
    mneme_pg_close(asking);
    mneme_pg_close(writing);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(queries_status, .init = set_up, .fini = tear_down, .timeout = 120);

static void migrate(void) {
    const char *schema = mneme_config_string(fixture.config, MNEME_SETTING_PG_SCHEMA);
    int status = mneme_migrate(writing, schema, mneme_migrations_postgres, NULL, NULL, &error);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
}

/* A statement whose $1, if it has one, is the topic. */
static void run(const char *sql) {
    struct mneme_pg_params params = {0};
    if (strstr(sql, "$1") != NULL) {
        mneme_pg_param_str(&params, mneme_str_from(topic));
    }
    cr_assert_eq(mneme_pg_query(NULL, writing, sql, &params, false, &error), MNEME_OK, "%s", error.message);
    mneme_pg_params_clean_up(&params);
}

/* Puts so many messages into a partition, and waits until the brokers have them. */
static void produce(int32_t partition, int messages) {
    rd_kafka_conf_t *conf;
    char reason[256];
    cr_assert_eq(mneme_kafka_conf(&conf, fixture.config, "test", &error), MNEME_OK, "%s", error.message);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    cr_assert_not_null(producer, "%s", reason);
    for (int i = 0; i < messages; i++) {
        rd_kafka_resp_err_t code =
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_VALUE((void *)"x", 1), RD_KAFKA_V_END);
        cr_assert_eq(code, RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    cr_assert_eq(rd_kafka_flush(producer, 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_destroy(producer);
}

static void read_status(const struct mneme_projection_status *before, size_t before_count) {
    struct mneme_projection_status *now;
    size_t now_count;
    int status = mneme_projection_status_read(&now, &now_count, asking, reader, fixture.config, before,
                                              before_count, &log_error, &error);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    mneme_projection_status_clean_up(projections, count);
    projections = now;
    count = now_count;
}

Test(queries_status, without_tables_it_says_to_migrate) {
    int status = mneme_projection_status_read(&projections, &count, asking, reader, fixture.config, NULL, 0,
                                              &log_error, &error);
    cr_assert_eq(status, MNEME_E_UNAVAILABLE);
    cr_assert_not_null(strstr(error.message, "run mneme migrate"), "%s", error.message);
}

Test(queries_status, a_projection_that_never_began_lags_by_the_whole_log) {
    migrate();
    produce(0, 5);
    produce(2, 2);
    read_status(NULL, 0);
    cr_assert_eq(count, 2);
    cr_assert_str_eq(projections[1].projection, "redis"); /* is told though it has no schema */
    cr_assert_eq(projections[1].lag, 7);
    cr_assert_str_eq(projections[0].projection, "postgres");
    cr_assert_str_eq(projections[0].topic, topic);
    cr_assert(projections[0].has_log, "%s", log_error.message);
    cr_assert_eq(projections[0].partition_count, PARTITIONS);
    cr_assert_eq(projections[0].lag, 7);
    cr_assert_eq(projections[0].events, 0);
    cr_assert_eq(projections[0].group.workers, 0);
}

Test(queries_status, lag_is_what_the_log_holds_beyond_the_progress) {
    migrate();
    produce(0, 5);
    produce(1, 4);
    run("INSERT INTO progress VALUES ('postgres', $1, 0, 5, NULL, 1, 'w1', 3, now())");
    run("INSERT INTO progress VALUES ('postgres', $1, 1, 1, NULL, 1, 'w2', 3, now())");
    read_status(NULL, 0);
    cr_assert_eq(projections[0].lag, 3);
    cr_assert_eq(projections[0].events, 6);
    cr_assert_str_eq(projections[0].partitions[1].owner, "w2");
    cr_assert_eq(projections[0].partitions[1].end_offset, 4);
    cr_assert_not(projections[0].rate_per_s.is_set);
}

Test(queries_status, the_rate_is_what_was_folded_since_the_look_before) {
    migrate();
    produce(0, 100);
    run("INSERT INTO progress VALUES ('postgres', $1, 0, 10, NULL, 1, 'w1', 3, now())");
    read_status(NULL, 0);
    struct mneme_projection_status before = projections[0];
    before.seen_micros -= 10000000; /* as if ten seconds had gone by */
    run("UPDATE progress SET next_offset = 60 WHERE topic = $1");
    struct mneme_partition_status partitions[PARTITIONS];
    memcpy(partitions, projections[0].partitions, sizeof partitions);
    before.partitions = partitions;
    read_status(&before, 1);
    cr_assert(projections[0].rate_per_s.is_set);
    cr_assert(projections[0].rate_per_s.value > 1 && projections[0].rate_per_s.value <= 5.0, "%f",
              projections[0].rate_per_s.value);
}

static bool note_parked(const void *row, void *context) {
    const struct mneme_parked_row *parked = row;
    mneme_buffer_printf(context, "%lld:%lld %.*s %.*s %lld;", (long long)parked->partition,
                        (long long)parked->kafka_offset, MNEME_STR_ARG(parked->key),
                        MNEME_STR_ARG(parked->reason), (long long)parked->waiting);
    return true;
}

Test(queries_status, parked_events_are_told_by_key_with_those_that_wait_behind) {
    struct mneme_buffer seen = {0};
    migrate();
    run("INSERT INTO parked_events (projection, topic, partition, kafka_offset, key, value, reason, "
        "blocked_by, "
        "recorded_at, parked_at) "
        "SELECT 'postgres', $1, at[1], at[2], convert_to('default/' || at[1], 'UTF8'), 'x', 'no event', "
        "at[3], now(), "
        "       now() + at[2] * interval '1 s' "
        "FROM (VALUES (array[0, 3, 3]), (array[0, 5, 3]), (array[0, 9, 3]), (array[2, 4, 4])) AS rows (at)");
    cr_assert_eq(mneme_status_parked(asking, 10, note_parked, &seen, &error), MNEME_OK, "%s", error.message);
    mneme_buffer_append_byte(&seen, '\0');
    cr_assert_str_eq(seen.data, "0:3 default/0 no event 3;2:4 default/2 no event 1;");
    read_status(NULL, 0);
    cr_assert_eq(projections[0].parked, 4);
    mneme_buffer_clean_up(&seen);
}

Test(queries_status, what_kafka_would_tell_is_left_out_when_it_cannot_be_asked) {
    migrate();
    run("INSERT INTO progress VALUES ('postgres', $1, 0, 5, NULL, 1, 'w1', 3, now())");
    struct mneme_config *other; /* of another installation, whose topic is not there */
    cr_assert_eq(mneme_config_load(&other, NULL, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_config_set(other, MNEME_SETTING_TOPIC_PREFIX, "nobodys.", MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    int status = mneme_projection_status_read(&projections, &count, asking, reader, other, NULL, 0,
                                              &log_error, &error);
    mneme_config_destroy(other);
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
    cr_assert_neq(log_error.code, MNEME_OK);
    cr_assert_not(projections[0].has_log);
}

static bool note_size(const void *row, void *context) {
    const struct mneme_status_table_row *size = row;
    struct mneme_status_table_row *events = context;
    if (mneme_str_equal(size->table, MNEME_STR_LIT("streams"))) {
        events->rows = size->rows;
        events->is_estimate = size->is_estimate;
        events->bytes = size->bytes;
    }
    return true;
}

Test(queries_status, small_tables_are_counted_and_large_ones_estimated) {
    struct mneme_status_table_row size = {0};
    migrate();
    run("INSERT INTO streams SELECT 'default', 's' || n, 1, NULL, NULL, 0, now() FROM generate_series(1, "
        "10000) AS n");
    cr_assert_eq(mneme_status_tables(asking, note_size, &size, &error), MNEME_OK, "%s", error.message);
    cr_assert(size.rows == 10000 && !size.is_estimate, "%lld", (long long)size.rows);
    run("INSERT INTO streams SELECT 'blue', 's' || n, 1, NULL, NULL, 0, now() FROM generate_series(1, 20000) "
        "AS n");
    run("ANALYZE streams");
    cr_assert_eq(mneme_status_tables(asking, note_size, &size, &error), MNEME_OK, "%s", error.message);
    cr_assert(size.is_estimate);
    cr_assert(size.rows > 25000 && size.rows < 35000, "%lld", (long long)size.rows);
    cr_assert(size.bytes > 100000);
}
