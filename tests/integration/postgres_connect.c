/*
 * Connecting to Postgres: the session, refusals, silence, loss.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/postgres/schema.h"
#include "tests/support/fixture.h"

static struct mneme_fixture fixture;
static struct mneme_postgres *postgres;
static struct mneme_error error;

static void set_up(void) {
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_POSTGRES, 0, &error), MNEME_OK, "%s",
                 error.message);
}

static void tear_down(void) {
    mneme_pg_close(postgres);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(postgres_connect, .init = set_up, .fini = tear_down, .timeout = 60);

static void set(enum mneme_setting setting, const char *value) {
    cr_assert_eq(mneme_config_set(fixture.config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static int connect_as(const char *purpose) {
    return mneme_pg_connect(&postgres, fixture.config, purpose, &error);
}

/* The settings' DATABASE_URL with words behind it; the last of a keyword counts. */
static void add_to_url(const char *words) {
    char url[2048];
    int len = snprintf(url, sizeof url, "%s %s",
                       mneme_config_string(fixture.config, MNEME_SETTING_DATABASE_URL), words);
    cr_assert(len > 0 && (size_t)len < sizeof url);
    set(MNEME_SETTING_DATABASE_URL, url);
}

static void check_value(const char *sql, const char *wanted) {
    PGresult *result = NULL;
    cr_assert_eq(mneme_pg_query(&result, postgres, sql, NULL, false, &error), MNEME_OK, "%s", error.message);
    cr_assert_str_eq(PQgetvalue(result, 0, 0), wanted, "%s", sql);
    PQclear(result);
}

Test(postgres_connect, sets_the_session_up) {
    set(MNEME_SETTING_PG_SCHEMA, "odd \"name\"; --");
    cr_assert_eq(connect_as("mneme-test"), MNEME_OK, "%s", error.message);
    check_value("SHOW search_path", "\"odd \"\"name\"\"; --\"");
    check_value("SHOW application_name", "mneme-test");
    check_value("SHOW TimeZone", "UTC");
    check_value("SHOW client_encoding", "UTF8");
    check_value("SELECT timestamptz '2026-01-02T03:04:05.678901+01:00'", "2026-01-02 02:04:05.678901+00");
    cr_assert_str_eq(mneme_pg_sqlstate(postgres), "");
}

Test(postgres_connect, is_denied_a_wrong_password_without_telling_it) {
    add_to_url("password='not-the-password'");
    cr_assert_eq(connect_as("mneme-test"), MNEME_E_DENIED, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "password authentication failed"), "%s", error.message);
    cr_assert_null(strstr(error.message, "28P01"), "a state is for the log: %s", error.message);
    cr_assert_not_null(strstr(error.message, "127.0.0.1"), "%s", error.message);
    cr_assert_null(strstr(error.message, "not-the-password"), "%s", error.message);
    cr_assert_null(strstr(error.message, "LOCATION"), "%s", error.message);
    cr_assert_null(postgres);
}

Test(postgres_connect, is_denied_without_a_password) {
    unsetenv("PGPASSWORD");
    setenv("PGPASSFILE", "/nonexistent", 1);
    add_to_url("password=''");
    cr_assert_eq(connect_as("mneme-test"), MNEME_E_DENIED, "%s", error.message);
}

Test(postgres_connect, says_that_there_is_no_such_database) {
    add_to_url("dbname='no such database'");
    cr_assert_eq(connect_as("mneme-test"), MNEME_E_NOT_FOUND, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "create the database"), "%s", error.message);
}

Test(postgres_connect, refuses_a_url_that_would_tell_its_password) {
    static const char *const urls[] = {"postgresql://me:sec@ret@host:5432/db",
                                       "postgresql://me:sec/ret@host/db", "postgresql://me:sec?ret@host/db"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        set(MNEME_SETTING_DATABASE_URL, urls[i]);
        cr_assert_eq(connect_as("mneme-test"), MNEME_E_USAGE, "%s", urls[i]);
        cr_assert_null(strstr(error.message, "sec"), "%s", error.message);
        cr_assert_not_null(strstr(error.message, "%40"), "%s", error.message);
    }
}

Test(postgres_connect, refuses_a_url_that_libpq_cannot_use) {
    static const char *const urls[] = {"postgresql://[::1/db", "postgresql://me@host:port/db",
                                       "postgresql://me@127.0.0.1:1/db?sslmode=perhaps",
                                       "postgresql://me@127.0.0.1:1/db?colour=red"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        set(MNEME_SETTING_DATABASE_URL, urls[i]);
        cr_assert_eq(connect_as("mneme-test"), MNEME_E_USAGE, "%s: %s", urls[i], error.message);
        cr_assert_not_null(strstr(error.message, "DATABASE_URL"), "%s", error.message);
    }
}

Test(postgres_connect, waits_for_a_host_whose_name_is_not_known_yet) {
    set(MNEME_SETTING_DATABASE_URL, "postgresql://me@no-such-host.invalid/db");
    cr_assert_eq(connect_as("mneme-test"), MNEME_E_UNAVAILABLE, "%s", error.message);
}

/* A socket that listens; what connects is never answered. */
static int listen_silently(int *port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 1), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void lead_to_port(int port) {
    char words[64];
    snprintf(words, sizeof words, "host=127.0.0.1 hostaddr=127.0.0.1 port=%d", port);
    add_to_url(words);
}

