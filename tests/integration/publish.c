/*
 * libmneme against real brokers: what is acknowledged is on the topic, once, in order, where every client
 * would put it; and what is refused is refused before it is queued.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/kafka/kafka.h"
#include "producers/client.h"
#include "tests/support/fixture.h"

#define PARTITIONS 4
#define WAIT_MS 30000

static struct mneme_fixture fixture;
static struct mneme_client *client;

static void set(enum mneme_setting setting, const char *value) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_config_set(fixture.config, setting, value, MNEME_FROM_OPTION, &error), MNEME_OK, "%s",
                 error.message);
}

static void open_client(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_client_open(&client, fixture.config, &error), MNEME_OK, "%s", error.message);
}

static void set_up(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, PARTITIONS, &error), MNEME_OK, "%s",
                 error.message);
    set(MNEME_SETTING_SCHEMA_REGISTRY_URL, "");
}

static void tear_down(void) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_close(client, WAIT_MS, &error), MNEME_OK, "%s", error.message);
    mneme_fixture_tear_down(&fixture);
}

TestSuite(publish, .init = set_up, .fini = tear_down, .timeout = 120);

static struct mneme_event fact_about(const char *user, const char *content) {
    struct mneme_event event;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_event_init(&event, client, MNEME_EVENT_MEMORY_CREATED, &error), MNEME_OK, "%s",
                 error.message);
    event.scope.user_id = mneme_str_from(user);
    event.payload.memory_created.memory_type = MNEME_STR_LIT("fact");
    event.payload.memory_created.content = mneme_str_from(content);
    return event;
}

static struct mneme_receipt publish_and_wait(const struct mneme_event *event) {
    struct mneme_receipt receipt;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_publish_wait(&receipt, client, event, WAIT_MS, &error), MNEME_OK, "%s", error.message);
    return receipt;
}

/* --- reading back --- */

static struct {
    struct mneme_codec *codec;
    struct mneme_arena arena;
    rd_kafka_t *kafka;
} reader;

static void open_reader(void) {
    struct mneme_error error = {0};
    rd_kafka_conf_t *conf = NULL;
    cr_assert_eq(mneme_kafka_conf(&conf, fixture.config, "test", &error), MNEME_OK);
    cr_assert_eq(mneme_kafka_conf_set(conf, "group.id", "unused", &error), MNEME_OK);
    cr_assert_eq(mneme_kafka_conf_set(conf, "enable.partition.eof", "true", &error), MNEME_OK);
    reader.kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
    cr_assert_not_null(reader.kafka);
    rd_kafka_poll_set_consumer(reader.kafka);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++) {
        rd_kafka_topic_partition_list_add(all, client->topic_name, i)->offset = 0;
    }
    cr_assert_eq(rd_kafka_assign(reader.kafka, all), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(all);
    cr_assert_eq(mneme_codec_new(&reader.codec, fixture.config, &error), MNEME_OK);
    mneme_arena_init(&reader.arena, 0);
}

static void close_reader(void) {
    rd_kafka_destroy(reader.kafka);
    mneme_codec_destroy(reader.codec);
    mneme_arena_clean_up(&reader.arena);
}

typedef void see_fn(const rd_kafka_message_t *message, const struct mneme_event *event);

/* Shows every event on the topic; how many there are. */
static size_t read_topic(see_fn *see) {
    struct mneme_error error = {0};
    size_t count = 0;
    open_reader();
    for (int ends = 0; ends < PARTITIONS;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader.kafka, WAIT_MS);
        cr_assert_not_null(message);
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            ends++;
        } else {
            struct mneme_event event;
            cr_assert_eq(message->err, RD_KAFKA_RESP_ERR_NO_ERROR, "%s", rd_kafka_message_errstr(message));
            mneme_arena_reset(&reader.arena, SIZE_MAX);
            struct mneme_str bytes = {message->payload, message->len};
            cr_assert_eq(mneme_codec_decode(reader.codec, &event, &reader.arena, bytes, &error), MNEME_OK,
                         "%s", error.message);
            count++;
            see(message, &event);
        }
        rd_kafka_message_destroy(message);
    }
    close_reader();
    return count;
}

/* --- one event --- */

static struct mneme_receipt expected;

