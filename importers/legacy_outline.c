/*
 * One pass over the members of an object. Whether `data` is a list of memories or the content of one memory
 * depends on the other members.
 */
#include "importers/legacy_outline.h"

#include <stdio.h>

#include "common/json/read.h"

#define MAX_NAME_BYTES 256
#define MAX_ID_BYTES 4096
#define MAX_TYPE_BYTES 64
#define MAX_DEPTH 64

static const char *const list_names[MNEME_LEGACY_LISTS] = {
    [MNEME_LEGACY_LIST_MEMORIES] = "\"memories\"", [MNEME_LEGACY_LIST_DATA] = "\"data\"",
    [MNEME_LEGACY_LIST_RESULTS] = "\"results\"",   [MNEME_LEGACY_LIST_MEMORY] = "\"memory\"",
    [MNEME_LEGACY_LIST_ITEMS] = "\"items\"",       [MNEME_LEGACY_LIST_RECORDS] = "\"records\"",
    [MNEME_LEGACY_LIST_ENTRIES] = "\"entries\"",   [MNEME_LEGACY_LIST_FACTS] = "\"facts\"",
};

const char *mneme_legacy_list_name(enum mneme_legacy_list list) {
    return list_names[list];
}

struct reading {
    struct mneme_legacy_outline *out;
    struct mneme_import_stream *stream;
    struct mneme_arena *arena;
    bool has_content;    /* besides lists */
    bool has_known_type; /* that only memories have */
    bool has_confidence;
    bool has_fields; /* any field of a memory, except ids */
};

static void note_break(struct reading *reading, const char *what) {
    reading->out->broken = what;
}

static bool is_container(int first_byte) {
    return first_byte == '[' || first_byte == '{';
}

static bool begins_value(int byte) {
    return byte >= 0 && byte != ',' && byte != ':' && byte != '}' && byte != ']';
}

static int note_part(struct mneme_legacy_part *part, const struct reading *reading, int first_byte,
                     struct mneme_error *error) {
    part->is_given_twice = part->first_byte != 0;
    part->first_byte = first_byte;
    part->place = mneme_import_stream_place(reading->stream);
    if (first_byte != '[') {
        return MNEME_OK;
    }
    mneme_import_stream_advance(reading->stream);
    return mneme_import_stream_peek(&part->first_item, reading->stream, error);
}

/* The list with that member name; MNEME_LEGACY_LISTS: none. */
static enum mneme_legacy_list list_of(struct mneme_str key) {
    int list = 0;
    while (list < MNEME_LEGACY_LISTS) {
        struct mneme_str name = mneme_str_from(list_names[list]);
        if (mneme_json_unquotes_to(key, (struct mneme_str){name.data + 1, name.len - 2})) {
            break;
        }
        list++;
    }
    return (enum mneme_legacy_list)list;
}

/* Whether a member may be a list of memories: "memories" and "data" in any form, the others only as lists of
 * objects, since "items": ["milk"] is content of a memory. */
static bool may_be_list(enum mneme_legacy_list list, int first_byte) {
    return list == MNEME_LEGACY_LIST_MEMORIES || list == MNEME_LEGACY_LIST_DATA ||
           (list != MNEME_LEGACY_LISTS && first_byte == '[');
}

static void note_other(struct mneme_legacy_outline *out, struct mneme_str key) {
    size_t len = strlen(out->others);
    if (len + key.len + 2 < sizeof out->others) {
        snprintf(out->others + len, sizeof out->others - len, "%s%.*s", len > 0 ? ", " : "",
                 (int)(key.len - 2), key.data + 1);
    }
}

/* The scalar at the current place as well-formed JSON; null when it is not a scalar, or too long. */
static int take_scalar(struct mneme_str *out, const struct reading *reading, size_t max_bytes,
                       struct mneme_error *error) {
    enum mneme_import_stream_extent extent;
    const char *reason;
    size_t at;
    int status = mneme_import_stream_take(&extent, out, reading->stream, max_bytes, error);
    if (status == MNEME_OK && out->data != NULL && !mneme_json_check(*out, NULL, &reason, &at)) {
        *out = MNEME_STR_NULL;
    }
    return status;
}

static int note_id(const struct reading *reading, enum mneme_legacy_role role, struct mneme_error *error) {
    struct mneme_str *id = mneme_legacy_id(&reading->out->ids, role);
    struct mneme_str value;
    struct mneme_str text = MNEME_STR_NULL;
    int status = take_scalar(&value, reading, MAX_ID_BYTES, error);
    if (status != MNEME_OK || value.data == NULL || id->data != NULL) {
        return status;
    }
    if (!mneme_legacy_read_id(&text, reading->arena, value)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
    }
    if (text.data != NULL) {
        char *bytes = reading->out->id_bytes[role];
        size_t len = text.len < MNEME_LEGACY_ID_BYTES ? text.len : MNEME_LEGACY_ID_BYTES;
        memcpy(bytes, text.data, len);
        *id = (struct mneme_str){bytes, len};
    }
    return MNEME_OK;
}

