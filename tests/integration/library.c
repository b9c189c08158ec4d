/*
 * libmneme as a program sees it, through its public headers: calls that end in time, notes, and own writes.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <mneme/mneme.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/postgres/postgres.h"
#include "tests/support/fold_case.h"
#include "tests/support/patience.h"

#define SHORT_MS 400
#define NEVER_MS "600000" /* what the settings would wait for by themselves */

static struct mneme_fold_case fold;
static struct mneme *mneme;
static struct mneme_request *request;
static struct mneme_error error;

static void ok(int status) {
    cr_assert_eq(status, MNEME_OK, "%s", error.message);
}

static void set_up(void) {
    mneme_fold_case_set_up(&fold);
}

static void tear_down(void) {
    mneme_request_free(request);
    mneme_disconnect(mneme);
    mneme_fold_case_tear_down(&fold);
}

TestSuite(library, .init = set_up, .fini = tear_down, .timeout = 240);

/* Connects to the fold case's tables, with one setting more. */
static void connect_with(const char *name, const char *value) {
    const struct mneme_client_setting settings[] = {
        {"DATABASE_URL", mneme_config_string(fold.fixture.config, MNEME_SETTING_DATABASE_URL)},
        {"MNEME_PG_SCHEMA", mneme_config_string(fold.fixture.config, MNEME_SETTING_PG_SCHEMA)},
        {"MNEME_TOPIC_PREFIX", "test."}, /* that of a fold case */
        {"MNEME_PG_CONNECT_TIMEOUT_MS", NEVER_MS},
        {"MNEME_PG_COMMAND_TIMEOUT_MS", NEVER_MS},
        {name, value},
    };
    ok(mneme_connect(&mneme, NULL, settings, sizeof settings / sizeof *settings, &error));
}

static void ask(const char *operation, const char *object) {
    ok(mneme_request_new(&request, mneme, operation, &error));
    ok(mneme_request_set_json(request, mneme_str_from(object), &error));
}

#define ADD(...) mneme_fold_case_add(&fold, __VA_ARGS__)
#define MEMORY "'type':'memory_created','user_id':'ada','payload':{'memory_type':'fact','content':'tea'}"

/* --- services that hang --- */

/* A socket that listens, with its port as text; what connects is never answered. */
static int listen_silently(char port[8]) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(fd, 16), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(port, 8, "%d", ntohs(address.sin_port));
    return fd;
}

/* The call ends by its own bound, long before the settings would end it, and says what to do. */
static void check_ends_in_time(void) {
    int64_t before = mneme_clock_monotonic_micros();
    int status = mneme_call(mneme, request, NULL, NULL, SHORT_MS, &error);
    int64_t took_ms = (mneme_clock_monotonic_micros() - before) / 1000;
    cr_assert(status == MNEME_E_TIMEOUT || status == MNEME_E_UNAVAILABLE, "%d: %s", status, error.message);
    cr_assert_eq(error.code, (enum mneme_status)status);
    cr_assert_lt(took_ms, SHORT_MS + 4000, "%lld ms: %s", (long long)took_ms, error.message);
    cr_assert_not_null(strchr(error.message, ';'), "%s", error.message);
}

Test(library, a_call_whose_postgres_never_answers_ends_in_time) {
    char port[8];
    char url[64];
    int fd = listen_silently(port);
    snprintf(url, sizeof url, "postgresql://me@127.0.0.1:%s/db", port);
    connect_with("DATABASE_URL", url);
    ask("memory.list", "{\"user_id\":\"ada\"}");
    check_ends_in_time();
    cr_assert_not_null(strstr(error.message, port), "%s", error.message);
    mneme_request_free(request);
    ask("memory.delete",
        "{\"memory_ids\":[\"0194f000-0000-7000-8000-000000000001\"]}"); /* asks where it is */
    check_ends_in_time();
    close(fd);
}

