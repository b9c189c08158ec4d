/*
 * Filters as SQL. The text consists only of constants of this program and parameter numbers. NOT is moved
 * down to the comparisons, so that comparisons that are not negated can use an index, and negated ones are
 * true when they cannot be decided.
 */
#include "common/base/text_check.h"
#include "queries/filter/filter.h"

#include "common/base/uuid.h"
#include "common/json/write.h"

struct compiler {
    struct mneme_buffer *sql;
    struct mneme_pg_params *params;
};

static void put(struct compiler *compiler, const char *text) {
    mneme_buffer_append_str(compiler->sql, mneme_str_from(text));
}

/* The cast for a value of the type. */
static const char *const casts[MNEME_FILTER_TYPE_COUNT + 1] = {
    [MNEME_FILTER_TYPE_COUNT] = "",    [MNEME_FILTER_TEXT] = "::text",
    [MNEME_FILTER_UUID] = "::uuid",    [MNEME_FILTER_NUMBER] = "::double precision",
    [MNEME_FILTER_BOOL] = "::boolean", [MNEME_FILTER_TIME] = "::timestamptz",
    [MNEME_FILTER_LIST] = "::text",    [MNEME_FILTER_JSON] = "::jsonb",
};

static const char *const comparisons[MNEME_FILTER_OP_COUNT + 1] = {
    [MNEME_FILTER_OP_COUNT] = "",  [MNEME_FILTER_EQ] = " = ",      [MNEME_FILTER_NE] = " = ",
    [MNEME_FILTER_IN] = " = ANY ", [MNEME_FILTER_NIN] = " = ANY ", [MNEME_FILTER_GT] = " > ",
    [MNEME_FILTER_GTE] = " >= ",   [MNEME_FILTER_LT] = " < ",      [MNEME_FILTER_LTE] = " <= ",
};

/* The parameter that was added last. */
static void put_last(struct compiler *compiler, const char *cast) {
    mneme_buffer_printf(compiler->sql, "$%d%s", compiler->params->count, cast);
}

/* A value as JSON, into `out`. */
static void write_json(struct mneme_buffer *out, const struct mneme_filter_value *value) {
    struct mneme_json_writer json = {.out = out};
    mneme_buffer_clear(out);
    if (value->kind == MNEME_JSON_STRING) {
        mneme_json_string(&json, value->text);
    } else {
        mneme_json_raw(&json, value->text);
    }
}

static void add_value(struct compiler *compiler, const struct mneme_filter_value *value,
                      enum mneme_filter_type type) {
    struct mneme_buffer json = {0};
    switch (type) {
    case MNEME_FILTER_NUMBER:
        mneme_pg_param_double(compiler->params, value->number);
        break;
    case MNEME_FILTER_JSON:
        write_json(&json, value);
        mneme_pg_param_str(compiler->params, mneme_buffer_str(&json));
        compiler->params->bytes.failed |= json.failed;
        break;
    case MNEME_FILTER_TEXT:
    case MNEME_FILTER_UUID:
    case MNEME_FILTER_BOOL:
    case MNEME_FILTER_TIME:
    case MNEME_FILTER_LIST:
    case MNEME_FILTER_TYPE_COUNT:
        mneme_pg_param_str(compiler->params, value->text);
        break;
    }
    mneme_buffer_clean_up(&json);
}

/* All values as one array of texts. */
static void add_values(struct compiler *compiler, const struct mneme_filter_node *test) {
    enum mneme_filter_type type = test->column->type;
    struct mneme_str items[MNEME_FILTER_MAX_ITEMS];
    struct mneme_buffer bytes = {0};
    struct mneme_buffer json = {0};
    size_t ends[MNEME_FILTER_MAX_ITEMS];
    size_t count = 0;
    for (const struct mneme_filter_value *value = test->values; value != NULL; value = value->next) {
        if (type == MNEME_FILTER_JSON) {
            write_json(&json, value);
            mneme_buffer_append_str(&bytes, mneme_buffer_str(&json));
        } else {
            mneme_buffer_append_str(&bytes, value->text);
        }
        ends[count++] = bytes.len;
    }
    for (size_t i = 0; i < count; i++) {
        size_t begin = i == 0 ? 0 : ends[i - 1];
        items[i] = (struct mneme_str){mneme_buffer_str(&bytes).data + begin, ends[i] - begin};
    }
    mneme_pg_param_str_array(compiler->params, items, bytes.failed || json.failed ? 0 : count);
    compiler->params->bytes.failed |= bytes.failed || json.failed;
    mneme_buffer_clean_up(&bytes);
    mneme_buffer_clean_up(&json);
}

