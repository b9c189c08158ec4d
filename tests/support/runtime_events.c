/*
 * Building events from the JSON form that `mneme publish` reads.
 */
#include "tests/support/runtime_events.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/kafka/kafka.h"

static void require(int status, const struct mneme_error *error) {
    if (status != MNEME_OK) {
        fprintf(stderr, "test event: %s\n", error->message);
        abort();
    }
}

struct mneme_codec *mneme_test_codec(void) {
    struct mneme_error error = {0};
    struct mneme_config *config = NULL;
    struct mneme_codec *codec = NULL;
    require(mneme_config_load(&config, NULL, &error), &error);
    require(mneme_config_set(config, MNEME_SETTING_SCHEMA_REGISTRY_URL, "", MNEME_FROM_OPTION, &error),
            &error);
    require(mneme_codec_new(&codec, config, &error), &error);
    require(mneme_codec_prepare_writing(codec, &error), &error);
    mneme_config_destroy(config);
    return codec;
}

void mneme_test_event(struct mneme_buffer *key, struct mneme_buffer *value, int32_t *partition,
                      struct mneme_codec *codec, const char *user, int number, int32_t partitions) {
    char line[256];
    int len =
        snprintf(line, sizeof line,
                 "{\"type\":\"memory_created\",\"user_id\":\"%s\",\"payload\":{\"memory_type\":\"fact\","
                 "\"content\":\"text %d\"}}",
                 user, number);
    struct mneme_error error = {0};
    struct mneme_arena arena;
    struct mneme_event event = {0};
    mneme_arena_init(&arena, 0);
    require(mneme_event_from_json(&event, &arena, (struct mneme_str){line, (size_t)len}, "default", &error),
            &error);
    mneme_event_key(&event, key);
    require(mneme_codec_encode(codec, &event, value, &error), &error);
    *partition = mneme_kafka_partition_of(mneme_buffer_str(key), partitions);
    mneme_arena_clean_up(&arena);
}
