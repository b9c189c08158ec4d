/*
 * Any text as a memory of an older store: what is read has content and metadata that are well-formed JSON.
 */
#include "importers/legacy.h"

#include <stdlib.h>

#include "common/json/check.h"
#include "common/json/read.h"
#include "common/json/repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mneme_legacy_reader reader;
static struct mneme_buffer json;

static void require_object(struct mneme_str text) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(text, &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct mneme_legacy_ids around = {0};
    static const struct mneme_legacy_origin origin = {"a/\"b\".json", "list", 0};
    struct mneme_event event;
    struct mneme_legacy_notes notes;
    struct mneme_error error = {0};
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    mneme_buffer_clear(&json);
    mneme_buffer_append(&json, data, size);
    (void)mneme_json_repair(json.data, json.len, NULL, NULL);
    if (!mneme_json_check(mneme_buffer_str(&json), &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        return 0;
    }
    reader.origin = &origin;
    if (mneme_legacy_read(&event, &notes, &reader, mneme_json_trim(mneme_buffer_str(&json)), &around,
                          "default", &error) == MNEME_OK) {
        require_object(event.payload.memory_created.content);
        require_object(event.payload.memory_created.metadata);
    } else if (error.message[0] == '\0') {
        abort();
    }
    return 0;
}