Test(postgres_connect, gives_up_on_a_server_that_says_nothing) {
    int port;
    int fd = listen_silently(&port);
    lead_to_port(port);
    set(MNEME_SETTING_PG_CONNECT_TIMEOUT_MS, "300");
    int64_t before = mneme_clock_monotonic_micros();
    cr_assert_eq(connect_as("mneme-test"), MNEME_E_UNAVAILABLE, "%s", error.message);
    int64_t took_ms = (mneme_clock_monotonic_micros() - before) / 1000;
    cr_assert(took_ms >= 250 && took_ms < 5000, "%lld ms", (long long)took_ms);
    cr_assert_not_null(strstr(error.message, "MNEME_PG_CONNECT_TIMEOUT_MS"), "%s", error.message);
    close(fd);
}

static bool is_asked_often(void *context) {
    int *asked = context;
    return ++*asked >= 3;
}

Test(postgres_connect, a_cancel_ends_the_wait_for_a_server_that_says_nothing) {
    int port;
    int asked = 0;
    int fd = listen_silently(&port);
    const struct mneme_cancel cancel = {.is_cancelled = is_asked_often, .context = &asked};
    const struct mneme_cancel soon = mneme_cancel_within(NULL, 100);
    lead_to_port(port);
    set(MNEME_SETTING_PG_CONNECT_TIMEOUT_MS, "600000");
    cr_assert_eq(mneme_pg_connect_to_all_within(&postgres, fixture.config, "mneme-test", &cancel, &error),
                 MNEME_E_TIMEOUT, "%s", error.message);
    cr_assert_eq(mneme_pg_connect_to_all_within(&postgres, fixture.config, "mneme-test", &soon, &error),
                 MNEME_E_TIMEOUT, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "the call timed out"), "%s", error.message);
    cr_assert_null(postgres);
    close(fd);
}

Test(postgres_connect, says_at_once_that_nobody_listens) {
    int port;
    close(listen_silently(&port));
    lead_to_port(port);
    cr_assert_eq(connect_as("mneme-test"), MNEME_E_UNAVAILABLE, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "Connection refused"), "%s", error.message);
}

/* Ends the session from another one, as a server that stops does. */
static void end_session(void) {
    struct mneme_postgres *other;
    cr_assert_eq(mneme_pg_connect(&other, fixture.config, "mneme-test-other", &error), MNEME_OK);
    struct mneme_pg_params params = {0};
    mneme_pg_param_long(&params, PQbackendPID(mneme_pg_raw(postgres)));
    cr_assert_eq(
        mneme_pg_query(NULL, other, "SELECT pg_terminate_backend($1::int, 5000)", &params, false, &error),
        MNEME_OK, "%s", error.message);
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(other);
}

Test(postgres_connect, is_told_of_a_loss_and_connects_again) {
    cr_assert_eq(connect_as("mneme-test"), MNEME_OK, "%s", error.message);
    struct mneme_pg_params params = {0};
    mneme_pg_param_long(&params, 20);
    PGresult *result = NULL;
    cr_assert_eq(mneme_pg_query(&result, postgres, "SELECT $1::int + 1", &params, false, &error), MNEME_OK);
    PQclear(result);
    end_session();
    cr_assert_eq(mneme_pg_query(&result, postgres, "SELECT $1::int + 1", &params, false, &error),
                 MNEME_E_UNAVAILABLE);
    cr_assert_eq(mneme_pg_classify(mneme_pg_sqlstate(postgres)), MNEME_PG_RETRY);
    cr_assert_eq(mneme_pg_ensure(postgres, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_pg_query(&result, postgres, "SELECT $1::int + 1", &params, false, &error), MNEME_OK,
                 "%s", error.message);
    cr_assert_str_eq(PQgetvalue(result, 0, 0), "21");
    PQclear(result);
    mneme_pg_params_clean_up(&params);
}

Test(postgres_connect, notices_a_loss_before_anything_is_asked) {
    cr_assert_eq(connect_as("mneme-test"), MNEME_OK, "%s", error.message);
    end_session();
    cr_assert_eq(mneme_pg_ensure(postgres, &error), MNEME_OK, "%s", error.message);
    check_value("SELECT 1", "1");
}

Test(postgres_connect, keeps_a_healthy_connection) {
    cr_assert_eq(connect_as("mneme-test"), MNEME_OK, "%s", error.message);
    int pid = PQbackendPID(mneme_pg_raw(postgres));
    cr_assert_eq(mneme_pg_ensure(postgres, &error), MNEME_OK);
    cr_assert_eq(mneme_pg_run(postgres, "BEGIN", &error), MNEME_OK);
    cr_assert_eq(mneme_pg_ensure(postgres, &error), MNEME_OK);
    cr_assert_eq(PQbackendPID(mneme_pg_raw(postgres)), pid);
}

Test(postgres_connect, can_be_tried_again_after_it_failed) {
    cr_assert_eq(connect_as("mneme-test"), MNEME_OK, "%s", error.message);
    end_session();
    char sql[160];
    snprintf(sql, sizeof sql, "ALTER DATABASE \"%s\" ALLOW_CONNECTIONS %%s", fixture.database);
    struct mneme_config *config;
    struct mneme_postgres *server;
    cr_assert_eq(mneme_config_load(&config, NULL, &error), MNEME_OK);
    cr_assert_eq(mneme_pg_connect(&server, config, "mneme-test-other", &error), MNEME_OK, "%s",
                 error.message);
    static const char *const allowed[] = {"false", "true"};
    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, "ALTER DATABASE \"%s\" ALLOW_CONNECTIONS %s", fixture.database, allowed[i]);
        cr_assert_eq(mneme_pg_run(server, sql, &error), MNEME_OK, "%s", error.message);
        int status = mneme_pg_ensure(postgres, &error);
        cr_assert_eq(status == MNEME_OK, i == 1, "%s", error.message);
    }
    check_value("SELECT 1", "1");
    mneme_pg_close(server);
    mneme_config_destroy(config);
}
