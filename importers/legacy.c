/*
 * Turns an object into an event in three steps: its canonical form, the roles of its members, and the event.
 * Members without a role, and those whose value does not fit their role, go to the metadata.
 */
#include "importers/legacy_entry.h"

#include "common/json/read.h"
#include "importers/import.h"
#include "importers/import_canonical.h"

int mneme_legacy_no_memory(const struct mneme_legacy_entry *entry) {
    return mneme_error_set(entry->error, MNEME_E_NO_MEMORY, "cannot import: out of memory; free some memory");
}

void mneme_legacy_reader_clean_up(struct mneme_legacy_reader *reader) {
    mneme_arena_clean_up(&reader->arena);
    mneme_buffer_clean_up(&reader->canonical);
    mneme_buffer_clean_up(&reader->content);
    mneme_buffer_clean_up(&reader->metadata);
    mneme_buffer_clean_up(&reader->identity);
}

/* --- roles of members --- */

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
        return value.len == 2; /* canonical form has no white space */
    case MNEME_JSON_BOOL:
    case MNEME_JSON_NUMBER:
        break;
    }
    return false;
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

/* Whether a value fits that role; if not, the member is kept in the metadata. */
static bool fits(enum mneme_legacy_role role, struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    double number;
    switch (role) {
    case MNEME_LEGACY_AGENT:
    case MNEME_LEGACY_USER:
    case MNEME_LEGACY_RUN:
    case MNEME_LEGACY_CONVERSATION:
        return kind == MNEME_JSON_STRING || kind == MNEME_JSON_NUMBER;
    case MNEME_LEGACY_TYPE:
        return kind == MNEME_JSON_STRING;
    case MNEME_LEGACY_TERM:
        return kind == MNEME_JSON_STRING && mneme_legacy_is_term(value);
    case MNEME_LEGACY_IMPORTANCE:
    case MNEME_LEGACY_PRIORITY: /* such as "high" */
        return mneme_legacy_read_number(&number, value);
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

static int list_members(struct mneme_legacy_entry *entry, struct mneme_str object) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(object);
    size_t capacity = 0;
    while (mneme_json_next(&reader, &key, &value)) {
        capacity++;
    }
    entry->members = mneme_arena_calloc(&entry->reader->arena, capacity + 1, sizeof *entry->members);
    if (entry->members == NULL) {
        return mneme_legacy_no_memory(entry);
    }
    reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        entry->members[entry->count++] = (struct mneme_legacy_member){.key = key, .value = value};
    }
    return MNEME_OK;
}

static void find_roles(struct mneme_legacy_entry *entry) {
    int ranks[MNEME_LEGACY_ROLE_COUNT];
    for (size_t i = 0; i < entry->count; i++) {
        struct mneme_legacy_member *member = &entry->members[i];
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

static int read_ids(struct mneme_legacy_ids *out, const struct mneme_legacy_entry *entry) {
    *out = (struct mneme_legacy_ids){0};
    for (int role = 0; role < MNEME_LEGACY_ROLE_COUNT; role++) {
        struct mneme_str *id = mneme_legacy_id(out, (enum mneme_legacy_role)role);
        if (id != NULL && entry->found[role] != NULL &&
            !mneme_legacy_read_id(id, &entry->reader->arena, entry->found[role]->value)) {
            return mneme_legacy_no_memory(entry);
        }
    }
    return MNEME_OK;
}

/* Some stores keep ids in the metadata; they also stay there. */
static int read_metadata_ids(struct mneme_legacy_ids *ids, const struct mneme_legacy_entry *entry) {
    const struct mneme_legacy_member *metadata = entry->found[MNEME_LEGACY_METADATA];
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
            return mneme_legacy_no_memory(entry);
        }
    }
    *ids = mneme_legacy_ids_or(*ids, inner);
    return MNEME_OK;
}

/* --- the event --- */

/* Whether it is a memory of mem0, judged by the name of its text. */
static bool is_of_mem0(const struct mneme_legacy_entry *entry) {
    const struct mneme_legacy_member *content = entry->found[MNEME_LEGACY_CONTENT];
    return content != NULL && mneme_json_unquotes_to(content->key, MNEME_STR_LIT("memory"));
}

/* The relevance to a query, which is not part of the memory. */
static bool is_score(const struct mneme_legacy_entry *entry, const struct mneme_legacy_member *member) {
    return is_of_mem0(entry) && mneme_json_unquotes_to(member->key, MNEME_STR_LIT("score"));
}

