/*
 * How fast libmneme publishes, against a bare librdkafka loop that sends the same bytes with the same
 * settings.
 *
 * usage: mneme_bench_publish [--events N] [--runs N] [--threads N]
 *
 * Both publish memory_created events of about 300 bytes to topics of their own, in turns, and the clock runs
 * from the first event until the brokers have acknowledged the last. Both begin with what their caller has:
 * the bare loop with encoded bytes, libmneme with the structs of the very same events, which it checks,
 * encodes and queues, and whose receipts it gives to a callback each. With --threads so many threads send
 * their share each, on both sides by one client.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "producers/client.h"
#include "producers/topics.h"
#include "tests/support/bench.h"

#define POOL 100000 /* distinct events; more than a batch holds, so that compression sees no repetition */
#define FLUSH_TIMEOUT_MS 120000
#define MOST_THREADS 64

struct options {
    long events;
    long runs;
    long threads;
};

/* The texts of one event of the pool. */
struct text {
    char user[16];
    char content[256];
    struct mneme_str user_id;
    struct mneme_str content_json;
};

/* One event of the pool as the bare loop sends it. */
struct message {
    size_t value_at, value_len;
    size_t key_at, key_len;
};

struct bench {
    struct options options;
    struct mneme_config *config;
    struct mneme_client *client;
    struct text *texts;
    struct mneme_event *events;
    struct message *messages;
    struct mneme_buffer bytes;
};

static int fail(const char *what) {
    fprintf(stderr, "mneme_bench_publish: %s\n", what);
    return 1;
}

/* Content that compresses about as real sentences do. */
static void write_text(struct text *text, unsigned number) {
    static const char *const words[] = {
        "prefers", "morning", "the",     "train",  "ticket", "window", "seat",     "coffee",
        "without", "sugar",   "meeting", "moved",  "to",     "Friday", "asked",    "about",
        "invoice", "garden",  "sister",  "visits", "next",   "week",   "allergic", "to",
        "nuts",    "likes",   "long",    "walks",  "by",     "river",  "remember", "call"};
    uint64_t state = number * UINT64_C(6364136223846793005) + 1442695040888963407U;
    int user_len = snprintf(text->user, sizeof text->user, "user-%u", number % 5000);
    int len = snprintf(text->content, sizeof text->content, "{\"text\":\"User %u", number);
    while (len < 180) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
        len += snprintf(text->content + len, sizeof text->content - (size_t)len, " %s",
                        words[(state >> 33) % (sizeof words / sizeof words[0])]);
    }
    len += snprintf(text->content + len, sizeof text->content - (size_t)len, "\"}");
    text->user_id = (struct mneme_str){text->user, (size_t)user_len};
    text->content_json = (struct mneme_str){text->content, (size_t)len};
}

static int fill_event(struct mneme_event *event, const struct bench *bench, const struct text *text,
                      struct mneme_error *error) {
    int status = mneme_event_init(event, bench->client, MNEME_EVENT_MEMORY_CREATED, error);
    event->scope.user_id = text->user_id;
    event->scope.agent_id = MNEME_STR_LIT("assistant");
    event->payload.memory_created.memory_type = MNEME_STR_LIT("fact");
    event->payload.memory_created.content = text->content_json;
    event->stream_id = event->scope.user_id;
    return status;
}

static int make_pool(struct bench *bench, struct mneme_error *error) {
    bench->texts = calloc(POOL, sizeof *bench->texts);
    bench->events = calloc(POOL, sizeof *bench->events);
    bench->messages = calloc(POOL, sizeof *bench->messages);
    if (bench->texts == NULL || bench->events == NULL || bench->messages == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "no pool of events: out of memory; free some memory");
    }
    int status = MNEME_OK;
    for (unsigned i = 0; i < POOL && status == MNEME_OK; i++) {
        struct mneme_event *event = &bench->events[i];
        write_text(&bench->texts[i], i);
        status = fill_event(event, bench, &bench->texts[i], error);
        struct message *message = &bench->messages[i];
        message->value_at = bench->bytes.len;
        status = status == MNEME_OK ? mneme_codec_encode(bench->client->codec, event, &bench->bytes, error)
                                    : status;
        message->value_len = bench->bytes.len - message->value_at;
        message->key_at = bench->bytes.len;
        mneme_event_key(event, &bench->bytes);
        message->key_len = bench->bytes.len - message->key_at;
    }
    return status;
}

