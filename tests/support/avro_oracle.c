/*
 * Walking Avro C's values and our structs side by side. Calls that cannot fail on a value of the right shape
 * are asserted: a failure is a defect of the test.
 */
#include "tests/support/avro_oracle.h"

#undef NDEBUG
#include <assert.h>

#include "common/base/uuid.h"

bool mneme_oracle_open(struct mneme_oracle *oracle, const char *schema_json) {
    if (avro_schema_from_json_length(schema_json, strlen(schema_json), &oracle->schema) != 0) {
        return false;
    }
    oracle->type = avro_generic_class_from_schema(oracle->schema);
    assert(oracle->type != NULL && avro_generic_value_new(oracle->type, &oracle->value) == 0);
    return true;
}

void mneme_oracle_close(struct mneme_oracle *oracle) {
    avro_value_decref(&oracle->value);
    avro_value_iface_decref(oracle->type);
    avro_schema_decref(oracle->schema);
}

static avro_value_t member(avro_value_t *record, const char *name, bool *is_there) {
    avro_value_t value = {0};
    *is_there = avro_value_get_by_name(record, name, &value, NULL) == 0;
    return value;
}

static struct mneme_str uuid_text(char text[MNEME_UUID_TEXT_BYTES], const void *at) {
    mneme_uuid_format(*(const struct mneme_uuid *)at, text);
    return (struct mneme_str){text, MNEME_UUID_TEXT_BYTES};
}

/* --- filling --- */

static void fill_string(avro_value_t *value, struct mneme_str text) {
    char *copy = strndup(text.data, text.len); /* Avro C wants a NUL and counts it */
    assert(copy != NULL);
    int status = avro_value_get_type(value) == AVRO_BYTES
                     ? avro_value_set_bytes(value, copy, text.len)
                     : avro_value_set_string_len(value, copy, text.len + 1);
    assert(status == 0);
    free(copy);
}

static void fill_number(avro_value_t *value, double real, int64_t whole) {
    int status = -1;
    avro_type_t type = avro_value_get_type(value);
    if (type == AVRO_INT32) {
        status = avro_value_set_int(value, (int32_t)whole);
    } else if (type == AVRO_INT64) {
        status = avro_value_set_long(value, whole);
    } else if (type == AVRO_FLOAT) {
        status = avro_value_set_float(value, (float)real);
    } else if (type == AVRO_DOUBLE) {
        status = avro_value_set_double(value, real);
    }
    assert(status == 0);
}

static void fill_array(avro_value_t *value, const struct mneme_field_info *field, const void *at,
                       size_t count) {
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        assert(avro_value_append(value, &item, NULL) == 0);
        if (field->kind == MNEME_FIELD_STRING_ARRAY) {
            fill_string(&item, ((const struct mneme_str_array *)at)->items[i]);
        } else if (field->kind == MNEME_FIELD_LONG_ARRAY) {
            int64_t whole = ((const struct mneme_long_array *)at)->items[i];
            fill_number(&item, (double)whole, whole);
        } else {
            double real = ((const struct mneme_double_array *)at)->items[i];
            fill_number(&item, real, (int64_t)real);
        }
    }
}

static void fill_map(avro_value_t *value, const struct mneme_str_map *map) {
    for (size_t i = 0; i < map->count; i++) {
        avro_value_t item;
        char *key = strndup(map->items[i].key.data, map->items[i].key.len);
        assert(key != NULL && avro_value_add(value, key, &item, NULL, NULL) == 0);
        fill_string(&item, map->items[i].value);
        free(key);
    }
}

static void fill_record(avro_value_t *value, const void *record, const struct mneme_record_info *info);