/* The object in canonical form. */
static void put_text(struct mneme_buffer *out, const struct mneme_legacy_entry *entry) {
    mneme_buffer_append_byte(out, '{');
    for (size_t i = 0, count = 0; i < entry->count; i++) {
        const struct mneme_legacy_member *member = &entry->members[i];
        if (!is_score(entry, member)) {
            mneme_buffer_append_str(out, count++ > 0 ? MNEME_STR_LIT(",") : MNEME_STR_LIT(""));
            mneme_buffer_append_str(out, member->key);
            mneme_buffer_append_byte(out, ':');
            mneme_buffer_append_str(out, member->value);
        }
    }
    mneme_buffer_append_byte(out, '}');
}

static void drop_score(const struct mneme_legacy_entry *entry) {
    for (size_t i = 0; i < entry->count; i++) {
        entry->members[i].is_taken = entry->members[i].is_taken || is_score(entry, &entry->members[i]);
    }
}

/* Its id is derived from the object and its owner, not from where it was found. */
static int identify(struct mneme_legacy_entry *entry, struct mneme_event *event) {
    struct mneme_buffer *identity = &entry->reader->identity;
    const struct mneme_str parts[] = {event->scope.agent_id, event->scope.user_id, event->scope.run_id,
                                      event->scope.conversation_id};
    mneme_buffer_clear(identity);
    put_text(identity, entry);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        mneme_buffer_append_byte(identity, 0); /* which none of them may contain */
        mneme_buffer_append_str(identity, parts[i]);
    }
    if (identity->failed) {
        return mneme_legacy_no_memory(entry);
    }
    char key[MNEME_ID_TEXT_BYTES];
    int status = mneme_import_content_id(key, mneme_buffer_str(identity), entry->error);
    return status == MNEME_OK ? mneme_event_set_idempotency_key(event, mneme_str_from(key), entry->error)
                              : status;
}

static int put_scope(const struct mneme_legacy_entry *entry, struct mneme_event *event,
                     const struct mneme_legacy_ids *around) {
    struct mneme_legacy_ids ids;
    int status = read_ids(&ids, entry);
    if (status == MNEME_OK) {
        status = read_metadata_ids(&ids, entry);
    }
    ids = mneme_legacy_ids_or(ids, *around);
    /* mem0 names all owners of a memory, and its files are named after the API call, so file names say
     * nothing. */
    if (!is_of_mem0(entry) || (ids.agent.data == NULL && ids.user.data == NULL && ids.run.data == NULL)) {
        ids = mneme_legacy_ids_or(ids, entry->reader->named);
    }
    if (ids.agent.data == NULL && ids.user.data == NULL) {
        ids.agent = MNEME_STR_LIT("unknown_agent");
    }
    event->scope = (struct mneme_scope){
        .agent_id = ids.agent, .user_id = ids.user, .run_id = ids.run, .conversation_id = ids.conversation};
    event->stream_id = mneme_event_subject(event);
    return status;
}

static int put_payload(struct mneme_legacy_entry *entry, struct mneme_event *event) {
    struct mneme_memory_created *memory = &event->payload.memory_created;
    int status = mneme_legacy_put_fields(entry, event);
    if (status == MNEME_OK) {
        status = mneme_legacy_put_content(entry, &memory->content);
    }
    return status == MNEME_OK ? mneme_legacy_put_metadata(entry, &memory->metadata) : status;
}

int mneme_legacy_read(struct mneme_event *out, struct mneme_legacy_notes *notes,
                      struct mneme_legacy_reader *reader, struct mneme_str object,
                      const struct mneme_legacy_ids *around, const char *tenant, struct mneme_error *error) {
    struct mneme_legacy_entry entry = {.reader = reader, .notes = notes, .error = error};
    *notes = (struct mneme_legacy_notes){0};
    mneme_arena_reset(&reader->arena, SIZE_MAX);
    mneme_buffer_clear(&reader->canonical);
    mneme_event_prepare(out, MNEME_EVENT_MEMORY_CREATED);
    out->tenant = mneme_str_from(tenant);
    int status = mneme_import_canonical(&reader->canonical, &reader->arena, object, error);
    if (status == MNEME_OK) {
        status = list_members(&entry, mneme_buffer_str(&reader->canonical));
    }
    if (status == MNEME_OK) {
        find_roles(&entry);
        drop_score(&entry);
        status = put_scope(&entry, out, around);
    }
    if (status == MNEME_OK) {
        status = put_payload(&entry, out);
    }
    notes->has_unknown_type = entry.unknown_type.data != NULL;
    return status == MNEME_OK ? identify(&entry, out) : status;
}
