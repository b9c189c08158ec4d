/*
 * From an object to an event in three steps: its canonical form, which member has which role, and the fields.
 * Members without a role, and those whose value does not fit theirs, go to metadata; of numbers and times
 * that do not fit the memory is refused, since leaving them out would change what it says.
 */
#include "producers/importers/legacy.h"

#include "common/clock.h"
#include "common/json_read.h"
#include "producers/importers/import.h"
#include "producers/importers/json_canonical.h"

struct member {
    struct mneme_str key, value; /* the key with its quotes */
    bool is_taken;               /* has found its place */
};

struct entry {
    struct mneme_legacy_reader *reader;
    struct member *members;
    size_t count;
    struct member *found[MNEME_LEGACY_ROLE_COUNT]; /* NULL: there is none */
    bool is_content_empty;                         /* a member for it is there, but says nothing */
    struct mneme_str unknown_type;
    struct mneme_error *error;
};

static int out_of_memory(const struct entry *entry) {
    return mneme_error_set(entry->error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
}

void mneme_legacy_reader_clean_up(struct mneme_legacy_reader *reader) {
    mneme_arena_clean_up(&reader->arena);
    mneme_buffer_clean_up(&reader->canonical);
    mneme_buffer_clean_up(&reader->content);
    mneme_buffer_clean_up(&reader->metadata);
    mneme_buffer_clean_up(&reader->identity);
}

/* --- which member is what --- */

static bool is_empty(struct mneme_str value) {
    size_t characters;
    bool is_blank = false;
    switch (mneme_json_kind_of(value)) {
    case MNEME_JSON_NULL:
        return true;
    case MNEME_JSON_STRING:
        mneme_json_measure(value, &characters, &is_blank);
        return is_blank;
    case MNEME_JSON_ARRAY:
    case MNEME_JSON_OBJECT:
        return value.len == 2; /* it is canonical: without white space */
    case MNEME_JSON_BOOL:
    case MNEME_JSON_NUMBER:
        break;
    }
    return false;
}

static bool is_number_as_string(struct mneme_str value) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    struct mneme_str inside = {value.data + 1, value.len - 2};
    return mneme_json_check(inside, &kind, &reason, &at) && kind == MNEME_JSON_NUMBER;
}

static bool is_list_of_names(struct mneme_str value) {
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_json_reader reader = mneme_json_enter(value);
    while (mneme_json_next(&reader, &key, &item)) {
        enum mneme_json_kind kind = mneme_json_kind_of(item);
        if (kind != MNEME_JSON_STRING && kind != MNEME_JSON_NUMBER) {
            return false;
        }
    }
    return true;
}

static bool is_term(struct mneme_str value) {
    return mneme_json_unquotes_to(value, MNEME_STR_LIT("short_term")) ||
           mneme_json_unquotes_to(value, MNEME_STR_LIT("long_term"));
}

/* Whether a value can have that role; if not, the member is kept in the metadata. */
static bool fits(enum mneme_legacy_role role, struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    switch (role) {
    case MNEME_LEGACY_AGENT:
    case MNEME_LEGACY_USER:
    case MNEME_LEGACY_RUN:
    case MNEME_LEGACY_CONVERSATION:
        return kind == MNEME_JSON_STRING || kind == MNEME_JSON_NUMBER;
    case MNEME_LEGACY_TYPE:
        return kind == MNEME_JSON_STRING;
    case MNEME_LEGACY_TERM:
        return kind == MNEME_JSON_STRING && is_term(value);
    case MNEME_LEGACY_IMPORTANCE:
    case MNEME_LEGACY_PRIORITY: /* such as "high" */
        return kind == MNEME_JSON_NUMBER || (kind == MNEME_JSON_STRING && is_number_as_string(value));
    case MNEME_LEGACY_TAGS:
        return kind == MNEME_JSON_STRING || (kind == MNEME_JSON_ARRAY && is_list_of_names(value));
    case MNEME_LEGACY_ENTITIES:
        return kind == MNEME_JSON_ARRAY && is_list_of_names(value);
    case MNEME_LEGACY_METADATA:
        return kind == MNEME_JSON_OBJECT;
    case MNEME_LEGACY_CONTENT:
    case MNEME_LEGACY_CONFIDENCE:
    case MNEME_LEGACY_TIME:
    case MNEME_LEGACY_EXPIRES:
    case MNEME_LEGACY_ROLE_COUNT:
        break;
    }
    return true;
}