static void fill_field(avro_value_t *value, const void *record, const struct mneme_field_info *field) {
    const void *at = (const char *)record + field->offset;
    char text[MNEME_UUID_TEXT_BYTES];
    avro_value_t branch = *value;
    if (avro_value_get_type(value) == AVRO_UNION) {
        bool is_null = mneme_field_is_null(record, field);
        int null_branch = is_avro_null(avro_schema_union_branch(avro_value_get_schema(value), 0)) ? 0 : 1;
        assert(avro_value_set_branch(value, is_null ? null_branch : 1 - null_branch, &branch) == 0);
        if (is_null) {
            assert(avro_value_set_null(&branch) == 0);
            return;
        }
    }
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        fill_string(&branch, *(const struct mneme_str *)at);
        break;
    case MNEME_FIELD_UUID:
        fill_string(&branch, uuid_text(text, at));
        break;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        fill_number(&branch, (double)*(const int64_t *)at, *(const int64_t *)at);
        break;
    case MNEME_FIELD_DOUBLE:
        fill_number(&branch, *(const double *)at, (int64_t) * (const double *)at);
        break;
    case MNEME_FIELD_BOOL:
        assert(avro_value_set_boolean(&branch, *(const bool *)at) == 0);
        break;
    case MNEME_FIELD_VECTOR:
        assert(avro_value_set_bytes(&branch, (void *)((const struct mneme_str *)at)->data,
                                    ((const struct mneme_str *)at)->len) == 0);
        break;
    case MNEME_FIELD_STRING_ARRAY:
    case MNEME_FIELD_LONG_ARRAY:
    case MNEME_FIELD_DOUBLE_ARRAY:
        fill_array(&branch, field, at, mneme_field_item_count(record, field));
        break;
    case MNEME_FIELD_STRING_MAP:
        fill_map(&branch, at);
        break;
    case MNEME_FIELD_RECORD:
        fill_record(&branch, at, field->record);
        break;
    }
}

/* Something of every type, for fields that our structs do not have. */
static void fill_any(avro_value_t *value, int depth);

static void fill_members(avro_value_t *record, int depth) {
    size_t count;
    assert(avro_value_get_size(record, &count) == 0);
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        assert(avro_value_get_by_index(record, i, &item, NULL) == 0);
        fill_any(&item, depth + 1);
    }
}

static void fill_items(avro_value_t *container, bool is_map, int depth) {
    static const char *const keys[] = {"one", "two"};
    for (size_t i = 0; depth < 4 && i < 2; i++) {
        avro_value_t item;
        assert((is_map ? avro_value_add(container, keys[i], &item, NULL, NULL)
                       : avro_value_append(container, &item, NULL)) == 0);
        fill_any(&item, depth + 1);
    }
}

static void fill_any(avro_value_t *value, int depth) {
    static char fixed[16] = "fixed";
    avro_value_t branch = *value;
    int status = 0;
    switch (avro_value_get_type(value)) {
    case AVRO_STRING:
    case AVRO_BYTES:
        fill_string(value, MNEME_STR_LIT("something"));
        break;
    case AVRO_INT32:
    case AVRO_INT64:
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        fill_number(value, 1e10, 70000);
        break;
    case AVRO_BOOLEAN:
        status = avro_value_set_boolean(value, 1);
        break;
    case AVRO_NULL:
        status = avro_value_set_null(value);
        break;
    case AVRO_ENUM:
        status = avro_value_set_enum(value, 1);
        break;
    case AVRO_FIXED:
        status =
            avro_value_set_fixed(value, fixed, (size_t)avro_schema_fixed_size(avro_value_get_schema(value)));
        break;
    case AVRO_RECORD:
        fill_members(value, depth);
        break;
    case AVRO_ARRAY:
        fill_items(value, false, depth);
        break;
    case AVRO_MAP:
        fill_items(value, true, depth);
        break;
    case AVRO_UNION:
        status = avro_value_set_branch(value, depth < 4 ? 1 : 0, &branch);
        fill_any(&branch, depth + 1);
        break;
    case AVRO_LINK:
        status = -1; /* values are never of this type */
        break;
    }
    assert(status == 0);
}

