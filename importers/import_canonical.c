/*
 * Members are sorted by the bytes of their names, so that equal names are adjacent.
 */
#include "importers/import_canonical.h"

#include <stdlib.h>

#include "common/json/read.h"
#include "common/json/write.h"

struct member {
    struct mneme_str name, value;
};

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "cannot read JSON: out of memory; free some memory");
}

static int compare_members(const void *a, const void *b) {
    const struct member *left = a;
    const struct member *right = b;
    size_t common = left->name.len < right->name.len ? left->name.len : right->name.len;
    int order = common == 0 ? 0 : memcmp(left->name.data, right->name.data, common);
    return order != 0 ? order : (left->name.len > right->name.len) - (left->name.len < right->name.len);
}

static size_t count_members(struct mneme_str object) {
    size_t count = 0;
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(object);
    while (mneme_json_next(&reader, &key, &value)) {
        count++;
    }
    return count;
}

/* The object's members, sorted; refuses duplicate names. */
static int sort_members(struct member **out, size_t *count, struct mneme_arena *arena,
                        struct mneme_str object, struct mneme_error *error) {
    *count = count_members(object);
    struct member *members = mneme_arena_calloc(arena, *count + 1, sizeof *members);
    if (members == NULL) {
        return out_of_memory(error);
    }
    struct mneme_str key;
    struct mneme_json_reader reader = mneme_json_enter(object);
    for (size_t i = 0; mneme_json_next(&reader, &key, &members[i].value); i++) {
        if (!mneme_json_unquote(&members[i].name, arena, key)) {
            return out_of_memory(error);
        }
    }
    qsort(members, *count, sizeof *members, compare_members);
    for (size_t i = 1; i < *count; i++) {
        if (mneme_str_equal(members[i - 1].name, members[i].name)) {
            struct mneme_str name = members[i].name;
            name.len = name.len < 60 ? name.len : 60;
            return mneme_error_set(error, MNEME_E_INVALID,
                                   "JSON refused: \"%.*s\" occurs twice in one object; keep one of the two",
                                   MNEME_STR_ARG(name));
        }
    }
    *out = members;
    return MNEME_OK;
}

static int put_value(struct mneme_json_writer *json, struct mneme_arena *arena, struct mneme_str value,
                     struct mneme_error *error);

static int put_object(struct mneme_json_writer *json, struct mneme_arena *arena, struct mneme_str object,
                      struct mneme_error *error) {
    struct member *members = NULL;
    size_t count = 0;
    int status = sort_members(&members, &count, arena, object, error);
    mneme_json_begin_object(json);
    for (size_t i = 0; status == MNEME_OK && i < count; i++) {
        mneme_json_key(json, members[i].name);
        status = put_value(json, arena, members[i].value, error);
    }
    mneme_json_end_object(json);
    return status;
}

static int put_array(struct mneme_json_writer *json, struct mneme_arena *arena, struct mneme_str array,
                     struct mneme_error *error) {
    int status = MNEME_OK;
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_json_reader reader = mneme_json_enter(array);
    mneme_json_begin_array(json);
    while (status == MNEME_OK && mneme_json_next(&reader, &key, &item)) {
        status = put_value(json, arena, item, error);
    }
    mneme_json_end_array(json);
    return status;
}

/* Recursion is bounded by MNEME_JSON_MAX_DEPTH. After a failure the output is useless, but well-formed. */
static int put_value(struct mneme_json_writer *json, struct mneme_arena *arena, struct mneme_str value,
                     struct mneme_error *error) {
    struct mneme_str text;
    switch (mneme_json_kind_of(value)) {
    case MNEME_JSON_OBJECT:
        return put_object(json, arena, value, error);
    case MNEME_JSON_ARRAY:
        return put_array(json, arena, value, error);
    case MNEME_JSON_STRING:
        if (!mneme_json_unquote(&text, arena, value)) {
            mneme_json_null(json);
            return out_of_memory(error);
        }
        mneme_json_string(json, text);
        return MNEME_OK;
    case MNEME_JSON_NULL:
    case MNEME_JSON_BOOL:
    case MNEME_JSON_NUMBER:
        break;
    }
    mneme_json_raw(json, value);
    return MNEME_OK;
}

int mneme_import_canonical(struct mneme_buffer *out, struct mneme_arena *arena, struct mneme_str value,
                           struct mneme_error *error) {
    struct mneme_json_writer json = {.out = out};
    int status = put_value(&json, arena, value, error);
    return status == MNEME_OK && out->failed ? out_of_memory(error) : status;
}
