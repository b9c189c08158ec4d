#include "operations/values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "common/base/choice.h"
#include "common/base/clock.h"
#include "common/base/moment.h"
#include "common/base/position.h"
#include "common/base/uuid.h"
#include "common/json/read.h"

#define MAX_ITEMS 10000
#define MAX_NUMBER_BYTES 64

/* One value being read. */
struct reading {
    struct mneme_op_value *value;
    const struct mneme_op_field *field;
    const char *label;
    struct mneme_str text;
    struct mneme_arena *arena;
    struct mneme_error *error;
};

static int no_memory(const struct reading *reading) {
    return mneme_error_set(reading->error, MNEME_E_NO_MEMORY,
                           "%s was not taken: memory is exhausted; free some", reading->label);
}

/* "LABEL was not taken: it is 'TEXT'; <what to give>". */
static int refuse(const struct reading *reading, const char *what_to_give) {
    return mneme_error_set(reading->error, MNEME_E_USAGE, "%s was not taken: it is '%.*s'; %s",
                           reading->label, (int)(reading->text.len < 100 ? reading->text.len : 100),
                           reading->text.data, what_to_give);
}

/* --- words --- */

static int read_text(const struct reading *reading) {
    const char *const *choices = reading->field->choices;
    if ((reading->field->flags & MNEME_OP_NOT_EMPTY) != 0 && reading->text.len == 0) {
        return mneme_error_set(reading->error, MNEME_E_USAGE, "%s was not taken: it is empty; give a value",
                               reading->label);
    }
    return choices == NULL
               ? MNEME_OK
               : mneme_choice_check(reading->text, choices, reading->label, "value", reading->error);
}

/* A wrong value for an event is refused input (MNEME_E_INVALID); a wrong value of any other field is wrong
 * usage. */
static enum mneme_status refusal_of(const struct mneme_op_field *field) {
    return (field->flags & MNEME_OP_TO_PAYLOAD) != 0 ? MNEME_E_INVALID : MNEME_E_USAGE;
}

static int read_json(const struct reading *reading) {
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(reading->text, &kind, &reason, &at)) {
        return mneme_error_set(reading->error, refusal_of(reading->field),
                               "%s was not taken: it is not JSON (%s at byte %zu); give JSON such as "
                               "{\"key\": \"value\"}",
                               reading->label, reason, at);
    }
    if (reading->field->type == MNEME_OP_OBJECT && kind != MNEME_JSON_OBJECT) {
        return mneme_error_set(reading->error, refusal_of(reading->field),
                               "%s was not taken: it is %s; give a JSON object such as {\"key\": \"value\"}",
                               reading->label, mneme_json_kind_phrase(kind));
    }
    return MNEME_OK;
}

static int read_truth(const struct reading *reading) {
    reading->value->truth = mneme_str_equal(reading->text, MNEME_STR_LIT("true")) ||
                            (reading->field->type == MNEME_OP_FLAG && reading->text.len == 0);
    return reading->value->truth || mneme_str_equal(reading->text, MNEME_STR_LIT("false"))
               ? MNEME_OK
               : refuse(reading, "give true or false");
}

/* A text of lines is taken as it is, since each line is checked separately; an array must be valid JSON. */
static int read_lines(const struct reading *reading) {
    struct mneme_str text = mneme_json_trim(reading->text);
    reading->value->lines = NULL;
    return text.len > 0 && text.data[0] == '[' ? read_json(reading) : MNEME_OK;
}

/* --- numbers --- */

static bool to_number(int64_t *out, struct mneme_str text) {
    char digits[MAX_NUMBER_BYTES];
    char *end;
    if (text.len == 0 || text.len >= sizeof digits) {
        return false;
    }
    memcpy(digits, text.data, text.len);
    digits[text.len] = '\0';
    errno = 0;
    *out = strtoll(digits, &end, 10);
    return end == digits + text.len && errno == 0;
}