/* The value at the path: a jsonb, or NULL. `path` is the number of the path's parameter, 0 without one. */
static void put_json(struct compiler *compiler, const struct mneme_filter_node *test, int path) {
    if (path == 0) {
        put(compiler, test->column->sql);
    } else {
        mneme_buffer_printf(compiler->sql, "(%s #> $%d::text[])", test->column->sql, path);
    }
}

/* typeof(value) = 'type' AND */
static void put_json_guard(struct compiler *compiler, const struct mneme_filter_node *test, int path,
                           const char *type) {
    put(compiler, "jsonb_typeof(");
    put_json(compiler, test, path);
    mneme_buffer_printf(compiler->sql, ") = '%s' AND ", type);
}

/* A text can contain a text, an array a value, an object an object. At a path, a bare `true` or `5` is that
 * value, as for eq; a whole column is searched as text, so there it is a word. */
static void put_json_contains(struct compiler *compiler, const struct mneme_filter_node *test, int path) {
    const struct mneme_filter_value *value = test->values;
    put(compiler, "CASE jsonb_typeof(");
    put_json(compiler, test, path);
    put(compiler, ") WHEN 'array' THEN ");
    put_json(compiler, test, path);
    add_value(compiler, value, MNEME_FILTER_JSON);
    put(compiler, " @> jsonb_build_array(");
    put_last(compiler, "::jsonb)");
    if (value->kind == MNEME_JSON_OBJECT) {
        put(compiler, " WHEN 'object' THEN ");
        put_json(compiler, test, path);
        put(compiler, " @> ");
        put_last(compiler, "::jsonb");
    } else if (value->kind == MNEME_JSON_STRING || (path == 0 && value->is_bare)) {
        add_value(compiler, value, MNEME_FILTER_TEXT);
        put(compiler, " WHEN 'string' THEN strpos(");
        put_json(compiler, test, path);
        put(compiler, " #>> '{}', ");
        put_last(compiler, "::text) > 0");
        if (path == 0) {
            put(compiler, " WHEN 'object' THEN strpos(coalesce(");
            put_json(compiler, test, path);
            put(compiler, " ->> 'text', ");
            put_json(compiler, test, path);
            put(compiler, "::text), ");
            put_last(compiler, "::text) > 0");
        }
    }
    put(compiler, " END");
}

static void put_json_test(struct compiler *compiler, const struct mneme_filter_node *test) {
    const struct mneme_filter_value *value = test->values;
    int path = 0;
    if (test->path.is_set) {
        mneme_pg_param_str_array(compiler->params, test->path.items, test->path.count);
        path = compiler->params->count;
    }
    if (test->op == MNEME_FILTER_CONTAINS) {
        put_json_contains(compiler, test, path);
    } else if (test->has_list) {
        put_json(compiler, test, path);
        add_values(compiler, test);
        put(compiler, " = ANY (");
        put_last(compiler, "::text[]::jsonb[])");
    } else if (value->kind == MNEME_JSON_NULL) {
        put(compiler, "coalesce(jsonb_typeof(");
        put_json(compiler, test, path);
        put(compiler, "), 'null') = 'null'");
    } else if (test->op == MNEME_FILTER_EQ || test->op == MNEME_FILTER_NE) {
        put_json(compiler, test, path);
        add_value(compiler, value, MNEME_FILTER_JSON);
        put(compiler, " = ");
        put_last(compiler, "::jsonb");
    } else if (value->kind == MNEME_JSON_NUMBER) {
        put_json_guard(compiler, test, path, "number");
        put_json(compiler, test, path);
        add_value(compiler, value, MNEME_FILTER_JSON);
        put(compiler, comparisons[test->op]);
        put_last(compiler, "::jsonb");
    } else {
        put_json_guard(compiler, test, path, "string");
        put(compiler, "(");
        put_json(compiler, test, path);
        add_value(compiler, value, MNEME_FILTER_TEXT);
        put(compiler, " #>> '{}') COLLATE \"C\"");
        put(compiler, comparisons[test->op]);
        put_last(compiler, "::text");
    }
}

