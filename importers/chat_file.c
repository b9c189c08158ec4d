/*
 * A conversation is recognized by the name of a member that nothing else has. Inside strings of other files,
 * the quotes around such a name are escaped, so that searching for its bytes is sufficient.
 */
#include "importers/chat_file.h"

#include <strings.h>

struct judging {
    struct mneme_import_stream *stream;
    const struct mneme_chat_reader *reader, *other;
    bool has_values; /* there are objects, or items of lists */
    bool is_of_another;
};

static bool has_marker(struct mneme_str json, const struct mneme_chat_reader *reader) {
    return memmem(json.data, json.len, reader->marker, strlen(reader->marker)) != NULL;
}

/* Examines the value at the current place, and moves past it; *is_known: the file has conversations, or is
 * broken. */
static int judge_value(struct judging *judging, bool *is_known, struct mneme_error *error) {
    enum mneme_import_stream_extent extent;
    struct mneme_str json;
    int status = mneme_import_stream_take(&extent, &json, judging->stream, MNEME_CHAT_MAX_BYTES, error);
    judging->has_values = true;
    *is_known =
        status == MNEME_OK && (extent != MNEME_IMPORT_STREAM_WHOLE || has_marker(json, judging->reader));
    if (status == MNEME_OK && !*is_known) {
        judging->is_of_another = judging->is_of_another || has_marker(json, judging->other);
    }
    return status;
}

/* Whether a value can begin with that byte. */
static bool begins_value(int byte) {
    return byte >= 0 && strchr(",:]}", byte) == NULL;
}

static int judge_list(struct judging *judging, bool *is_known, struct mneme_error *error) {
    int byte;
    mneme_import_stream_advance(judging->stream); /* the bracket */
    int status = mneme_import_stream_peek(&byte, judging->stream, error);
    while (status == MNEME_OK && !*is_known && byte != ']') {
        *is_known = !begins_value(byte);
        status = *is_known ? MNEME_OK : judge_value(judging, is_known, error);
        if (status == MNEME_OK && !*is_known) {
            status = mneme_import_stream_peek(&byte, judging->stream, error);
        }
        if (status == MNEME_OK && !*is_known && byte == ',') {
            mneme_import_stream_advance(judging->stream);
            status = mneme_import_stream_peek(&byte, judging->stream, error);
            *is_known = status == MNEME_OK && byte == ']';
        } else {
            *is_known = *is_known || byte != ']';
        }
    }
    if (status == MNEME_OK && !*is_known) {
        mneme_import_stream_advance(judging->stream);
    }
    return status;
}

static int judge_values(struct judging *judging, bool *is_known, struct mneme_error *error) {
    int byte;
    int status = mneme_import_stream_peek(&byte, judging->stream, error);
    while (status == MNEME_OK && !*is_known && byte >= 0) {
        status = byte == '['   ? judge_list(judging, is_known, error)
                 : byte == '{' ? judge_value(judging, is_known, error)
                               : (*is_known = true, MNEME_OK);
        if (status == MNEME_OK && !*is_known) {
            status = mneme_import_stream_peek(&byte, judging->stream, error);
        }
    }
    return status;
}

static bool is_named_json(const char *path) {
    size_t len = strlen(path);
    len -= len > 3 && strcasecmp(path + len - 3, ".gz") == 0 ? 3 : 0;
    return len >= 5 && strncasecmp(path + len - 5, ".json", 5) == 0;
}

int mneme_chat_file_judge(enum mneme_chat_file *out, struct mneme_import_stream *stream,
                          const struct mneme_chat_reader *reader, const struct mneme_chat_reader *other,
                          const char *path, struct mneme_error *error) {
    struct mneme_import_stream_at start = mneme_import_stream_place(stream);
    struct judging judging = {.stream = stream, .reader = reader, .other = other};
    bool is_known = false;
    int byte;
    int status = mneme_import_stream_peek(&byte, stream, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (byte != '[' && byte != '{') {
        *out = is_named_json(path) ? MNEME_CHAT_FILE_NO_JSON : MNEME_CHAT_FILE_OTHER;
        return MNEME_OK;
    }
    status = judge_values(&judging, &is_known, error);
    mneme_import_stream_seek(stream, start);
    *out = is_known                ? MNEME_CHAT_FILE_CONVERSATIONS
           : judging.is_of_another ? MNEME_CHAT_FILE_OF_ANOTHER
           : judging.has_values    ? MNEME_CHAT_FILE_OTHER
                                   : MNEME_CHAT_FILE_EMPTY_LIST;
    return status;
}
