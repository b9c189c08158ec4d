/*
 * Exports of chat products: lists of conversations, or single ones. Only one conversation at a time is in
 * memory, so exports of any size can be read; an invalid conversation does not prevent the import of others.
 */
#include <stdio.h>

#include "common/json/read.h"
#include "importers/chat_events.h"
#include "importers/chat_file.h"
#include "importers/chat_repaired.h"

struct walk {
    const struct mneme_chat_reader *reader;
    struct mneme_chat_events events;
    struct mneme_import_stream stream;
    struct mneme_arena arena; /* of the current conversation */
    struct mneme_chat_repaired mended;
    int64_t conversations;
    bool is_stopped; /* the rest cannot be read */
};

/* The file cannot be read, or not from here on. */
static int stop(struct walk *walk, const char *why, struct mneme_error *error) {
    struct mneme_error reason = {0};
    walk->is_stopped = true;
    walk->events.sink->line = mneme_import_stream_place(&walk->stream).line;
    (void)mneme_error_set(&reason, MNEME_E_INVALID, "file refused: %s", why);
    return walk->events.sink->refuse(walk->events.sink->context, 0, &reason, error);
}

static int stop_here(struct walk *walk, const char *what, struct mneme_error *error) {
    char why[200];
    snprintf(why, sizeof why, "%s at byte %lld, and what follows was not read; repair the file", what,
             (long long)mneme_import_stream_place(&walk->stream).offset);
    return stop(walk, why, error);
}

/* --- one conversation --- */

static int warn_repaired(struct walk *walk, size_t count, const char *where, const char *ids,
                         struct mneme_error *error) {
    char what[64];
    char why[480];
    struct mneme_import_sink *sink = walk->events.sink;
    if (count == 0) {
        return MNEME_OK;
    }
    sink->mended += (int64_t)count;
    mneme_chat_repaired_format(what, sizeof what, count);
    snprintf(why, sizeof why, "%s: %s %s", where, what, ids);
    return sink->warn(sink->context, sink->entry, why, error);
}

/* Descriptions of a message for reports: its place and title, and its ids. */
struct names {
    char where[160], ids[240];
};

static void name_message(struct names *names, const struct mneme_chat *chat, size_t number) {
    struct mneme_str title = chat->title.data == NULL ? chat->id : chat->title;
    snprintf(names->where, sizeof names->where, "message %zu of \"%.*s\"", number,
             (int)(title.len < 100 ? title.len : 100), title.data);
    mneme_chat_name(names->ids, sizeof names->ids, chat->messages[number - 1].id, chat->id);
}

/* *mended: half characters in the messages. */
static int put_messages(struct walk *walk, size_t *mended, const struct mneme_chat *chat,
                        struct mneme_str json, struct mneme_error *error) {
    const struct mneme_import_source *source = walk->events.source;
    struct names names;
    int status = MNEME_OK;
    for (size_t i = 0; i < chat->count && status == MNEME_OK; i++) {
        if (chat->messages[i].text.data == NULL) {
            walk->events.sink->skipped++;
            continue;
        }
        const struct mneme_chat_turn turn = {
            .message = &chat->messages[i],
            .conversation_id = chat->id,
            .ordinal = (int64_t)i,
            .scope = {.user_id = source->user_id, .agent_id = source->agent_id, .run_id = source->run_id},
            .where = names.where,
            .ids = names.ids};
        name_message(&names, chat, i + 1);
        size_t count = mneme_chat_repaired_in(&walk->mended, json, turn.message->json);
        *mended += count;
        status = mneme_chat_put_turn(&walk->events, &turn, error);
        if (status == MNEME_OK) {
            status = warn_repaired(walk, count, names.where, names.ids, error);
        }
    }
    return status;
}

