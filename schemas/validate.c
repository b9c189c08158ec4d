/*
 * Checks every limit of the schema, read from the descriptors: one check for each kind of field. Only tenant
 * and stream are checked by name. The same checks run when publishing and when folding, so that nothing gets
 * into the tables that publishing would have refused.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/floats.h"
#include "common/base/text_check.h"
#include "common/base/uuid.h"
#include "common/json/read.h"
#include "schemas/event.h"

struct check {
    const struct mneme_field_info *field;
    const char *prefix; /* "payload." or "" */
    size_t content_max_chars;
    struct mneme_error *error;
};

/* "event refused: payload.confidence is 1.5; give at most 1". */
#define REFUSE(check, format, ...)                                                                           \
    mneme_error_set((check)->error, MNEME_E_INVALID, "event refused: %s%s " format, (check)->prefix,         \
                    (check)->field->name, ##__VA_ARGS__)

/* A separate function, since its list would take up stack in every check of a field. */
__attribute__((cold, noinline)) static int refuse_value(const struct check *check, struct mneme_str text) {
    const char *const *values = check->field->values;
    char list[256];
    size_t len = 0;
    for (size_t i = 0; values[i] != NULL; i++) {
        int written = snprintf(list + len, sizeof list - len, "%s%s", i == 0 ? "" : ", ", values[i]);
        len = written < 0 || (size_t)written >= sizeof list - len ? sizeof list - 1 : len + (size_t)written;
    }
    struct mneme_str shown = {text.data, text.len < 40 ? text.len : 40};
    return REFUSE(check, "is \"%.*s\"; give one of %s", MNEME_STR_ARG(shown), list);
}

static int check_values(const struct check *check, struct mneme_str text) {
    const char *const *values = check->field->values;
    for (size_t i = 0; values[i] != NULL; i++) {
        if (mneme_str_equal(text, mneme_str_from(values[i]))) {
            return MNEME_OK;
        }
    }
    return refuse_value(check, text);
}

static int check_utf8(const struct check *check, struct mneme_str text, size_t *characters) {
    const char *reason;
    size_t at;
    if (!mneme_utf8_check(text, characters, &reason, &at)) {
        return REFUSE(check, "holds %s at byte %zu; send UTF-8 without NUL", reason, at);
    }
    return MNEME_OK;
}

static int check_text(const struct check *check, size_t characters, bool is_blank) {
    if (characters == 0) {
        return REFUSE(check, "is empty; give 1 to %zu characters", check->content_max_chars);
    }
    if (characters > check->content_max_chars) {
        return REFUSE(check, "has %zu characters; at most %zu are allowed", characters,
                      check->content_max_chars);
    }
    if (is_blank) {
        return REFUSE(check, "holds only white space; give some text");
    }
    return MNEME_OK;
}

/* The string under "text", including quotes; the last one if there are several, as in Postgres. Null if there
 * is none. */
static struct mneme_str find_text(struct mneme_str object, bool *is_empty) {
    struct mneme_str found = MNEME_STR_NULL;
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_json_reader reader = mneme_json_enter(object);
    *is_empty = true;
    while (mneme_json_next(&reader, &key, &value)) {
        *is_empty = false;
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("text"))) {
            found = mneme_json_kind_of(value) == MNEME_JSON_STRING ? value : MNEME_STR_NULL;
        }
    }
    return found;
}

/* The limit applies to the text, and separately to everything else. */
static int check_content(const struct check *check, struct mneme_str json) {
    struct mneme_str object = mneme_json_trim(json);
    bool is_empty;
    struct mneme_str text = find_text(object, &is_empty);
    if (is_empty) {
        return REFUSE(check, "is empty; give a text or an object with members");
    }
    size_t rest_chars = object.len - text.len; /* an upper limit, as if all were ASCII */
    if (rest_chars > check->content_max_chars) {
        size_t text_raw_chars = 0;
        int status = check_utf8(check, object, &rest_chars);
        if (status == MNEME_OK) {
            status = check_utf8(check, text, &text_raw_chars);
        }
        if (status != MNEME_OK) {
            return status;
        }
        rest_chars -= text_raw_chars;
    }
    if (rest_chars > check->content_max_chars) {
        return REFUSE(check, "has %zu characters besides its text; at most %zu are allowed", rest_chars,
                      check->content_max_chars);
    }
    if (text.data == NULL) {
        return MNEME_OK;
    }
    size_t characters;
    bool is_blank;
    mneme_json_measure(text, &characters, &is_blank);
    return check_text(check, characters, is_blank);
}

