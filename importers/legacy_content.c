/*
 * Content and metadata of a memory from an older store: its text, and everything without another place.
 */
#include "common/base/clock.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "importers/legacy_entry.h"

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

/* Whether it contains a list of objects, at any depth. */
static bool holds_objects(struct mneme_str value) {
    struct mneme_str key;
    struct mneme_str item;
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    if (kind != MNEME_JSON_OBJECT && kind != MNEME_JSON_ARRAY) {
        return false;
    }
    struct mneme_json_reader reader = mneme_json_enter(value);
    while (mneme_json_next(&reader, &key, &item)) {
        if ((kind == MNEME_JSON_ARRAY && mneme_json_kind_of(item) == MNEME_JSON_OBJECT) ||
            holds_objects(item)) {
            return true;
        }
    }
    return false;
}

/* Whether it is an object with its own content. */
static bool is_like_memory(struct mneme_str value) {
    struct mneme_str key;
    struct mneme_str item;
    int rank;
    if (mneme_json_kind_of(value) != MNEME_JSON_OBJECT) {
        return false;
    }
    struct mneme_json_reader reader = mneme_json_enter(value);
    while (mneme_json_next(&reader, &key, &item)) {
        if (mneme_legacy_role_of(key, &rank) == MNEME_LEGACY_CONTENT) {
            return true;
        }
    }
    return false;
}

/* Why an object without content is not a memory: one of its members contains memories or conversations. NULL:
 * it may be one. An object with fields that only memories have is a memory, whatever it contains. */
static const char *refuse_shape(const struct mneme_legacy_entry *entry,
                                const struct mneme_legacy_member *member) {
    static const enum mneme_legacy_role fields[] = {
        MNEME_LEGACY_TYPE,     MNEME_LEGACY_TERM, MNEME_LEGACY_CONFIDENCE, MNEME_LEGACY_IMPORTANCE,
        MNEME_LEGACY_PRIORITY, MNEME_LEGACY_TAGS, MNEME_LEGACY_ENTITIES};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (entry->found[fields[i]] != NULL) {
            return NULL;
        }
    }
    if (mneme_json_unquotes_to(member->key, MNEME_STR_LIT("mapping")) ||
        mneme_json_unquotes_to(member->key, MNEME_STR_LIT("chat_messages"))) {
        return "is a conversation; use `mneme import chatgpt` or `mneme import claude`";
    }
    if (holds_objects(member->value)) {
        return "is a list of objects; put that list in a file by itself, or under \"memories\"";
    }
    if (is_like_memory(member->value)) {
        return "is an object that has content itself; put such objects in a list";
    }
    return NULL;
}

int mneme_legacy_put_content(struct mneme_legacy_entry *entry, struct mneme_str *out) {
    struct mneme_buffer *content = &entry->reader->content;
    struct mneme_legacy_member *member = entry->found[MNEME_LEGACY_CONTENT];
    mneme_buffer_clear(content);
    mneme_buffer_append_byte(content, '{');
    if (member == NULL) { /* uses all members that are not taken */
        for (size_t i = 0; i < entry->count && !entry->is_content_empty; i++) {
            if (!entry->members[i].is_taken) {
                const char *reason = refuse_shape(entry, &entry->members[i]);
                if (reason != NULL) {
                    return mneme_error_set(
                        entry->error, MNEME_E_INVALID, "memory refused: member \"%.*s\" %s",
                        (int)(entry->members[i].key.len - 2), entry->members[i].key.data + 1, reason);
                }
                entry->members[i].is_taken = true;
                put_member(content, "", entry->members[i].key, entry->members[i].value);
            }
        }
        if (content->len == 1) {
            return mneme_error_set(
                entry->error, MNEME_E_INVALID,
                "memory refused: it has no content%s; add content, or leave the memory out",
                entry->is_content_empty ? ": its value is null or empty" : "");
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
    return content->failed ? mneme_legacy_no_memory(entry) : MNEME_OK;
}

static bool has_member(const struct mneme_legacy_member *object, struct mneme_str name) {
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

/* Whether the memory or its metadata have a member of that name. */
static bool has_name(const struct mneme_legacy_entry *entry, struct mneme_str name) {
    for (size_t i = 0; i < entry->count; i++) {
        if (mneme_str_equal(entry->members[i].key, name)) {
            return true;
        }
    }
    return entry->found[MNEME_LEGACY_METADATA] != NULL &&
           has_member(entry->found[MNEME_LEGACY_METADATA], name);
}

static void put_origin_string(const struct mneme_legacy_entry *entry, struct mneme_str name,
                              const char *value) {
    struct mneme_buffer *metadata = &entry->reader->metadata;
    if (!has_name(entry, name)) {
        mneme_buffer_append_str(metadata, metadata->len > 1 ? MNEME_STR_LIT(",") : MNEME_STR_LIT(""));
        mneme_buffer_append_str(metadata, name);
        mneme_buffer_append_byte(metadata, ':');
        struct mneme_json_writer json = {.out = metadata};
        mneme_json_string(&json, mneme_str_from(value));
    }
}

/* Adds where it was found, unless it says so itself after an earlier migration. */
static void put_origin(const struct mneme_legacy_entry *entry) {
    const struct mneme_legacy_origin *origin = entry->reader->origin;
    char moment[MNEME_RFC3339_BYTES];
    if (origin == NULL) {
        return;
    }
    mneme_clock_format_rfc3339(origin->migrated_at, moment);
    put_origin_string(entry, MNEME_STR_LIT("\"migrated_from\""), "json_file");
    put_origin_string(entry, MNEME_STR_LIT("\"migration_timestamp\""), moment);
    put_origin_string(entry, MNEME_STR_LIT("\"source_file\""), origin->file);
    put_origin_string(entry, MNEME_STR_LIT("\"original_structure\""), origin->structure);
}

/* The object's own metadata, then everything else without a place; names of the latter that collide are
 * marked. */
int mneme_legacy_put_metadata(struct mneme_legacy_entry *entry, struct mneme_str *out) {
    struct mneme_buffer *metadata = &entry->reader->metadata;
    const struct mneme_legacy_member *own = entry->found[MNEME_LEGACY_METADATA];
    mneme_buffer_clear(metadata);
    if (own == NULL) {
        mneme_buffer_append_byte(metadata, '{');
    } else {
        mneme_buffer_append(metadata, own->value.data, own->value.len - 1);
    }
    for (size_t i = 0; i < entry->count; i++) {
        const struct mneme_legacy_member *member = &entry->members[i];
        if (!member->is_taken || member->is_unfit) {
            bool meets = own != NULL && has_member(own, member->key);
            put_member(metadata, meets ? "legacy_" : "", member->key, member->value);
        }
    }
    if (entry->unknown_type.data != NULL) {
        put_member(metadata, "legacy_", MNEME_STR_LIT("\"type\""), entry->unknown_type);
    }
    put_origin(entry);
    mneme_buffer_append_byte(metadata, '}');
    *out = metadata->len > 2 ? mneme_buffer_str(metadata) : MNEME_STR_NULL;
    return metadata->failed ? mneme_legacy_no_memory(entry) : MNEME_OK;
}