static int list_members(struct entry *entry, struct mneme_str object) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(object);
    size_t capacity = 0;
    while (mneme_json_next(&reader, &key, &value)) {
        capacity++;
    }
    entry->members = mneme_arena_calloc(&entry->reader->arena, capacity + 1, sizeof *entry->members);
    if (entry->members == NULL) {
        return out_of_memory(entry);
    }
    reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        entry->members[entry->count++] = (struct member){.key = key, .value = value};
    }
    return MNEME_OK;
}

static void find_roles(struct entry *entry) {
    int ranks[MNEME_LEGACY_ROLE_COUNT];
    for (size_t i = 0; i < entry->count; i++) {
        struct member *member = &entry->members[i];
        int rank = 0;
        enum mneme_legacy_role role = mneme_legacy_role_of(member->key, &rank);
        if (role == MNEME_LEGACY_ROLE_COUNT) {
            continue;
        }
        if (is_empty(member->value)) {
            entry->is_content_empty = entry->is_content_empty || role == MNEME_LEGACY_CONTENT;
            member->is_taken = true;
        } else if (fits(role, member->value) && (entry->found[role] == NULL || rank < ranks[role])) {
            entry->found[role] = member;
            ranks[role] = rank;
        }
    }
    for (int role = 0; role < MNEME_LEGACY_ROLE_COUNT; role++) {
        if (entry->found[role] != NULL) {
            entry->found[role]->is_taken = true;
        }
    }
}

/* --- ids --- */

static int read_ids(struct mneme_legacy_ids *out, const struct entry *entry) {
    *out = (struct mneme_legacy_ids){0};
    for (int role = 0; role < MNEME_LEGACY_ROLE_COUNT; role++) {
        struct mneme_str *id = mneme_legacy_id(out, (enum mneme_legacy_role)role);
        if (id != NULL && entry->found[role] != NULL &&
            !mneme_legacy_read_id(id, &entry->reader->arena, entry->found[role]->value)) {
            return out_of_memory(entry);
        }
    }
    return MNEME_OK;
}

/* Some stores keep the ids among the metadata; they stay there as well. */
static int read_metadata_ids(struct mneme_legacy_ids *ids, const struct entry *entry) {
    const struct member *metadata = entry->found[MNEME_LEGACY_METADATA];
    if (metadata == NULL) {
        return MNEME_OK;
    }
    struct mneme_legacy_ids inner = {0};
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(metadata->value);
    while (mneme_json_next(&reader, &key, &value)) {
        int rank;
        struct mneme_str *id = mneme_legacy_id(&inner, mneme_legacy_role_of(key, &rank));
        if (id != NULL && id->data == NULL && !mneme_legacy_read_id(id, &entry->reader->arena, value)) {
            return out_of_memory(entry);
        }
    }
    *ids = mneme_legacy_ids_or(*ids, inner);
    return MNEME_OK;
}

/* --- fields --- */

static int put_type(struct entry *entry, struct mneme_memory_created *memory) {
    const struct member *member = entry->found[MNEME_LEGACY_TYPE];
    const struct member *term = entry->found[MNEME_LEGACY_TERM];
    memory->memory_type = MNEME_STR_LIT("fact");
    if (term != NULL && !mneme_json_unquote(&memory->term, &entry->reader->arena, term->value)) {
        return out_of_memory(entry);
    }
    if (member == NULL) {
        return MNEME_OK;
    }
    struct mneme_str name;
    if (!mneme_json_unquote(&name, &entry->reader->arena, member->value)) {
        return out_of_memory(entry);
    }
    struct mneme_str type = mneme_legacy_type(name);
    if (type.data != NULL) {
        memory->memory_type = type;
    } else if (is_term(member->value)) {
        memory->term = term == NULL ? name : memory->term;
    } else {
        entry->unknown_type = member->value;
    }
    return MNEME_OK;
}

