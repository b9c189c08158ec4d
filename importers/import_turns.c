/*
 * Turns of conversations as plain JSON lines, as agents and data sets keep them: one object for each turn,
 * with its conversation's id. Each line is judged separately.
 */
#include <stdio.h>
#include <unistd.h>

#include "common/base/hash.h"
#include "common/base/text_check.h"
#include "common/json/read.h"
#include "importers/chat_events.h"
#include "importers/chat_repaired.h"
#include "importers/lines.h"

#define EXPECTED_CONVERSATIONS 256

/* The number of turns read of a conversation: turns without an id are identified by their place. */
struct place {
    struct mneme_str conversation_id;
    int64_t count;
};

struct walk {
    struct mneme_chat_events events;
    struct mneme_arena arena; /* of the current line */
    struct mneme_arena places_arena;
    struct mneme_hash places; /* struct place by conversation */
    struct mneme_buffer last; /* conversation of the previous line */
    size_t mended;            /* half characters of the current line */
};

/* --- places --- */

/* The next place in the conversation; -1 when memory is exhausted. */
static int64_t take_place(struct walk *walk, struct mneme_str conversation_id) {
    uint64_t hash = mneme_hash_bytes(0, conversation_id.data, conversation_id.len);
    uint64_t cursor = hash;
    struct place *place;
    while ((place = mneme_hash_next(&walk->places, hash, &cursor)) != NULL) {
        if (mneme_str_equal(place->conversation_id, conversation_id)) {
            return place->count++;
        }
    }
    place = mneme_arena_alloc(&walk->places_arena, sizeof *place);
    if (place == NULL) {
        return -1;
    }
    *place = (struct place){mneme_arena_copy(&walk->places_arena, conversation_id), 1};
    return place->conversation_id.data != NULL && mneme_hash_add(&walk->places, hash, place) ? 0 : -1;
}

/* --- one turn --- */

/* The first of these members that exists. */
static struct mneme_str first_member(struct mneme_str object, const char *const *names) {
    struct mneme_str value = MNEME_STR_NULL;
    for (size_t i = 0; names[i] != NULL && value.data == NULL; i++) {
        value = mneme_chat_member(object, names[i]);
    }
    return value;
}

static bool read_string(struct mneme_str *out, struct walk *walk, struct mneme_str object,
                        const char *const *names) {
    return mneme_chat_string(out, &walk->arena, first_member(object, names));
}

static bool read_message(struct mneme_chat_message *out, struct walk *walk, struct mneme_str object) {
    static const char *const ids[] = {"id", "message_id", "turn_id", "uuid", NULL};
    static const char *const roles[] = {"role", "sender", NULL};
    static const char *const speakers[] = {"speaker", "name", NULL};
    static const char *const contents[] = {"content", "text", NULL};
    static const char *const times[] = {"created_at", "timestamp", "time", "create_time", NULL};
    static const char *const models[] = {"model", NULL};
    *out =
        (struct mneme_chat_message){.created_at = mneme_chat_time(&walk->arena, first_member(object, times))};
    bool is_read =
        read_string(&out->id, walk, object, ids) && read_string(&out->author, walk, object, roles) &&
        read_string(&out->speaker, walk, object, speakers) &&
        read_string(&out->text, walk, object, contents) && read_string(&out->model, walk, object, models);
    out->role = mneme_chat_role(out->author);
    return is_read;
}

static bool read_scope(struct mneme_scope *out, struct walk *walk, struct mneme_str object) {
    static const char *const users[] = {"user_id", NULL};
    static const char *const agents[] = {"agent_id", NULL};
    static const char *const runs[] = {"run_id", NULL};
    const struct mneme_import_source *source = walk->events.source;
    bool is_read = read_string(&out->user_id, walk, object, users) &&
                   read_string(&out->agent_id, walk, object, agents) &&
                   read_string(&out->run_id, walk, object, runs);
    if (out->user_id.data == NULL && out->agent_id.data == NULL) {
        out->user_id = source->user_id;
        out->agent_id = source->agent_id;
    }
    out->run_id = out->run_id.data == NULL ? source->run_id : out->run_id;
    return is_read;
}

/* What a turn lacks, or NULL. */
static const char *find_fault(const struct mneme_chat_turn *turn) {
    if (turn->conversation_id.data == NULL) {
        return "it has no conversation_id; add one";
    }
    if (turn->message->author.data == NULL) {
        return "it has no role; add user, assistant, system or tool";
    }
    if (turn->message->text.data == NULL) {
        return "its content is missing or blank; add text";
    }
    if (turn->scope.user_id.data == NULL && turn->scope.agent_id.data == NULL) {
        return "it has neither user_id nor agent_id; give --user";
    }
    return NULL;
}

/* Times continue from the previous line only within one conversation. */
static bool note_conversation(struct walk *walk, struct mneme_str conversation_id) {
    if (!mneme_str_equal(mneme_buffer_str(&walk->last), conversation_id)) {
        mneme_buffer_clear(&walk->last);
        mneme_buffer_append_str(&walk->last, conversation_id);
        walk->events.latest = 0;
    }
    return !walk->last.failed;
}