/* Reports deviations from what is written in the conversation itself. */
static int warn_notes(struct walk *walk, const struct mneme_chat *chat, size_t mended, const char *what,
                      struct mneme_error *error) {
    char ids[120];
    char why[320];
    struct mneme_import_sink *sink = walk->events.sink;
    mneme_chat_name(ids, sizeof ids, MNEME_STR_NULL, chat->id);
    int status = warn_repaired(walk, mended, what, ids, error);
    if (status == MNEME_OK && chat->note != NULL) {
        snprintf(why, sizeof why, "%s: %s %s", what, chat->note, ids);
        status = sink->warn(sink->context, sink->entry, why, error);
    }
    return status;
}

static int put_chat(struct walk *walk, struct mneme_str json, struct mneme_error *error) {
    struct mneme_chat chat;
    struct mneme_error why = {0};
    const char *reason;
    char what[64];
    size_t at;
    size_t mended = 0;
    snprintf(what, sizeof what, "conversation %lld", (long long)walk->conversations);
    mneme_chat_repaired_clear(&walk->mended);
    mneme_import_stream_repair(&walk->stream, json, mneme_chat_repaired_add, &walk->mended);
    if (!mneme_json_check(json, NULL, &reason, &at)) {
        char message[160];
        snprintf(message, sizeof message, "it is not valid JSON: %s at byte %zu of it; repair it", reason,
                 at);
        return mneme_chat_refuse(&walk->events, what, NULL, message, error);
    }
    mneme_arena_reset(&walk->arena, SIZE_MAX);
    int status = walk->reader->read(&chat, &walk->arena, mneme_json_trim(json), &why);
    if (status == MNEME_E_INVALID) {
        const char *colon = strstr(why.message, ": ");
        return mneme_chat_refuse(&walk->events, what, NULL, colon == NULL ? why.message : colon + 2, error);
    }
    if (status != MNEME_OK) {
        return mneme_error_set(error, why.code, "%s", why.message);
    }
    walk->events.sink->left_out += chat.left_out;
    status = mneme_chat_put_conversation(&walk->events, &chat, error);
    if (status == MNEME_OK) {
        status = put_messages(walk, &mended, &chat, json, error);
    }
    return status == MNEME_OK ? warn_notes(walk, &chat, walk->mended.count - mended, what, error) : status;
}

/* --- the file --- */

/* The value at the current place. */
static int read_chat(struct walk *walk, struct mneme_error *error) {
    enum mneme_import_stream_extent extent;
    struct mneme_str json;
    struct mneme_import_stream_at place = mneme_import_stream_place(&walk->stream);
    walk->conversations++;
    walk->events.sink->line = place.line;
    int status = mneme_import_stream_take(&extent, &json, &walk->stream, MNEME_CHAT_MAX_BYTES, error);
    if (status != MNEME_OK) {
        return status;
    }
    walk->events.sink->bytes = mneme_import_stream_place(&walk->stream).offset;
    if (extent == MNEME_IMPORT_STREAM_WHOLE) {
        return put_chat(walk, json, error);
    }
    if (extent == MNEME_IMPORT_STREAM_TOO_LARGE) {
        char what[64];
        snprintf(what, sizeof what, "conversation %lld", (long long)walk->conversations);
        status = mneme_chat_refuse(&walk->events, what, NULL, "it is larger than 64 MiB; split it", error);
        return status == MNEME_OK ? mneme_import_stream_skip(&extent, &walk->stream, error) : status;
    }
    return stop_here(walk,
                     extent == MNEME_IMPORT_STREAM_CUT ? "the file ends in the middle of a conversation"
                                                       : "its brackets do not match",
                     error);
}