static int put_number(const struct entry *entry, enum mneme_legacy_role role, const char *name, double high,
                      double *out) {
    const struct member *member = entry->found[role];
    if (member == NULL) {
        return MNEME_OK;
    }
    enum mneme_json_kind kind = mneme_json_kind_of(member->value);
    if (kind != MNEME_JSON_NUMBER) {
        return mneme_error_set(entry->error, MNEME_E_INVALID,
                               "memory refused: %s must be a number, not %s; write it without quotes", name,
                               mneme_json_kind_phrase(kind));
    }
    if (!mneme_json_to_double(out, member->value)) {
        return out_of_memory(entry);
    }
    *out = *out < 0 ? 0 : *out > high ? high : *out;
    return MNEME_OK;
}

static int put_numbers(const struct entry *entry, struct mneme_memory_created *memory) {
    double priority = (double)memory->priority;
    int status = put_number(entry, MNEME_LEGACY_CONFIDENCE, "confidence", 1, &memory->confidence);
    if (status == MNEME_OK) {
        status = put_number(entry, MNEME_LEGACY_IMPORTANCE, "importance", 1, &memory->importance);
    }
    if (status == MNEME_OK) {
        status = put_number(entry, MNEME_LEGACY_PRIORITY, "priority", 10, &priority);
    }
    memory->priority = (int64_t)priority;
    return status;
}

static int put_time(const struct entry *entry, enum mneme_legacy_role role, int64_t *micros) {
    const struct member *member = entry->found[role];
    if (mneme_legacy_read_time(micros, &entry->reader->arena, member->value)) {
        return MNEME_OK;
    }
    struct mneme_str value = member->value;
    value.len = value.len < 60 ? value.len : 60;
    return mneme_error_set(entry->error, MNEME_E_INVALID,
                           "memory refused: %.*s is no time: %.*s; give RFC 3339, or seconds or "
                           "milliseconds since 1970",
                           (int)(member->key.len - 2), member->key.data + 1, MNEME_STR_ARG(value));
}

static int put_times(const struct entry *entry, struct mneme_event *event) {
    event->occurred_at = mneme_clock_now_micros();
    int status = entry->found[MNEME_LEGACY_TIME] == NULL
                     ? MNEME_OK
                     : put_time(entry, MNEME_LEGACY_TIME, &event->occurred_at);
    if (status == MNEME_OK && entry->found[MNEME_LEGACY_EXPIRES] != NULL) {
        struct mneme_opt_long *expires_at = &event->payload.memory_created.expires_at;
        status = put_time(entry, MNEME_LEGACY_EXPIRES, &expires_at->value);
        expires_at->is_set = status == MNEME_OK;
    }
    return status;
}

/* Splits "a, b" in place into items; gives their count. */
static size_t split(struct mneme_str *items, struct mneme_str text) {
    size_t count = 0;
    while (text.data != NULL) {
        const char *comma = text.len == 0 ? NULL : memchr(text.data, ',', text.len);
        size_t len = comma == NULL ? text.len : (size_t)(comma - text.data);
        struct mneme_str item = mneme_json_trim((struct mneme_str){text.data, len});
        if (item.len > 0) {
            items[count++] = item;
        }
        text = comma == NULL ? MNEME_STR_NULL : (struct mneme_str){comma + 1, text.len - len - 1};
    }
    return count;
}

