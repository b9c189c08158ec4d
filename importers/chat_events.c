/*
 * Turns conversations and messages of exports into events. Each event is an entry of the import, so that the
 * saved progress of an interrupted import is exact.
 */
#include "importers/chat_events.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/text_check.h"
#include "common/json/write.h"
#include "importers/chat_parts.h"

/* Room for the parts of an event besides content and metadata: ids of maximum length, and names of fields. */
#define OVERHEAD_BYTES 16384

void mneme_chat_events_clean_up(struct mneme_chat_events *events) {
    mneme_buffer_clean_up(&events->identity);
    mneme_buffer_clean_up(&events->metadata);
}

/* --- refusing --- */

static int refuse(struct mneme_chat_events *events, const char *where, const char *ids, const char *why,
                  struct mneme_error *error) {
    struct mneme_error reason = {0};
    (void)mneme_error_set(&reason, MNEME_E_INVALID, "entry refused: %s: %s%s%s", where, why,
                          ids == NULL ? "" : " ", ids == NULL ? "" : ids);
    return events->sink->refuse(events->sink->context, events->sink->entry, &reason, error);
}

int mneme_chat_refuse(struct mneme_chat_events *events, const char *where, const char *ids, const char *why,
                      struct mneme_error *error) {
    events->sink->entry++;
    return refuse(events, where, ids, why, error);
}

/* Puts the event as the next entry; `status` and `why` say whether creating it succeeded. */
static int put(struct mneme_chat_events *events, int status, const struct mneme_event *event,
               const char *where, const char *ids, struct mneme_error *why, struct mneme_error *error) {
    events->sink->entry++;
    if (status == MNEME_OK) {
        status = events->sink->put_event(events->sink->context, event, why);
    }
    if (status == MNEME_E_INVALID || status == MNEME_E_TOO_LARGE) {
        const char *colon = strstr(why->message, ": "); /* after "event refused" and the like */
        return refuse(events, where, ids, colon == NULL ? why->message : colon + 2, error);
    }
    if (status != MNEME_OK) {
        (void)mneme_error_set(error, why->code, "%s", why->message);
    }
    return status;
}

/* --- making --- */

static void add_identity(struct mneme_chat_events *events, struct mneme_str part) {
    mneme_buffer_append_str(&events->identity, part);
    mneme_buffer_append_byte(&events->identity, 0); /* which no part may contain */
}

/* Sets the event's id, derived from the identity. */
static int identify(struct mneme_chat_events *events, struct mneme_event *event, struct mneme_error *error) {
    char id[MNEME_ID_TEXT_BYTES];
    char key[64 + MNEME_ID_TEXT_BYTES];
    if (events->identity.failed || events->metadata.failed) {
        return mneme_chat_no_memory(error);
    }
    int status = mneme_import_content_id(id, mneme_buffer_str(&events->identity), error);
    if (status != MNEME_OK) {
        return status;
    }
    snprintf(key, sizeof key, "%s:%s:%s", events->format, id, mneme_event_type_text(event->type));
    return mneme_event_set_idempotency_key(event, mneme_str_from(key), error);
}

static void begin(struct mneme_chat_events *events, struct mneme_event *event, enum mneme_event_type type,
                  struct mneme_scope scope, struct mneme_str conversation_id) {
    mneme_event_prepare(event, type);
    event->tenant = mneme_str_from(events->source->tenant);
    event->scope = scope;
    event->scope.conversation_id = conversation_id;
    event->stream_id = mneme_event_subject(event);
    mneme_buffer_clear(&events->identity);
    mneme_buffer_clear(&events->metadata);
    add_identity(events, conversation_id);
}

static void put_string(struct mneme_json_writer *json, const char *name, struct mneme_str value) {
    if (value.data != NULL) {
        mneme_json_key(json, mneme_str_from(name));
        mneme_json_string(json, value);
    }
}

/* The given time, else just after the previous event, so that turns are also ordered in time. */
static int64_t time_of(struct mneme_chat_events *events, struct mneme_opt_long given) {
    events->latest = given.is_set          ? given.value
                     : events->latest != 0 ? events->latest + 1
                                           : mneme_clock_now_micros();
    return events->latest;
}

int mneme_chat_put_conversation(struct mneme_chat_events *events, const struct mneme_chat *chat,
                                struct mneme_error *error) {
    struct mneme_event event;
    struct mneme_error why = {0};
    struct mneme_scope scope = {.user_id = events->source->user_id,
                                .agent_id = events->source->agent_id,
                                .run_id = events->source->run_id};
    struct mneme_opt_long began = chat->created_at;
    for (size_t i = 0; i < chat->count && !began.is_set; i++) {
        began = chat->messages[i].created_at;
    }
    begin(events, &event, MNEME_EVENT_CONVERSATION_CREATED, scope, chat->id);
    events->latest = 0;
    event.occurred_at = time_of(events, began);
    struct mneme_json_writer json = {.out = &events->metadata};
    mneme_json_begin_object(&json);
    put_string(&json, "source", mneme_str_from(events->format));
    mneme_json_end_object(&json);
    event.payload.conversation_created = (struct mneme_conversation_created){
        .conversation_id = chat->id, .title = chat->title, .metadata = mneme_buffer_str(&events->metadata)};
    int status = identify(events, &event, &why);
    return put(events, status, &event, "the conversation", NULL, &why, error);
}