static int check_json(const struct check *check, struct mneme_str text) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(text, &kind, &reason, &at)) {
        return REFUSE(check, "is not valid JSON: %s at byte %zu; send well-formed JSON", reason, at);
    }
    if (check->field->format != MNEME_FORMAT_JSON && kind != MNEME_JSON_OBJECT) {
        return REFUSE(check, "must be a JSON object, not %s", mneme_json_kind_phrase(kind));
    }
    return check->field->format == MNEME_FORMAT_CONTENT ? check_content(check, text) : MNEME_OK;
}

static int check_length(const struct check *check, size_t bytes, size_t characters) {
    const struct mneme_field_info *field = check->field;
    if (bytes < field->min_bytes) {
        return bytes == 0 ? REFUSE(check, "is empty; %s",
                                   field->is_nullable ? "leave it out or give some text" : "give some text")
                          : REFUSE(check, "has %zu bytes; give at least %zu", bytes, field->min_bytes);
    }
    if (bytes > field->max_bytes) {
        return REFUSE(check, "has %zu bytes; at most %zu are allowed", bytes, field->max_bytes);
    }
    if (characters > field->max_chars) {
        return REFUSE(check, "has %zu characters; at most %zu are allowed", characters, field->max_chars);
    }
    return MNEME_OK;
}

static int check_string(const struct check *check, struct mneme_str text) {
    const struct mneme_field_info *field = check->field;
    bool is_json = mneme_field_is_json(field);
    size_t characters = 0;
    int status = is_json ? check_json(check, text) : check_utf8(check, text, &characters);
    if (status == MNEME_OK) {
        status = check_length(check, text.len, characters);
    }
    if (status == MNEME_OK && field->values != NULL) {
        status = check_values(check, text);
    }
    if (status == MNEME_OK &&
        (field->format == MNEME_FORMAT_TEXT || field->format == MNEME_FORMAT_TEXT_OR_OBJECT)) {
        status = check_text(check, characters, mneme_is_blank(text));
    }
    if (status == MNEME_OK && field->format == MNEME_FORMAT_SEGMENT &&
        memchr(text.data, '/', text.len) != NULL) {
        status = REFUSE(check, "holds a \"/\"; leave it out");
    }
    /* A text with a limit in bytes is a name, which goes into keys, logs and lists that have one line each.
     */
    if (status == MNEME_OK && !is_json && field->max_bytes != SIZE_MAX && mneme_has_control(text)) {
        status = REFUSE(check, "holds a control character; remove it");
    }
    return status;
}

static int check_long(const struct check *check, int64_t value) {
    const struct mneme_field_info *field = check->field;
    if (field->kind == MNEME_FIELD_TIME && (value < MNEME_MIN_MICROS || value > MNEME_MAX_MICROS)) {
        return REFUSE(check, "is %" PRId64 " microseconds since 1970; give a time in the years 1 to 9999",
                      value);
    }
    double minimum = field->kind == MNEME_FIELD_INT ? fmax(field->minimum, INT32_MIN) : field->minimum;
    double maximum = field->kind == MNEME_FIELD_INT ? fmin(field->maximum, INT32_MAX) : field->maximum;
    if ((double)value < minimum) {
        return REFUSE(check, "is %" PRId64 "; give at least %.15g", value, minimum);
    }
    if ((double)value > maximum) {
        return REFUSE(check, "is %" PRId64 "; give at most %.15g", value, maximum);
    }
    return MNEME_OK;
}

static int check_double(const struct check *check, double value) {
    if (!isfinite(value)) {
        return REFUSE(check, "is not finite; give a number");
    }
    if (value < check->field->minimum) {
        return REFUSE(check, "is %.15g; give at least %.15g", value, check->field->minimum);
    }
    if (value > check->field->maximum) {
        return REFUSE(check, "is %.15g; give at most %.15g", value, check->field->maximum);
    }
    return MNEME_OK;
}