static int read_integer(const struct reading *reading) {
    const struct mneme_op_field *field = reading->field;
    bool is_bounded = field->minimum != 0 || field->maximum != 0;
    bool is_number = to_number(&reading->value->number, reading->text);
    if (is_number && (!is_bounded || ((double)reading->value->number >= field->minimum &&
                                      (double)reading->value->number <= field->maximum))) {
        return MNEME_OK;
    }
    int64_t most = field->maximum < 9.2e18 ? (int64_t)field->maximum : INT64_MAX;
    return is_bounded
               ? mneme_error_set(reading->error, MNEME_E_USAGE,
                                 "%s was not taken: it is '%.*s'; give a whole number from %lld to %lld",
                                 reading->label, MNEME_STR_ARG(reading->text), (long long)field->minimum,
                                 (long long)most)
               : refuse(reading, "give a whole number");
}

/* A number as in JSON, or without the zero before the decimal point. */
static bool to_fraction(double *out, struct mneme_str text) {
    char digits[MAX_NUMBER_BYTES + 1] = "0";
    const char *reason;
    size_t at;
    enum mneme_json_kind kind;
    if (text.len == 0 || text.len >= MAX_NUMBER_BYTES) {
        return false;
    }
    memcpy(digits + 1, text.data, text.len);
    const struct mneme_str number = text.data[0] == '.' ? (struct mneme_str){digits, text.len + 1}
                                                        : (struct mneme_str){digits + 1, text.len};
    return mneme_json_check(number, &kind, &reason, &at) && kind == MNEME_JSON_NUMBER &&
           mneme_json_to_double(out, number) && isfinite(*out);
}

static int read_decimal(const struct reading *reading) {
    const struct mneme_op_field *field = reading->field;
    bool is_bounded = field->minimum != 0 || field->maximum != 0;
    double *value = &reading->value->fraction;
    if (to_fraction(value, reading->text) &&
        (!is_bounded || (*value >= field->minimum && *value <= field->maximum))) {
        return MNEME_OK;
    }
    return is_bounded
               ? mneme_error_set(reading->error, MNEME_E_USAGE,
                                 "%s was not taken: it is '%.*s'; give a number from %g to %g",
                                 reading->label, MNEME_STR_ARG(reading->text), field->minimum, field->maximum)
               : refuse(reading, "give a number");
}

static int read_time(const struct reading *reading) {
    enum mneme_moment_side side =
        (reading->field->flags & MNEME_OP_AHEAD) != 0 ? MNEME_MOMENT_FROM_NOW : MNEME_MOMENT_AGO;
    return mneme_moment_read(&reading->value->number, reading->text, side, reading->label, reading->error);
}

static int read_duration(const struct reading *reading) {
    return mneme_duration_read(&reading->value->number, reading->text, reading->label, reading->error);
}

/* --- places in the log, filters --- */

static int read_moment(const struct reading *reading) {
    struct mneme_as_of *as_of = &reading->value->as_of;
    *as_of = (struct mneme_as_of){.is_set = true};
    if (mneme_moment_parse(&as_of->micros, reading->text, mneme_clock_now_micros(), MNEME_MOMENT_AGO)) {
        return MNEME_OK;
    }
    as_of->is_position = mneme_position_parse(&as_of->position, reading->text);
    return as_of->is_position ? MNEME_OK
                              : mneme_error_set(reading->error, MNEME_E_USAGE,
                                                "%s was not taken: '%.*s' is neither a time such as "
                                                "2026-01-31T12:00:00Z nor a position such as 3:17; give one "
                                                "of them",
                                                reading->label, MNEME_STR_ARG(reading->text));
}

static int read_filter(const struct reading *reading) {
    return mneme_filter_parse(&reading->value->filter, reading->text, reading->arena, reading->error);
}

static int read_cursor(const struct reading *reading) {
    return mneme_cursor_read(&reading->value->cursor, reading->text, reading->arena, reading->error);
}

/* --- lists --- */

