/*
 * The JSON form of filters: an object whose members must all be true. A member is AND or OR with an array of
 * objects, NOT with an object, or a column with a value (eq) or an object of operators.
 */
#include "common/json/read.h"
#include "queries/filter/filter.h"

static int read_object(struct mneme_filter_node **out, struct mneme_filter_reading *reading,
                       struct mneme_str object, int depth);

static size_t place(const struct mneme_filter_reading *reading, struct mneme_str part) {
    return (size_t)(part.data - reading->text.data);
}

static int read_value(struct mneme_filter_value **out, struct mneme_filter_reading *reading,
                      struct mneme_str json) {
    struct mneme_filter_value *value = mneme_arena_calloc(reading->arena, 1, sizeof *value);
    if (value == NULL) {
        return mneme_filter_fail_memory(reading);
    }
    *value =
        (struct mneme_filter_value){mneme_json_kind_of(json), json, 0, place(reading, json), false, NULL};
    bool is_kept = true;
    if (value->kind == MNEME_JSON_ARRAY) {
        return mneme_filter_fail(reading, value->at, "give its items", "a list within a list is not a value");
    }
    if (value->kind == MNEME_JSON_STRING) {
        is_kept = mneme_json_unquote(&value->text, reading->arena, json);
    } else if (value->kind == MNEME_JSON_NUMBER) {
        is_kept = mneme_json_to_double(&value->number, json);
    }
    *out = value;
    return is_kept ? MNEME_OK : mneme_filter_fail_memory(reading);
}

static int read_values(struct mneme_filter_node *test, struct mneme_filter_reading *reading,
                       struct mneme_str json) {
    if (mneme_json_kind_of(json) != MNEME_JSON_ARRAY) {
        test->value_count = 1;
        return read_value(&test->values, reading, json);
    }
    struct mneme_json_reader items = mneme_json_enter(json);
    struct mneme_filter_value **end = &test->values;
    struct mneme_str key, item;
    test->has_list = true;
    while (mneme_json_next(&items, &key, &item)) {
        if (test->value_count++ == MNEME_FILTER_MAX_ITEMS) {
            return mneme_filter_fail(reading, place(reading, item), "split it into two lists",
                                     "the list has more than %d items", MNEME_FILTER_MAX_ITEMS);
        }
        struct mneme_filter_value *value = NULL;
        int status = read_value(&value, reading, item);
        if (status != MNEME_OK || value == NULL) {
            return status;
        }
        *end = value;
        end = &value->next;
    }
    return MNEME_OK;
}

/* One comparison of `column`; a null operator is eq. */
static int read_test(struct mneme_filter_node **out, struct mneme_filter_reading *reading,
                     struct mneme_str column, size_t at, struct mneme_str op, struct mneme_str json) {
    struct mneme_filter_node *test = mneme_filter_node_new(reading, MNEME_FILTER_TEST, at);
    struct mneme_str name;
    if (test == NULL || (op.data != NULL && !mneme_json_unquote(&name, reading->arena, op))) {
        return mneme_filter_fail_memory(reading);
    }
    *out = test;
    int status = mneme_filter_read_field(test, reading, column, at);
    if (status == MNEME_OK && op.data != NULL) {
        status = mneme_filter_read_op(test, reading, name, place(reading, op));
    }
    if (status == MNEME_OK) {
        status = read_values(test, reading, json);
    }
    return status == MNEME_OK ? mneme_filter_check_test(test, reading) : status;
}

/* A column with a value, or with operators that must all be true. */
static int read_column(struct mneme_filter_node **out, struct mneme_filter_reading *reading,
                       struct mneme_str column, size_t at, struct mneme_str json) {
    if (mneme_json_kind_of(json) != MNEME_JSON_OBJECT) {
        return read_test(out, reading, column, at, MNEME_STR_NULL, json);
    }
    *out = mneme_filter_node_new(reading, MNEME_FILTER_AND, at);
    if (*out == NULL) {
        return mneme_filter_fail_memory(reading);
    }
    struct mneme_filter_node **end = &(*out)->children;
    struct mneme_json_reader members = mneme_json_enter(json);
    struct mneme_str op, value;
    while (mneme_json_next(&members, &op, &value)) {
        struct mneme_filter_node *test = NULL;
        int status = read_test(&test, reading, column, at, op, value);
        if (status != MNEME_OK || test == NULL) {
            return status;
        }
        *end = test;
        end = &test->next;
    }
    if ((*out)->children == NULL) {
        return mneme_filter_fail(reading, place(reading, json), "give one, such as {\"gte\":0.7}",
                                 "there is no operator");
    }
    return MNEME_OK;
}