static int check_bool(const struct check *check, const void *record, bool value) {
    const struct mneme_field_info *excluded = check->field->excludes;
    return value && excluded != NULL && !mneme_field_is_null(record, excluded)
               ? REFUSE(check, "is true and %s is given; give one of them", excluded->name)
               : MNEME_OK;
}

static int check_uuid(const struct check *check, const struct mneme_uuid *id) {
    static const struct mneme_uuid nil;
    return memcmp(id, &nil, sizeof nil) != 0 ? MNEME_OK : REFUSE(check, "is missing; give a UUID");
}

static int check_array(const struct check *check, const void *record) {
    const struct mneme_field_info *field = check->field;
    size_t count = mneme_field_item_count(record, field);
    if (count > field->max_items) {
        return REFUSE(check, "has %zu items; at most %zu are allowed", count, field->max_items);
    }
    if (field->same_count_as != NULL && count != mneme_field_item_count(record, field->same_count_as)) {
        return REFUSE(check, "has %zu items; it must have as many as %s, %zu", count,
                      field->same_count_as->name, mneme_field_item_count(record, field->same_count_as));
    }
    return MNEME_OK;
}

static int check_item(const struct check *check, struct mneme_str item, size_t index) {
    const char *reason;
    size_t at;
    struct mneme_uuid id;
    if (item.data == NULL || item.len == 0) {
        return REFUSE(check, "has an empty item at place %zu; remove it", index);
    }
    if (item.len > check->field->item_max_bytes) {
        return REFUSE(check, "has an item of %zu bytes at place %zu; at most %zu are allowed", item.len,
                      index, check->field->item_max_bytes);
    }
    if (!mneme_utf8_check(item, NULL, &reason, &at)) {
        return REFUSE(check, "holds %s at byte %zu of item %zu; send UTF-8 without NUL", reason, at, index);
    }
    if (mneme_has_control(item)) {
        return REFUSE(check, "holds a control character in item %zu; remove it", index);
    }
    if (check->field->format == MNEME_FORMAT_UUID && !mneme_uuid_parse(&id, item)) {
        return REFUSE(check, "holds what is not a UUID at place %zu; give a UUID", index);
    }
    return MNEME_OK;
}

static int check_string_array(const struct check *check, const void *record,
                              const struct mneme_str_array *array) {
    int status = check_array(check, record);
    for (size_t i = 0; status == MNEME_OK && i < array->count; i++) {
        status = check_item(check, array->items[i], i);
    }
    return status;
}

static int check_long_array(const struct check *check, const void *record,
                            const struct mneme_long_array *array) {
    int status = check_array(check, record);
    for (size_t i = 0; status == MNEME_OK && i < array->count; i++) {
        status = check_long(check, array->items[i]);
    }
    return status;
}

static int check_double_array(const struct check *check, const void *record,
                              const struct mneme_double_array *array) {
    int status = check_array(check, record);
    for (size_t i = 0; status == MNEME_OK && i < array->count; i++) {
        status = check_double(check, array->items[i]);
    }
    return status;
}

static int check_vector(const struct check *check, struct mneme_str vector) {
    size_t count = vector.len / sizeof(float);
    if (vector.len == 0 || vector.len % sizeof(float) != 0) {
        return REFUSE(check, "has %zu bytes, which are not a vector; give four for each number", vector.len);
    }
    if (count > check->field->max_items) {
        return REFUSE(check, "has %zu numbers; at most %zu are allowed", count, check->field->max_items);
    }
    for (size_t i = 0; i < count; i++) {
        float number;
        mneme_floats_get(&number, vector.data + i * sizeof number, 1);
        if (!isfinite(number)) {
            return REFUSE(check, "holds what is not a number at place %zu; give finite numbers", i);
        }
    }
    return MNEME_OK;
}

