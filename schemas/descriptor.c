/*
 * Reads a record's field by its descriptor.
 */
#include "schemas/descriptor.h"

const struct mneme_field_info *mneme_record_field(const struct mneme_record_info *record, const char *name) {
    for (size_t i = 0; i < record->field_count; i++) {
        if (strcmp(record->fields[i].name, name) == 0) {
            return &record->fields[i];
        }
    }
    return NULL;
}

void mneme_field_set_default(void *record, const struct mneme_field_info *field) {
    void *at = (char *)record + field->offset;
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        *(struct mneme_str *)at = field->default_text;
        break;
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        *(int64_t *)at = (int64_t)field->default_number;
        break;
    case MNEME_FIELD_DOUBLE:
        *(double *)at = field->default_number;
        break;
    case MNEME_FIELD_BOOL:
        *(bool *)at = field->default_number != 0;
        break;
    case MNEME_FIELD_STRING_ARRAY:
        ((struct mneme_str_array *)at)->is_set = true;
        break;
    case MNEME_FIELD_LONG_ARRAY:
        ((struct mneme_long_array *)at)->is_set = true;
        break;
    case MNEME_FIELD_DOUBLE_ARRAY:
        ((struct mneme_double_array *)at)->is_set = true;
        break;
    case MNEME_FIELD_UUID:
    case MNEME_FIELD_VECTOR:
    case MNEME_FIELD_STRING_MAP:
    case MNEME_FIELD_RECORD:
        break; /* they begin with zero */
    }
}

/* Only for the kinds that the generator allows. */
static void set_initial(void *record, const struct mneme_field_info *field) {
    void *at = (char *)record + field->offset;
    if (field->kind == MNEME_FIELD_STRING) {
        *(struct mneme_str *)at = field->initial_text;
    } else if (field->kind == MNEME_FIELD_DOUBLE) {
        *(struct mneme_opt_double *)at = (struct mneme_opt_double){field->initial_number, true};
    } else if (field->kind == MNEME_FIELD_BOOL) {
        *(struct mneme_opt_bool *)at = (struct mneme_opt_bool){field->initial_number != 0, true};
    } else {
        *(struct mneme_opt_long *)at = (struct mneme_opt_long){(int64_t)field->initial_number, true};
    }
}

void mneme_record_set_defaults(void *record, const struct mneme_record_info *info) {
    for (size_t i = 0; i < info->field_count; i++) {
        const struct mneme_field_info *field = &info->fields[i];
        if (field->has_initial) {
            set_initial(record, field);
        } else if (field->has_default && !field->is_nullable) {
            mneme_field_set_default(record, field);
        }
    }
}

size_t mneme_field_item_count(const void *record, const struct mneme_field_info *field) {
    const void *at = (const char *)record + field->offset;
    if (field->kind == MNEME_FIELD_STRING_ARRAY) {
        return ((const struct mneme_str_array *)at)->count;
    }
    if (field->kind == MNEME_FIELD_LONG_ARRAY) {
        return ((const struct mneme_long_array *)at)->count;
    }
    if (field->kind == MNEME_FIELD_DOUBLE_ARRAY) {
        return ((const struct mneme_double_array *)at)->count;
    }
    return field->kind == MNEME_FIELD_STRING_MAP ? ((const struct mneme_str_map *)at)->count : 0;
}
