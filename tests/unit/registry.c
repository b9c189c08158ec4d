/*
 * The registry's client against a registry that does what the test wants, and a codec over it.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "schemas/codec.h"
#include "schemas/registry.h"
#include "tests/support/fake_server.h"
#include "tests/support/sample_event.h"

#define TIMEOUT_MS 5000
#define TRIES 4

static struct mneme_fake_server *fake;
static struct mneme_registry *registry;
static struct mneme_error error;
static struct mneme_buffer schema;

static void tear_down(void) {
    mneme_registry_destroy(registry);
    if (fake != NULL) {
        mneme_fake_server_stop(fake);
    }
    mneme_buffer_clean_up(&schema);
}

TestSuite(registry, .fini = tear_down, .timeout = 60);

static void open_at(const char *user, int port, const char *path) {
    char url[128];
    (void)snprintf(url, sizeof url, "http://%s127.0.0.1:%d%s", user, port, path);
    cr_assert_eq(mneme_registry_new(&registry, url, TIMEOUT_MS, &error), MNEME_OK, "%s", error.message);
}

static void open_fake(const struct mneme_fake_answer *answers, size_t count) {
    fake = mneme_fake_server_start(0, answers, count);
    cr_assert_not_null(fake);
    open_at("", mneme_fake_server_port(fake), "/apis/ccompat/v7/");
}

/* A port that nobody listens on. */
static int closed_port(int *listener) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(*listener >= 0);
    cr_assert_eq(bind(*listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(getsockname(*listener, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static void assert_says(const char *text) {
    cr_assert_not_null(strstr(error.message, text), "\"%s\" says nothing of \"%s\"", error.message, text);
}

Test(registry, statuses_are_worth_another_try_or_not) {
    static const struct {
        long http;
        enum mneme_status status;
    } cases[] = {
        {200, MNEME_OK},
        {201, MNEME_OK},
        {301, MNEME_E_INTERNAL},
        {400, MNEME_E_INTERNAL},
        {401, MNEME_E_DENIED},
        {403, MNEME_E_DENIED},
        {404, MNEME_E_NOT_FOUND},
        {408, MNEME_E_UNAVAILABLE},
        {409, MNEME_E_CONFLICT},
        {422, MNEME_E_INVALID},
        {429, MNEME_E_UNAVAILABLE},
        {500, MNEME_E_UNAVAILABLE},
        {503, MNEME_E_UNAVAILABLE},
        {599, MNEME_E_UNAVAILABLE},
        {0, MNEME_E_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(mneme_registry_classify(cases[i].http), cases[i].status, "%ld", cases[i].http);
    }
}

Test(registry, only_http_and_https_are_spoken) {
    static const char *const bad[] = {"file:///etc/passwd", "ftp://x", "localhost:8081", "", "HTTP"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(mneme_registry_new(&registry, bad[i], TIMEOUT_MS, &error), MNEME_E_USAGE, "%s", bad[i]);
        assert_says("SCHEMA_REGISTRY_URL");
    }
}

Test(registry, a_schema_is_asked_for_by_id_below_the_path_of_the_url) {
    static const struct mneme_fake_answer answers[] = {
        {200, "{\"schema\":\"{\\\"type\\\":\\\"int\\\"}\"}", NULL, NULL}};
    open_fake(answers, 1);
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_OK, "%s", error.message);
    cr_assert_str_eq(schema.data, "{\"type\":\"int\"}");
    cr_assert_str_eq(mneme_fake_server_target(fake), "GET /apis/ccompat/v7/schemas/ids/7");
}

Test(registry, a_schema_is_registered_under_its_subject) {
    static const struct mneme_fake_answer answers[] = {{200, "{\"id\":42}", NULL, NULL}};
    int32_t id;
    open_fake(answers, 1);
    cr_assert_eq(mneme_registry_register(&id, registry, "a/b events-value", "{\"type\": \"int\"}", &error),
                 MNEME_OK, "%s", error.message);
    cr_assert_eq(id, 42);
    /* The daemon shows the path decoded; what was sent is one path segment. */
    cr_assert_str_eq(mneme_fake_server_target(fake),
                     "POST /apis/ccompat/v7/subjects/a/b events-value/versions");
    cr_assert_str_eq(mneme_fake_server_content_type(fake), "application/vnd.schemaregistry.v1+json");
    cr_assert_str_eq(mneme_fake_server_body(fake), "{\"schema\":\"{\\\"type\\\": \\\"int\\\"}\"}");
}

Test(registry, is_asked_again_when_it_is_busy) {
    static const struct mneme_fake_answer answers[] = {{503, "busy", NULL, NULL},
                                                       {429, "{}", NULL, NULL},
                                                       {200, "{\"schema\":\"\\\"int\\\"\"}", NULL, NULL}};
    open_fake(answers, 3);
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_fake_server_requests(fake), 3);
}

Test(registry, is_asked_a_bounded_number_of_times) {
    static const struct mneme_fake_answer answers[] = {
        {503, "{\"error_code\":50001,\"message\":\"no store\"}", NULL, NULL}};
    open_fake(answers, 1);
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_E_UNAVAILABLE);
    cr_assert_eq(mneme_fake_server_requests(fake), TRIES);
    assert_says("id 7");
    assert_says("503");
    assert_says("no store");
}

/* Answers that asking again does not change: one request, this status, these words. */
static const struct {
    struct mneme_fake_answer answer;
    int on_read;
    int on_register;
    const char *says;
} final_answers[] = {
    {{422, "{\"message\":\"bad id\"}", NULL, NULL}, MNEME_E_UNKNOWN_SCHEMA, MNEME_E_INVALID, "bad id"},
    {{409, "{\"message\":\"is incompatible\"}", NULL, NULL},
     MNEME_E_UNKNOWN_SCHEMA,
     MNEME_E_INVALID,
     "is incompatible"},
    {{401, "", NULL, NULL}, MNEME_E_DENIED, MNEME_E_DENIED, "user and password"},
    {{302, "", "http://127.0.0.1:1/elsewhere", NULL}, MNEME_E_INTERNAL, MNEME_E_INTERNAL, "302"},
    {{200, "<html>", NULL, NULL}, MNEME_E_INTERNAL, MNEME_E_INTERNAL, "not JSON"},
    {{200, "{}", NULL, NULL}, MNEME_E_INTERNAL, MNEME_E_INTERNAL, "lacks the expected member"},
    {{200, "[1]", NULL, NULL}, MNEME_E_INTERNAL, MNEME_E_INTERNAL, "lacks the expected member"},
    {{200, "{\"schema\":7,\"id\":\"x\"}", NULL, NULL},
     MNEME_E_INTERNAL,
     MNEME_E_INTERNAL,
     "lacks the expected member"},
    {{200, "{\"id\":-1}", NULL, NULL}, MNEME_E_INTERNAL, MNEME_E_INTERNAL, "lacks the expected member"},
    {{200, "{\"id\":2147483648}", NULL, NULL},
     MNEME_E_INTERNAL,
     MNEME_E_INTERNAL,
     "lacks the expected member"},
};

Test(registry, final_answers_are_not_asked_for_again) {
    for (size_t i = 0; i < sizeof final_answers / sizeof final_answers[0]; i++) {
        int32_t id;
        open_fake(&final_answers[i].answer, 1);
        cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), final_answers[i].on_read,
                     "case %zu: %s", i, error.message);
        cr_assert_eq(error.code, final_answers[i].on_read);
        assert_says(final_answers[i].says);
        cr_assert_eq(mneme_registry_register(&id, registry, "s", "\"int\"", &error),
                     final_answers[i].on_register, "case %zu: %s", i, error.message);
        assert_says(final_answers[i].says);
        /* A conflict of a registration has to be told twice. */
        cr_assert_eq(mneme_fake_server_requests(fake), final_answers[i].answer.status == 409 ? 3 : 2,
                     "case %zu", i);
        mneme_registry_destroy(registry);
        mneme_fake_server_stop(fake);
        registry = NULL;
        fake = NULL;
    }
}