static int check_map(const struct check *check, const struct mneme_str_map *map) {
    if (map->count > check->field->max_items) {
        return REFUSE(check, "has %zu fields; at most %zu are allowed", map->count, check->field->max_items);
    }
    for (size_t i = 0; i < map->count; i++) {
        int status = check_item(check, map->items[i].key, i);
        struct mneme_str value = map->items[i].value;
        if (status == MNEME_OK && value.data == NULL) {
            status = REFUSE(check, "has no value at place %zu; give a text", i);
        }
        if (status == MNEME_OK && value.len > check->field->item_max_bytes) {
            status = REFUSE(check, "has a value of %zu bytes at place %zu; at most %zu are allowed",
                            value.len, i, check->field->item_max_bytes);
        }
        if (status == MNEME_OK) {
            status = check_utf8(check, value, NULL);
        }
        if (status != MNEME_OK) {
            return status;
        }
    }
    return MNEME_OK;
}

static int check_record(struct check check, const void *record, const struct mneme_record_info *info);

static int check_field(const struct check *check, const void *record) {
    const struct mneme_field_info *field = check->field;
    const void *at = (const char *)record + field->offset;
    if (mneme_field_is_null(record, field)) {
        if (mneme_field_item_count(record, field) > 0) {
            return REFUSE(check, "has items but is_set is false; set it");
        }
        return field->is_nullable ? MNEME_OK : REFUSE(check, "is missing; it is required");
    }
    switch (field->kind) {
    case MNEME_FIELD_STRING:
        return check_string(check, *(const struct mneme_str *)at);
    case MNEME_FIELD_UUID:
        return check_uuid(check, at);
    case MNEME_FIELD_INT:
    case MNEME_FIELD_LONG:
    case MNEME_FIELD_TIME:
        return check_long(check, *(const int64_t *)at);
    case MNEME_FIELD_DOUBLE:
        return check_double(check, *(const double *)at);
    case MNEME_FIELD_BOOL:
        return check_bool(check, record, *(const bool *)at);
    case MNEME_FIELD_VECTOR:
        return check_vector(check, *(const struct mneme_str *)at);
    case MNEME_FIELD_STRING_ARRAY:
        return check_string_array(check, record, at);
    case MNEME_FIELD_LONG_ARRAY:
        return check_long_array(check, record, at);
    case MNEME_FIELD_DOUBLE_ARRAY:
        return check_double_array(check, record, at);
    case MNEME_FIELD_STRING_MAP:
        return check_map(check, at);
    case MNEME_FIELD_RECORD:
        return check_record(*check, at, field->record);
    }
    return MNEME_OK;
}

static int check_record(struct check check, const void *record, const struct mneme_record_info *info) {
    for (size_t i = 0; i < info->field_count; i++) {
        check.field = &info->fields[i];
        /* Most fields of most events are null. */
        int status = check.field->is_nullable && check.field->kind == MNEME_FIELD_STRING &&
                             mneme_field_is_null(record, check.field)
                         ? MNEME_OK
                         : check_field(&check, record);
        if (status != MNEME_OK) {
            return status;
        }
    }
    return MNEME_OK;
}

static int check_answer(const struct mneme_conversation_turn *turn, struct mneme_error *error) {
    return turn->agent_response.data == NULL || mneme_str_equal(turn->role, MNEME_STR_LIT("user"))
               ? MNEME_OK
               : mneme_error_set(error, MNEME_E_INVALID,
                                 "event refused: payload.agent_response is given with a turn of the role "
                                 "%.*s; give it with a turn of the role user",
                                 MNEME_STR_ARG(turn->role));
}

int mneme_event_validate(const struct mneme_event *event, size_t content_max_chars,
                         struct mneme_error *error) {
    if ((unsigned)event->type >= MNEME_EVENT_TYPE_COUNT) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "event refused: there is no type %d; use enum mneme_event_type",
                               (int)event->type);
    }
    if (event->stream_id.data == NULL) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "event refused: its scope is empty; give user_id or agent_id, or a stream_id");
    }
    struct check check = {.prefix = "", .content_max_chars = content_max_chars, .error = error};
    int status = check_record(check, event, &mneme_envelope_info);
    if (status != MNEME_OK) {
        return status;
    }
    if (memchr(event->tenant.data, '/', event->tenant.len) != NULL) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "event refused: tenant holds a \"/\", which separates it from the stream; leave it out");
    }
    check.prefix = "payload.";
    status = check_record(check, &event->payload, &mneme_payload_info[event->type]);
    return status == MNEME_OK && event->type == MNEME_EVENT_CONVERSATION_TURN
               ? check_answer(&event->payload.conversation_turn, error)
               : status;
}
