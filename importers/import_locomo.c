/*
 * LoCoMo conversations: each session is a conversation, each turn a turn of it and a memory that can be
 * recalled. The id of each is derived from speakers, date and text, not from the file's name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/text_check.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "importers/import.h"
#include "importers/locomo.h"

#define NAME_BYTES 200 /* of user and conversation ids, below the schema's 255 with "-session-N" */

struct reading {
    const struct mneme_import_source *source;
    struct mneme_import_sink *sink;
    struct mneme_arena arena;
    struct mneme_buffer line, identity, text;
    struct mneme_locomo conversation;
    char name[NAME_BYTES + 1]; /* of both speakers: "ines-tobias" */
    struct mneme_str user_id;
};

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
}

/* --- what an event is made of --- */

/* Lower-case letters and digits stay, as do letters beyond ASCII; anything else becomes one dash. */
static size_t append_name(char *out, size_t len, struct mneme_str speaker) {
    size_t limit = len + NAME_BYTES / 2 - 1;
    for (size_t i = 0; i < speaker.len && len < limit; i++) {
        unsigned char byte = (unsigned char)speaker.data[i];
        bool is_upper = byte >= 'A' && byte <= 'Z';
        bool stays = is_upper || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80;
        if (stays) {
            out[len++] = (char)(is_upper ? byte - 'A' + 'a' : byte);
        } else if (len > 0 && out[len - 1] != '-') {
            out[len++] = '-';
        }
    }
    if (len == limit) { /* without a character that may be cut */
        while (len > 0 && ((unsigned char)out[len - 1] & 0xC0U) == 0x80) {
            len--;
        }
        len -= len > 0 ? 1 : 0;
    }
    return len;
}

static void name_conversation(struct reading *reading) {
    size_t len = append_name(reading->name, 0, reading->conversation.speaker_a);
    if (len > 0 && reading->name[len - 1] != '-') {
        reading->name[len++] = '-';
    }
    len = append_name(reading->name, len, reading->conversation.speaker_b);
    reading->name[len] = '\0';
    if (len == 0) {
        strcpy(reading->name, "locomo");
    }
    reading->user_id =
        reading->source->user_id.data != NULL ? reading->source->user_id : mneme_str_from(reading->name);
}

static void put_string(struct mneme_json_writer *json, const char *name, struct mneme_str value) {
    if (value.data != NULL) {
        mneme_json_key(json, mneme_str_from(name));
        mneme_json_string(json, value);
    }
}

static void put_long(struct mneme_json_writer *json, const char *name, int64_t value) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_long(json, value);
}

/* The envelope, up to the payload's opening brace. `identity` identifies the event, except for its kind. */
static int begin_event(struct reading *reading, struct mneme_json_writer *json, const char *type,
                       const struct mneme_locomo_session *session, int64_t occurred_at,
                       struct mneme_error *error) {
    char id[MNEME_ID_TEXT_BYTES];
    char key[64 + MNEME_ID_TEXT_BYTES];
    char conversation_id[NAME_BYTES + 32];
    int status = mneme_import_content_id(id, mneme_buffer_str(&reading->identity), error);
    if (status != MNEME_OK) {
        return status;
    }
    snprintf(key, sizeof key, "locomo:%s:%s", id, type);
    snprintf(conversation_id, sizeof conversation_id, "%s-session-%lld", reading->name,
             (long long)session->number);
    mneme_buffer_clear(&reading->line);
    *json = (struct mneme_json_writer){.out = &reading->line};
    mneme_json_begin_object(json);
    put_string(json, "type", mneme_str_from(type));
    put_string(json, "idempotency_key", mneme_str_from(key));
    put_string(json, "user_id", reading->user_id);
    put_string(json, "agent_id", reading->source->agent_id);
    put_string(json, "run_id", reading->source->run_id);
    put_string(json, "conversation_id", mneme_str_from(conversation_id));
    mneme_json_key(json, MNEME_STR_LIT("occurred_at"));
    mneme_json_time(json, occurred_at);
    mneme_json_key(json, MNEME_STR_LIT("payload"));
    mneme_json_begin_object(json);
    return MNEME_OK;
}

static int end_event(struct reading *reading, struct mneme_json_writer *json, struct mneme_error *error) {
    mneme_json_end_object(json);
    mneme_json_end_object(json);
    return reading->line.failed
               ? out_of_memory(error)
               : reading->sink->put(reading->sink->context, mneme_buffer_str(&reading->line), error);
}