Test(library, a_call_whose_brokers_never_answer_ends_in_time) {
    char port[8];
    char server[32];
    int fd = listen_silently(port);
    snprintf(server, sizeof server, "127.0.0.1:%s", port);
    connect_with("KAFKA_BOOTSTRAP_SERVERS", server);
    ask("memory.add", "{\"user_id\":\"ada\",\"text\":\"tea\"}");
    check_ends_in_time();
    check_ends_in_time(); /* the next one tries again */
    mneme_request_free(request);
    ask("replay", "{\"user_id\":\"ada\"}");
    check_ends_in_time();
    close(fd);
}

Test(library, a_statement_in_mid_run_is_cancelled) {
    connect_with("MNEME_READ_OWN_WRITES_MS", "0");
    ask("memory.list", "{\"user_id\":\"ada\"}");
    ok(mneme_pg_run(fold.postgres, "BEGIN; LOCK TABLE memories IN ACCESS EXCLUSIVE MODE", &error));
    check_ends_in_time();
    cr_assert_eq(error.code, MNEME_E_TIMEOUT, "%s", error.message);
    cr_assert_str_eq(mneme_fold_case_text(&fold,
                                          "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = "
                                          "l.database WHERE d.datname = current_database() AND NOT "
                                          "l.granted"),
                     "0", "somebody still waits for the table");
    ok(mneme_pg_run(fold.postgres, "COMMIT", &error));
    ok(mneme_call(mneme, request, NULL, NULL, MNEME_PATIENCE_MS, &error)); /* on the same connection */
}

/* --- notes --- */

struct noted {
    int count;
    enum mneme_note_kind kind;
    char text[512];
};

static void take_note(const struct mneme_note *note, void *context) {
    struct noted *noted = context;
    noted->count++;
    noted->kind = mneme_note_kind(note);
    snprintf(noted->text, sizeof noted->text, "%.*s", MNEME_STR_ARG(mneme_note_text(note)));
}

static bool count_row(struct mneme_result *row, void *context) {
    (void)row;
    ++*(int *)context;
    return true;
}

Test(library, an_event_that_is_parked_makes_a_note_beside_the_rows) {
    struct noted noted = {0};
    char expected[128];
    int rows = 0;
    ADD("{" MEMORY "}");
    struct mneme_batch_item *parked = ADD("{" MEMORY "}");
    parked->park_reason = "it holds no event";
    parked->blocked_by = parked->position.offset;
    struct mneme_batch_item *behind = ADD("{" MEMORY "}");
    behind->park_reason = "it waits behind another";
    behind->blocked_by = parked->position.offset;
    cr_assert_eq(mneme_fold_case_apply(&fold, 0), MNEME_APPLIED, "%s", fold.error.message);
    connect_with("MNEME_READ_OWN_WRITES_MS", "0");
    ask("memory.list", "{\"user_id\":\"ada\"}");
    ok(mneme_call(mneme, request, count_row, &rows, MNEME_PATIENCE_MS, &error)); /* to nobody */
    mneme_request_on_note(request, take_note, &noted);
    ok(mneme_call(mneme, request, count_row, &rows, MNEME_PATIENCE_MS, &error));
    cr_assert_eq(rows, 2);
    cr_assert_eq(noted.count, 1);
    cr_assert_eq(noted.kind, MNEME_NOTE_STALE);
    snprintf(expected, sizeof expected, "stale: parked at %d:%lld with 1 behind it, key default/ada;",
             (int)parked->position.partition, (long long)parked->position.offset);
    cr_assert_eq(strncmp(noted.text, expected, strlen(expected)), 0, "%s", noted.text);
    mneme_request_clear(request); /* which leaves where notes go */
    ok(mneme_request_set(request, "user_id", "eve", &error));
    ok(mneme_call(mneme, request, count_row, &rows, MNEME_PATIENCE_MS, &error));
    cr_assert_eq(noted.count, 1, "%s", noted.text);
}