/* Cuts the next item off `rest`: up to the comma, trimmed. */
static struct mneme_str next_item(struct mneme_str *rest) {
    const char *comma = memchr(rest->data, ',', rest->len);
    struct mneme_str item = {rest->data, comma == NULL ? rest->len : (size_t)(comma - rest->data)};
    size_t used = item.len + (comma != NULL);
    rest->data += used;
    rest->len -= used;
    while (item.len > 0 && item.data[0] == ' ') {
        item.data++;
        item.len--;
    }
    while (item.len > 0 && item.data[item.len - 1] == ' ') {
        item.len--;
    }
    return item;
}

static size_t count_items(struct mneme_str text) {
    size_t count = text.len > 0;
    for (size_t i = 0; i < text.len; i++) {
        count += text.data[i] == ',';
    }
    return count;
}

/* The items of "a,b , c"; "" is an empty list. */
static int split(struct mneme_str **items, size_t *count, const struct reading *reading) {
    struct mneme_str rest = reading->text;
    *count = count_items(rest);
    if (*count > MAX_ITEMS) {
        return mneme_error_set(reading->error, MNEME_E_USAGE,
                               "%s was not taken: it has %zu items; give at most %d", reading->label, *count,
                               MAX_ITEMS);
    }
    *items = mneme_arena_calloc(reading->arena, *count + 1, sizeof **items);
    if (*items == NULL) {
        return no_memory(reading);
    }
    for (size_t i = 0; i < *count; i++) {
        (*items)[i] = next_item(&rest);
        if ((*items)[i].len == 0) {
            return mneme_error_set(
                reading->error, MNEME_E_USAGE,
                "%s was not taken: one of its items is empty; separate items by single commas",
                reading->label);
        }
    }
    return MNEME_OK;
}

/* A copy of the array with room for one more; arrays double, so that adding stays cheap. */
static void *grow(const void *items, size_t count, size_t item_bytes, struct mneme_arena *arena) {
    if (count > 0 && (count & (count - 1)) != 0) {
        return (void *)items; /* there is room: capacities are powers of two */
    }
    void *grown = mneme_arena_calloc(arena, count == 0 ? 1 : 2 * count, item_bytes);
    if (grown != NULL && count > 0) {
        memcpy(grown, items, count * item_bytes);
    }
    return grown;
}

static int add_text(const struct reading *reading, struct mneme_str item) {
    struct mneme_str_array *list = &reading->value->list;
    struct reading one = *reading;
    one.text = item;
    int status = read_text(&one);
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_str *items = grow(list->items, list->count, sizeof *items, reading->arena);
    if (items == NULL) {
        return no_memory(reading);
    }
    items[list->count] = item;
    *list = (struct mneme_str_array){.items = items, .count = list->count + 1, .is_set = true};
    return MNEME_OK;
}

static int add_id(const struct reading *reading, struct mneme_str item) {
    struct mneme_uuid id;
    if (!mneme_uuid_parse(&id, item)) {
        return mneme_error_set(reading->error, MNEME_E_USAGE,
                               "%s was not taken: '%.*s' is not a UUID; give 36 characters such as "
                               "018f0f5e-7a5b-7cc1-9d3e-2f6a1b0c4d5e",
                               reading->label, (int)(item.len < 100 ? item.len : 100), item.data);
    }
    if (reading->field->type == MNEME_OP_ID) {
        reading->value->id = id;
        return MNEME_OK;
    }
    size_t count = reading->value->ids.count;
    struct mneme_uuid *ids = grow(reading->value->ids.items, count, sizeof *ids, reading->arena);
    if (ids == NULL || count == MAX_ITEMS) {
        return ids == NULL
                   ? no_memory(reading)
                   : mneme_error_set(reading->error, MNEME_E_USAGE,
                                     "%s was not taken: there are more than %d items; give fewer at once",
                                     reading->label, MAX_ITEMS);
    }
    ids[count] = id;
    reading->value->ids.items = ids;
    reading->value->ids.count = count + 1;
    return MNEME_OK;
}

