/*
 * What filters may contain: the tables of columns and operators, and the checks whether these and the values
 * fit.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/moment.h"
#include "common/base/nearest.h"
#include "common/base/uuid.h"
#include "common/json/read.h"
#include "queries/filter/filter.h"

const struct mneme_filter_column mneme_filter_columns[] = {
    {"id", MNEME_FILTER_UUID, "m.id", 0},
    {"tenant", MNEME_FILTER_TEXT, "m.tenant", 0},
    {"stream_id", MNEME_FILTER_TEXT, "m.stream_id", 0},
    {"agent_id", MNEME_FILTER_TEXT, "m.agent_id", 0},
    {"user_id", MNEME_FILTER_TEXT, "m.user_id", 0},
    {"run_id", MNEME_FILTER_TEXT, "m.run_id", 0},
    {"conversation_id", MNEME_FILTER_TEXT, "m.conversation_id", 0},
    {"memory_type", MNEME_FILTER_TEXT, "m.memory_type", 0},
    {"term", MNEME_FILTER_TEXT, "m.term", 0},
    {"content", MNEME_FILTER_JSON, "m.content", 0},
    {"metadata", MNEME_FILTER_JSON, "m.metadata", 0},
    {"tags", MNEME_FILTER_LIST, "m.tags", 0},
    {"entities", MNEME_FILTER_LIST, "m.entities", 0},
    {"confidence", MNEME_FILTER_NUMBER, "m.confidence", 0},
    {"importance", MNEME_FILTER_NUMBER, "least(1, m.importance + 0.01 * a.access_count)",
     MNEME_FILTER_OF_ACCESSES},
    {"priority", MNEME_FILTER_NUMBER, "m.priority", 0},
    {"access_count", MNEME_FILTER_NUMBER, "a.access_count", MNEME_FILTER_OF_ACCESSES},
    {"last_accessed_at", MNEME_FILTER_TIME, "a.last_accessed_at", MNEME_FILTER_OF_ACCESSES},
    {"created_at", MNEME_FILTER_TIME, "m.created_at", 0},
    {"updated_at", MNEME_FILTER_TIME, "m.updated_at", 0},
    {"expires_at", MNEME_FILTER_TIME, "m.expires_at", MNEME_FILTER_LIES_AHEAD},
    {"is_deleted", MNEME_FILTER_BOOL, "m.is_deleted", 0},
    {"is_archived", MNEME_FILTER_BOOL, "m.is_archived", 0},
    {"tier", MNEME_FILTER_TEXT, "m.tier", 0},
    {"version", MNEME_FILTER_NUMBER, "m.version", 0},
    {"source_event_id", MNEME_FILTER_UUID, "m.source_event_id", 0},
    {0},
};

static const char *const op_names[MNEME_FILTER_OP_COUNT] = {"eq",  "ne", "in",  "nin",     "gt",
                                                            "gte", "lt", "lte", "contains"};

/* Symbols for the same operators. */
static const struct {
    const char *symbol;
    enum mneme_filter_op op;
} symbols[] = {{"=", MNEME_FILTER_EQ},  {"==", MNEME_FILTER_EQ}, {"!=", MNEME_FILTER_NE},
               {"<>", MNEME_FILTER_NE}, {">", MNEME_FILTER_GT},  {">=", MNEME_FILTER_GTE},
               {"<", MNEME_FILTER_LT},  {"<=", MNEME_FILTER_LTE}};

#define OP(name) (1U << MNEME_FILTER_##name)
#define EQUALITY (OP(EQ) | OP(NE) | OP(IN) | OP(NIN))
#define ORDER (OP(GT) | OP(GTE) | OP(LT) | OP(LTE))

