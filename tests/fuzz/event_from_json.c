/*
 * Any text as a line of JSON. What is read and valid must come back the same when written as JSON and read
 * again.
 */
#include <stdlib.h>

#include "schemas/event.h"
#include "tests/support/sample_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mneme_arena arena;
static struct mneme_buffer line;

static void check_round_trip(const struct mneme_event *event) {
    struct mneme_event back;
    struct mneme_json_writer json = {.out = &line};
    mneme_buffer_clear(&line);
    mneme_event_json(event, &json);
    if (mneme_event_from_json(&back, &arena, mneme_buffer_str(&line), "other", NULL) != MNEME_OK ||
        mneme_events_differ(event, &back) != NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mneme_event event;
    struct mneme_error error = {0};
    struct mneme_str text = {size == 0 ? "" : (const char *)data, size};
    mneme_arena_reset(&arena, 1 << 20);
    if (mneme_event_from_json(&event, &arena, text, "default", &error) == MNEME_OK &&
        mneme_event_validate(&event, 10000, &error) == MNEME_OK) {
        check_round_trip(&event);
    } else if (error.message[0] == '\0') {
        abort();
    }
    return 0;
}