static int warn_repaired(const struct walk *walk, const struct mneme_chat_turn *turn,
                         struct mneme_error *error) {
    char what[64];
    char why[320];
    struct mneme_import_sink *sink = walk->events.sink;
    if (walk->mended == 0) {
        return MNEME_OK;
    }
    sink->mended += (int64_t)walk->mended;
    mneme_chat_repaired_format(what, sizeof what, walk->mended);
    snprintf(why, sizeof why, "%s: %s %s", turn->where, what, turn->ids);
    return sink->warn(sink->context, sink->entry, why, error);
}

static int read_turn(struct walk *walk, struct mneme_str object, struct mneme_error *error) {
    static const char *const conversations[] = {"conversation_id", "session_id", "thread_id", NULL};
    struct mneme_chat_message message;
    char ids[240];
    struct mneme_chat_turn turn = {.message = &message, .where = "the turn"};
    struct mneme_str index = mneme_chat_member(object, "turn_index");
    struct mneme_str metadata = mneme_chat_member(object, "metadata");
    mneme_arena_reset(&walk->arena, SIZE_MAX);
    if (!read_message(&message, walk, object) || !read_scope(&turn.scope, walk, object) ||
        !read_string(&turn.conversation_id, walk, object, conversations)) {
        return mneme_chat_no_memory(error);
    }
    const char *fault = find_fault(&turn);
    if (fault != NULL) {
        return mneme_chat_refuse(&walk->events, turn.where, turn.ids, fault, error);
    }
    turn.turn_index.is_set = index.data != NULL && mneme_json_to_long(&turn.turn_index.value, index);
    if (index.data != NULL && !turn.turn_index.is_set) {
        return mneme_chat_refuse(&walk->events, turn.where, turn.ids,
                                 "its turn_index is not a whole number; correct it", error);
    }
    if (metadata.data != NULL && mneme_json_kind_of(metadata) == MNEME_JSON_OBJECT) {
        turn.metadata = metadata;
    }
    turn.ordinal = take_place(walk, turn.conversation_id);
    if (turn.ordinal < 0 || !note_conversation(walk, turn.conversation_id)) {
        return mneme_chat_no_memory(error);
    }
    mneme_chat_name(ids, sizeof ids, message.id, turn.conversation_id);
    turn.ids = ids;
    int status = mneme_chat_put_turn(&walk->events, &turn, error);
    return status == MNEME_OK ? warn_repaired(walk, &turn, error) : status;
}

static int read_line(struct walk *walk, struct mneme_lines *lines, struct mneme_str line,
                     struct mneme_error *error) {
    enum mneme_json_kind kind;
    const char *reason;
    char why[160];
    size_t at;
    if (mneme_is_blank(line)) {
        walk->events.sink->skipped++;
        return MNEME_OK;
    }
    walk->mended = mneme_lines_repair(lines, line);
    if (!mneme_json_check(line, &kind, &reason, &at)) {
        snprintf(why, sizeof why, "it is not valid JSON: %s at byte %zu; repair it", reason, at);
        return mneme_chat_refuse(&walk->events, "the line", NULL, why, error);
    }
    if (kind != MNEME_JSON_OBJECT) {
        snprintf(why, sizeof why, "it is %s; write one JSON object per line", mneme_json_kind_phrase(kind));
        return mneme_chat_refuse(&walk->events, "the line", NULL, why, error);
    }
    return read_turn(walk, mneme_json_trim(line), error);
}

/* --- the file --- */

static int read_lines(struct walk *walk, struct mneme_lines *lines, struct mneme_error *error) {
    int status = MNEME_OK;
    bool is_at_end = false;
    while (status == MNEME_OK && !is_at_end) {
        struct mneme_str line;
        enum mneme_line_state state = mneme_lines_next(&line, lines);
        walk->events.sink->line = lines->number;
        switch (state) {
        case MNEME_LINE_READY:
            walk->events.sink->bytes += (int64_t)line.len + 1;
            status = read_line(walk, lines, line, error);
            break;
        case MNEME_LINE_TOO_LONG:
            status = mneme_chat_refuse(&walk->events, "the line", NULL, "it is longer than 4 MiB; split it",
                                       error);
            break;
        case MNEME_LINE_NONE:
            status = mneme_lines_fill(lines, error);
            break;
        case MNEME_LINE_END:
            is_at_end = true;
            break;
        }
    }
    return status;
}

static int read_file(const struct mneme_import_source *source, struct mneme_import_sink *sink,
                     struct mneme_error *error) {
    struct walk walk = {.events = {.source = source, .sink = sink, .format = "turns"}};
    struct mneme_lines lines;
    mneme_arena_init(&walk.arena, 0);
    mneme_arena_init(&walk.places_arena, 0);
    (void)lseek(source->fd, 0, SEEK_SET); /* cannot fail for a regular file */
    mneme_lines_init(&lines, source->fd);
    int status = mneme_hash_init(&walk.places, &walk.places_arena, EXPECTED_CONVERSATIONS)
                     ? read_lines(&walk, &lines, error)
                     : mneme_chat_no_memory(error);
    mneme_lines_clean_up(&lines);
    mneme_chat_events_clean_up(&walk.events);
    mneme_buffer_clean_up(&walk.last);
    mneme_arena_clean_up(&walk.places_arena);
    mneme_arena_clean_up(&walk.arena);
    return status;
}

const struct mneme_import_format mneme_import_turns = {
    .name = "turns",
    .summary = "turns of conversations, one JSON object per line",
    .noun = "turns",
    .is_judged_by_entry = true,
    .read = read_file,
};
