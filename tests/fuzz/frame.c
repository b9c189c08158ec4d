/*
 * Any message through the codec: headers of both framings, and bodies of the newest schema behind them.
 */
#include <stdlib.h>

#include "schemas/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mneme_codec *codec;
static struct mneme_arena arena;
static struct mneme_buffer message;
static uint64_t fingerprint;

static void open_codec(void) {
    struct mneme_config *config = NULL;
    if (mneme_schema_fingerprint(&fingerprint, mneme_event_schema_json, NULL) != MNEME_OK) {
        abort();
    }
    if (unsetenv("SCHEMA_REGISTRY_URL") != 0 || mneme_config_load(&config, "/dev/null", NULL) != MNEME_OK ||
        mneme_codec_new(&codec, config, NULL) != MNEME_OK) {
        abort();
    }
    mneme_config_destroy(config);
}

static void decode(struct mneme_str bytes) {
    struct mneme_event event;
    struct mneme_error error = {0};
    mneme_arena_reset(&arena, 1 << 20);
    if (mneme_codec_decode(codec, &event, &arena, bytes, &error) != MNEME_OK && error.message[0] == '\0') {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (codec == NULL) {
        open_codec();
    }
    decode((struct mneme_str){(const char *)data, size});
    mneme_buffer_clear(&message);
    mneme_frame_write_single_object(&message, fingerprint);
    mneme_buffer_append(&message, data, size);
    decode(mneme_buffer_str(&message));
    return 0;
}