static const struct {
    const char *phrase; /* what it can be compared with */
    unsigned ops;
    const char *ops_text;
} types[MNEME_FILTER_TYPE_COUNT] = {
    [MNEME_FILTER_TEXT] = {"a text", EQUALITY | ORDER | OP(CONTAINS),
                           "eq, ne, in, nin, gt, gte, lt, lte or contains"},
    [MNEME_FILTER_UUID] = {"a UUID of 36 characters", EQUALITY, "eq, ne, in or nin"},
    [MNEME_FILTER_NUMBER] = {"a number", EQUALITY | ORDER, "eq, ne, in, nin, gt, gte, lt or lte"},
    [MNEME_FILTER_BOOL] = {"true or false", OP(EQ) | OP(NE), "eq or ne"},
    [MNEME_FILTER_TIME] = {"a time such as 7d, yesterday, 2026-01-31 or 2026-01-31T12:00Z", EQUALITY | ORDER,
                           "eq, ne, in, nin, gt, gte, lt or lte"},
    [MNEME_FILTER_LIST] = {"a text", OP(CONTAINS) | OP(IN) | OP(NIN),
                           "contains (all of these), in (any of these) or nin (none of these)"},
    [MNEME_FILTER_JSON] = {"a value", EQUALITY | ORDER | OP(CONTAINS), "any operator"},
};

bool mneme_filter_is_word(struct mneme_str word, const char *keyword) {
    return word.len == strlen(keyword) && strncasecmp(word.data, keyword, word.len) == 0;
}

int mneme_filter_fail(struct mneme_filter_reading *reading, size_t at, const char *advice, const char *format,
                      ...) {
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (written < 0) {
        what[0] = '\0';
    }
    size_t character = 1;
    for (size_t i = 0; i < at && i < reading->text.len; i++) {
        character += ((unsigned char)reading->text.data[i] & 0xC0) != 0x80;
    }
    return mneme_error_set(reading->error, MNEME_E_USAGE, "the filter was not taken: %s at character %zu; %s",
                           what, character, advice);
}

int mneme_filter_fail_memory(struct mneme_filter_reading *reading) {
    return mneme_error_set(reading->error, MNEME_E_NO_MEMORY,
                           "the filter was not taken: memory is exhausted; free some");
}

struct mneme_filter_node *mneme_filter_node_new(struct mneme_filter_reading *reading,
                                                enum mneme_filter_kind kind, size_t at) {
    struct mneme_filter_node *node = mneme_arena_calloc(reading->arena, 1, sizeof *node);
    if (node != NULL) {
        node->kind = kind;
        node->at = at;
    }
    return node;
}

/* --- fields and operators --- */

static int unknown_column(struct mneme_filter_reading *reading, struct mneme_str name, size_t at) {
    char advice[96] = "name a column of memories, or metadata.KEY";
    struct mneme_nearest nearest = {0};
    for (const struct mneme_filter_column *column = mneme_filter_columns; column->name != NULL; column++) {
        mneme_nearest_offer(&nearest, name, column->name);
    }
    if (nearest.name != NULL) {
        snprintf(advice, sizeof advice, "did you mean '%s'?", nearest.name);
    }
    return mneme_filter_fail(reading, at, advice, "there is no column '%.*s'", MNEME_STR_ARG(name));
}

/* Cuts the next key off `rest`, up to a dot; a key in quotes may contain dots. False when it is malformed. */
static bool cut_key(struct mneme_str *key, struct mneme_str *rest, struct mneme_arena *arena) {
    size_t len = 0;
    if (rest->len > 0 && rest->data[0] == '"') {
        len = 1;
        while (len < rest->len && rest->data[len] != '"') {
            len += rest->data[len] == '\\' ? 2 : 1;
        }
        if (len >= rest->len) {
            return false;
        }
        struct mneme_str quoted = {rest->data, ++len};
        if (!mneme_json_check(quoted, NULL, &(const char *){NULL}, &(size_t){0}) ||
            !mneme_json_unquote(key, arena, quoted)) {
            return false;
        }
    } else {
        while (len < rest->len && rest->data[len] != '.') {
            len++;
        }
        *key = (struct mneme_str){rest->data, len};
    }
    rest->data += len;
    rest->len -= len;
    return len > 0 && (rest->len == 0 || rest->data[0] == '.');
}

