/*
 * Exports of chat products: a list of conversations, or one. A conversation at a time lies in memory, so that
 * an export of any size is read; what is wrong with one keeps no other from being imported.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "common/json_read.h"
#include "producers/importers/chat_events.h"
#include "producers/importers/json_stream.h"

#define MAX_CONVERSATION_BYTES ((size_t)64 * 1024 * 1024)

struct walk {
    const struct mneme_chat_reader *reader;
    struct mneme_chat_events events;
    struct mneme_json_stream stream;
    struct mneme_arena arena; /* of the conversation at hand */
    int64_t conversations;
    bool is_stopped; /* what follows cannot be read */
};

/* From here on the file cannot be read. */
static int stop(struct walk *walk, const char *what, struct mneme_error *error) {
    struct mneme_json_place place = mneme_json_stream_place(&walk->stream);
    struct mneme_error reason = {0};
    walk->is_stopped = true;
    walk->events.sink->line = place.line;
    (void)mneme_error_set(&reason, MNEME_E_INVALID,
                          "file refused: %s at byte %lld, and what follows was not read; repair the file",
                          what, (long long)place.offset);
    return walk->events.sink->refuse(walk->events.sink->context, 0, &reason, error);
}

/* --- one conversation --- */

static int put_messages(struct walk *walk, const struct mneme_chat *chat, struct mneme_error *error) {
    const struct mneme_import_source *source = walk->events.source;
    char where[160];
    int status = MNEME_OK;
    for (size_t i = 0; i < chat->count && status == MNEME_OK; i++) {
        struct mneme_str title = chat->title.data == NULL ? chat->id : chat->title;
        snprintf(where, sizeof where, "message %zu of \"%.*s\"", i + 1,
                 (int)(title.len < 100 ? title.len : 100), title.data);
        const struct mneme_chat_turn turn = {
            .message = &chat->messages[i],
            .conversation_id = chat->id,
            .ordinal = (int64_t)i,
            .scope = {.user_id = source->user_id, .agent_id = source->agent_id, .run_id = source->run_id},
            .where = where};
        if (turn.message->text.data == NULL) {
            walk->events.sink->skipped++;
        } else {
            status = mneme_chat_put_turn(&walk->events, &turn, error);
        }
    }
    return status;
}

static int put_chat(struct walk *walk, struct mneme_str json, struct mneme_error *error) {
    struct mneme_chat chat;
    struct mneme_error why = {0};
    const char *reason;
    char what[64];
    size_t at;
    snprintf(what, sizeof what, "conversation %lld", (long long)walk->conversations);
    if (!mneme_json_check(json, NULL, &reason, &at)) {
        char message[160];
        snprintf(message, sizeof message, "it is no JSON: %s at byte %zu of it; repair it", reason, at);
        return mneme_chat_refuse(&walk->events, what, message, error);
    }
    mneme_arena_reset(&walk->arena, SIZE_MAX);
    int status = walk->reader->read(&chat, &walk->arena, mneme_json_trim(json), &why);
    if (status == MNEME_E_INVALID) {
        const char *colon = strstr(why.message, ": ");
        return mneme_chat_refuse(&walk->events, what, colon == NULL ? why.message : colon + 2, error);
    }
    if (status != MNEME_OK) {
        return mneme_error_set(error, why.code, "%s", why.message);
    }
    walk->events.sink->left_out += chat.left_out;
    status = mneme_chat_put_conversation(&walk->events, &chat, error);
    return status == MNEME_OK ? put_messages(walk, &chat, error) : status;
}

/* --- the file --- */