static void see_expected(const rd_kafka_message_t *message, const struct mneme_event *event) {
    struct mneme_str key = {message->key, message->key_len};
    cr_assert(mneme_str_equal(key, MNEME_STR_LIT("default/ada")), "%.*s", MNEME_STR_ARG(key));
    cr_assert_eq(message->partition, mneme_kafka_partition_of(key, PARTITIONS));
    cr_assert_eq(message->partition, expected.position.partition);
    cr_assert_eq(message->offset, expected.position.offset);
    cr_assert_eq(memcmp(&event->event_id, &expected.event_id, sizeof expected.event_id), 0);
    cr_assert(mneme_str_equal(event->stream_id, MNEME_STR_LIT("ada")));
    cr_assert_eq(event->payload.memory_created.priority, 5);
    rd_kafka_timestamp_type_t type;
    rd_kafka_message_timestamp(message, &type);
    cr_assert_eq(type, RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME);
}

Test(publish, an_acknowledged_event_is_where_the_receipt_says) {
    open_client();
    struct mneme_event event = fact_about("ada", "{\"text\":\"Ada prefers tea\"}");
    expected = publish_and_wait(&event);
    cr_assert_eq(expected.status, MNEME_OK);
    cr_assert_str_eq(expected.message, "");
    cr_assert_eq(memcmp(&expected.event_id, &event.event_id, sizeof event.event_id), 0);
    cr_assert_eq(read_topic(see_expected), 1);
}

Test(publish, ids_are_fresh_or_follow_from_the_key) {
    open_client();
    struct mneme_error error = {0};
    struct mneme_event first = fact_about("ada", "{\"text\":\"x\"}");
    struct mneme_event second = fact_about("ada", "{\"text\":\"x\"}");
    struct mneme_uuid *ids[] = {&first.event_id, &first.payload.memory_created.memory_id, &second.event_id,
                                &second.payload.memory_created.memory_id};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < i; j++) {
            cr_assert_neq(memcmp(ids[i], ids[j], sizeof *ids[i]), 0, "ids %zu and %zu", i, j);
        }
    }
    cr_assert_eq(mneme_event_set_idempotency_key(&first, MNEME_STR_LIT("order-7"), &error), MNEME_OK);
    cr_assert_eq(mneme_event_set_idempotency_key(&second, MNEME_STR_LIT("order-7"), &error), MNEME_OK);
    cr_assert_eq(memcmp(ids[0], ids[2], sizeof *ids[0]), 0);
    cr_assert_eq(memcmp(ids[1], ids[3], sizeof *ids[1]), 0);
    cr_assert_neq(memcmp(ids[0], ids[1], sizeof *ids[0]), 0);
    cr_assert_eq(first.event_id.bytes[6] >> 4, 5);
    cr_assert_eq(mneme_event_set_idempotency_key(&second, MNEME_STR_LIT(""), &error), MNEME_E_INVALID);
}

/* --- many events --- */

#define THREADS 4
#define EVENTS_PER_THREAD 5000

struct sender {
    int number;
    atomic_int receipts[EVENTS_PER_THREAD];
    struct mneme_position positions[EVENTS_PER_THREAD];
};

struct letter {
    struct sender *sender;
    int index;
};

static struct sender senders[THREADS];
static struct letter letters[THREADS][EVENTS_PER_THREAD];

static void note_receipt(const struct mneme_receipt *receipt, void *context) {
    struct letter *letter = context;
    letter->sender->positions[letter->index] = receipt->position;
    atomic_fetch_add(&letter->sender->receipts[letter->index], receipt->status == MNEME_OK ? 1 : 1000);
}

static void *send_many(void *argument) {
    struct sender *sender = argument;
    char user[16];
    snprintf(user, sizeof user, "user-%d", sender->number);
    for (int i = 0; i < EVENTS_PER_THREAD; i++) {
        struct mneme_error error = {0};
        struct letter *letter = &letters[sender->number][i];
        *letter = (struct letter){sender, i};
        struct mneme_event event = fact_about(user, "{\"text\":\"one of many\"}");
        cr_assert_eq(mneme_publish(client, &event, note_receipt, letter, &error), MNEME_OK, "%s",
                     error.message);
    }
    return NULL;
}

