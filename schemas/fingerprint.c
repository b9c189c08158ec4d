/*
 * The identity of a schema: its Parsing Canonical Form (Avro specification), written from the parsed JSON,
 * and the 64-bit Rabin fingerprint of that.
 */
#include <jansson.h>

#include "common/json/write.h"
#include "schemas/codec.h"

#define EMPTY_FINGERPRINT UINT64_C(0xc15d213aa4d7a795)

static uint64_t crc64_avro(struct mneme_str text) {
    uint64_t fingerprint = EMPTY_FINGERPRINT;
    for (size_t i = 0; i < text.len; i++) {
        fingerprint ^= (uint8_t)text.data[i];
        for (int bit = 0; bit < 8; bit++) {
            fingerprint = fingerprint >> 1 ^ (EMPTY_FINGERPRINT & (0 - (fingerprint & 1)));
        }
    }
    return fingerprint;
}

static bool is_primitive(const char *name) {
    static const char *const names[] = {"null",  "boolean", "int",   "long",
                                        "float", "double",  "bytes", "string"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Writes a name with its namespace: the one in the name, else the given one. */
static void write_full_name(struct mneme_json_writer *json, const char *name, const char *space,
                            size_t space_len) {
    struct mneme_buffer full = {0};
    if (strchr(name, '.') == NULL && space_len > 0) {
        mneme_buffer_append(&full, space, space_len);
        mneme_buffer_append_byte(&full, '.');
    }
    mneme_buffer_append_str(&full, mneme_str_from(name));
    mneme_json_string(json, mneme_buffer_str(&full));
    json->out->failed = json->out->failed || full.failed;
    mneme_buffer_clean_up(&full);
}

static bool write_canonical(struct mneme_json_writer *json, const json_t *schema, const char *space,
                            size_t space_len);

static bool write_fields(struct mneme_json_writer *json, const json_t *fields, const char *space,
                         size_t space_len) {
    if (!json_is_array(fields)) {
        return false;
    }
    mneme_json_key(json, MNEME_STR_LIT("fields"));
    mneme_json_begin_array(json);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        const char *name = json_string_value(json_object_get(field, "name"));
        if (name == NULL) {
            return false;
        }
        mneme_json_begin_object(json);
        mneme_json_key(json, MNEME_STR_LIT("name"));
        mneme_json_string(json, mneme_str_from(name));
        mneme_json_key(json, MNEME_STR_LIT("type"));
        if (!write_canonical(json, json_object_get(field, "type"), space, space_len)) {
            return false;
        }
        mneme_json_end_object(json);
    }
    mneme_json_end_array(json);
    return true;
}

static bool write_symbols(struct mneme_json_writer *json, const json_t *symbols) {
    if (!json_is_array(symbols)) {
        return false;
    }
    mneme_json_key(json, MNEME_STR_LIT("symbols"));
    mneme_json_begin_array(json);
    for (size_t i = 0; i < json_array_size(symbols); i++) {
        mneme_json_string(json, mneme_str_from(json_string_value(json_array_get(symbols, i))));
    }
    mneme_json_end_array(json);
    return true;
}

/* A record, an enum or a fixed: name, type and what belongs to the type, in this order. */
static bool write_named(struct mneme_json_writer *json, const json_t *schema, const char *type,
                        const char *space, size_t space_len) {
    const char *name = json_string_value(json_object_get(schema, "name"));
    const char *own_space = json_string_value(json_object_get(schema, "namespace"));
    if (name == NULL) {
        return false;
    }
    const char *last_dot = strrchr(name, '.');
    if (last_dot != NULL) {
        space = name;
        space_len = (size_t)(last_dot - name);
    } else if (own_space != NULL) {
        space = own_space;
        space_len = strlen(own_space);
    }
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("name"));
    write_full_name(json, name, space, space_len);
    mneme_json_key(json, MNEME_STR_LIT("type"));
    mneme_json_string(json, mneme_str_from(type));
    bool is_good = true;
    if (strcmp(type, "enum") == 0) {
        is_good = write_symbols(json, json_object_get(schema, "symbols"));
    } else if (strcmp(type, "fixed") == 0) {
        mneme_json_key(json, MNEME_STR_LIT("size"));
        mneme_json_long(json, json_integer_value(json_object_get(schema, "size")));
    } else {
        is_good = write_fields(json, json_object_get(schema, "fields"), space, space_len);
    }
    if (is_good) {
        mneme_json_end_object(json);
    }
    return is_good;
}

static bool write_container(struct mneme_json_writer *json, const json_t *schema, const char *type,
                            const char *key, const char *space, size_t space_len) {
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("type"));
    mneme_json_string(json, mneme_str_from(type));
    mneme_json_key(json, mneme_str_from(key));
    if (!write_canonical(json, json_object_get(schema, key), space, space_len)) {
        return false;
    }
    mneme_json_end_object(json);
    return true;
}

static bool write_union(struct mneme_json_writer *json, const json_t *branches, const char *space,
                        size_t space_len) {
    mneme_json_begin_array(json);
    for (size_t i = 0; i < json_array_size(branches); i++) {
        if (!write_canonical(json, json_array_get(branches, i), space, space_len)) {
            return false;
        }
    }
    mneme_json_end_array(json);
    return true;
}

/* False when it is not a schema. `space` is the namespace for names without one. */
static bool write_canonical(struct mneme_json_writer *json, const json_t *schema, const char *space,
                            size_t space_len) {
    if (json_is_string(schema)) {
        const char *name = json_string_value(schema);
        bool is_plain = is_primitive(name);
        write_full_name(json, name, is_plain ? NULL : space, is_plain ? 0 : space_len);
        return true;
    }
    if (json_is_array(schema)) {
        return write_union(json, schema, space, space_len);
    }
    const json_t *type_json = json_object_get(schema, "type");
    const char *type = json_string_value(type_json);
    if (type == NULL) {
        return type_json != NULL && write_canonical(json, type_json, space, space_len);
    }
    if (strcmp(type, "array") == 0) {
        return write_container(json, schema, type, "items", space, space_len);
    }
    if (strcmp(type, "map") == 0) {
        return write_container(json, schema, type, "values", space, space_len);
    }
    if (strcmp(type, "record") == 0 || strcmp(type, "error") == 0 || strcmp(type, "enum") == 0 ||
        strcmp(type, "fixed") == 0) {
        return write_named(json, schema, type, space, space_len);
    }
    return write_canonical(json, type_json, space, space_len);
}

int mneme_schema_fingerprint(uint64_t *out, const char *schema_json, struct mneme_error *error) {
    json_error_t reason;
    json_t *schema = json_loads(schema_json, JSON_DECODE_ANY, &reason);
    if (schema == NULL) {
        return mneme_error_set(error, MNEME_E_INVALID, "not an Avro schema: %s; correct its JSON",
                               reason.text);
    }
    struct mneme_buffer canonical = {0};
    struct mneme_json_writer json = {.out = &canonical};
    int status = MNEME_OK;
    if (!write_canonical(&json, schema, NULL, 0)) {
        status = mneme_error_set(error, MNEME_E_INVALID,
                                 "not an Avro schema: a type, name or field is missing; correct it");
    } else if (canonical.failed) {
        status = mneme_error_set(error, MNEME_E_NO_MEMORY,
                                 "cannot fingerprint a schema: out of memory; free some memory");
    } else {
        *out = crc64_avro(mneme_buffer_str(&canonical));
    }
    mneme_buffer_clean_up(&canonical);
    json_decref(schema);
    return status;
}
