/*
 * Many threads share one codec: they register, meet schemas for the first time, encode and decode at once. A
 * sanitizer watches for races; the counts say that nobody asked the registry twice for the same.
 */
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "schemas/codec.h"
#include "tests/support/fake_server.h"
#include "tests/support/sample_event.h"

#define THREADS 4
#define ROUNDS 300
#define IDS 5

struct worker {
    pthread_t thread;
    struct mneme_codec *codec;
    int failures;
};

static int pass_one(struct mneme_codec *codec, struct mneme_arena *arena, struct mneme_buffer *message,
                    int round) {
    struct mneme_event event;
    struct mneme_event back;
    mneme_sample_event(&event, arena, (enum mneme_event_type)(round % MNEME_EVENT_TYPE_COUNT),
                       MNEME_SAMPLE_FULL);
    mneme_buffer_clear(message);
    int status = mneme_codec_encode(codec, &event, message, NULL);
    if (status == MNEME_OK) {
        message->data[4] = (char)(round % IDS); /* the registry knows the same schema by several ids */
        status = mneme_codec_decode(codec, &back, arena, mneme_buffer_str(message), NULL);
    }
    return status == MNEME_OK && mneme_events_differ(&event, &back) == NULL ? 0 : 1;
}

static void *run(void *context) {
    struct worker *worker = context;
    struct mneme_arena arena;
    struct mneme_buffer message = {0};
    mneme_arena_init(&arena, 0);
    for (int round = 0; round < ROUNDS; round++) {
        mneme_arena_reset(&arena, 1 << 20);
        worker->failures += pass_one(worker->codec, &arena, &message, round);
    }
    mneme_buffer_clean_up(&message);
    mneme_arena_clean_up(&arena);
    return NULL;
}

static struct mneme_codec *open_codec(int port) {
    struct mneme_config *config = NULL;
    struct mneme_codec *codec = NULL;
    char url[64];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
    if (mneme_config_load(&config, "/dev/null", NULL) == MNEME_OK &&
        mneme_config_set(config, MNEME_SETTING_SCHEMA_REGISTRY_URL, url, MNEME_FROM_OPTION, NULL) ==
            MNEME_OK &&
        mneme_codec_new(&codec, config, NULL) != MNEME_OK) {
        codec = NULL;
    }
    mneme_config_destroy(config);
    return codec;
}

static int run_all(struct mneme_codec *codec) {
    struct worker workers[THREADS];
    int failures = 0;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.codec = codec};
        if (pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0) {
            abort();
        }
    }
    for (int i = 0; i < THREADS; i++) {
        if (pthread_join(workers[i].thread, NULL) != 0) {
            abort();
        }
        failures += workers[i].failures;
    }
    return failures;
}

int main(void) {
    json_t *answer = json_pack("{s:s, s:i}", "schema", mneme_event_schema_json, "id", 1);
    char *body = json_dumps(answer, 0);
    struct mneme_fake_answer answers[] = {{200, body, NULL, NULL}};
    struct mneme_fake_server *fake = mneme_fake_server_start(0, answers, 1);
    struct mneme_codec *codec = fake == NULL ? NULL : open_codec(mneme_fake_server_port(fake));
    if (codec == NULL) {
        (void)fprintf(stderr, "the codec cannot be opened\n");
        return 1;
    }
    int failures = run_all(codec);
    int requests = mneme_fake_server_requests(fake);
    mneme_codec_destroy(codec);
    mneme_fake_server_stop(fake);
    json_decref(answer);
    free(body);
    if (failures > 0 || requests != 1 + IDS) {
        (void)fprintf(stderr, "%d events were not the same; %d requests, not %d\n", failures, requests,
                      1 + IDS);
        return 1;
    }
    return 0;
}