static double rate(long events, int64_t started) {
    return (double)events * 1e6 / (double)(mneme_clock_monotonic_micros() - started);
}

/* --- the threads of both sides --- */

/* Sends every event from `first` on that is this thread's: each as many further as there are threads. */
typedef int send_fn(void *target, const struct bench *bench, long first, struct mneme_error *error);

struct sender {
    pthread_t thread;
    send_fn *send;
    void *target;
    const struct bench *bench;
    long first;
    int status;
    struct mneme_error error;
};

static void *run_sender(void *context) {
    struct sender *sender = context;
    sender->status = sender->send(sender->target, sender->bench, sender->first, &sender->error);
    return NULL;
}

/* The first of them is this thread. */
static int send_all(const struct bench *bench, send_fn *send, void *target, struct mneme_error *error) {
    static struct sender senders[MOST_THREADS];
    long count = bench->options.threads;
    int status = MNEME_OK;
    long started = 1;
    for (long i = 0; i < count; i++) {
        senders[i] = (struct sender){.send = send, .target = target, .bench = bench, .first = i};
    }
    while (started < count &&
           pthread_create(&senders[started].thread, NULL, run_sender, &senders[started]) == 0) {
        started++;
    }
    if (started < count) {
        status = mneme_error_set(error, MNEME_E_INTERNAL, "a thread was not started; use fewer");
    }
    run_sender(&senders[0]);
    for (long i = 1; i < started; i++) {
        pthread_join(senders[i].thread, NULL);
    }
    for (long i = 0; i < started && status == MNEME_OK; i++) {
        status = senders[i].status;
        *error = senders[i].error;
    }
    return status;
}

/* --- libmneme --- */

struct tally {
    atomic_long delivered, failed;
};

static void count(const struct mneme_receipt *receipt, void *context) {
    struct tally *tally = context;
    atomic_fetch_add_explicit(receipt->status == MNEME_OK ? &tally->delivered : &tally->failed, 1,
                              memory_order_relaxed);
}

/* What all threads share. */
struct ours {
    struct mneme_client *client;
    struct tally tally;
};

static int send_ours(void *target, const struct bench *bench, long first, struct mneme_error *error) {
    struct ours *ours = target;
    int status = MNEME_OK;
    for (long i = first; i < bench->options.events && status == MNEME_OK; i += bench->options.threads) {
        status = mneme_publish(ours->client, &bench->events[i % POOL], count, &ours->tally, error);
    }
    return status;
}

static int run_ours(double *out, struct bench *bench, struct mneme_error *error) {
    struct ours ours = {.client = bench->client};
    int64_t started = mneme_clock_monotonic_micros();
    int status = send_all(bench, send_ours, &ours, error);
    if (status == MNEME_OK) {
        status = mneme_flush(bench->client, FLUSH_TIMEOUT_MS, error);
    }
    *out = rate(bench->options.events, started);
    if (status == MNEME_OK && ours.tally.delivered != bench->options.events) {
        status = mneme_error_set(error, MNEME_E_INTERNAL,
                                 "libmneme delivered %ld of %ld events; look at the brokers",
                                 (long)ours.tally.delivered, bench->options.events);
    }
    return status;
}

/* --- the bare loop --- */

static void count_bare(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *opaque) {
    (void)kafka;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        atomic_fetch_add_explicit((atomic_long *)opaque, 1, memory_order_relaxed);
    }
}