static const struct mneme_field_info *find_field(const struct mneme_record_info *info, const char *name) {
    for (size_t i = 0; i < info->field_count; i++) {
        if (strcmp(info->fields[i].name, name) == 0) {
            return &info->fields[i];
        }
    }
    return NULL;
}

static void fill_record(avro_value_t *value, const void *record, const struct mneme_record_info *info) {
    size_t count;
    assert(avro_value_get_size(value, &count) == 0);
    for (size_t i = 0; i < count; i++) {
        avro_value_t item;
        const char *name;
        assert(avro_value_get_by_index(value, i, &item, &name) == 0);
        const struct mneme_field_info *field = find_field(info, name);
        if (field != NULL) {
            fill_field(&item, record, field);
        } else if (info != &mneme_envelope_info || strcmp(name, "payload") != 0) {
            fill_any(&item, 0);
        }
    }
}

/* The branch of the payload union that bears the type's name; -1 when the schema has none. */
static int payload_branch(avro_value_t *payload, const char *name) {
    avro_schema_t schema = avro_value_get_schema(payload);
    for (int i = 0; i < (int)avro_schema_union_size(schema); i++) {
        if (strcmp(avro_schema_type_name(avro_schema_union_branch(schema, i)), name) == 0) {
            return i;
        }
    }
    return -1;
}

bool mneme_oracle_encode(struct mneme_oracle *oracle, const struct mneme_event *event,
                         struct mneme_buffer *out) {
    const struct mneme_record_info *info = &mneme_payload_info[event->type];
    bool is_there;
    assert(avro_value_reset(&oracle->value) == 0);
    avro_value_t payload = member(&oracle->value, "payload", &is_there);
    avro_value_t branch;
    int index = is_there ? payload_branch(&payload, info->name) : -1;
    if (index < 0) {
        return false;
    }
    assert(avro_value_set_branch(&payload, index, &branch) == 0);
    fill_record(&oracle->value, event, &mneme_envelope_info);
    fill_record(&branch, &event->payload, info);
    size_t size;
    assert(avro_value_sizeof(&oracle->value, &size) == 0 && mneme_buffer_reserve(out, size));
    avro_writer_t writer = avro_writer_memory(out->data + out->len, (int64_t)size);
    assert(writer != NULL && avro_value_write(writer, &oracle->value) == 0);
    out->len += (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
    return true;
}

/* --- comparing --- */

static bool is_string(avro_value_t *value, struct mneme_str text) {
    const char *got;
    size_t size; /* with the NUL */
    return avro_value_get_string(value, &got, &size) == 0 &&
           mneme_str_equal((struct mneme_str){got, size - 1}, text);
}

static bool is_bytes(avro_value_t *value, struct mneme_str bytes) {
    const void *got;
    size_t size;
    return avro_value_get_bytes(value, &got, &size) == 0 &&
           mneme_str_equal((struct mneme_str){got, size}, bytes);
}

static bool is_long(avro_value_t *value, int64_t wanted) {
    int32_t small = 0;
    int64_t large = 0;
    return avro_value_get_type(value) == AVRO_INT32
               ? avro_value_get_int(value, &small) == 0 && small == wanted
               : avro_value_get_long(value, &large) == 0 && large == wanted;
}

static bool is_double(avro_value_t *value, double wanted) {
    double got;
    return avro_value_get_double(value, &got) == 0 && got == wanted;
}

static bool is_array(avro_value_t *value, const struct mneme_field_info *field, const void *at,
                     size_t count) {
    size_t size;
    bool is_same = avro_value_get_size(value, &size) == 0 && size == count;
    for (size_t i = 0; is_same && i < count; i++) {
        avro_value_t item;
        const char *key = NULL;
        is_same = avro_value_get_by_index(value, i, &item, &key) == 0;
        if (field->kind == MNEME_FIELD_STRING_ARRAY) {
            is_same = is_same && is_string(&item, ((const struct mneme_str_array *)at)->items[i]);
        } else if (field->kind == MNEME_FIELD_LONG_ARRAY) {
            is_same = is_same && is_long(&item, ((const struct mneme_long_array *)at)->items[i]);
        } else if (field->kind == MNEME_FIELD_DOUBLE_ARRAY) {
            is_same = is_same && is_double(&item, ((const struct mneme_double_array *)at)->items[i]);
        } else {
            const struct mneme_str_pair *pair = &((const struct mneme_str_map *)at)->items[i];
            is_same =
                is_same && mneme_str_equal(pair->key, mneme_str_from(key)) && is_string(&item, pair->value);
        }
    }
    return is_same;
}

static const char *compare_record(avro_value_t *value, const void *record,
                                  const struct mneme_record_info *info);

static bool is_field(avro_value_t *value, const void *record, const struct mneme_field_info *field) {
    const void *at = (const char *)record + field->offset;
    char text[MNEME_UUID_TEXT_BYTES];
    int is_true;
    avro_value_t branch = *value;
    if (avro_value_get_type(value) == AVRO_UNION) {
        bool is_null = mneme_field_is_null(record, field);
        if (avro_value_get_current_branch(value, &branch) != 0 ||
            (avro_value_get_type(&branch) == AVRO_NULL) != is_null) {
            return false;
        }
        if (is_null) {
            return true;
        }
    }
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        return is_string(&branch, *(const struct mneme_str *)at);
    case MNEME_FIELD_UUID:
        return is_string(&branch, uuid_text(text, at));
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        return is_long(&branch, *(const int64_t *)at);
    case MNEME_FIELD_DOUBLE:
        return is_double(&branch, *(const double *)at);
    case MNEME_FIELD_BOOL:
        return avro_value_get_boolean(&branch, &is_true) == 0 && (is_true != 0) == *(const bool *)at;
    case MNEME_FIELD_VECTOR:
        return is_bytes(&branch, *(const struct mneme_str *)at);
    case MNEME_FIELD_STRING_ARRAY:
    case MNEME_FIELD_LONG_ARRAY:
    case MNEME_FIELD_DOUBLE_ARRAY:
    case MNEME_FIELD_STRING_MAP:
        return is_array(&branch, field, at, mneme_field_item_count(record, field));
    case MNEME_FIELD_RECORD:
        return compare_record(&branch, at, field->record) == NULL;
    }
    return false;
}