static int note_type(struct reading *reading, struct mneme_error *error) {
    struct mneme_str value;
    struct mneme_str name;
    int status = take_scalar(&value, reading, MAX_TYPE_BYTES, error);
    if (status == MNEME_OK && value.data != NULL && mneme_json_kind_of(value) == MNEME_JSON_STRING &&
        mneme_json_unquote(&name, reading->arena, value)) {
        reading->has_known_type = mneme_legacy_type(name).data != NULL;
    }
    return status;
}

/* Examines a member whose value begins with that byte, and moves past the value. */
static int read_member(struct reading *reading, struct mneme_str key, int first_byte,
                       struct mneme_error *error) {
    struct mneme_import_stream_at place = mneme_import_stream_place(reading->stream);
    int rank;
    const char *reason;
    size_t at;
    int status = MNEME_OK;
    bool is_name = mneme_json_check(key, NULL, &reason, &at);
    enum mneme_legacy_role role = is_name ? mneme_legacy_role_of(key, &rank) : MNEME_LEGACY_ROLE_COUNT;
    enum mneme_legacy_list list = is_name ? list_of(key) : MNEME_LEGACY_LISTS;
    if (may_be_list(list, first_byte)) {
        status = note_part(&reading->out->parts[list], reading, first_byte, error);
    } else if (mneme_legacy_id(&reading->out->ids, role) != NULL && !is_container(first_byte)) {
        status = note_id(reading, role, error);
    } else {
        reading->has_content = reading->has_content || role == MNEME_LEGACY_CONTENT;
        reading->has_confidence = reading->has_confidence || role == MNEME_LEGACY_CONFIDENCE;
        reading->has_fields = reading->has_fields || role != MNEME_LEGACY_ROLE_COUNT;
        note_other(reading->out, is_name ? key : MNEME_STR_LIT("\"…\""));
        status = role == MNEME_LEGACY_TYPE && first_byte == '"' ? note_type(reading, error) : MNEME_OK;
    }
    enum mneme_import_stream_extent extent = MNEME_IMPORT_STREAM_WHOLE;
    if (status == MNEME_OK) {
        mneme_import_stream_seek(reading->stream, place);
        status = mneme_import_stream_skip(&extent, reading->stream, error);
    }
    if (extent != MNEME_IMPORT_STREAM_WHOLE) {
        note_break(reading, extent == MNEME_IMPORT_STREAM_CUT ? "the file ends in the middle of it"
                                                              : "a bracket is closed by the wrong kind");
    }
    return status;
}

/* The next member up to its colon; *is_there is false after the last, and when the object is broken. */
static int read_key(struct reading *reading, char key[MAX_NAME_BYTES], size_t *len, bool *is_there,
                    struct mneme_error *error) {
    int byte;
    struct mneme_str text = MNEME_STR_NULL;
    enum mneme_import_stream_extent extent = MNEME_IMPORT_STREAM_WHOLE;
    *is_there = false;
    int status = mneme_import_stream_peek(&byte, reading->stream, error);
    if (status != MNEME_OK || byte == '}') {
        return status;
    }
    if (byte != '"') {
        note_break(reading, byte < 0 ? "the file ends in the middle of it" : "a member has no name");
        return MNEME_OK;
    }
    status = mneme_import_stream_take(&extent, &text, reading->stream, MAX_NAME_BYTES, error);
    *len = text.len;
    if (text.data != NULL) {
        memcpy(key, text.data, text.len);
    } else if (status == MNEME_OK) { /* too long for any name that is known here */
        status = mneme_import_stream_skip(&extent, reading->stream, error);
        *len = (size_t)snprintf(key, MAX_NAME_BYTES, "\"…\"");
    }
    if (status == MNEME_OK) {
        status = mneme_import_stream_peek(&byte, reading->stream, error);
    }
    if (status == MNEME_OK && byte != ':') {
        note_break(reading, byte < 0 ? "the file ends in the middle of it" : "a name has no colon");
        return MNEME_OK;
    }
    if (status == MNEME_OK) {
        mneme_import_stream_advance(reading->stream);
        *is_there = true;
    }
    return status;
}

/* Whether a comma follows a member. */
static int read_comma(struct reading *reading, bool *goes_on, struct mneme_error *error) {
    int byte;
    int status = mneme_import_stream_peek(&byte, reading->stream, error);
    *goes_on = status == MNEME_OK && byte == ',';
    if (*goes_on) {
        mneme_import_stream_advance(reading->stream);
    } else if (status == MNEME_OK && byte != '}') {
        note_break(reading, byte < 0 ? "the file ends in the middle of it"
                                     : "a comma or the end of the object is missing");
    }
    return status;
}

