/*
 * Members of metadata, in one table for writing and reading.
 */
#include "stores/vectors/chroma/metadata.h"

#include <stdio.h>

#include "common/json/read.h"

/* Prefix of the names of a user's own members, to distinguish them from ours. */
#define USER_PREFIX "m."

#define TEXT(member) offsetof(struct mneme_vector_change, member)

static const struct {
    const char *name;
    size_t text; /* its offset in a change */
    bool is_raw; /* only of raw vectors */
    bool is_document;
} texts[] = {
    {"stream_id", TEXT(document.stream_id), true, true},
    {"kind", TEXT(document.kind), true, true},
    {"ref", TEXT(document.ref), true, true},
    {"tenant", TEXT(scope.tenant), true, true},
    {"user_id", TEXT(scope.user_id), false, true},
    {"agent_id", TEXT(scope.agent_id), false, true},
    {"run_id", TEXT(scope.run_id), false, true},
    {"conversation_id", TEXT(scope.conversation_id), false, true},
    {"collection", TEXT(collection), true, false},
    {"vector_id", TEXT(vector_id), true, false},
    {"metadata", TEXT(metadata_json), true, false},
};
#define TEXT_COUNT (sizeof texts / sizeof *texts)

static bool is_plain(struct mneme_str value) {
    enum mneme_json_kind kind = mneme_json_kind_of(value);
    return kind == MNEME_JSON_STRING || kind == MNEME_JSON_NUMBER || kind == MNEME_JSON_BOOL;
}

/* The quoted key of a user's member, with the prefix. */
static void put_user_key(struct mneme_json_writer *json, struct mneme_str quoted, struct mneme_arena *arena) {
    struct mneme_buffer key = {0};
    struct mneme_str name;
    if (!mneme_json_unquote(&name, arena, quoted)) {
        json->out->failed = true;
        return;
    }
    mneme_buffer_append(&key, USER_PREFIX, sizeof USER_PREFIX - 1);
    mneme_buffer_append_str(&key, name);
    json->out->failed |= key.failed;
    mneme_json_key(json, mneme_buffer_str(&key));
    mneme_buffer_clean_up(&key);
}

static bool has_member(struct mneme_str object, const char *name) {
    struct mneme_str key;
    struct mneme_str value;
    if (object.data == NULL) {
        return false;
    }
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        if (is_plain(value) && mneme_json_unquotes_to(key, mneme_str_from(name))) {
            return true;
        }
    }
    return false;
}

static void put_user_members(struct mneme_json_writer *json, const struct mneme_vector_change *change,
                             const json_t *stored, struct mneme_arena *arena) {
    struct mneme_str key;
    struct mneme_str value;
    const char *name;
    json_t *old;
    if (change->metadata_json.data != NULL) {
        struct mneme_json_reader reader = mneme_json_enter(change->metadata_json);
        while (mneme_json_next(&reader, &key, &value)) {
            if (is_plain(value)) {
                put_user_key(json, key, arena);
                mneme_json_raw(json, value);
            }
        }
    }
    json_object_foreach((json_t *)stored, name, old) {
        if (strncmp(name, USER_PREFIX, sizeof USER_PREFIX - 1) == 0 &&
            !has_member(change->metadata_json, name + sizeof USER_PREFIX - 1)) {
            mneme_json_key(json, mneme_str_from(name));
            mneme_json_null(json);
        }
    }
}

/* For other programs that read Chroma; unused here. The source of a document never changes, so an upsert
 * never leaves an old one. */
static void put_source(struct mneme_json_writer *json, const struct mneme_vector_change *change) {
    bool is_memory = mneme_str_equal(change->document.kind, MNEME_STR_LIT("memory"));
    mneme_json_key(json, MNEME_STR_LIT("source"));
    mneme_json_string(json, is_memory ? MNEME_STR_LIT("agent_memory") : MNEME_STR_LIT("conversation"));
    if (is_memory) {
        mneme_json_key(json, MNEME_STR_LIT("memory_id"));
        mneme_json_string(json, change->document.ref);
    }
}

