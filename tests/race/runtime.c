/*
 * The threads of workers under ThreadSanitizer: Kafka thread, sink thread and metrics thread of two workers
 * that share a topic, while the store comes and goes, partitions move, and somebody reads /metrics and
 * /readyz. A plain program, since Criterion's forks and ThreadSanitizer do not go together. Ends with 0 if
 * all is well.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log/log.h"
#include "consumers/runtime/sink.h"
#include "tests/support/fixture.h"
#include "tests/support/memory_projection.h"
#include "tests/support/posix_threads.h"
#include "tests/support/running_worker.h"

#define EVENTS 20000
#define JOBS 5000

static void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "race/runtime: %s\n", what);
        exit(1);
    }
}

static atomic_int jobs_done;

static void count_job(void *context) {
    (void)context;
    atomic_fetch_add(&jobs_done, 1);
}

/* Jobs go back and forth; each side changes what the job points to while it owns it. */
static void exchange_jobs(const struct mneme_config *config) {
    struct mneme_error error = {0};
    struct mneme_sink *sink = NULL;
    require(mneme_sink_start(&sink, &mneme_memory_projection, config, count_job, NULL, &error) == MNEME_OK,
            error.message);
    struct mneme_halving halving = {0};
    mneme_arena_init(&halving.scratch, 0);
    struct mneme_batch_item item = {.key = MNEME_STR_LIT("k"), .value = MNEME_STR_LIT("v")};
    struct mneme_batch_partition partition = {0};
    struct mneme_batch batch = {.items = &item, .count = 1, .partitions = &partition, .partition_count = 1};
    int32_t numbers[] = {0};
    int64_t offsets[] = {0};
    struct mneme_job job = {.kind = MNEME_JOB_ASSIGN,
                            .assignment = {.partitions = numbers, .next_offsets = offsets, .count = 1}};
    for (int i = 0; i < JOBS; i++) {
        mneme_sink_post(sink, &job);
        while (mneme_sink_take(sink) == NULL) {
            mneme_sink_wait(sink, i % 2 == 0 ? -1 : 1);
        }
        require(job.result == MNEME_APPLIED, job.error.message);
        item.position.offset = i;
        partition = (struct mneme_batch_partition){.first_offset = i, .next_offset = i + 1};
        mneme_halving_reset(&halving);
        job = (struct mneme_job){.kind = MNEME_JOB_APPLY, .batch = &batch, .halving = &halving};
    }
    mneme_sink_stop(sink);
    mneme_halving_clean_up(&halving);
    require(atomic_load(&jobs_done) == JOBS, "a job was not told");
    require(mneme_memory_store.violations == 0 && mneme_memory_count() == JOBS - 1,
            "a job was lost or doubled");
    mneme_memory_store.count = 0;
    mneme_memory_store.next_offset[0] = 0;
    mneme_memory_store.last_digest[0] = (struct mneme_log_digest){.is_set = false};
}

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int handle = socket(AF_INET, SOCK_STREAM, 0);
    require(handle >= 0 && bind(handle, (struct sockaddr *)&address, sizeof address) == 0 &&
                getsockname(handle, (struct sockaddr *)&address, &len) == 0,
            "no free port");
    close(handle);
    return ntohs(address.sin_port);
}

struct reader {
    int port;
    size_t seen; /* rows at the last look; the reading thread's */
    atomic_bool stop;
    atomic_int answers;
};

static void ask(struct reader *reader, const char *path) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)reader->port)};
    int handle = socket(AF_INET, SOCK_STREAM, 0);
    char text[16384];
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.0\r\n\r\n", path);
    if (handle >= 0 && connect(handle, (struct sockaddr *)&address, sizeof address) == 0 &&
        write(handle, text, (size_t)len) == len) {
        while (read(handle, text, sizeof text) > 0) {
            atomic_fetch_add(&reader->answers, 1);
        }
    }
    if (handle >= 0) {
        close(handle);
    }
}

/* Whether there is news for the metrics, or no use for more. */
static bool has_news(void *context) {
    struct reader *reader = context;
    size_t count = mneme_memory_count();
    bool is_news = count != reader->seen || atomic_load(&reader->stop);
    reader->seen = count;
    return is_news;
}