/* A piece of a message; most messages are one. */
struct part {
    struct mneme_str text;
    int64_t number, count; /* from 1 */
};

/* The message's id in the export, else role, time, text and index. The first part has the id of the whole
 * message, which is not split where the limit is higher. */
static void identify_message(struct mneme_chat_events *events, const struct mneme_chat_turn *turn,
                             const struct part *part) {
    const struct mneme_chat_message *message = turn->message;
    add_identity(events, message->id);
    if (message->id.data == NULL) {
        add_identity(events, message->role);
        add_identity(events, message->text);
        mneme_buffer_printf(&events->identity, "%lld %lld",
                            (long long)(message->created_at.is_set ? message->created_at.value : 0),
                            (long long)turn->ordinal);
    }
    /* Older versions, which did not read attachments, made the id without this. */
    if (message->has_attached_text) {
        add_identity(events, MNEME_STR_LIT("with attachments"));
    }
    if (part->number > 1) {
        mneme_buffer_printf(&events->identity, "part %lld", (long long)part->number);
    }
}

static void put_long(struct mneme_json_writer *json, const char *name, int64_t value) {
    mneme_json_key(json, mneme_str_from(name));
    mneme_json_long(json, value);
}

static void describe_message(struct mneme_chat_events *events, const struct mneme_chat_turn *turn,
                             const struct part *part) {
    const struct mneme_chat_message *message = turn->message;
    struct mneme_json_writer json = {.out = &events->metadata};
    mneme_json_begin_object(&json);
    put_string(&json, "source", mneme_str_from(events->format));
    put_string(&json, "message_id", message->id);
    put_string(&json, "content_type", message->kind);
    if (message->attachments > 0) {
        put_long(&json, "attachments", message->attachments);
    }
    if (part->count > 1) {
        put_long(&json, "part", part->number);
        put_long(&json, "parts", part->count);
    }
    if (turn->metadata.data != NULL) {
        mneme_json_key(&json, MNEME_STR_LIT("metadata"));
        mneme_json_raw(&json, turn->metadata);
    }
    mneme_json_end_object(&json);
}

static int put_part(struct mneme_chat_events *events, const struct mneme_chat_turn *turn,
                    const struct part *part, struct mneme_error *error) {
    static const struct mneme_opt_long next = {0};
    const struct mneme_chat_message *message = turn->message;
    struct mneme_event event;
    struct mneme_error why = {0};
    begin(events, &event, MNEME_EVENT_CONVERSATION_TURN, turn->scope, turn->conversation_id);
    identify_message(events, turn, part);
    describe_message(events, turn, part);
    event.occurred_at = time_of(events, part->number == 1 ? message->created_at : next);
    event.payload.conversation_turn =
        (struct mneme_conversation_turn){.conversation_id = turn->conversation_id,
                                         .turn_index = turn->turn_index,
                                         .role = message->role,
                                         .speaker = message->speaker,
                                         .content = part->text,
                                         .model = message->model,
                                         .metadata = mneme_buffer_str(&events->metadata)};
    int status = identify(events, &event, &why);
    return put(events, status, &event, turn->where, turn->ids, &why, error);
}

/* The limits of one part of the turn. */
static struct mneme_chat_limit limit_of(const struct mneme_chat_events *events,
                                        const struct mneme_chat_turn *turn) {
    size_t bytes = events->sink->max_event_bytes;
    size_t used = OVERHEAD_BYTES + turn->metadata.len;
    return (struct mneme_chat_limit){.characters = events->sink->content_max_chars,
                                     .bytes = bytes > 2 * used ? bytes - used : bytes / 2};
}

static int put_parts(struct mneme_chat_events *events, const struct mneme_chat_turn *turn,
                     const struct mneme_chat_limit *limit, int64_t count, struct mneme_error *error) {
    struct mneme_str rest = turn->message->text;
    struct part part = {.count = count};
    int status = MNEME_OK;
    while (status == MNEME_OK && rest.len > 0) {
        part.text = mneme_chat_next_part(&rest, limit);
        part.number++;
        /* White space alone has no meaning, and is refused as content. */
        status = mneme_is_blank(part.text) ? MNEME_OK : put_part(events, turn, &part, error);
    }
    return status;
}

int mneme_chat_put_turn(struct mneme_chat_events *events, const struct mneme_chat_turn *turn,
                        struct mneme_error *error) {
    const struct mneme_chat_message *message = turn->message;
    char reason[200];
    if (message->role.data == NULL) {
        struct mneme_str author = message->author;
        snprintf(reason, sizeof reason, "its role is \"%.*s\"; use user, assistant, system or tool",
                 (int)(author.len < 60 ? author.len : 60), author.data == NULL ? "" : author.data);
        return mneme_chat_refuse(events, turn->where, turn->ids, reason, error);
    }
    struct mneme_chat_limit limit = limit_of(events, turn);
    int64_t count = mneme_chat_count_parts(message->text, &limit);
    if (count > 1 && turn->turn_index.is_set) {
        snprintf(reason, sizeof reason,
                 "its content is longer than the %zu characters of one turn, and it cannot be split because "
                 "it has a turn_index; leave turn_index out, or raise MNEME_CONTENT_MAX_CHARS",
                 limit.characters);
        return mneme_chat_refuse(events, turn->where, turn->ids, reason, error);
    }
    return put_parts(events, turn, &limit, count, error);
}