Test(registry, a_conflict_with_the_same_schema_on_its_way_is_none) {
    static const struct mneme_fake_answer answers[] = {
        {409, "{\"message\":\"An artifact with this ID already exists.\"}", NULL, NULL},
        {200, "{\"id\":42}", NULL, NULL}};
    int32_t id = 0;
    open_fake(answers, 2);
    cr_assert_eq(mneme_registry_register(&id, registry, "s", "\"int\"", &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_eq(id, 42);
}

Test(registry, a_schema_of_another_kind_is_unknown) {
    static const struct mneme_fake_answer answers[] = {
        {200, "{\"schemaType\":\"PROTOBUF\",\"schema\":\"x\"}", NULL, NULL}};
    open_fake(answers, 1);
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_E_UNKNOWN_SCHEMA);
    assert_says("PROTOBUF");
}

Test(registry, nobody_there_is_told_with_the_address_and_without_the_password) {
    int listener;
    open_at("me:hunter2@", closed_port(&listener), "");
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_E_UNAVAILABLE);
    assert_says("does not answer");
    assert_says("127.0.0.1");
    cr_assert_null(strstr(error.message, "hunter2"), "%s", error.message);
    (void)close(listener);
}

Test(registry, one_that_never_answers_costs_a_bounded_time) {
    int listener;
    int port = closed_port(&listener);
    char url[64];
    cr_assert_eq(listen(listener, 8), 0); /* connections are taken by the system and never answered */
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    cr_assert_eq(mneme_registry_new(&registry, url, 100, &error), MNEME_OK);
    int64_t before = mneme_clock_monotonic_micros();
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_E_UNAVAILABLE);
    cr_assert_geq(mneme_clock_monotonic_micros() - before, TRIES * 100000);
    cr_assert_lt(mneme_clock_monotonic_micros() - before, 20000000);
    assert_says("does not answer");
    (void)close(listener);
}