static rd_kafka_t *open_bare(const struct mneme_config *config, atomic_long *delivered,
                             struct mneme_error *error) {
    static const char *const properties[][2] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"partitioner", "murmur2"},
        {"compression.codec", "lz4"},
        {"message.max.bytes", "1048588"},
        {"socket.nagle.disable", "true"},
        {"queue.buffering.max.kbytes", "65536"},
    };
    rd_kafka_conf_t *conf = NULL;
    if (mneme_kafka_conf(&conf, config, "bench", error) != MNEME_OK) {
        return NULL;
    }
    char linger[16];
    snprintf(linger, sizeof linger, "%lld",
             (long long)mneme_config_long(config, MNEME_SETTING_PUBLISH_LINGER_MS));
    int status = mneme_kafka_conf_set(conf, "linger.ms", linger, error);
    for (size_t i = 0; i < sizeof properties / sizeof properties[0] && status == MNEME_OK; i++) {
        status = mneme_kafka_conf_set(conf, properties[i][0], properties[i][1], error);
    }
    rd_kafka_conf_set_opaque(conf, delivered);
    rd_kafka_conf_set_dr_msg_cb(conf, count_bare);
    char reason[256] = "";
    rd_kafka_t *kafka =
        status == MNEME_OK ? rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason) : NULL;
    if (kafka == NULL) {
        rd_kafka_conf_destroy(conf);
        if (status == MNEME_OK) {
            (void)mneme_error_set(error, MNEME_E_USAGE, "no bare producer: %s; check the settings", reason);
        }
    }
    return kafka;
}

struct bare {
    rd_kafka_t *kafka;
    rd_kafka_topic_t *topic;
};

static int send_bare(void *target, const struct bench *bench, long first, struct mneme_error *error) {
    rd_kafka_t *kafka = ((struct bare *)target)->kafka;
    rd_kafka_topic_t *topic = ((struct bare *)target)->topic;
    for (long i = first; i < bench->options.events; i += bench->options.threads) {
        const struct message *message = &bench->messages[i % POOL];
        while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                                bench->bytes.data + message->value_at, message->value_len,
                                bench->bytes.data + message->key_at, message->key_len, NULL) != 0) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                return mneme_kafka_error(error, "cannot produce", "", rd_kafka_last_error(), NULL);
            }
            rd_kafka_poll(kafka, 100);
        }
        if (i / bench->options.threads % 1024 == 0) {
            rd_kafka_poll(kafka, 0);
        }
    }
    return MNEME_OK;
}

static int run_bare(double *out, struct bench *bench, struct mneme_error *error) {
    atomic_long delivered = 0;
    rd_kafka_t *kafka = open_bare(bench->config, &delivered, error);
    if (kafka == NULL) {
        return error->code;
    }
    rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, bench->client->topic_name, NULL);
    struct mneme_kafka_topic_facts facts;
    int status = mneme_kafka_topic_facts(&facts, kafka, bench->client->topic_name, 5000, error);
    int64_t started = mneme_clock_monotonic_micros();
    struct bare bare = {kafka, topic};
    if (status == MNEME_OK) {
        status = send_all(bench, send_bare, &bare, error);
    }
    if (status == MNEME_OK) {
        rd_kafka_resp_err_t code = rd_kafka_flush(kafka, FLUSH_TIMEOUT_MS);
        status = code == RD_KAFKA_RESP_ERR_NO_ERROR
                     ? MNEME_OK
                     : mneme_kafka_error(error, "cannot flush", "", code, NULL);
    }
    *out = rate(bench->options.events, started);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(kafka);
    if (status == MNEME_OK && delivered != bench->options.events) {
        status = mneme_error_set(error, MNEME_E_INTERNAL,
                                 "the bare loop delivered %ld of %ld events; look at the brokers",
                                 (long)delivered, bench->options.events);
    }
    return status;
}

/* --- all runs --- */

