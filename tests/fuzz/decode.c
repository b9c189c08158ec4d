/*
 * Any bytes through the decoder. Half of the inputs are edits of a valid event, so that the fuzzer gets past
 * the envelope without a corpus. What decodes and is valid must be the same event after another round trip.
 */
#include <stdlib.h>

#include "schemas/codec.h"
#include "tests/support/sample_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mneme_decoder *decoder;
static struct mneme_arena arena;
static struct mneme_buffer bytes;

static void set_up(void) {
    if (decoder == NULL && mneme_decoder_compile(&decoder, mneme_event_schema_json, NULL) != MNEME_OK) {
        abort();
    }
    mneme_arena_reset(&arena, 1 << 20);
    mneme_buffer_clear(&bytes);
}

/* A sample of the type that the first byte names, with the bytes changed that the rest names: place and
 * value. */
static void edit_sample(const uint8_t *data, size_t size) {
    struct mneme_event event;
    mneme_sample_event(&event, &arena, (enum mneme_event_type)(data[0] / 2 % MNEME_EVENT_TYPE_COUNT),
                       MNEME_SAMPLE_FULL);
    mneme_event_encode(&event, &bytes);
    for (size_t i = 1; i + 2 < size; i += 3) {
        bytes.data[((size_t)data[i] << 8 | data[i + 1]) % bytes.len] = (char)data[i + 2];
    }
}

static void check_round_trip(const struct mneme_event *event) {
    struct mneme_event back;
    struct mneme_buffer again = {0};
    mneme_event_encode(event, &again);
    if (mneme_decoder_decode(decoder, &back, &arena, mneme_buffer_str(&again), NULL) != MNEME_OK ||
        mneme_events_differ(event, &back) != NULL) {
        abort();
    }
    mneme_buffer_clean_up(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mneme_event event;
    struct mneme_error error = {0};
    set_up();
    if (size > 0 && data[0] % 2 == 1) {
        edit_sample(data, size);
    } else {
        mneme_buffer_append(&bytes, data, size);
    }
    int status = mneme_decoder_decode(decoder, &event, &arena, mneme_buffer_str(&bytes), &error);
    if (status == MNEME_OK && mneme_event_validate(&event, 10000, &error) == MNEME_OK) {
        check_round_trip(&event);
    } else if (error.message[0] == '\0') {
        abort();
    }
    return 0;
}