static void begin_metadata(struct mneme_json_writer *json, const struct mneme_locomo_session *session) {
    mneme_json_key(json, MNEME_STR_LIT("metadata"));
    mneme_json_begin_object(json);
    put_string(json, "source", MNEME_STR_LIT("locomo"));
    put_long(json, "session", session->number);
}

/* Parts of an identity are separated by a character that none of them may contain. */
static void add_identity(struct reading *reading, struct mneme_str part) {
    mneme_buffer_append_str(&reading->identity, part);
    mneme_buffer_append_byte(&reading->identity, 0);
}

static void begin_identity(struct reading *reading, const struct mneme_locomo_session *session) {
    mneme_buffer_clear(&reading->identity);
    add_identity(reading, reading->conversation.speaker_a);
    add_identity(reading, reading->conversation.speaker_b);
    add_identity(reading, session->date);
    mneme_buffer_printf(&reading->identity, "%lld", (long long)session->number);
    mneme_buffer_append_byte(&reading->identity, 0);
}

/* --- one event after the other --- */

static int put_conversation(struct reading *reading, const struct mneme_locomo_session *session,
                            struct mneme_error *error) {
    struct mneme_json_writer json;
    begin_identity(reading, session);
    int status = begin_event(reading, &json, "conversation_created", session, session->started_at, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_buffer_clear(&reading->text);
    mneme_buffer_printf(&reading->text, "%.*s and %.*s, %.*s", MNEME_STR_ARG(reading->conversation.speaker_a),
                        MNEME_STR_ARG(reading->conversation.speaker_b), MNEME_STR_ARG(session->date));
    put_string(&json, "title", mneme_buffer_str(&reading->text));
    begin_metadata(&json, session);
    put_string(&json, "date", session->date);
    put_string(&json, "user", reading->conversation.speaker_a);
    put_string(&json, "assistant", reading->conversation.speaker_b);
    mneme_json_end_object(&json);
    return end_event(reading, &json, error);
}

static int put_turn(struct reading *reading, const struct mneme_locomo_session *session,
                    const struct mneme_locomo_turn *turn, struct mneme_str content, int64_t index,
                    struct mneme_error *error) {
    struct mneme_json_writer json;
    bool is_user = mneme_str_equal(turn->speaker, reading->conversation.speaker_a);
    /* A microsecond apart, so that turns are also ordered in time. */
    int status =
        begin_event(reading, &json, "conversation_turn", session, session->started_at + index, error);
    if (status != MNEME_OK) {
        return status;
    }
    put_long(&json, "turn_index", index);
    put_string(&json, "role", is_user ? MNEME_STR_LIT("user") : MNEME_STR_LIT("assistant"));
    put_string(&json, "speaker", turn->speaker);
    put_string(&json, "content", content);
    begin_metadata(&json, session);
    put_string(&json, "dia_id", turn->dia_id);
    put_string(&json, "image_caption", turn->caption);
    put_string(&json, "image_query", turn->query);
    mneme_json_end_object(&json);
    return end_event(reading, &json, error);
}

/* Its text is the same as that of the turn's document, so that both are embedded only once; the time is
 * occurred_at.
 */
static int put_memory(struct reading *reading, const struct mneme_locomo_session *session,
                      const struct mneme_locomo_turn *turn, struct mneme_str content, int64_t index,
                      struct mneme_error *error) {
    struct mneme_json_writer json;
    int status = begin_event(reading, &json, "memory_created", session, session->started_at + index, error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_buffer_clear(&reading->text);
    mneme_buffer_printf(&reading->text, "%.*s: %.*s", MNEME_STR_ARG(turn->speaker), MNEME_STR_ARG(content));
    if (turn->caption.data != NULL) {
        mneme_buffer_printf(&reading->text, " [%.*s]", MNEME_STR_ARG(turn->caption));
    }
    put_string(&json, "memory_type", MNEME_STR_LIT("conversation"));
    mneme_json_key(&json, MNEME_STR_LIT("content"));
    mneme_json_begin_object(&json);
    put_string(&json, "text", mneme_buffer_str(&reading->text));
    mneme_json_end_object(&json);
    begin_metadata(&json, session);
    put_string(&json, "dia_id", turn->dia_id);
    put_string(&json, "speaker", turn->speaker);
    put_long(&json, "turn_index", index);
    mneme_json_end_object(&json);
    return end_event(reading, &json, error);
}

static int read_turn(struct reading *reading, const struct mneme_locomo_session *session,
                     struct mneme_str json, int64_t index, struct mneme_error *error) {
    struct mneme_locomo_turn turn;
    snprintf(reading->sink->where, sizeof reading->sink->where, "session_%lld, turn %lld",
             (long long)session->number, (long long)index + 1);
    int status = mneme_locomo_read_turn(&turn, &reading->conversation, &reading->arena, json, error);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_str content =
        mneme_is_blank(turn.text) && turn.caption.data != NULL ? turn.caption : turn.text;
    if (mneme_is_blank(content)) {
        reading->sink->skipped++;
        return MNEME_OK;
    }
    begin_identity(reading, session);
    add_identity(reading, turn.dia_id);
    add_identity(reading, turn.speaker);
    add_identity(reading, turn.text);
    add_identity(reading, turn.caption);
    status = put_turn(reading, session, &turn, content, index, error);
    return status == MNEME_OK ? put_memory(reading, session, &turn, content, index, error) : status;
}

static int read_session(struct reading *reading, const struct mneme_locomo_session *session,
                        struct mneme_error *error) {
    snprintf(reading->sink->where, sizeof reading->sink->where, "session_%lld", (long long)session->number);
    int status = put_conversation(reading, session, error);
    struct mneme_str key;
    struct mneme_str turn;
    struct mneme_json_reader turns = mneme_json_enter(session->turns);
    for (int64_t index = 0; status == MNEME_OK && mneme_json_next(&turns, &key, &turn); index++) {
        status = read_turn(reading, session, turn, index, error);
    }
    return status;
}

static int read_conversation(struct reading *reading, struct mneme_str json, struct mneme_error *error) {
    snprintf(reading->sink->where, sizeof reading->sink->where, "conversation");
    int status = mneme_locomo_read(&reading->conversation, &reading->arena, json, error);
    if (status == MNEME_OK) {
        name_conversation(reading);
    }
    for (size_t i = 0; status == MNEME_OK && i < reading->conversation.session_count; i++) {
        status = read_session(reading, &reading->conversation.sessions[i], error);
    }
    return status;
}

/* --- the file --- */

/* The conversation of a sample: the object itself, or its member "conversation". */
static struct mneme_str find_conversation(struct mneme_str sample) {
    struct mneme_str key;
    struct mneme_str value;
    if (mneme_json_kind_of(sample) == MNEME_JSON_OBJECT) {
        struct mneme_json_reader reader = mneme_json_enter(sample);
        while (mneme_json_next(&reader, &key, &value)) {
            if (mneme_json_unquotes_to(key, MNEME_STR_LIT("conversation"))) {
                return value;
            }
        }
    }
    return sample;
}

/* One conversation, or a list of them as in the data set's own file. */
static int read_json(struct reading *reading, struct mneme_str json, struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    snprintf(reading->sink->where, sizeof reading->sink->where, "the file");
    if (!mneme_json_check(json, &kind, &reason, &at)) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "file refused: it is not valid JSON: %s at byte %zu; repair it", reason, at);
    }
    struct mneme_str whole = mneme_json_trim(json);
    if (kind != MNEME_JSON_ARRAY) {
        return read_conversation(reading, find_conversation(whole), error);
    }
    int status = MNEME_OK;
    struct mneme_str key;
    struct mneme_str sample;
    struct mneme_json_reader samples = mneme_json_enter(whole);
    while (status == MNEME_OK && mneme_json_next(&samples, &key, &sample)) {
        status = read_conversation(reading, find_conversation(sample), error);
    }
    return status;
}

static int read_file(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                     struct mneme_error *error) {
    struct reading reading = {.source = source, .sink = sink};
    struct mneme_buffer content = {0};
    mneme_arena_init(&reading.arena, 0);
    int status = mneme_locomo_load(&content, source->fd, source->path, error);
    if (status == MNEME_OK) {
        status = read_json(&reading, mneme_without_mark(mneme_buffer_str(&content)), error);
    }
    mneme_buffer_clean_up(&content);
    mneme_buffer_clean_up(&reading.line);
    mneme_buffer_clean_up(&reading.identity);
    mneme_buffer_clean_up(&reading.text);
    mneme_arena_clean_up(&reading.arena);
    return status;
}

const struct mneme_import_format mneme_import_locomo = {
    .name = "locomo",
    .summary = "conversations in LoCoMo's form: speakers, dated sessions, turns",
    .read = read_file,
};