/* Processor time of this process, which the load of the machine changes less than the rate. */
static double cpu_micros(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

typedef int run_fn(double *out, struct bench *bench, struct mneme_error *error);

static int run_one(double *out, const char *name, run_fn *run, struct bench *bench,
                   struct mneme_error *error) {
    double cpu = cpu_micros();
    int status = run(out, bench, error);
    if (status == MNEME_OK) {
        fprintf(stderr, "%-16s %9.0f events/s, %.2f us of processor time each\n", name, *out,
                (cpu_micros() - cpu) / (double)bench->options.events);
    }
    return status;
}

static int run_all(struct bench *bench, struct mneme_error *error) {
    double ours[MNEME_BENCH_MAX_RUNS] = {0};
    double bare[MNEME_BENCH_MAX_RUNS] = {0};
    for (long run = 0; run < bench->options.runs; run++) {
        /* Who goes first changes, so that neither gains by the order. */
        bool is_even = run % 2 == 0;
        int status = is_even ? run_one(&bare[run], "bare librdkafka", run_bare, bench, error)
                             : run_one(&ours[run], "libmneme", run_ours, bench, error);
        if (status == MNEME_OK) {
            status = is_even ? run_one(&ours[run], "libmneme", run_ours, bench, error)
                             : run_one(&bare[run], "bare librdkafka", run_bare, bench, error);
        }
        if (status != MNEME_OK) {
            return status;
        }
    }
    size_t runs = (size_t)bench->options.runs;
    double our_median = mneme_bench_median(ours, runs);
    double limit = mneme_bench_median(bare, runs);
    printf("{\"bench\":\"publish\",\"ours\":%.0f,\"limit\":%.0f,\"ratio\":%.3f,\"unit\":\"events/"
           "s\",\"events\":%ld,"
           "\"threads\":%ld,\"bytes\":%zu,\"runs\":[",
           our_median, limit, our_median / limit, bench->options.events, bench->options.threads,
           bench->bytes.len / POOL);
    for (size_t i = 0; i < runs; i++) {
        printf("%s[%.0f,%.0f]", i > 0 ? "," : "", ours[i], bare[i]);
    }
    printf("]}\n");
    return MNEME_OK;
}

static int delete_topic(struct bench *bench, struct mneme_error *error) {
    atomic_long delivered = 0;
    rd_kafka_t *kafka = open_bare(bench->config, &delivered, error);
    if (kafka == NULL) {
        return error->code;
    }
    char name[MNEME_TOPIC_NAME_BYTES];
    int status = mneme_kafka_events_topic(name, bench->config, error);
    if (status == MNEME_OK) {
        rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
        rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
        rd_kafka_DeleteTopics(kafka, &topic, 1, NULL, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
        rd_kafka_queue_destroy(queue);
        rd_kafka_DeleteTopic_destroy(topic);
    }
    rd_kafka_destroy(kafka);
    return status;
}

static int run_bench(struct bench *bench, struct mneme_error *error) {
    char prefix[64];
    snprintf(prefix, sizeof prefix, "bench-publish-%ld.", (long)getpid());
    struct mneme_topic_state topic;
    int status = mneme_config_load(&bench->config, NULL, error);
    if (status == MNEME_OK) {
        status =
            mneme_config_set(bench->config, MNEME_SETTING_TOPIC_PREFIX, prefix, MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        status = mneme_topic_create(&topic, bench->config, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    status = mneme_client_open(&bench->client, bench->config, error);
    if (status == MNEME_OK) {
        status = make_pool(bench, error);
        if (status == MNEME_OK) {
            status = run_all(bench, error);
        }
        int closed = mneme_close(bench->client, FLUSH_TIMEOUT_MS, status == MNEME_OK ? error : NULL);
        status = status == MNEME_OK ? closed : status;
    }
    struct mneme_error late = {0};
    int deleted = delete_topic(bench, &late);
    if (status == MNEME_OK && deleted != MNEME_OK) {
        *error = late;
        return deleted;
    }
    return status;
}

static bool parse_number(long *out, const char *text, long minimum, long maximum) {
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= minimum && *out <= maximum;
}

int main(int argc, char **argv) {
    struct bench bench = {.options = {.events = 1000000, .runs = 5, .threads = 1}};
    for (int i = 1; i < argc; i += 2) {
        bool is_fine =
            i + 1 < argc && ((strcmp(argv[i], "--events") == 0 &&
                              parse_number(&bench.options.events, argv[i + 1], 1, 1000000000)) ||
                             (strcmp(argv[i], "--runs") == 0 &&
                              parse_number(&bench.options.runs, argv[i + 1], 3, MNEME_BENCH_MAX_RUNS)) ||
                             (strcmp(argv[i], "--threads") == 0 &&
                              parse_number(&bench.options.threads, argv[i + 1], 1, MOST_THREADS)));
        if (!is_fine) {
            return fail("usage: mneme_bench_publish [--events N] [--runs N] [--threads N], at least 3 runs"),
                   2;
        }
    }
    struct mneme_error error = {0};
    int status = run_bench(&bench, &error);
    free(bench.texts);
    free(bench.events);
    free(bench.messages);
    mneme_buffer_clean_up(&bench.bytes);
    mneme_config_destroy(bench.config);
    return status == MNEME_OK ? 0 : fail(error.message);
}