static void *read_metrics(void *argument) {
    struct reader *reader = argument;
    while (!atomic_load(&reader->stop)) {
        ask(reader, "/metrics");
        ask(reader, "/readyz");
        require(mneme_wait_until(has_news, reader), "nothing was folded");
    }
    return NULL;
}

static enum mneme_apply_result retry_often(struct mneme_memory_store *store, const struct mneme_batch *batch,
                                           struct mneme_error *error) {
    (void)batch;
    if (store->script++ % 5 == 1) {
        mneme_error_set(error, MNEME_E_UNAVAILABLE, "the store comes and goes");
        return MNEME_RETRY;
    }
    return MNEME_APPLIED;
}

static bool has_all(void *context) {
    (void)context;
    return mneme_memory_count() == EVENTS;
}

/* Settings of one worker; read by its threads and changed by none from here on. */
static struct mneme_config *configure(const struct mneme_fixture *fixture, const char *metrics_port) {
    const struct {
        enum mneme_setting setting;
        const char *value;
    } values[] = {
        {MNEME_SETTING_TOPIC_PREFIX, fixture->topic_prefix},
        {MNEME_SETTING_TOPIC_PARTITIONS, "4"},
        {MNEME_SETTING_SCHEMA_REGISTRY_URL, ""},
        {MNEME_SETTING_RETRY_INITIAL_MS, "1"},
        {MNEME_SETTING_RETRY_MAX_MS, "3"},
        {MNEME_SETTING_BATCH_MAX_EVENTS, "250"},
        {MNEME_SETTING_METRICS_PORT, metrics_port},
    };
    struct mneme_error error = {0};
    struct mneme_config *config = NULL;
    require(mneme_config_load(&config, NULL, &error) == MNEME_OK, error.message);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        require(mneme_config_set(config, values[i].setting, values[i].value, MNEME_FROM_OPTION, &error) ==
                    MNEME_OK,
                error.message);
    }
    return config;
}

static void run_workers(const struct mneme_fixture *fixture) {
    static struct mneme_running_worker workers[2];
    struct reader reader = {.port = free_port()};
    char port[16];
    (void)snprintf(port, sizeof port, "%d", reader.port);
    struct mneme_config *configs[] = {configure(fixture, port), configure(fixture, "0")};
    struct mneme_log_writer writer;
    mneme_log_writer_open(&writer, configs[1]);
    mneme_memory_store.on_apply = retry_often;
    pthread_t thread;
    require(pthread_create(&thread, NULL, read_metrics, &reader) == 0, "no thread");
    mneme_running_worker_start(&workers[0], configs[0], NULL);
    mneme_log_writer_events(&writer, 50, EVENTS / 2);
    mneme_running_worker_start(&workers[1], configs[1], NULL);
    mneme_log_writer_events(&writer, 50, EVENTS / 2);
    require(mneme_wait_until(has_all, NULL), "not all was folded");
    for (size_t i = 0; i < 2; i++) {
        require(mneme_running_worker_stop(&workers[i]) == MNEME_OK, workers[i].error.message);
    }
    atomic_store(&reader.stop, true);
    pthread_join(thread, NULL);
    mneme_log_writer_close(&writer);
    for (size_t i = 0; i < 2; i++) {
        mneme_config_destroy(configs[i]);
    }
    require(mneme_memory_store.violations == 0 && mneme_memory_count() == EVENTS,
            "an event was lost or doubled");
    require(atomic_load(&reader.answers) > 0, "the metrics were never read");
}

int main(void) {
    mneme_use_posix_threads();
    mneme_log_configure(MNEME_LOG_ERROR, MNEME_LOG_LOGFMT);
    struct mneme_error error = {0};
    struct mneme_fixture fixture;
    require(mneme_fixture_set_up(&fixture, MNEME_FIXTURE_TOPIC, 4, &error) == MNEME_OK, error.message);
    exchange_jobs(fixture.config);
    run_workers(&fixture);
    mneme_fixture_tear_down(&fixture);
    free(mneme_memory_store.rows);
    return 0;
}