/* The value at the current place. */
static int read_chat(struct walk *walk, struct mneme_error *error) {
    enum mneme_json_extent extent;
    struct mneme_str json;
    struct mneme_json_place place = mneme_json_stream_place(&walk->stream);
    walk->conversations++;
    walk->events.sink->line = place.line;
    int status = mneme_json_stream_take(&extent, &json, &walk->stream, MAX_CONVERSATION_BYTES, error);
    if (status != MNEME_OK) {
        return status;
    }
    walk->events.sink->bytes = mneme_json_stream_place(&walk->stream).offset;
    if (extent == MNEME_JSON_WHOLE) {
        return put_chat(walk, json, error);
    }
    if (extent == MNEME_JSON_TOO_LARGE) {
        char what[64];
        snprintf(what, sizeof what, "conversation %lld", (long long)walk->conversations);
        status = mneme_chat_refuse(&walk->events, what, "it is larger than 64 MiB; split it", error);
        return status == MNEME_OK ? mneme_json_stream_skip(&extent, &walk->stream, error) : status;
    }
    return stop(walk,
                extent == MNEME_JSON_CUT ? "the file ends within a conversation" : "brackets do not fit",
                error);
}

static int read_list(struct walk *walk, struct mneme_error *error) {
    int byte;
    mneme_json_stream_advance(&walk->stream); /* the bracket */
    int status = mneme_json_stream_peek(&byte, &walk->stream, error);
    bool goes_on = byte != ']';
    while (status == MNEME_OK && goes_on && !walk->is_stopped) {
        status = byte < 0 || byte == ',' || byte == ']' ? stop(walk, "a conversation is missing", error)
                                                        : read_chat(walk, error);
        if (status == MNEME_OK && !walk->is_stopped) {
            status = mneme_json_stream_peek(&byte, &walk->stream, error);
        }
        if (status != MNEME_OK || walk->is_stopped) {
            break;
        }
        if (byte != ',' && byte != ']') {
            return stop(walk, "a comma or the end of the list is missing", error);
        }
        goes_on = byte == ',';
        if (goes_on) {
            mneme_json_stream_advance(&walk->stream);
            status = mneme_json_stream_peek(&byte, &walk->stream, error);
        }
    }
    return status;
}

static int read_open_file(struct walk *walk, struct mneme_error *error) {
    int byte;
    int status = mneme_json_stream_peek(&byte, &walk->stream, error);
    if (status != MNEME_OK) {
        return status;
    }
    if (byte == '[') {
        return read_list(walk, error);
    }
    return byte == '{' ? read_chat(walk, error)
                       : stop(walk, "it is neither a list of conversations nor one", error);
}

static int read_file(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                     const struct mneme_chat_reader *reader, struct mneme_error *error) {
    if (source->user_id.data == NULL && source->agent_id.data == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s was not imported: the export does not say whose conversations these are; "
                               "give --user",
                               source->path);
    }
    int fd = open(source->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return mneme_error_set(error, errno == ENOENT ? MNEME_E_NOT_FOUND : MNEME_E_INVALID,
                               "%s was not imported: %s; check the name", source->path, strerror(errno));
    }
    struct walk walk = {.reader = reader, .events = {.source = source, .sink = sink, .format = reader->name}};
    mneme_arena_init(&walk.arena, 0);
    int status = mneme_json_stream_init(&walk.stream, fd, error);
    if (status == MNEME_OK) {
        status = read_open_file(&walk, error);
    }
    mneme_json_stream_clean_up(&walk.stream);
    mneme_chat_events_clean_up(&walk.events);
    mneme_arena_clean_up(&walk.arena);
    close(fd);
    return status;
}

/* --- the formats --- */

static int read_chatgpt(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                        struct mneme_error *error) {
    return read_file(source, sink, &mneme_chatgpt_reader, error);
}

static int read_claude(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                       struct mneme_error *error) {
    return read_file(source, sink, &mneme_claude_reader, error);
}

const struct mneme_import_format mneme_import_chatgpt = {
    .name = "chatgpt",
    .summary = "the conversations.json of a ChatGPT export",
    .noun = "turns and conversations",
    .is_judged_by_entry = true,
    .read = read_chatgpt,
};

const struct mneme_import_format mneme_import_claude = {
    .name = "claude",
    .summary = "the conversations.json of a Claude export",
    .noun = "turns and conversations",
    .is_judged_by_entry = true,
    .read = read_claude,
};