static int put_names(const struct entry *entry, enum mneme_legacy_role role, struct mneme_str_array *out) {
    const struct member *member = entry->found[role];
    if (member == NULL) {
        return MNEME_OK;
    }
    struct mneme_arena *arena = &entry->reader->arena;
    /* No more items than every other byte begins one. */
    struct mneme_str *items = mneme_arena_calloc(arena, member->value.len / 2 + 1, sizeof *items);
    struct mneme_str text;
    if (items == NULL) {
        return out_of_memory(entry);
    }
    size_t count = 0;
    if (mneme_json_kind_of(member->value) == MNEME_JSON_STRING) {
        if (!mneme_json_unquote(&text, arena, member->value)) {
            return out_of_memory(entry);
        }
        count = split(items, text);
    } else {
        struct mneme_str key;
        struct mneme_str item;
        struct mneme_json_reader reader = mneme_json_enter(member->value);
        while (mneme_json_next(&reader, &key, &item)) {
            if (!mneme_legacy_read_id(&items[count], arena, item)) {
                return out_of_memory(entry);
            }
            count += items[count].data != NULL ? 1 : 0;
        }
    }
    *out = (struct mneme_str_array){.items = items, .count = count, .is_set = count > 0};
    return MNEME_OK;
}

/* --- content and metadata --- */

static void put_member(struct mneme_buffer *out, const char *prefix, struct mneme_str key,
                       struct mneme_str value) {
    if (out->len > 1) {
        mneme_buffer_append_byte(out, ',');
    }
    mneme_buffer_append_byte(out, '"');
    mneme_buffer_append_str(out, mneme_str_from(prefix));
    mneme_buffer_append(out, key.data + 1, key.len - 1);
    mneme_buffer_append_byte(out, ':');
    mneme_buffer_append_str(out, value);
}

static int put_content(struct entry *entry, struct mneme_str *out) {
    struct mneme_buffer *content = &entry->reader->content;
    struct member *member = entry->found[MNEME_LEGACY_CONTENT];
    mneme_buffer_clear(content);
    mneme_buffer_append_byte(content, '{');
    if (member == NULL) { /* what nobody else has taken */
        for (size_t i = 0; i < entry->count && !entry->is_content_empty; i++) {
            if (!entry->members[i].is_taken) {
                entry->members[i].is_taken = true;
                put_member(content, "", entry->members[i].key, entry->members[i].value);
            }
        }
        if (content->len == 1) {
            return mneme_error_set(entry->error, MNEME_E_INVALID,
                                   "memory refused: it has no content%s; give it one, or leave it out",
                                   entry->is_content_empty ? ": what holds it is null or empty" : "");
        }
    } else if (mneme_json_kind_of(member->value) == MNEME_JSON_OBJECT) {
        *out = member->value;
        return MNEME_OK;
    } else {
        bool is_text = mneme_json_kind_of(member->value) == MNEME_JSON_STRING;
        put_member(content, "", is_text ? MNEME_STR_LIT("\"text\"") : member->key, member->value);
    }
    mneme_buffer_append_byte(content, '}');
    *out = mneme_buffer_str(content);
    return content->failed ? out_of_memory(entry) : MNEME_OK;
}

static bool has_member(const struct member *object, struct mneme_str name) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(object->value);
    while (mneme_json_next(&reader, &key, &value)) {
        if (mneme_str_equal(key, name)) {
            return true;
        }
    }
    return false;
}

/* The object's own metadata, then everything else that has no place; where names meet, the latter's are
 * marked. */
static int put_metadata(struct entry *entry, struct mneme_str *out) {
    struct mneme_buffer *metadata = &entry->reader->metadata;
    const struct member *own = entry->found[MNEME_LEGACY_METADATA];
    mneme_buffer_clear(metadata);
    if (own == NULL) {
        mneme_buffer_append_byte(metadata, '{');
    } else {
        mneme_buffer_append(metadata, own->value.data, own->value.len - 1);
    }
    for (size_t i = 0; i < entry->count; i++) {
        const struct member *member = &entry->members[i];
        if (!member->is_taken) {
            bool meets = own != NULL && has_member(own, member->key);
            put_member(metadata, meets ? "legacy_" : "", member->key, member->value);
        }
    }
    if (entry->unknown_type.data != NULL) {
        put_member(metadata, "legacy_", MNEME_STR_LIT("\"type\""), entry->unknown_type);
    }
    mneme_buffer_append_byte(metadata, '}');
    *out = metadata->len > 2 ? mneme_buffer_str(metadata) : MNEME_STR_NULL;
    return metadata->failed ? out_of_memory(entry) : MNEME_OK;
}