Test(registry, an_endless_answer_is_cut_off) {
    size_t size = 5U << 20;
    char *body = malloc(size + 1);
    memset(body, 'x', size);
    body[size] = '\0';
    struct mneme_fake_answer answers[] = {{200, body, NULL, NULL}};
    open_fake(answers, 1);
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_E_UNAVAILABLE);
    mneme_fake_server_stop(fake);
    fake = NULL;
    free(body);
}

/* --- a codec over it --- */

static struct mneme_codec *open_codec(int port) {
    struct mneme_config *config = NULL;
    struct mneme_codec *codec = NULL;
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    cr_assert_eq(mneme_config_load(&config, "/dev/null", &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_SCHEMA_REGISTRY_URL, url, MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_TOPIC_PREFIX, "acme.", MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    cr_assert_eq(mneme_codec_new(&codec, config, &error), MNEME_OK, "%s", error.message);
    mneme_config_destroy(config);
    return codec;
}

/* {"schema": the newest, as a string} */
static char *newest_answer(void) {
    json_t *answer = json_pack("{s:s, s:i}", "schema", mneme_event_schema_json, "id", 300);
    char *text = json_dumps(answer, 0);
    json_decref(answer);
    return text;
}

Test(registry, a_codec_registers_once_and_writes_the_id_it_was_given) {
    char *newest = newest_answer();
    struct mneme_fake_answer answers[] = {{200, newest, NULL, NULL}};
    struct mneme_arena arena;
    struct mneme_buffer message = {0};
    struct mneme_event event;
    mneme_arena_init(&arena, 0);
    fake = mneme_fake_server_start(0, answers, 1);
    struct mneme_codec *codec = open_codec(mneme_fake_server_port(fake));
    cr_assert_eq(mneme_fake_server_requests(fake), 0);
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    for (int i = 0; i < 3; i++) {
        mneme_buffer_clear(&message);
        cr_assert_eq(mneme_codec_encode(codec, &event, &message, &error), MNEME_OK, "%s", error.message);
        cr_assert_eq(memcmp(message.data, "\0\0\0\x01\x2c", 5), 0);
    }
    cr_assert_eq(mneme_fake_server_requests(fake), 1);
    cr_assert_str_eq(mneme_fake_server_target(fake), "POST /subjects/acme.events-value/versions");
    mneme_codec_destroy(codec);
    mneme_buffer_clean_up(&message);
    mneme_arena_clean_up(&arena);
    free(newest);
}

Test(registry, known_ids_go_on_while_the_registry_is_down_and_new_ones_wait_for_it) {
    char *newest = newest_answer();
    struct mneme_fake_answer answers[] = {{200, newest, NULL, NULL}};
    struct mneme_arena arena;
    struct mneme_buffer known = {0};
    struct mneme_buffer new_one = {0};
    struct mneme_event event;
    struct mneme_event back;
    mneme_arena_init(&arena, 0);
    fake = mneme_fake_server_start(0, answers, 1);
    int port = mneme_fake_server_port(fake);
    struct mneme_codec *codec = open_codec(port);
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    cr_assert_eq(mneme_codec_encode(codec, &event, &known, &error), MNEME_OK, "%s", error.message);
    cr_assert_eq(mneme_codec_decode(codec, &back, &arena, mneme_buffer_str(&known), &error), MNEME_OK, "%s",
                 error.message);
    mneme_frame_write_confluent(&new_one, 301);
    mneme_event_encode(&event, &new_one);

    mneme_fake_server_stop(fake);
    fake = NULL;
    cr_assert_eq(mneme_codec_decode(codec, &back, &arena, mneme_buffer_str(&known), &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_null(mneme_events_differ(&event, &back));
    cr_assert_eq(mneme_codec_decode(codec, &back, &arena, mneme_buffer_str(&new_one), &error),
                 MNEME_E_UNAVAILABLE);
    assert_says("id 301");
    assert_says("does not answer");

    fake = mneme_fake_server_start(port, answers, 1);
    cr_assert_not_null(fake);
    cr_assert_eq(mneme_codec_decode(codec, &back, &arena, mneme_buffer_str(&new_one), &error), MNEME_OK, "%s",
                 error.message);
    cr_assert_null(mneme_events_differ(&event, &back));
    mneme_codec_destroy(codec);
    mneme_buffer_clean_up(&known);
    mneme_buffer_clean_up(&new_one);
    mneme_arena_clean_up(&arena);
    free(newest);
}

Test(registry, that_it_has_no_such_schema_is_believed_when_all_tries_tell_it) {
    static const struct mneme_fake_answer answers[] = {
        {404, "{\"error_code\":40403,\"message\":\"Schema not found\"}", NULL, NULL},
        {404, "{\"error_code\":40403,\"message\":\"Schema not found\"}", NULL, NULL},
        {200, "{\"schema\":\"\\\"int\\\"\"}", NULL, NULL}};
    open_fake(answers, 3);
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_OK, "%s", error.message);
    mneme_fake_server_stop(fake);
    mneme_registry_destroy(registry);
    open_fake(answers, 1);
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_E_NOT_FOUND);
    cr_assert_eq(mneme_fake_server_requests(fake), TRIES);
    assert_says("Schema not found");
}

Test(registry, a_mere_404_is_another_address) {
    static const struct mneme_fake_answer answers[] = {{404, "<html>", NULL, NULL}};
    open_fake(answers, 1);
    cr_assert_eq(mneme_registry_schema(&schema, registry, 7, &error), MNEME_E_UNKNOWN_SCHEMA);
    assert_says("SCHEMA_REGISTRY_URL");
}

Test(registry, an_event_with_an_id_that_nobody_knows_stops_the_reader_and_garbage_does_not) {
    static const struct mneme_fake_answer answers[] = {
        {404, "{\"error_code\":40403,\"message\":\"Schema 9 not found\"}", NULL, NULL}};
    struct mneme_event event;
    struct mneme_arena arena;
    struct mneme_buffer message = {0};
    mneme_arena_init(&arena, 0);
    fake = mneme_fake_server_start(0, answers, 1);
    struct mneme_codec *codec = open_codec(mneme_fake_server_port(fake));
    mneme_frame_write_confluent(&message, 9);
    cr_assert_eq(mneme_codec_decode(codec, &event, &arena, mneme_buffer_str(&message), &error),
                 MNEME_E_INVALID);
    assert_says("not an event: ");
    mneme_sample_event(&event, &arena, MNEME_EVENT_MEMORY_CREATED, MNEME_SAMPLE_FULL);
    mneme_event_encode(&event, &message);
    cr_assert_eq(mneme_codec_decode(codec, &event, &arena, mneme_buffer_str(&message), &error),
                 MNEME_E_UNKNOWN_SCHEMA);
    assert_says("Schema 9 not found");
    mneme_codec_destroy(codec);
    mneme_buffer_clean_up(&message);
    mneme_arena_clean_up(&arena);
}

Test(registry, a_schema_that_is_no_event_stops_the_reader) {
    static const struct mneme_fake_answer answers[] = {{200, "{\"schema\":\"\\\"string\\\"\"}", NULL, NULL}};
    struct mneme_event event;
    struct mneme_arena arena;
    struct mneme_buffer message = {0};
    mneme_arena_init(&arena, 0);
    fake = mneme_fake_server_start(0, answers, 1);
    struct mneme_codec *codec = open_codec(mneme_fake_server_port(fake));
    mneme_frame_write_confluent(&message, 9);
    cr_assert_eq(mneme_codec_decode(codec, &event, &arena, mneme_buffer_str(&message), &error),
                 MNEME_E_UNKNOWN_SCHEMA);
    assert_says("not a record Event");
    mneme_codec_destroy(codec);
    mneme_buffer_clean_up(&message);
    mneme_arena_clean_up(&arena);
}
