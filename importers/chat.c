/*
 * Reads members of exported objects leniently: missing ones and those of another type count as absent.
 */
#include "importers/chat.h"

#include <stdio.h>

#include "common/base/text_check.h"
#include "common/json/read.h"
#include "importers/chat_marks.h"
#include "importers/legacy.h"

#define NAMED_BYTES 80 /* of an id in a message */

struct mneme_str mneme_chat_member(struct mneme_str object, const char *name) {
    struct mneme_str key;
    struct mneme_str value;
    if (object.data == NULL || mneme_json_kind_of(object) != MNEME_JSON_OBJECT) {
        return MNEME_STR_NULL;
    }
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, mneme_str_from(name))) {
            return mneme_json_kind_of(value) == MNEME_JSON_NULL ? MNEME_STR_NULL : value;
        }
    }
    return MNEME_STR_NULL;
}

bool mneme_chat_string(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str value) {
    *out = MNEME_STR_NULL;
    if (value.data == NULL || mneme_json_kind_of(value) != MNEME_JSON_STRING) {
        return true;
    }
    if (!mneme_json_unquote(out, arena, value)) {
        return false;
    }
    if (mneme_is_blank(*out)) {
        *out = MNEME_STR_NULL;
    }
    return true;
}

void mneme_chat_add_text(struct mneme_buffer *text, const char *separator, struct mneme_str added) {
    if (added.data != NULL && !mneme_is_blank(added)) {
        mneme_buffer_append_str(text, mneme_str_from(text->len > 0 ? separator : ""));
        mneme_buffer_append_str(text, added);
    }
}

bool mneme_chat_take_text(struct mneme_str *out, struct mneme_arena *arena, const struct mneme_buffer *text,
                          bool has_tags) {
    *out = MNEME_STR_NULL;
    if (text->failed || text->len == 0) {
        return !text->failed;
    }
    *out = mneme_arena_copy(arena, mneme_buffer_str(text));
    return out->data != NULL && mneme_chat_remove_marks(out, arena, has_tags);
}

size_t mneme_chat_count(struct mneme_str array) {
    struct mneme_str key;
    struct mneme_str item;
    size_t count = 0;
    if (array.data != NULL && mneme_json_kind_of(array) == MNEME_JSON_ARRAY) {
        struct mneme_json_reader reader = mneme_json_enter(array);
        while (mneme_json_next(&reader, &key, &item)) {
            count++;
        }
    }
    return count;
}

struct mneme_opt_long mneme_chat_time(struct mneme_arena *arena, struct mneme_str value) {
    struct mneme_opt_long time = {0};
    time.is_set = value.data != NULL && mneme_legacy_read_time(&time.value, arena, value);
    return time;
}

struct mneme_str mneme_chat_role(struct mneme_str word) {
    static const struct {
        const char *word, *role;
    } roles[] = {{"user", "user"},       {"human", "user"},    {"assistant", "assistant"},
                 {"ai", "assistant"},    {"bot", "assistant"}, {"agent", "assistant"},
                 {"model", "assistant"}, {"system", "system"}, {"developer", "system"},
                 {"tool", "tool"},       {"function", "tool"}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (mneme_str_equal(word, mneme_str_from(roles[i].word))) {
            return mneme_str_from(roles[i].role);
        }
    }
    return MNEME_STR_NULL;
}

void mneme_chat_name(char *out, size_t size, struct mneme_str message_id, struct mneme_str conversation_id) {
    bool has_message = message_id.data != NULL;
    snprintf(out, size, "(%s%.*s%sconversation %.*s)", has_message ? "message " : "",
             (int)(message_id.len < NAMED_BYTES ? message_id.len : NAMED_BYTES),
             has_message ? message_id.data : "", has_message ? ", " : "",
             (int)(conversation_id.len < NAMED_BYTES ? conversation_id.len : NAMED_BYTES),
             conversation_id.data);
}

int mneme_chat_no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
}