/* --- the event --- */

/* Its id follows from what the object says and whom it belongs to, not from where it was found. */
static int identify(struct entry *entry, struct mneme_event *event) {
    struct mneme_buffer *identity = &entry->reader->identity;
    const struct mneme_str parts[] = {event->scope.agent_id, event->scope.user_id, event->scope.run_id,
                                      event->scope.conversation_id};
    mneme_buffer_clear(identity);
    mneme_buffer_append_str(identity, mneme_buffer_str(&entry->reader->canonical));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        mneme_buffer_append_byte(identity, 0); /* which none of them may hold */
        mneme_buffer_append_str(identity, parts[i]);
    }
    if (identity->failed) {
        return out_of_memory(entry);
    }
    char key[MNEME_ID_TEXT_BYTES];
    int status = mneme_import_content_id(key, mneme_buffer_str(identity), entry->error);
    return status == MNEME_OK ? mneme_event_set_idempotency_key(event, mneme_str_from(key), entry->error)
                              : status;
}

static int put_scope(const struct entry *entry, struct mneme_event *event,
                     const struct mneme_legacy_ids *around) {
    struct mneme_legacy_ids ids;
    int status = read_ids(&ids, entry);
    if (status == MNEME_OK) {
        status = read_metadata_ids(&ids, entry);
    }
    ids = mneme_legacy_ids_or(ids, *around);
    event->scope = (struct mneme_scope){
        .agent_id = ids.agent, .user_id = ids.user, .run_id = ids.run, .conversation_id = ids.conversation};
    event->stream_id = mneme_event_subject(event);
    return status;
}

static int put_payload(struct entry *entry, struct mneme_event *event) {
    struct mneme_memory_created *memory = &event->payload.memory_created;
    int status = put_type(entry, memory);
    if (status == MNEME_OK) {
        status = put_numbers(entry, memory);
    }
    if (status == MNEME_OK) {
        status = put_times(entry, event);
    }
    if (status == MNEME_OK) {
        status = put_names(entry, MNEME_LEGACY_TAGS, &memory->tags);
    }
    if (status == MNEME_OK) {
        status = put_names(entry, MNEME_LEGACY_ENTITIES, &memory->entities);
    }
    if (status == MNEME_OK) {
        status = put_content(entry, &memory->content);
    }
    return status == MNEME_OK ? put_metadata(entry, &memory->metadata) : status;
}

int mneme_legacy_read(struct mneme_event *out, bool *has_unknown_type, struct mneme_legacy_reader *reader,
                      struct mneme_str object, const struct mneme_legacy_ids *around, const char *tenant,
                      struct mneme_error *error) {
    struct entry entry = {.reader = reader, .error = error};
    mneme_arena_reset(&reader->arena, SIZE_MAX);
    mneme_buffer_clear(&reader->canonical);
    mneme_event_prepare(out, MNEME_EVENT_MEMORY_CREATED);
    out->tenant = mneme_str_from(tenant);
    int status = mneme_json_canonical(&reader->canonical, &reader->arena, object, error);
    if (status == MNEME_OK) {
        status = list_members(&entry, mneme_buffer_str(&reader->canonical));
    }
    if (status == MNEME_OK) {
        find_roles(&entry);
        status = put_scope(&entry, out, around);
    }
    if (status == MNEME_OK) {
        status = put_payload(&entry, out);
    }
    *has_unknown_type = entry.unknown_type.data != NULL;
    return status == MNEME_OK ? identify(&entry, out) : status;
}