static int read_list(struct walk *walk, struct mneme_error *error) {
    int byte;
    mneme_import_stream_advance(&walk->stream); /* the bracket */
    int status = mneme_import_stream_peek(&byte, &walk->stream, error);
    bool goes_on = byte != ']';
    while (status == MNEME_OK && goes_on && !walk->is_stopped) {
        status = byte < 0 || byte == ',' || byte == ']' ? stop_here(walk, "a conversation is missing", error)
                                                        : read_chat(walk, error);
        if (status == MNEME_OK && !walk->is_stopped) {
            status = mneme_import_stream_peek(&byte, &walk->stream, error);
        }
        if (status != MNEME_OK || walk->is_stopped) {
            break;
        }
        if (byte != ',' && byte != ']') {
            return stop_here(walk, "a comma or the end of the list is missing", error);
        }
        goes_on = byte == ',';
        if (goes_on) {
            mneme_import_stream_advance(&walk->stream);
            status = mneme_import_stream_peek(&byte, &walk->stream, error);
        }
    }
    if (status == MNEME_OK && !walk->is_stopped) {
        mneme_import_stream_advance(&walk->stream); /* the bracket at the end */
    }
    return status;
}

/* All values of the file, one after the other; mostly one list. */
static int read_values(struct walk *walk, struct mneme_error *error) {
    int byte;
    int status = mneme_import_stream_peek(&byte, &walk->stream, error);
    while (status == MNEME_OK && byte >= 0 && !walk->is_stopped) {
        status = byte == '['   ? read_list(walk, error)
                 : byte == '{' ? read_chat(walk, error)
                               : stop_here(walk, "neither a list of conversations nor a conversation", error);
        if (status == MNEME_OK && !walk->is_stopped) {
            status = mneme_import_stream_peek(&byte, &walk->stream, error);
        }
    }
    return status;
}

static int read_open_file(struct walk *walk, struct mneme_error *error) {
    enum mneme_chat_file file;
    char why[200];
    const struct mneme_chat_reader *reader = walk->reader;
    const struct mneme_chat_reader *other =
        reader == &mneme_chatgpt_reader ? &mneme_claude_reader : &mneme_chatgpt_reader;
    int status = mneme_chat_file_judge(&file, &walk->stream, reader, other, walk->events.source->path, error);
    if (status != MNEME_OK) {
        return status;
    }
    switch (file) {
    case MNEME_CHAT_FILE_EMPTY_LIST:
        walk->events.sink->holding = MNEME_IMPORT_HOLDS_NOTHING;
        return MNEME_OK;
    case MNEME_CHAT_FILE_OTHER:
        walk->events.sink->holding = MNEME_IMPORT_HOLDS_OTHER;
        return MNEME_OK;
    case MNEME_CHAT_FILE_OF_ANOTHER:
        snprintf(why, sizeof why, "it is an export of %s; use `mneme import %s`", other->product,
                 other->name);
        return stop(walk, why, error);
    case MNEME_CHAT_FILE_NO_JSON:
        return stop_here(walk, "it is neither a list of conversations nor a conversation", error);
    case MNEME_CHAT_FILE_CONVERSATIONS:
        break;
    }
    return read_values(walk, error);
}

static int read_file(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                     const struct mneme_chat_reader *reader, struct mneme_error *error) {
    if (source->user_id.data == NULL && source->agent_id.data == NULL) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "%s was not imported: the export does not say whose conversations these are; "
                               "give --user",
                               source->path);
    }
    struct walk walk = {.reader = reader, .events = {.source = source, .sink = sink, .format = reader->name}};
    mneme_arena_init(&walk.arena, 0);
    int status = mneme_import_stream_init(&walk.stream, source->fd, error);
    if (status == MNEME_OK) {
        status = read_open_file(&walk, error);
    }
    mneme_import_stream_clean_up(&walk.stream);
    mneme_chat_events_clean_up(&walk.events);
    mneme_chat_repaired_clean_up(&walk.mended);
    mneme_arena_clean_up(&walk.arena);
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
    .summary = "a ChatGPT export: its folder, or files of conversations",
    .noun = "turns and conversations",
    .is_judged_by_entry = true,
    .takes_folders = true,
    .passes_over = true,
    .read = read_chatgpt,
};

const struct mneme_import_format mneme_import_claude = {
    .name = "claude",
    .summary = "a Claude export: its folder, or files of conversations",
    .noun = "turns and conversations",
    .is_judged_by_entry = true,
    .takes_folders = true,
    .passes_over = true,
    .read = read_claude,
};
