/*
 * Making and dropping what a test works on. Names hold the process id and random digits, so that tests run
 * side by side, and what a killed test left behind disturbs nobody.
 */
#include "tests/support/fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/kafka/kafka.h"
#include "common/postgres/postgres.h"
#include "tests/support/fixture_database.h"
#include "tests/support/fixture_topic.h"

static int choose_names(struct mneme_fixture *fixture, struct mneme_error *error) {
    struct mneme_uuid id;
    int status = mneme_uuid_v7(&id, error);
    if (status != MNEME_OK) {
        return status;
    }
    uint64_t random;
    memcpy(&random, id.bytes + 8, sizeof random);
    char name[64];
    snprintf(name, sizeof name, "test-%d-%016" PRIx64, (int)getpid(), random);
    snprintf(fixture->topic_prefix, sizeof fixture->topic_prefix, "%s.", name);
    snprintf(fixture->redis_prefix, sizeof fixture->redis_prefix, "%s:", name);
    return mneme_config_set(fixture->config, MNEME_SETTING_TOPIC_PREFIX, fixture->topic_prefix,
                            MNEME_FROM_OPTION, error);
}

static int require(enum mneme_setting setting, struct mneme_error *error) {
    const char *env = mneme_setting_info(setting)->env;
    const char *value = getenv(env);
    if (value == NULL || *value == '\0') {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "cannot set up the test: %s is not set; run ops/stack up, then eval \"$(ops/stack env)\"", env);
    }
    return MNEME_OK;
}

/* One statement on the server that the environment names. */
static int run_on_server(struct mneme_fixture *fixture, const char *sql, struct mneme_error *error) {
    struct mneme_postgres *server;
    int status = mneme_config_set(fixture->config, MNEME_SETTING_DATABASE_URL, fixture->server_url,
                                  MNEME_FROM_OPTION, error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect(&server, fixture->config, "mneme-test", error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(server, sql, error);
        mneme_pg_close(server);
    }
    return status;
}

static int create_database(struct mneme_fixture *fixture, bool has_tables, struct mneme_error *error) {
    char template[MNEME_FIXTURE_TEMPLATE_BYTES] = "template0";
    int status = require(MNEME_SETTING_DATABASE_URL, error);
    if (status == MNEME_OK && has_tables) {
        status = mneme_fixture_template(template, fixture->config, fixture->server_url, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    char name[80];
    snprintf(name, sizeof name, "%.*s", (int)strlen(fixture->topic_prefix) - 1, fixture->topic_prefix);
    char sql[256];
    snprintf(sql, sizeof sql, "CREATE DATABASE \"%s\" TEMPLATE %s ENCODING 'UTF8'", name, template);
    status = run_on_server(fixture, sql, error);
    if (status == MNEME_OK) {
        memcpy(fixture->database, name, sizeof name);
        status = mneme_fixture_use_database(fixture->config, fixture->server_url, name, error);
    }
    return status;
}

static int create_events_topic(struct mneme_fixture *fixture, int partitions, struct mneme_error *error) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    int status = require(MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, error);
    if (status == MNEME_OK && partitions > 0) {
        char text[16];
        snprintf(text, sizeof text, "%d", partitions);
        status =
            mneme_config_set(fixture->config, MNEME_SETTING_TOPIC_PARTITIONS, text, MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(topic, fixture->config, error);
    }
    if (status == MNEME_OK) {
        int count = (int)mneme_config_long(fixture->config, MNEME_SETTING_TOPIC_PARTITIONS);
        status = mneme_fixture_create_topic(fixture->config, topic, count, error);
        fixture->has_topic = status == MNEME_OK;
    }
    return status;
}

int mneme_fixture_set_up(struct mneme_fixture *fixture, unsigned wants, int partitions,
                         struct mneme_error *error) {
    *fixture = (struct mneme_fixture){0};
    int status = mneme_config_load(&fixture->config, NULL, error);
    if (status == MNEME_OK) {
        snprintf(fixture->server_url, sizeof fixture->server_url, "%s",
                 mneme_config_string(fixture->config, MNEME_SETTING_DATABASE_URL));
        status = choose_names(fixture, error);
    }
    if (status == MNEME_OK && (wants & (MNEME_FIXTURE_POSTGRES | MNEME_FIXTURE_TABLES)) != 0) {
        status = create_database(fixture, (wants & MNEME_FIXTURE_TABLES) != 0, error);
    }
    if (status == MNEME_OK && (wants & MNEME_FIXTURE_TOPIC) != 0) {
        status = create_events_topic(fixture, partitions, error);
    }
    if (status != MNEME_OK) {
        mneme_fixture_tear_down(fixture);
    }
    return status;
}

/* What cannot be dropped is said, and costs no test its result: the names are used by nobody else. */
static void report(int status, const struct mneme_error *error) {
    if (status != MNEME_OK) {
        fprintf(stderr, "tear-down: %s\n", error->message);
    }
}

void mneme_fixture_tear_down(struct mneme_fixture *fixture) {
    if (fixture->config == NULL) {
        return;
    }
    struct mneme_error error = {0};
    if (fixture->has_topic) {
        char topic[MNEME_TOPIC_NAME_BYTES];
        int status = mneme_kafka_events_topic(topic, fixture->config, &error);
        report(status == MNEME_OK ? mneme_fixture_delete_topic(fixture->config, topic, &error) : status,
               &error);
    }
    if (fixture->database[0] != '\0') {
        char sql[256];
        snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS \"%s\" WITH (FORCE)", fixture->database);
        report(run_on_server(fixture, sql, &error), &error);
    }
    mneme_config_destroy(fixture->config);
    *fixture = (struct mneme_fixture){0};
}
