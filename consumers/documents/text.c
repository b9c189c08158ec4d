/*
 * Fields into one text. Content is JSON that was checked when it was published, so reading it cannot fail; a
 * name or value with escapes is unescaped on the way.
 */
#include "consumers/documents/text.h"

#include "common/base/text_check.h"
#include "common/json/read.h"

/* The text being written, and the names of the objects around a value. */
struct writing {
    struct mneme_buffer *out;
    struct mneme_buffer *path; /* "outer.inner" */
    size_t begin;              /* of the text in `out` */
};

/* A string with its quotes, as the text that it stands for. */
static void append_unquoted(struct mneme_buffer *out, struct mneme_str quoted) {
    const char *at = quoted.data + 1;
    const char *end = quoted.data + quoted.len - 1;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        mneme_buffer_append(out, at, (size_t)((escape == NULL ? end : escape) - at));
        if (escape == NULL) {
            break;
        }
        char character[4];
        at = escape;
        size_t length = mneme_json_read_escape(character, &at);
        mneme_buffer_append(out, character, length);
    }
}

static bool is_empty(struct mneme_str value) {
    struct mneme_str key;
    struct mneme_str item;
    switch (mneme_json_kind_of(value)) {
    case MNEME_JSON_NULL:
        return true;
    case MNEME_JSON_STRING:
        return value.len == 2;
    case MNEME_JSON_BOOL:
    case MNEME_JSON_NUMBER:
        return false;
    case MNEME_JSON_ARRAY:
    case MNEME_JSON_OBJECT:
        break;
    }
    struct mneme_json_reader reader = mneme_json_enter(value);
    while (mneme_json_next(&reader, &key, &item)) {
        if (!is_empty(item)) {
            return false;
        }
    }
    return true;
}

/* A value within an array: an object there has no name to put before its fields. */
static void append_item(struct mneme_buffer *out, struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    struct mneme_str key;
    struct mneme_str item;
    if (kind == MNEME_JSON_STRING) {
        append_unquoted(out, value);
        return;
    }
    if (kind != MNEME_JSON_ARRAY && kind != MNEME_JSON_OBJECT) {
        mneme_buffer_append_str(out, value);
        return;
    }
    struct mneme_json_reader reader = mneme_json_enter(value);
    bool is_first = true;
    while (mneme_json_next(&reader, &key, &item)) {
        if (is_empty(item)) {
            continue;
        }
        if (!is_first) {
            mneme_buffer_append(out, ", ", 2);
        }
        is_first = false;
        if (key.data != NULL) {
            append_unquoted(out, key);
            mneme_buffer_append(out, ": ", 2);
        }
        append_item(out, item);
    }
}

static void append_fields(struct writing *writing, struct mneme_str object) {
    struct mneme_json_reader reader = mneme_json_enter(object);
    struct mneme_str key;
    struct mneme_str value;
    size_t outer = writing->path->len;
    while (mneme_json_next(&reader, &key, &value)) {
        if (is_empty(value)) {
            continue;
        }
        writing->path->len = outer;
        if (outer > 0) {
            mneme_buffer_append_byte(writing->path, '.');
        }
        append_unquoted(writing->path, key);
        if (mneme_json_kind_of(value) == MNEME_JSON_OBJECT) {
            append_fields(writing, value);
            continue;
        }
        if (writing->out->len > writing->begin) {
            mneme_buffer_append(writing->out, " | ", 3);
        }
        mneme_buffer_append_str(writing->out, mneme_buffer_str(writing->path));
        mneme_buffer_append(writing->out, ": ", 2);
        append_item(writing->out, value);
    }
    writing->path->len = outer;
}

void mneme_document_memory_text(struct mneme_buffer *out, struct mneme_buffer *scratch,
                                struct mneme_str content) {
    struct mneme_str object = mneme_json_trim(content);
    struct mneme_json_reader reader = mneme_json_enter(object);
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_str rest;
    mneme_buffer_clear(scratch);
    if (mneme_json_next(&reader, &key, &value) && mneme_json_unquotes_to(key, MNEME_STR_LIT("text")) &&
        mneme_json_kind_of(value) == MNEME_JSON_STRING && !mneme_json_next(&reader, &key, &rest)) {
        append_unquoted(out, value);
        return;
    }
    struct writing writing = {out, scratch, out->len};
    append_fields(&writing, object);
    out->failed |= scratch->failed;
}

static const struct {
    const char *role, *name;
} roles[] = {{"user", "User"}, {"assistant", "Agent"}, {"system", "System"}, {"tool", "Tool"}};

static struct mneme_str name_of(const struct mneme_conversation_turn *turn) {
    if (turn->speaker.data != NULL && !mneme_is_blank(turn->speaker)) {
        return turn->speaker;
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (mneme_str_equal(turn->role, mneme_str_from(roles[i].role))) {
            return mneme_str_from(roles[i].name);
        }
    }
    return turn->role;
}

void mneme_document_turn_text(struct mneme_buffer *out, const struct mneme_conversation_turn *turn) {
    mneme_buffer_append_str(out, name_of(turn));
    mneme_buffer_append(out, ": ", 2);
    mneme_buffer_append_str(out, turn->content);
    struct mneme_str caption = mneme_document_member(turn->metadata, "image_caption");
    if (caption.data != NULL && mneme_json_kind_of(caption) == MNEME_JSON_STRING && !is_empty(caption)) {
        mneme_buffer_append(out, " [", 2);
        append_unquoted(out, caption);
        mneme_buffer_append_byte(out, ']');
    }
}

struct mneme_str mneme_document_member(struct mneme_str object, const char *name) {
    struct mneme_str found = MNEME_STR_NULL;
    struct mneme_str key;
    struct mneme_str value;
    if (object.data == NULL) {
        return found;
    }
    struct mneme_json_reader reader = mneme_json_enter(mneme_json_trim(object));
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_json_unquotes_to(key, mneme_str_from(name))) {
            found = value; /* of several the last, as Postgres keeps it */
        }
    }
    return found;
}
