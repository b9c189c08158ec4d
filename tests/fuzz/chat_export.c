/*
 * Any text as a conversation of an export, of either product: what is mended and well-formed is read or
 * refused with a reason, texts stay well-formed without marks, and parts put together are the text.
 */
#include <stdlib.h>

#include "common/base/buffer.h"
#include "common/base/text_check.h"
#include "common/json/check.h"
#include "common/json/read.h"
#include "common/json/repair.h"
#include "importers/chat.h"
#include "importers/chat_marks.h"
#include "importers/chat_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mneme_arena arena;
static struct mneme_buffer json;

static void require(bool is_so) {
    if (!is_so) {
        abort();
    }
}

static void check_text(struct mneme_str text) {
    static const struct mneme_chat_limit limit = {.characters = 7, .bytes = 16};
    const char *reason;
    size_t at;
    size_t len = 0;
    require(mneme_utf8_check(text, NULL, &reason, &at));
    for (struct mneme_str rest = text; rest.len > 0;) {
        struct mneme_str part = mneme_chat_next_part(&rest, &limit);
        require(part.len > 0 && part.data == text.data + len && mneme_utf8_check(part, NULL, &reason, &at));
        len += part.len;
    }
    require(len == text.len);
}

static void check_chat(const struct mneme_chat_reader *reader, struct mneme_str text) {
    struct mneme_chat chat;
    struct mneme_error error = {0};
    int status = reader->read(&chat, &arena, text, &error);
    require(status == MNEME_OK || error.message[0] != '\0');
    for (size_t i = 0; status == MNEME_OK && i < chat.count; i++) {
        if (chat.messages[i].text.data != NULL) {
            check_text(chat.messages[i].text);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *reason;
    size_t at;
    enum mneme_json_kind kind;
    struct mneme_str text = {size == 0 ? "" : (const char *)data, size};
    mneme_arena_reset(&arena, 1 << 20);
    if (mneme_utf8_check(text, NULL, &reason, &at)) {
        require(mneme_chat_remove_marks(&text, &arena, true));
        check_text(text);
    }
    mneme_buffer_clear(&json);
    mneme_buffer_append(&json, data, size);
    (void)mneme_json_repair(json.data, json.len, NULL, NULL);
    if (mneme_json_check(mneme_buffer_str(&json), &kind, &reason, &at) && kind == MNEME_JSON_OBJECT) {
        check_chat(&mneme_chatgpt_reader, mneme_json_trim(mneme_buffer_str(&json)));
        check_chat(&mneme_claude_reader, mneme_json_trim(mneme_buffer_str(&json)));
    }
    return 0;
}