static int add_position(const struct reading *reading, struct mneme_str item) {
    size_t count = reading->value->positions.count;
    struct mneme_position position;
    if (!mneme_position_parse(&position, item)) {
        return mneme_error_set(reading->error, MNEME_E_USAGE,
                               "%s was not taken: '%.*s' is not a position; give partition:offset such as "
                               "3:17, as publish printed it",
                               reading->label, (int)(item.len < 100 ? item.len : 100), item.data);
    }
    struct mneme_position *positions =
        grow(reading->value->positions.items, count, sizeof *positions, reading->arena);
    if (positions == NULL) {
        return no_memory(reading);
    }
    positions[count] = position;
    reading->value->positions.items = positions;
    reading->value->positions.count = count + 1;
    return MNEME_OK;
}

static int read_id(const struct reading *reading) {
    return add_id(reading, reading->text);
}

static int read_many(const struct reading *reading) {
    struct mneme_str *items;
    size_t count;
    int status = split(&items, &count, reading);
    reading->value->list.is_set = reading->field->type == MNEME_OP_LIST || reading->value->list.is_set;
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        status =
            reading->field->type == MNEME_OP_LIST ? add_text(reading, items[i]) : add_id(reading, items[i]);
    }
    return status;
}

static int read_positions(const struct reading *reading) {
    struct mneme_str *items;
    size_t count;
    reading->value->positions.are_last = mneme_str_equal(reading->text, MNEME_STR_LIT("last"));
    if (reading->value->positions.are_last) {
        return MNEME_OK;
    }
    int status = split(&items, &count, reading);
    for (size_t i = 0; i < count && status == MNEME_OK; i++) {
        status = add_position(reading, items[i]);
    }
    return status;
}

/* --- all types --- */

static const struct {
    const char *shown;
    int (*read)(const struct reading *reading);
} types[] = {
    [MNEME_OP_TEXT] = {"TEXT", read_text},
    [MNEME_OP_LONG_TEXT] = {"TEXT", read_text},
    [MNEME_OP_TEXT_OR_OBJECT] = {"TEXT", read_text},
    [MNEME_OP_VALUE] = {"VALUE", read_text},
    [MNEME_OP_LIST] = {"A,B", read_many},
    [MNEME_OP_JSON] = {"JSON", read_json},
    [MNEME_OP_OBJECT] = {"JSON", read_json},
    [MNEME_OP_ID] = {"UUID", read_id},
    [MNEME_OP_IDS] = {"UUID,UUID", read_many},
    [MNEME_OP_INTEGER] = {"N", read_integer},
    [MNEME_OP_DECIMAL] = {"N", read_decimal},
    [MNEME_OP_FLAG] = {NULL, read_truth},
    [MNEME_OP_BOOLEAN] = {"true|false", read_truth},
    [MNEME_OP_TIME] = {"TIME", read_time},
    [MNEME_OP_DURATION] = {"DURATION", read_duration},
    [MNEME_OP_MOMENT] = {"TIME|POSITION", read_moment},
    [MNEME_OP_POSITIONS] = {"POSITION", read_positions},
    [MNEME_OP_FILTER] = {"EXPR", read_filter},
    [MNEME_OP_CURSOR] = {"CURSOR", read_cursor},
    [MNEME_OP_LINES] = {"-", read_lines},
};

const char *mneme_op_type_shown(enum mneme_op_type type) {
    return types[type].shown;
}

int mneme_op_value_read(struct mneme_op_value *value, const struct mneme_op_field *field, const char *label,
                        struct mneme_str text, struct mneme_arena *arena, struct mneme_error *error) {
    const struct reading reading = {value, field, label, text, arena, error};
    value->text = text;
    int status = types[field->type].read(&reading);
    value->is_set = status == MNEME_OK;
    return status;
}

int mneme_op_value_add(struct mneme_op_value *value, const struct mneme_op_field *field, const char *label,
                       struct mneme_str item, struct mneme_arena *arena, struct mneme_error *error) {
    const struct reading reading = {value, field, label, item, arena, error};
    int status = field->type == MNEME_OP_LIST        ? add_text(&reading, item)
                 : field->type == MNEME_OP_POSITIONS ? add_position(&reading, item)
                                                     : add_id(&reading, item);
    value->is_set = status == MNEME_OK || value->is_set;
    return status;
}