static void send_from_all_threads(void) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        senders[i].number = i;
        cr_assert_eq(pthread_create(&threads[i], NULL, send_many, &senders[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

static void check_receipts(void) {
    for (int i = 0; i < THREADS; i++) {
        for (int j = 0; j < EVENTS_PER_THREAD; j++) {
            cr_assert_eq(atomic_load(&senders[i].receipts[j]), 1, "event %d of thread %d", j, i);
            if (j > 0) {
                cr_assert_eq(senders[i].positions[j].partition, senders[i].positions[0].partition);
                cr_assert_gt(senders[i].positions[j].offset, senders[i].positions[j - 1].offset,
                             "order of a stream");
            }
        }
    }
}

static void see_anything(const rd_kafka_message_t *message, const struct mneme_event *event) {
    (void)message;
    (void)event;
}

Test(publish, every_event_has_one_receipt_and_streams_keep_their_order) {
    open_client();
    struct mneme_error error = {0};
    send_from_all_threads();
    cr_assert_eq(mneme_flush(client, WAIT_MS, &error), MNEME_OK, "%s", error.message);
    check_receipts();
    cr_assert_eq(read_topic(see_anything), THREADS * EVENTS_PER_THREAD);
}

Test(publish, a_small_queue_slows_down_and_loses_nothing) {
    set(MNEME_SETTING_PUBLISH_QUEUE_EVENTS, "10");
    open_client();
    struct mneme_error error = {0};
    send_from_all_threads();
    cr_assert_eq(mneme_flush(client, WAIT_MS, &error), MNEME_OK, "%s", error.message);
    check_receipts();
}

Test(publish, flush_does_not_wait_for_the_linger) {
    set(MNEME_SETTING_PUBLISH_LINGER_MS, "10000");
    open_client();
    struct mneme_error error = {0};
    struct mneme_event event = fact_about("ada", "{\"text\":\"x\"}");
    cr_assert_eq(mneme_publish(client, &event, NULL, NULL, &error), MNEME_OK);
    cr_assert_eq(mneme_flush(client, 5000, &error), MNEME_OK, "%s", error.message);
}

/* --- callbacks --- */

static atomic_int chain_left = 50;
static atomic_int chain_status;

static void publish_next(const struct mneme_receipt *receipt, void *context) {
    (void)context;
    struct mneme_error error = {0};
    int status = receipt->status;
    if (status == MNEME_OK && atomic_fetch_sub(&chain_left, 1) > 1) {
        struct mneme_event event = fact_about("ada", "{\"text\":\"x\"}");
        status = mneme_publish(client, &event, publish_next, NULL, &error);
    }
    if (status != MNEME_OK) {
        atomic_store(&chain_status, status);
    }
}

Test(publish, a_callback_may_publish_even_into_a_full_queue_of_what_was_reported) {
    set(MNEME_SETTING_PUBLISH_QUEUE_EVENTS, "2");
    set(MNEME_SETTING_PUBLISH_LINGER_MS, "0");
    open_client();
    struct mneme_error error = {0};
    struct mneme_event event = fact_about("ada", "{\"text\":\"x\"}");
    cr_assert_eq(mneme_publish(client, &event, publish_next, NULL, &error), MNEME_OK);
    while (atomic_load(&chain_left) > 0 && atomic_load(&chain_status) == MNEME_OK) {
        cr_assert_eq(mneme_flush(client, WAIT_MS, &error), MNEME_OK, "%s", error.message);
    }
    cr_assert_eq(atomic_load(&chain_status), MNEME_OK);
}

static atomic_int refusals;

static void wait_in_callback(const struct mneme_receipt *receipt, void *context) {
    (void)receipt;
    (void)context;
    struct mneme_error error = {0};
    struct mneme_receipt other;
    struct mneme_event event = fact_about("ada", "{\"text\":\"x\"}");
    int count = (mneme_flush(client, 1000, &error) == MNEME_E_USAGE) +
                (mneme_close(client, 0, &error) == MNEME_E_USAGE) +
                (mneme_publish_wait(&other, client, &event, 1000, &error) == MNEME_E_USAGE);
    atomic_store(&refusals, count);
}

Test(publish, a_callback_may_not_wait) {
    open_client();
    struct mneme_error error = {0};
    struct mneme_event event = fact_about("ada", "{\"text\":\"x\"}");
    cr_assert_eq(mneme_publish(client, &event, wait_in_callback, NULL, &error), MNEME_OK);
    cr_assert_eq(mneme_flush(client, WAIT_MS, &error), MNEME_OK);
    cr_assert_eq(atomic_load(&refusals), 3);
}

/* --- what is refused --- */

static void see_no_receipt(const struct mneme_receipt *receipt, void *context) {
    (void)context;
    cr_assert_fail("a refused event has a receipt: %s", receipt->message);
}

static void expect_refusal(const struct mneme_event *event, int status, const char *reason) {
    struct mneme_error error = {0};
    cr_assert_eq(mneme_publish(client, event, see_no_receipt, NULL, &error), status, "%s", error.message);
    cr_assert_eq((int)error.code, status);
    cr_assert_not_null(strstr(error.message, reason), "%s", error.message);
}

Test(publish, events_that_break_a_rule_are_refused_by_name) {
    open_client();
    struct mneme_event event = fact_about("ada", "{\"text\":\"x\"}");
    event.payload.memory_created.confidence = 1.5;
    expect_refusal(&event, MNEME_E_INVALID, "confidence");
    event = fact_about("ada", "{\"text\":\"\xff\"}");
    expect_refusal(&event, MNEME_E_INVALID, "content");
    event = fact_about("ada", "{\"text\":\"\\u0000\"}");
    expect_refusal(&event, MNEME_E_INVALID, "content");
    event = fact_about("ada", "{\"text\":\"x\"}");
    event.scope.user_id = MNEME_STR_NULL;
    expect_refusal(&event, MNEME_E_INVALID, "scope is empty");
    event = fact_about("ada", "{\"text\":\"x\"}");
    event.tenant = MNEME_STR_LIT("a/b");
    expect_refusal(&event, MNEME_E_INVALID, "tenant");
    event = fact_about("ada", "{\"text\":\"x\"}");
    event.type = (enum mneme_event_type)999;
    expect_refusal(&event, MNEME_E_INVALID, "type");
    cr_assert_eq(mneme_flush(client, 0, NULL), MNEME_OK, "nothing is under way");
}

Test(publish, an_event_of_two_megabytes_is_refused_at_once) {
    open_client();
    size_t len = 2000000;
    char *json = malloc(len);
    cr_assert_not_null(json);
    memset(json, 'x', len);
    json[0] = json[len - 1] = '"';
    struct mneme_event event;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_event_init(&event, client, MNEME_EVENT_CUSTOM, &error), MNEME_OK);
    event.scope.user_id = MNEME_STR_LIT("ada");
    event.payload.custom.type = MNEME_STR_LIT("big");
    event.payload.custom.json = (struct mneme_str){json, len};
    expect_refusal(&event, MNEME_E_TOO_LARGE, "at most 982952 fit");
    /* As much as is allowed goes through. */
    event.payload.custom.json.len = 982400;
    json[982399] = '"';
    publish_and_wait(&event);
    free(json);
}

Test(publish, json_in_the_form_of_the_command_line) {
    open_client();
    struct mneme_error error = {0};
    struct mneme_uuid id;
    char stream[64];
    struct mneme_str line =
        MNEME_STR_LIT("{\"type\":\"custom\",\"agent_id\":\"bot\",\"idempotency_key\":\"k\","
                      "\"payload\":{\"type\":\"t\",\"json\":[1]}}");
    cr_assert_eq(mneme_publish_json(client, line, &id, stream, sizeof stream, NULL, NULL, &error), MNEME_OK,
                 "%s", error.message);
    cr_assert_str_eq(stream, "bot");
    cr_assert_eq(id.bytes[6] >> 4, 5);
    cr_assert_eq(mneme_publish_json(client, line, NULL, stream, 3, NULL, NULL, &error), MNEME_E_USAGE);
    cr_assert_eq(mneme_publish_json(client, MNEME_STR_LIT("[]"), NULL, NULL, 0, NULL, NULL, &error),
                 MNEME_E_INVALID);
    cr_assert_eq(mneme_flush(client, WAIT_MS, &error), MNEME_OK);
    cr_assert_eq(read_topic(see_anything), 1);
}
