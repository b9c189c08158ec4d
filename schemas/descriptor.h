/*
 * What the generator makes from the newest .avsc: for each record a table of fields that says where a value
 * is in its struct, its type and its limits. Decoder, encoder, JSON input and output, checks, documentation
 * and the mapping to columns all read these tables; none of them knows a record by name.
 */
#ifndef MNEME_SCHEMAS_DESCRIPTOR_H
#define MNEME_SCHEMAS_DESCRIPTOR_H

#include "common/base/types.h"

/* How a field is stored in its struct. A nullable field has the optional form if one is named. */
enum mneme_field_kind {
    MNEME_FIELD_STRING,       /* struct mneme_str, null when nullable and absent */
    MNEME_FIELD_UUID,         /* struct mneme_uuid; nullable: struct mneme_opt_uuid */
    MNEME_FIELD_INT,          /* int64_t (Avro int); nullable: struct mneme_opt_long */
    MNEME_FIELD_LONG,         /* int64_t; nullable: struct mneme_opt_long */
    MNEME_FIELD_TIME,         /* int64_t microseconds; nullable: struct mneme_opt_long */
    MNEME_FIELD_DOUBLE,       /* double; nullable: struct mneme_opt_double */
    MNEME_FIELD_BOOL,         /* bool; nullable: struct mneme_opt_bool */
    MNEME_FIELD_VECTOR,       /* struct mneme_str: little-endian single-precision numbers */
    MNEME_FIELD_STRING_ARRAY, /* struct mneme_str_array, is_set says whether it is null */
    MNEME_FIELD_LONG_ARRAY,   /* struct mneme_long_array */
    MNEME_FIELD_DOUBLE_ARRAY, /* struct mneme_double_array */
    MNEME_FIELD_STRING_MAP,   /* struct mneme_str_map; never null */
    MNEME_FIELD_RECORD,       /* a nested record, inline (only Scope) */
};

/* What a string must be, besides UTF-8 without NUL. */
enum mneme_field_format {
    MNEME_FORMAT_NONE,
    MNEME_FORMAT_TEXT,           /* 1..content limit characters, not blank */
    MNEME_FORMAT_TEXT_OR_OBJECT, /* the same; since version 2, a text that is a JSON object counts as an
                                    object */
    MNEME_FORMAT_CONTENT, /* a JSON object; TEXT applies to the string under "text", else to the length of the
                             whole JSON */
    MNEME_FORMAT_JSON,    /* any JSON */
    MNEME_FORMAT_JSON_OBJECT, /* a JSON object */
    MNEME_FORMAT_UUID,        /* each item of a string array is a UUID */
    MNEME_FORMAT_SEGMENT,     /* no slash, since it becomes a part of something with slashes */
};

/* What it means if JSON input leaves out a required field. */
enum mneme_field_absent {
    MNEME_ABSENT_REFUSED, /* refused unless there is a default; a missing time is the event's */
    MNEME_ABSENT_UUID,    /* a new id, derived from the idempotency key if there is one */
    MNEME_ABSENT_SCOPE,   /* the scope's field of the same name */
};

struct mneme_record_info;

struct mneme_field_info {
    const char *name;
    const char *doc;
    enum mneme_field_kind kind;
    enum mneme_field_format format;
    bool is_nullable;
    bool has_default;
    size_t offset;                                /* within the record's struct */
    const struct mneme_record_info *record;       /* of MNEME_FIELD_RECORD */
    const char *const *values;                    /* allowed strings, NULL-terminated; NULL: any */
    double minimum, maximum;                      /* of numbers; -INFINITY and INFINITY when unbounded */
    size_t min_bytes, max_bytes;                  /* of strings; 0 and SIZE_MAX when unbounded */
    size_t max_chars;                             /* SIZE_MAX when unbounded */
    size_t max_items, item_max_bytes;             /* of arrays, maps and vectors */
    const struct mneme_field_info *same_count_as; /* the array that must have as many items; NULL: none */
    const struct mneme_field_info
        *excludes; /* of a bool: the field that must be null if it is true, or NULL */
    enum mneme_field_absent absent;
    struct mneme_str default_text; /* of strings */
    double default_number;         /* of numbers and bools */
    /* The value in a new event unless its publisher gives another; an event that was written without it has
     * null. */
    bool has_initial;
    struct mneme_str initial_text;
    double initial_number;
};

struct mneme_record_info {
    const char *name;       /* of the Avro record, such as MemoryCreated */
    const char *event_type; /* of a payload, such as memory_created; NULL for Event and Scope */
    const char *doc;
    size_t size; /* of the struct */
    const struct mneme_field_info *fields;
    size_t field_count;
};

/* The record's field of that name, or NULL. */
const struct mneme_field_info *mneme_record_field(const struct mneme_record_info *record, const char *name);

/* Sets one field of a zeroed record to its default. */
void mneme_field_set_default(void *record, const struct mneme_field_info *field);

/* Sets the fields of a new event's zeroed record that have a default or an initial value other than null. */
void mneme_record_set_defaults(void *record, const struct mneme_record_info *info);

/* Whether the record's field is null. Maps and nested records never are. */
static inline bool mneme_field_is_null(const void *record, const struct mneme_field_info *field) {
    const void *at = (const char *)record + field->offset;
    switch (field->kind) {
    case MNEME_FIELD_STRING:
    case MNEME_FIELD_VECTOR:
        return ((const struct mneme_str *)at)->data == NULL;
    case MNEME_FIELD_UUID:
        return field->is_nullable && !((const struct mneme_opt_uuid *)at)->is_set;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        return field->is_nullable && !((const struct mneme_opt_long *)at)->is_set;
    case MNEME_FIELD_DOUBLE:
        return field->is_nullable && !((const struct mneme_opt_double *)at)->is_set;
    case MNEME_FIELD_BOOL:
        return field->is_nullable && !((const struct mneme_opt_bool *)at)->is_set;
    case MNEME_FIELD_STRING_ARRAY:
        return !((const struct mneme_str_array *)at)->is_set;
    case MNEME_FIELD_LONG_ARRAY:
        return !((const struct mneme_long_array *)at)->is_set;
    case MNEME_FIELD_DOUBLE_ARRAY:
        return !((const struct mneme_double_array *)at)->is_set;
    case MNEME_FIELD_STRING_MAP:
    case MNEME_FIELD_RECORD:
        break;
    }
    return false;
}

/* How many items an array or a map has; 0 for any other field. */
size_t mneme_field_item_count(const void *record, const struct mneme_field_info *field);

/* Whether a string holds JSON. */
static inline bool mneme_field_is_json(const struct mneme_field_info *field) {
    return field->format == MNEME_FORMAT_CONTENT || field->format == MNEME_FORMAT_JSON ||
           field->format == MNEME_FORMAT_JSON_OBJECT;
}

#endif
