/*
 * A worker whose schema registry is away: what it cannot read waits, and everything else goes on.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json/write.h"
#include "common/kafka/kafka.h"
#include "tests/support/fake_server.h"
#include "tests/support/fixture.h"
#include "tests/support/memory_projection.h"
#include "tests/support/running_worker.h"
#include "tests/support/runtime_events.h"

#define PARTITIONS 4

static struct mneme_fixture fixture;
static struct mneme_log_writer writer;
static struct mneme_running_worker worker;

/* A port where nothing listens now, and the registry will. */
static int choose_port(void) {
    const struct mneme_fake_answer unused = {.status = 500, .body = ""};
    struct mneme_fake_server *registry = mneme_fake_server_start(0, &unused, 1);
    cr_assert_not_null(registry);
    int port = mneme_fake_server_port(registry);
    mneme_fake_server_stop(registry);
    return port;
}

static void set(enum mneme_setting setting, const char *value) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_config_set(fixture.config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static bool has_rows(void *context) {
    return mneme_memory_count() >= *(size_t *)context;
}

static void wait_for_rows(size_t count) {
    cr_assert(mneme_wait_until(has_rows, &count), "%zu of %zu", mneme_memory_count(), count);
}

/* The event in the framing of a registry that gave its schema the number 7. */
static void put_confluent(int32_t partition, struct mneme_str key, struct mneme_str single_object) {
    struct mneme_buffer value = {0};
    struct mneme_error error = {0};
    struct mneme_frame frame;
    cr_assert_eq(mneme_frame_read(&frame, single_object, &error), MNEME_OK, "%s", error.message);
    mneme_frame_write_confluent(&value, 7);
    mneme_buffer_append_str(&value, frame.body);
    mneme_log_writer_put(&writer, partition, key, mneme_buffer_str(&value));
    mneme_buffer_clean_up(&value);
}

Test(worker_registry, a_partition_waits_for_its_schema_and_the_others_go_on, .timeout = 120) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, PARTITIONS, &error), MNEME_OK, "%s",
                 error.message);
    int port = choose_port();
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    set(MNEME_SETTING_SCHEMA_REGISTRY_URL, url);
    set(MNEME_SETTING_REGISTRY_TIMEOUT_MS, "500");
    set(MNEME_SETTING_RETRY_MAX_MS, "200");
    mneme_log_writer_open(&writer, fixture.config);

    struct mneme_buffer key = {0};
    struct mneme_buffer value = {0};
    int32_t partition = 0;
    mneme_test_event(&key, &value, &partition, writer.codec, "ada", 1, PARTITIONS);
    put_confluent(partition, mneme_buffer_str(&key), mneme_buffer_str(&value));
    mneme_log_writer_flush(&writer);
    mneme_log_writer_events(&writer, 100, 1000);
    mneme_log_writer_flush(&writer);
    mneme_running_worker_start(&worker, fixture.config, NULL);
    size_t others = 0;
    for (int i = 0; i < 1000; i++) {
        char text[40];
        (void)snprintf(text, sizeof text, "default/user-%d", i % 100);
        others += mneme_kafka_partition_of(mneme_str_from(text), PARTITIONS) != partition;
    }
    cr_assert(others > 0 && others < 1000);
    wait_for_rows(others);
    cr_assert_eq(mneme_memory_count(), others);
    cr_assert_null(mneme_memory_find(partition, 0));

    struct mneme_buffer body = {0};
    struct mneme_json_writer json = {.out = &body};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("schema"));
    mneme_json_string(&json, mneme_str_from(mneme_event_schema_json));
    mneme_json_end_object(&json);
    mneme_buffer_append_byte(&body, '\0');
    const struct mneme_fake_answer answer = {.status = 200, .body = body.data};
    struct mneme_fake_server *registry = mneme_fake_server_start(port, &answer, 1);
    cr_assert_not_null(registry);
    wait_for_rows(1001);
    cr_assert_eq(mneme_running_worker_stop(&worker), MNEME_OK, "%s", worker.error.message);
    cr_assert_eq(mneme_memory_store.violations, 0);
    cr_assert_eq(mneme_memory_count(), 1001);
    cr_assert_not(mneme_memory_find(partition, 0)->is_parked);

    mneme_fake_server_stop(registry);
    mneme_buffer_clean_up(&body);
    mneme_buffer_clean_up(&key);
    mneme_buffer_clean_up(&value);
    mneme_log_writer_close(&writer);
    mneme_fixture_tear_down(&fixture);
    free(mneme_memory_store.rows);
}
