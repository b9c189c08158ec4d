#include "cli/face/values.h"

#include "common/base/uuid.h"

bool mneme_face_is_null(enum mneme_row_kind kind, const void *value) {
    switch (kind) {
    case MNEME_ROW_STR:
    case MNEME_ROW_JSON:
        return ((const struct mneme_str *)value)->data == NULL;
    case MNEME_ROW_OPT_UUID:
        return !((const struct mneme_opt_uuid *)value)->is_set;
    case MNEME_ROW_OPT_LONG:
    case MNEME_ROW_OPT_TIME:
        return !((const struct mneme_opt_long *)value)->is_set;
    case MNEME_ROW_OPT_DOUBLE:
        return !((const struct mneme_opt_double *)value)->is_set;
    case MNEME_ROW_OPT_BOOL:
        return !((const struct mneme_opt_bool *)value)->is_set;
    case MNEME_ROW_STR_ARRAY:
        return ((const struct mneme_str_array *)value)->count == 0;
    case MNEME_ROW_UUID:
    case MNEME_ROW_LONG:
    case MNEME_ROW_DOUBLE:
    case MNEME_ROW_BOOL:
    case MNEME_ROW_TIME:
    case MNEME_ROW_POSITION:
        break;
    }
    return false;
}

struct mneme_str mneme_face_text(struct mneme_buffer *out, enum mneme_row_kind kind, const void *value) {
    const struct mneme_str_array *list = value;
    const struct mneme_position *position = value;
    char id[MNEME_UUID_TEXT_BYTES];
    mneme_buffer_clear(out);
    switch (kind) {
    case MNEME_ROW_STR:
    case MNEME_ROW_JSON:
        return *(const struct mneme_str *)value;
    case MNEME_ROW_UUID:
    case MNEME_ROW_OPT_UUID: /* which begins with the id */
        mneme_uuid_format(*(const struct mneme_uuid *)value, id);
        mneme_buffer_append(out, id, sizeof id);
        break;
    case MNEME_ROW_LONG:
    case MNEME_ROW_OPT_LONG: /* which begins with the number, as the others do */
        mneme_buffer_printf(out, "%lld", (long long)*(const int64_t *)value);
        break;
    case MNEME_ROW_DOUBLE:
    case MNEME_ROW_OPT_DOUBLE:
        mneme_buffer_printf(out, "%.6g", *(const double *)value);
        break;
    case MNEME_ROW_BOOL:
    case MNEME_ROW_OPT_BOOL:
        mneme_buffer_printf(out, "%s", *(const bool *)value ? "yes" : "no");
        break;
    case MNEME_ROW_STR_ARRAY:
        for (size_t i = 0; i < list->count; i++) {
            mneme_buffer_printf(out, "%s%.*s", i > 0 ? ", " : "", MNEME_STR_ARG(list->items[i]));
        }
        break;
    case MNEME_ROW_POSITION:
        mneme_buffer_printf(out, "%d:%lld", (int)position->partition, (long long)position->offset);
        break;
    case MNEME_ROW_TIME:
    case MNEME_ROW_OPT_TIME:
        break;
    }
    return mneme_buffer_str(out);
}

bool mneme_face_is_time(enum mneme_row_kind kind) {
    return kind == MNEME_ROW_TIME || kind == MNEME_ROW_OPT_TIME;
}

enum mneme_table_kind mneme_face_cell_kind(enum mneme_row_kind kind) {
    switch (kind) {
    case MNEME_ROW_UUID:
    case MNEME_ROW_OPT_UUID:
        return MNEME_TABLE_ID;
    case MNEME_ROW_LONG:
    case MNEME_ROW_OPT_LONG:
    case MNEME_ROW_DOUBLE:
    case MNEME_ROW_OPT_DOUBLE:
        return MNEME_TABLE_NUMBER;
    case MNEME_ROW_POSITION:
    case MNEME_ROW_BOOL:
    case MNEME_ROW_OPT_BOOL:
        return MNEME_TABLE_WORD;
    case MNEME_ROW_STR:
    case MNEME_ROW_JSON:
    case MNEME_ROW_STR_ARRAY:
    case MNEME_ROW_TIME:
    case MNEME_ROW_OPT_TIME:
        break;
    }
    return MNEME_TABLE_TEXT;
}