static int read_chain(struct mneme_filter_node **out, struct mneme_filter_reading *reading,
                      enum mneme_filter_kind kind, struct mneme_str json, int depth) {
    *out = mneme_filter_node_new(reading, kind, place(reading, json));
    if (*out == NULL) {
        return mneme_filter_fail_memory(reading);
    }
    if (kind == MNEME_FILTER_NOT) {
        return read_object(&(*out)->children, reading, json, depth + 1);
    }
    if (mneme_json_kind_of(json) != MNEME_JSON_ARRAY) {
        return mneme_filter_fail(reading, place(reading, json), "give an array of objects",
                                 "the value of AND or OR is %s here",
                                 mneme_json_kind_phrase(mneme_json_kind_of(json)));
    }
    struct mneme_filter_node **end = &(*out)->children;
    struct mneme_json_reader items = mneme_json_enter(json);
    struct mneme_str key, item;
    while (mneme_json_next(&items, &key, &item)) {
        struct mneme_filter_node *object = NULL;
        int status = read_object(&object, reading, item, depth + 1);
        if (status != MNEME_OK || object == NULL) {
            return status;
        }
        *end = object;
        end = &object->next;
    }
    return MNEME_OK;
}

static int read_member(struct mneme_filter_node **out, struct mneme_filter_reading *reading,
                       struct mneme_str quoted_key, struct mneme_str json, int depth) {
    static const struct {
        const char *keyword;
        enum mneme_filter_kind kind;
    } chains[] = {{"AND", MNEME_FILTER_AND}, {"OR", MNEME_FILTER_OR}, {"NOT", MNEME_FILTER_NOT}};
    struct mneme_str key;
    if (!mneme_json_unquote(&key, reading->arena, quoted_key)) {
        return mneme_filter_fail_memory(reading);
    }
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        if (mneme_filter_is_word(key, chains[i].keyword)) {
            return read_chain(out, reading, chains[i].kind, json, depth);
        }
    }
    return read_column(out, reading, key, place(reading, quoted_key) + 1, json);
}

static int read_object(struct mneme_filter_node **out, struct mneme_filter_reading *reading,
                       struct mneme_str object, int depth) {
    size_t at = place(reading, object);
    if (mneme_json_kind_of(object) != MNEME_JSON_OBJECT) {
        return mneme_filter_fail(reading, at, "give an object such as {\"user_id\":\"ada\"}",
                                 "a condition is %s here",
                                 mneme_json_kind_phrase(mneme_json_kind_of(object)));
    }
    if (depth > MNEME_FILTER_MAX_DEPTH) {
        return mneme_filter_fail(reading, at, "nest it less deeply", "it is nested more than %d deep",
                                 MNEME_FILTER_MAX_DEPTH);
    }
    *out = mneme_filter_node_new(reading, MNEME_FILTER_AND, at);
    if (*out == NULL) {
        return mneme_filter_fail_memory(reading);
    }
    struct mneme_filter_node **end = &(*out)->children;
    struct mneme_json_reader members = mneme_json_enter(object);
    struct mneme_str key, value;
    while (mneme_json_next(&members, &key, &value)) {
        struct mneme_filter_node *member = NULL;
        int status = read_member(&member, reading, key, value, depth);
        if (status != MNEME_OK || member == NULL) {
            return status;
        }
        *end = member;
        end = &member->next;
    }
    return MNEME_OK;
}

int mneme_filter_parse_json(struct mneme_filter_node **out, struct mneme_filter_reading *reading) {
    const char *reason;
    size_t at;
    if (!mneme_json_check(reading->text, NULL, &reason, &at)) {
        return mneme_filter_fail(reading, at, "correct it", "it is not valid JSON: %s", reason);
    }
    return read_object(out, reading, mneme_json_trim(reading->text), 0);
}