int mneme_filter_read_field(struct mneme_filter_node *test, struct mneme_filter_reading *reading,
                            struct mneme_str field, size_t at) {
    const char *dot = memchr(field.data, '.', field.len);
    struct mneme_str name = {field.data, dot == NULL ? field.len : (size_t)(dot - field.data)};
    struct mneme_str rest = {name.data + name.len, field.len - name.len};
    for (const struct mneme_filter_column *column = mneme_filter_columns; column->name != NULL; column++) {
        if (mneme_str_equal(name, mneme_str_from(column->name))) {
            test->column = column;
        }
    }
    if (test->column == NULL) {
        return unknown_column(reading, name, at);
    }
    if (rest.len == 0) {
        return MNEME_OK;
    }
    if (test->column->type != MNEME_FILTER_JSON) {
        return mneme_filter_fail(reading, at, "only metadata and content have paths", "'%s' has no members",
                                 test->column->name);
    }
    struct mneme_str *keys = mneme_arena_calloc(reading->arena, MNEME_FILTER_MAX_PATH, sizeof *keys);
    if (keys == NULL) {
        return mneme_filter_fail_memory(reading);
    }
    size_t count = 0;
    while (rest.len > 0) {
        size_t key_at = at + field.len - rest.len + 1;
        rest.data++; /* the dot */
        rest.len--;
        if (count == MNEME_FILTER_MAX_PATH) {
            return mneme_filter_fail(reading, key_at, "shorten it", "the path has more than %d keys",
                                     MNEME_FILTER_MAX_PATH);
        }
        if (!cut_key(&keys[count++], &rest, reading->arena)) {
            return mneme_filter_fail(reading, key_at,
                                     "separate keys by dots, and put keys with other characters in quotes: "
                                     "metadata.\"a b\".c",
                                     "the path '%.*s' has a malformed key", MNEME_STR_ARG(field));
        }
    }
    test->path = (struct mneme_str_array){.items = keys, .count = count, .is_set = true};
    return MNEME_OK;
}

int mneme_filter_read_op(struct mneme_filter_node *test, struct mneme_filter_reading *reading,
                         struct mneme_str word, size_t at) {
    for (int op = 0; op < MNEME_FILTER_OP_COUNT; op++) {
        if (mneme_filter_is_word(word, op_names[op])) {
            test->op = (enum mneme_filter_op)op;
            return MNEME_OK;
        }
    }
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        if (mneme_str_equal(word, mneme_str_from(symbols[i].symbol))) {
            test->op = symbols[i].op;
            return MNEME_OK;
        }
    }
    return mneme_filter_fail(reading, at,
                             "choose one of eq, ne, in, nin, gt, gte, lt, lte, contains, or =, !=, >, >=, "
                             "<, <=",
                             "there is no operator '%.*s'", MNEME_STR_ARG(word));
}

/* --- values --- */

/* Converts the value to the type; false when that is not possible. */
static bool convert(struct mneme_filter_value *value, const struct mneme_filter_column *column,
                    struct mneme_arena *arena) {
    enum mneme_moment_side side =
        (column->traits & MNEME_FILTER_LIES_AHEAD) != 0 ? MNEME_MOMENT_FROM_NOW : MNEME_MOMENT_AGO;
    struct mneme_uuid id;
    int64_t micros;
    char time[MNEME_RFC3339_BYTES];
    bool is_text = value->kind == MNEME_JSON_STRING || (value->is_bare && value->kind != MNEME_JSON_NULL);
    switch (column->type) {
    case MNEME_FILTER_TEXT:
    case MNEME_FILTER_LIST:
        return is_text;
    case MNEME_FILTER_UUID:
        return is_text && mneme_uuid_parse(&id, value->text);
    case MNEME_FILTER_NUMBER:
        return value->kind == MNEME_JSON_NUMBER;
    case MNEME_FILTER_BOOL:
        return value->kind == MNEME_JSON_BOOL;
    case MNEME_FILTER_TIME:
        if (!is_text || !mneme_moment_parse(&micros, value->text, mneme_clock_now_micros(), side)) {
            return false;
        }
        mneme_clock_format_rfc3339(micros, time);
        value->text = mneme_arena_copy(arena, mneme_str_from(time));
        return value->text.data != NULL;
    case MNEME_FILTER_JSON:
        return true;
    case MNEME_FILTER_TYPE_COUNT:
        break;
    }
    return false;
}