static void put_column_test(struct compiler *compiler, const struct mneme_filter_node *test) {
    const struct mneme_filter_column *column = test->column;
    if (column->type == MNEME_FILTER_LIST) {
        add_values(compiler, test);
        put(compiler, column->sql);
        put(compiler, test->op == MNEME_FILTER_CONTAINS ? " @> " : " && ");
        put_last(compiler, "::text[]");
    } else if (test->has_list) {
        add_values(compiler, test);
        mneme_buffer_printf(compiler->sql, "%s = ANY ($%d::text[]%s[])", column->sql, compiler->params->count,
                            casts[column->type]);
    } else if (test->values->kind == MNEME_JSON_NULL) {
        mneme_buffer_printf(compiler->sql, "%s IS NULL", column->sql);
    } else if (test->op == MNEME_FILTER_CONTAINS) {
        add_value(compiler, test->values, column->type);
        mneme_buffer_printf(compiler->sql, "strpos(%s, $%d::text) > 0", column->sql, compiler->params->count);
    } else {
        add_value(compiler, test->values, column->type);
        mneme_buffer_printf(compiler->sql, "%s%s$%d%s", column->sql, comparisons[test->op],
                            compiler->params->count, casts[column->type]);
    }
}

static void put_test(struct compiler *compiler, const struct mneme_filter_node *test, bool is_negated) {
    is_negated ^= test->op == MNEME_FILTER_NE || test->op == MNEME_FILTER_NIN;
    put(compiler, "(");
    if (test->column->type == MNEME_FILTER_JSON) {
        put_json_test(compiler, test);
    } else {
        put_column_test(compiler, test);
    }
    put(compiler, is_negated ? ") IS NOT TRUE" : ")");
}

static void put_node(struct compiler *compiler, const struct mneme_filter_node *node, bool is_negated) {
    /* A node with one part means the same as the part. */
    while (node->kind != MNEME_FILTER_TEST && node->children != NULL && node->children->next == NULL) {
        is_negated ^= node->kind == MNEME_FILTER_NOT;
        node = node->children;
    }
    if (node->kind == MNEME_FILTER_TEST) {
        put_test(compiler, node, is_negated);
        return;
    }
    bool is_and = (node->kind == MNEME_FILTER_AND) != is_negated;
    if (node->children == NULL) {
        put(compiler, is_and ? "true" : "false");
        return;
    }
    put(compiler, "(");
    for (const struct mneme_filter_node *child = node->children; child != NULL; child = child->next) {
        put_node(compiler, child, is_negated);
        put(compiler, child->next == NULL ? ")" : is_and ? " AND " : " OR ");
    }
}

void mneme_filter_sql(struct mneme_buffer *sql, struct mneme_pg_params *params,
                      const struct mneme_filter_node *filter) {
    struct compiler compiler = {sql, params};
    if (filter == NULL) {
        put(&compiler, "true");
    } else {
        put_node(&compiler, filter, false);
    }
}

bool mneme_filter_needs_access(const struct mneme_filter_node *filter) {
    if (filter == NULL) {
        return false;
    }
    bool needs =
        filter->kind == MNEME_FILTER_TEST && (filter->column->traits & MNEME_FILTER_OF_ACCESSES) != 0;
    for (const struct mneme_filter_node *child = filter->children; child != NULL; child = child->next) {
        needs = needs || mneme_filter_needs_access(child);
    }
    return needs;
}

int mneme_filter_parse(const struct mneme_filter_node **out, struct mneme_str text, struct mneme_arena *arena,
                       struct mneme_error *error) {
    struct mneme_filter_reading reading = {.text = text, .arena = arena, .error = error};
    struct mneme_filter_node *tree = NULL;
    const char *reason;
    size_t at;
    *out = NULL;
    if (text.data == NULL) {
        return MNEME_OK;
    }
    if (text.len > MNEME_FILTER_MAX_BYTES) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "the filter was not taken: it has more than %d bytes; shorten it",
                               MNEME_FILTER_MAX_BYTES);
    }
    if (!mneme_utf8_check(text, NULL, &reason, &at)) {
        return mneme_filter_fail(&reading, at, "correct it", "it has %s", reason);
    }
    size_t begin = 0;
    while (begin < text.len && strchr(" \t\r\n", text.data[begin]) != NULL) {
        begin++;
    }
    bool is_json = begin < text.len && text.data[begin] == '{';
    int status =
        is_json ? mneme_filter_parse_json(&tree, &reading) : mneme_filter_parse_text(&tree, &reading);
    *out = status == MNEME_OK ? tree : NULL;
    return status;
}