static const char *compare_record(avro_value_t *value, const void *record,
                                  const struct mneme_record_info *info) {
    for (size_t i = 0; i < info->field_count; i++) {
        bool is_there;
        avro_value_t place = member(value, info->fields[i].name, &is_there);
        if (!is_there || !is_field(&place, record, &info->fields[i])) {
            return info->fields[i].name;
        }
    }
    return NULL;
}

const char *mneme_oracle_compare(struct mneme_oracle *oracle, struct mneme_str bytes,
                                 const struct mneme_event *event) {
    const struct mneme_record_info *info = &mneme_payload_info[event->type];
    bool is_there;
    avro_value_t branch;
    avro_reader_t reader = avro_reader_memory(bytes.data, (int64_t)bytes.len);
    assert(reader != NULL && avro_value_reset(&oracle->value) == 0);
    int status = avro_value_read(reader, &oracle->value);
    bool is_all = avro_skip(reader, 1) != 0;
    avro_reader_free(reader);
    if (status != 0) {
        return avro_strerror();
    }
    if (!is_all) {
        return "bytes are left over";
    }
    avro_value_t payload = member(&oracle->value, "payload", &is_there);
    if (!is_there || avro_value_get_current_branch(&payload, &branch) != 0 ||
        strcmp(avro_schema_type_name(avro_value_get_schema(&branch)), info->name) != 0) {
        return "payload";
    }
    const char *differs = compare_record(&oracle->value, event, &mneme_envelope_info);
    return differs != NULL ? differs : compare_record(&branch, &event->payload, info);
}