static int read_members(struct reading *reading, struct mneme_error *error) {
    bool goes_on = true;
    int status = MNEME_OK;
    while (status == MNEME_OK && goes_on && reading->out->broken == NULL) {
        char key[MAX_NAME_BYTES];
        size_t len = 0;
        int byte;
        status = read_key(reading, key, &len, &goes_on, error);
        if (status != MNEME_OK || !goes_on) {
            break;
        }
        status = mneme_import_stream_peek(&byte, reading->stream, error);
        if (status == MNEME_OK && !begins_value(byte)) {
            note_break(reading, byte < 0 ? "the file ends in the middle of it" : "a name has no value");
        } else if (status == MNEME_OK) {
            status = read_member(reading, (struct mneme_str){key, len}, byte, error);
        }
        if (status == MNEME_OK && reading->out->broken == NULL) {
            status = read_comma(reading, &goes_on, error);
        }
    }
    return status;
}

static int read_object(struct mneme_legacy_outline *out, struct mneme_import_stream *stream,
                       struct mneme_arena *arena, unsigned depth, struct mneme_error *error);

/* Whether `data`, an object next to other fields of a memory, is itself a wrapper. */
static int check_data(bool *is_wrapper, const struct reading *reading, unsigned depth,
                      struct mneme_error *error) {
    struct mneme_legacy_outline inner;
    if (depth == MAX_DEPTH) {
        return MNEME_OK;
    }
    mneme_import_stream_seek(reading->stream, reading->out->parts[MNEME_LEGACY_LIST_DATA].place);
    int status = read_object(&inner, reading->stream, reading->arena, depth + 1, error);
    *is_wrapper = status == MNEME_OK && inner.is_wrapper;
    return status;
}

/* Whether a list is a list of memories, given the object's other members: "memories" always, "data" unless
 * the object has content or fields itself, the others only if their items are also objects. */
static bool is_list_of_memories(const struct reading *reading, enum mneme_legacy_list list) {
    const struct mneme_legacy_part *part = &reading->out->parts[list];
    bool has_own = reading->has_content || reading->has_known_type || reading->has_confidence;
    if (list == MNEME_LEGACY_LIST_MEMORIES) {
        return is_container(part->first_byte);
    }
    if (part->first_byte != '[' || has_own) {
        return false;
    }
    return list == MNEME_LEGACY_LIST_DATA || part->first_item == '{' || list == MNEME_LEGACY_LIST_RESULTS;
}

static int decide(const struct reading *reading, unsigned depth, struct mneme_error *error) {
    struct mneme_legacy_outline *out = reading->out;
    for (int list = 0; list < MNEME_LEGACY_LISTS; list++) {
        struct mneme_legacy_part *part = &out->parts[list];
        part->is_list_of_memories = is_list_of_memories(reading, (enum mneme_legacy_list)list);
        out->is_wrapper = out->is_wrapper || part->is_list_of_memories;
    }
    struct mneme_legacy_part *data = &out->parts[MNEME_LEGACY_LIST_DATA];
    if (data->first_byte != '{' || reading->has_content) {
        return MNEME_OK;
    }
    data->is_list_of_memories = out->is_wrapper || !reading->has_fields;
    int status =
        data->is_list_of_memories ? MNEME_OK : check_data(&data->is_list_of_memories, reading, depth, error);
    out->is_wrapper = out->is_wrapper || data->is_list_of_memories;
    return status;
}

static int read_object(struct mneme_legacy_outline *out, struct mneme_import_stream *stream,
                       struct mneme_arena *arena, unsigned depth, struct mneme_error *error) {
    *out = (struct mneme_legacy_outline){0};
    struct reading reading = {.out = out, .stream = stream, .arena = arena};
    int byte = -1;
    int status = mneme_import_stream_peek(&byte, stream, error);
    if (byte == '{') {
        mneme_import_stream_advance(stream);
        status = read_members(&reading, error);
    } else {
        note_break(&reading, "the file changed during the import");
    }
    if (status == MNEME_OK && out->broken == NULL) {
        mneme_import_stream_advance(stream); /* the brace */
    }
    out->end = mneme_import_stream_place(stream);
    return status == MNEME_OK ? decide(&reading, depth, error) : status;
}

int mneme_legacy_outline(struct mneme_legacy_outline *out, struct mneme_import_stream *stream,
                         struct mneme_arena *arena, struct mneme_error *error) {
    mneme_arena_reset(arena, SIZE_MAX);
    return read_object(out, stream, arena, 0, error);
}