void mneme_chroma_put_metadata(struct mneme_json_writer *json, const struct mneme_vector_change *change,
                               size_t part, const json_t *stored, struct mneme_arena *arena) {
    bool is_raw = mneme_vector_change_is_raw(change);
    mneme_json_begin_object(json);
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        struct mneme_str text;
        memcpy(&text, (const char *)change + texts[i].text, sizeof text);
        if (is_raw ? texts[i].is_raw : texts[i].is_document) {
            mneme_json_key(json, mneme_str_from(texts[i].name));
            mneme_json_string(json, text);
        }
    }
    mneme_json_key(json, MNEME_STR_LIT("source_sequence"));
    mneme_json_long(json, change->source_sequence);
    mneme_json_key(json, MNEME_STR_LIT("created_at"));
    mneme_json_long(json, change->created_at);
    if (part > 0) {
        mneme_json_key(json, MNEME_STR_LIT("part"));
        mneme_json_long(json, (int64_t)part);
    }
    if (is_raw) {
        put_user_members(json, change, stored, arena);
    } else {
        put_source(json, change);
    }
    mneme_json_end_object(json);
}

bool mneme_chroma_read_metadata(struct mneme_vector_change *change, const json_t *metadata) {
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const json_t *member = json_object_get(metadata, texts[i].name);
        struct mneme_str text =
            json_is_string(member) ? (struct mneme_str){json_string_value(member), json_string_length(member)}
                                   : MNEME_STR_NULL;
        memcpy((char *)change + texts[i].text, &text, sizeof text);
    }
    const json_t *sequence = json_object_get(metadata, "source_sequence");
    change->source_sequence = json_integer_value(sequence);
    change->created_at = json_integer_value(json_object_get(metadata, "created_at"));
    change->part = (size_t)json_integer_value(json_object_get(metadata, "part"));
    return change->document.stream_id.data != NULL && change->document.kind.data != NULL &&
           change->document.ref.data != NULL && change->scope.tenant.data != NULL &&
           json_is_integer(sequence);
}

/* A single condition stands alone, several are in an array. */
static void begin_where(struct mneme_json_writer *json, size_t count) {
    mneme_json_key(json, MNEME_STR_LIT("where"));
    if (count > 1) {
        mneme_json_begin_object(json);
        mneme_json_key(json, MNEME_STR_LIT("$and"));
        mneme_json_begin_array(json);
    }
}

static void end_where(struct mneme_json_writer *json, size_t count) {
    if (count > 1) {
        mneme_json_end_array(json);
        mneme_json_end_object(json);
    }
}

void mneme_chroma_put_where(struct mneme_json_writer *json, const struct mneme_vector_scope *scope) {
    const struct {
        const char *name;
        struct mneme_str value;
    } all[] = {{"user_id", scope->user_id},
               {"agent_id", scope->agent_id},
               {"run_id", scope->run_id},
               {"conversation_id", scope->conversation_id}};
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        count += all[i].value.data != NULL ? 1 : 0;
    }
    if (count == 0) {
        return;
    }
    begin_where(json, count);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].value.data != NULL) {
            mneme_json_begin_object(json);
            mneme_json_key(json, mneme_str_from(all[i].name));
            mneme_json_string(json, all[i].value);
            mneme_json_end_object(json);
        }
    }
    end_where(json, count);
}

void mneme_chroma_put_filter(struct mneme_json_writer *json, struct mneme_str filter_json,
                             struct mneme_arena *arena) {
    struct mneme_str key;
    struct mneme_str value;
    size_t count = 0;
    struct mneme_json_reader reader = mneme_json_enter(filter_json);
    while (mneme_json_next(&reader, &key, &value)) {
        count++;
    }
    if (count == 0) {
        return;
    }
    begin_where(json, count);
    reader = mneme_json_enter(filter_json);
    while (mneme_json_next(&reader, &key, &value)) {
        mneme_json_begin_object(json);
        put_user_key(json, key, arena);
        mneme_json_raw(json, value);
        mneme_json_end_object(json);
    }
    end_where(json, count);
}