/* Checks which comparisons a JSON column, or a path in it, takes with a value. */
static int check_json(const struct mneme_filter_node *test, const struct mneme_filter_value *value,
                      struct mneme_filter_reading *reading) {
    bool is_contains = test->op == MNEME_FILTER_CONTAINS;
    bool is_order = ((1U << test->op) & ORDER) != 0;
    if (!test->path.is_set && (!is_contains || (value->kind != MNEME_JSON_OBJECT && !value->is_bare &&
                                                value->kind != MNEME_JSON_STRING))) {
        return mneme_filter_fail(reading, test->at, "name a key, such as metadata.source, or use contains",
                                 "'%s' as a whole can only be tested with contains, for a text or an object",
                                 test->column->name);
    }
    if (value->kind == MNEME_JSON_OBJECT && !is_contains) {
        return mneme_filter_fail(reading, value->at, "use contains, or name a key of it",
                                 "an object can only be compared with contains");
    }
    if (is_order && value->kind != MNEME_JSON_NUMBER && value->kind != MNEME_JSON_STRING) {
        return mneme_filter_fail(reading, value->at, "give a number or a text",
                                 "only numbers and texts can be ordered");
    }
    return MNEME_OK;
}

static int check_value(const struct mneme_filter_node *test, struct mneme_filter_value *value,
                       struct mneme_filter_reading *reading) {
    enum mneme_filter_type type = test->column->type;
    if (value->kind == MNEME_JSON_NULL) {
        bool is_equality = test->op == MNEME_FILTER_EQ || test->op == MNEME_FILTER_NE;
        if (is_equality && !test->has_list) {
            return MNEME_OK;
        }
        return mneme_filter_fail(reading, value->at, "ask whether a value is missing with eq null or ne null",
                                 "null cannot be used as a value here");
    }
    if (type == MNEME_FILTER_JSON) {
        return check_json(test, value, reading);
    }
    if (!convert(value, test->column, reading->arena)) {
        char advice[96];
        snprintf(advice, sizeof advice, "give %s", types[type].phrase);
        return mneme_filter_fail(reading, value->at, advice, "'%.*s' cannot be compared with '%s'",
                                 MNEME_STR_ARG(value->text), test->column->name);
    }
    return MNEME_OK;
}

int mneme_filter_check_test(struct mneme_filter_node *test, struct mneme_filter_reading *reading) {
    enum mneme_filter_type type = test->column->type;
    bool takes_list = test->op == MNEME_FILTER_IN || test->op == MNEME_FILTER_NIN;
    bool may_list = takes_list || (test->op == MNEME_FILTER_CONTAINS && type == MNEME_FILTER_LIST);
    if (++reading->test_count > MNEME_FILTER_MAX_TESTS) {
        return mneme_filter_fail(reading, test->at, "use in for many values of one column",
                                 "there are more than %d comparisons", MNEME_FILTER_MAX_TESTS);
    }
    if ((types[type].ops & (1U << test->op)) == 0) {
        char advice[96];
        snprintf(advice, sizeof advice, "use %s", types[type].ops_text);
        return mneme_filter_fail(reading, test->at, advice, "'%s' does not take %s", test->column->name,
                                 op_names[test->op]);
    }
    if (takes_list && !test->has_list) {
        return mneme_filter_fail(reading, test->values->at, "give a list, such as (a, b) or [\"a\",\"b\"]",
                                 "%s needs a list", op_names[test->op]);
    }
    if (test->has_list && !may_list) {
        return mneme_filter_fail(reading, test->at, "give one value, or use in", "%s does not take a list",
                                 op_names[test->op]);
    }
    for (struct mneme_filter_value *value = test->values; value != NULL; value = value->next) {
        int status = check_value(test, value, reading);
        if (status != MNEME_OK) {
            return status;
        }
    }
    return MNEME_OK;
}
