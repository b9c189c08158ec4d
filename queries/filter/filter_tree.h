/*
 * The tree of a filter, what its parsers share, and the columns that it may name.
 */
#ifndef MNEME_QUERIES_FILTER_TREE_H
#define MNEME_QUERIES_FILTER_TREE_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/json/check.h"

/* In the order of the table of operators. */
enum mneme_filter_op {
    MNEME_FILTER_EQ,
    MNEME_FILTER_NE,
    MNEME_FILTER_IN,
    MNEME_FILTER_NIN,
    MNEME_FILTER_GT,
    MNEME_FILTER_GTE,
    MNEME_FILTER_LT,
    MNEME_FILTER_LTE,
    MNEME_FILTER_CONTAINS,
    MNEME_FILTER_OP_COUNT,
};

/* What a column holds; this decides which operators and values it takes. */
enum mneme_filter_type {
    MNEME_FILTER_TEXT,
    MNEME_FILTER_UUID,
    MNEME_FILTER_NUMBER,
    MNEME_FILTER_BOOL,
    MNEME_FILTER_TIME,
    MNEME_FILTER_LIST, /* of texts */
    MNEME_FILTER_JSON, /* with a path, a value of any type */
    MNEME_FILTER_TYPE_COUNT,
};

enum mneme_filter_trait {
    MNEME_FILTER_OF_ACCESSES = 1, /* the column needs `a` */
    MNEME_FILTER_LIES_AHEAD = 2,  /* a time: bare durations count forward from now */
};

struct mneme_filter_column {
    const char *name;
    enum mneme_filter_type type;
    const char *sql; /* over m, a row of memories, and a, its accesses */
    unsigned traits; /* of enum mneme_filter_trait */
};

/* Ends with a NULL name. */
extern const struct mneme_filter_column mneme_filter_columns[];

struct mneme_filter_value {
    enum mneme_json_kind kind; /* not an array */
    struct mneme_str text;     /* the content of a string, else the JSON */
    double number;             /* of a number */
    size_t at;                 /* byte of the filter's text */
    bool is_bare;              /* a word without quotes: it is taken as a text if the column holds texts */
    struct mneme_filter_value *next;
};

enum mneme_filter_kind { MNEME_FILTER_AND, MNEME_FILTER_OR, MNEME_FILTER_NOT, MNEME_FILTER_TEST };

struct mneme_filter_node {
    enum mneme_filter_kind kind;
    struct mneme_filter_node
        *children;                  /* any number for AND and OR (without any: true, false); one for NOT */
    struct mneme_filter_node *next; /* sibling */

    /* Of a test. */
    const struct mneme_filter_column *column;
    struct mneme_str_array path; /* within a JSON column */
    enum mneme_filter_op op;
    struct mneme_filter_value *values; /* a single one unless the operator takes a list */
    size_t value_count;
    bool has_list; /* whether the values were given as a list */
    size_t at;
};

/* The state of parsing one filter. */
struct mneme_filter_reading {
    struct mneme_str text;
    struct mneme_arena *arena;
    struct mneme_error *error;
    size_t test_count;
};

/* Fails at a byte of the text: "the filter was not taken: <what> at character N; <what to do>". */
int mneme_filter_fail(struct mneme_filter_reading *reading, size_t at, const char *advice, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
int mneme_filter_fail_memory(struct mneme_filter_reading *reading);

/* A new node in the arena; NULL when memory is exhausted. */
struct mneme_filter_node *mneme_filter_node_new(struct mneme_filter_reading *reading,
                                                enum mneme_filter_kind kind, size_t at);

/* Sets column and path from the text of a field at byte `at`, such as user_id or metadata."a b".c. */
int mneme_filter_read_field(struct mneme_filter_node *test, struct mneme_filter_reading *reading,
                            struct mneme_str field, size_t at);

/* Sets the operator, by its name in any case or by its symbol. */
int mneme_filter_read_op(struct mneme_filter_node *test, struct mneme_filter_reading *reading,
                         struct mneme_str word, size_t at);

/* Checks a complete test: whether the column takes the operator and the values. Converts the values to the
 * column's type. */
int mneme_filter_check_test(struct mneme_filter_node *test, struct mneme_filter_reading *reading);

/* The parsers of the two forms. */
int mneme_filter_parse_text(struct mneme_filter_node **out, struct mneme_filter_reading *reading);
int mneme_filter_parse_json(struct mneme_filter_node **out, struct mneme_filter_reading *reading);

/* Whether `word` is `keyword`, in any case. */
bool mneme_filter_is_word(struct mneme_str word, const char *keyword);

#endif
