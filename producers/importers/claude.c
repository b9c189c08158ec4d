/*
 * A conversation of a Claude export: a list of messages, each with its text, or with blocks of content of
 * which those of type text are what was said.
 */
#include "common/buffer.h"
#include "common/json_read.h"
#include "producers/importers/chat.h"

static size_t count_items(struct mneme_str array) {
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

/* The blocks of type text, one paragraph each; null where there is none. */
static bool read_blocks(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str blocks) {
    struct mneme_str key;
    struct mneme_str block;
    struct mneme_str said;
    struct mneme_buffer text = {0};
    bool is_read = true;
    struct mneme_json_reader reader = mneme_json_enter(blocks);
    while (is_read && mneme_json_next(&reader, &key, &block)) {
        struct mneme_str type = mneme_chat_member(block, "type");
        if (type.data == NULL || !mneme_json_unquotes_to(type, MNEME_STR_LIT("text"))) {
            continue;
        }
        is_read = mneme_chat_string(&said, arena, mneme_chat_member(block, "text"));
        if (said.data != NULL) {
            mneme_buffer_append_str(&text, text.len > 0 ? MNEME_STR_LIT("\n\n") : MNEME_STR_LIT(""));
            mneme_buffer_append_str(&text, said);
        }
    }
    *out = text.len > 0 ? mneme_arena_copy(arena, mneme_buffer_str(&text)) : MNEME_STR_NULL;
    is_read = is_read && !text.failed && (text.len == 0 || out->data != NULL);
    mneme_buffer_clean_up(&text);
    return is_read;
}

static bool read_message(struct mneme_chat_message *out, struct mneme_arena *arena, struct mneme_str json) {
    struct mneme_str content = mneme_chat_member(json, "content");
    *out = (struct mneme_chat_message){
        .created_at = mneme_chat_time(arena, mneme_chat_member(json, "created_at")),
        .attachments = (int64_t)(count_items(mneme_chat_member(json, "attachments")) +
                                 count_items(mneme_chat_member(json, "files"))),
    };
    bool has_blocks = content.data != NULL && mneme_json_kind_of(content) == MNEME_JSON_ARRAY;
    if (has_blocks && !read_blocks(&out->text, arena, content)) {
        return false;
    }
    if (out->text.data == NULL && !mneme_chat_string(&out->text, arena, mneme_chat_member(json, "text"))) {
        return false;
    }
    if (!mneme_chat_string(&out->id, arena, mneme_chat_member(json, "uuid")) ||
        !mneme_chat_string(&out->author, arena, mneme_chat_member(json, "sender"))) {
        return false;
    }
    out->role = mneme_chat_role(out->author);
    return true;
}

static int read_chat(struct mneme_chat *out, struct mneme_arena *arena, struct mneme_str json,
                     struct mneme_error *error) {
    struct mneme_str key;
    struct mneme_str message;
    struct mneme_str messages = mneme_chat_member(json, "chat_messages");
    *out = (struct mneme_chat){.created_at = mneme_chat_time(arena, mneme_chat_member(json, "created_at"))};
    if (!mneme_chat_string(&out->id, arena, mneme_chat_member(json, "uuid")) ||
        !mneme_chat_string(&out->title, arena, mneme_chat_member(json, "name"))) {
        return mneme_chat_no_memory(error);
    }
    if (out->id.data == NULL || messages.data == NULL || mneme_json_kind_of(messages) != MNEME_JSON_ARRAY) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "entry refused: it is no conversation of a Claude export, which has \"uuid\" and "
            "\"chat_messages\"");
    }
    out->messages = mneme_arena_calloc(arena, count_items(messages) + 1, sizeof *out->messages);
    if (out->messages == NULL) {
        return mneme_chat_no_memory(error);
    }
    struct mneme_json_reader reader = mneme_json_enter(messages);
    while (mneme_json_next(&reader, &key, &message)) {
        if (!read_message(&out->messages[out->count++], arena, message)) {
            return mneme_chat_no_memory(error);
        }
    }
    return MNEME_OK;
}

const struct mneme_chat_reader mneme_claude_reader = {"claude", read_chat};
