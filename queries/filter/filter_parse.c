/*
 * The text form of filters: words, quoted texts, parentheses and commas. AND binds tighter than OR, NOT
 * tightest; keywords and operators may be in any case. A word without quotes is a number, true, false, null
 * or a text, depending on the column.
 */
#include <ctype.h>

#include "common/json/read.h"
#include "queries/filter/filter.h"

enum token_kind { TOKEN_END, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_COMMA, TOKEN_WORD, TOKEN_QUOTED, TOKEN_OBJECT };

struct token {
    enum token_kind kind;
    struct mneme_str text; /* as it is written, with its quotes */
    size_t at;
};

struct parser {
    struct mneme_filter_reading *reading;
    struct token token; /* the next token */
    size_t at;          /* after the token */
    int depth;
};

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The place after the closing quote of the text that begins at `at`, or 0 when it is not closed. Within
 * single quotes, two of them stand for one; in double quotes a backslash escapes, as in JSON. */
static size_t behind_quoted(struct mneme_str text, size_t at) {
    char quote = text.data[at++];
    while (at < text.len) {
        bool is_quote = text.data[at] == quote;
        bool is_doubled = is_quote && quote == '\'' && at + 1 < text.len && text.data[at + 1] == quote;
        if (is_quote && !is_doubled) {
            return at + 1;
        }
        at += is_doubled || (quote == '"' && text.data[at] == '\\') ? 2 : 1;
    }
    return 0;
}

/* The place after the closing brace of the object that begins at `at`, or 0. */
static size_t behind_object(struct mneme_str text, size_t at) {
    size_t open = 0;
    while (at < text.len) {
        char c = text.data[at];
        if (c == '"') {
            at = behind_quoted(text, at);
            if (at == 0) {
                return 0;
            }
            continue;
        }
        open += c == '{';
        open -= c == '}';
        at++;
        if (open == 0) {
            return at;
        }
    }
    return 0;
}

/* Characters that end a word, besides white space; a column also ends at the symbol of an operator. */
#define WORD_ENDS "(),\"'{}"
#define SYMBOLS "=!<>"

/* The place after a word; a quote after a dot begins a key of a path, which may contain anything. */
static size_t behind_word(struct mneme_str text, size_t at, const char *ends) {
    while (at < text.len && !is_space(text.data[at]) && strchr(ends, text.data[at]) == NULL) {
        bool is_dot = text.data[at] == '.';
        at++;
        if (is_dot && at < text.len && text.data[at] == '"') {
            at = behind_quoted(text, at);
            if (at == 0) {
                return 0;
            }
        }
    }
    return at;
}

/* Moves on to the next token. */
static int advance(struct parser *parser) {
    struct mneme_str text = parser->reading->text;
    size_t at = parser->at;
    while (at < text.len && is_space(text.data[at])) {
        at++;
    }
    enum token_kind kind;
    size_t end = at + 1;
    if (at == text.len) {
        kind = TOKEN_END;
        end = at;
    } else if (text.data[at] == '(' || text.data[at] == ')' || text.data[at] == ',') {
        kind = text.data[at] == '(' ? TOKEN_OPEN : text.data[at] == ')' ? TOKEN_CLOSE : TOKEN_COMMA;
    } else if (text.data[at] == '"' || text.data[at] == '\'') {
        kind = TOKEN_QUOTED;
        end = behind_quoted(text, at);
    } else if (text.data[at] == '{') {
        kind = TOKEN_OBJECT;
        end = behind_object(text, at);
    } else {
        kind = TOKEN_WORD;
        end = behind_word(text, at, WORD_ENDS);
    }
    if (kind != TOKEN_END && (end == 0 || end == at)) {
        return mneme_filter_fail(parser->reading, at, "close it", "%c is not closed, or was never opened",
                                 text.data[at]);
    }
    parser->token = (struct token){kind, {text.data + at, end - at}, at};
    parser->at = end;
    return MNEME_OK;
}

/* Makes the column of a word such as confidence>=0.7 the token; the rest remains to be read. */
static void end_at_symbol(struct parser *parser) {
    struct token *token = &parser->token;
    size_t end = behind_word(parser->reading->text, token->at, WORD_ENDS SYMBOLS);
    if (end > token->at && end < parser->at) {
        token->text.len = end - token->at;
        parser->at = end;
    }
}

/* Moves on to an operator: a run of symbols, or a word. */
static int advance_to_operator(struct parser *parser) {
    struct mneme_str text = parser->reading->text;
    size_t at = parser->at;
    while (at < text.len && is_space(text.data[at])) {
        at++;
    }
    size_t end = at;
    while (end < text.len && strchr(SYMBOLS, text.data[end]) != NULL) {
        end++;
    }
    if (end == at) {
        return advance(parser);
    }
    parser->token = (struct token){TOKEN_WORD, {text.data + at, end - at}, at};
    parser->at = end;
    return MNEME_OK;
}

static bool is_keyword(const struct parser *parser, const char *keyword) {
    return parser->token.kind == TOKEN_WORD && mneme_filter_is_word(parser->token.text, keyword);
}

static int unexpected(struct parser *parser, const char *wanted) {
    const struct token *token = &parser->token;
    if (token->kind == TOKEN_END) {
        return mneme_filter_fail(parser->reading, token->at, wanted, "it ends too early");
    }
    return mneme_filter_fail(parser->reading, token->at, wanted, "'%.*s' is not expected",
                             MNEME_STR_ARG(token->text));
}

/* --- values --- */

static bool unquote_single(struct mneme_str *out, struct mneme_arena *arena, struct mneme_str quoted) {
    char *text = mneme_arena_alloc(arena, quoted.len);
    if (text == NULL) {
        return false;
    }
    size_t len = 0;
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        text[len++] = quoted.data[i];
        i += quoted.data[i] == '\''; /* the second of two */
    }
    *out = (struct mneme_str){text, len};
    return true;
}

static int read_value(struct mneme_filter_value **out, struct parser *parser) {
    const struct token token = parser->token;
    struct mneme_arena *arena = parser->reading->arena;
    const char *reason;
    size_t at;
    if (token.kind != TOKEN_WORD && token.kind != TOKEN_QUOTED && token.kind != TOKEN_OBJECT) {
        return unexpected(parser, "give a value there");
    }
    struct mneme_filter_value *value = mneme_arena_calloc(arena, 1, sizeof *value);
    if (value == NULL) {
        return mneme_filter_fail_memory(parser->reading);
    }
    *value = (struct mneme_filter_value){MNEME_JSON_STRING, token.text, 0, token.at, false, NULL};
    bool is_single = token.text.data[0] == '\'';
    bool is_json = !is_single && mneme_json_check(token.text, &value->kind, &reason, &at);
    bool is_kept = true;
    if (token.kind == TOKEN_WORD) {
        value->is_bare = true;
        value->kind = is_json ? value->kind : MNEME_JSON_STRING;
        if (value->kind == MNEME_JSON_ARRAY) {
            value->kind = MNEME_JSON_STRING; /* [] without white space; not a list in this form */
        }
    } else if (is_single) {
        is_kept = unquote_single(&value->text, arena, token.text);
    } else if (!is_json) {
        return mneme_filter_fail(parser->reading, token.at + at, "escape as in JSON, or use single quotes",
                                 "the value is malformed: %s", reason);
    } else if (token.kind == TOKEN_QUOTED) {
        is_kept = mneme_json_unquote(&value->text, arena, token.text);
    }
    if (value->kind == MNEME_JSON_NUMBER) {
        is_kept = mneme_json_to_double(&value->number, value->text);
    }
    *out = value;
    return is_kept ? advance(parser) : mneme_filter_fail_memory(parser->reading);
}

static int read_list(struct mneme_filter_node *test, struct parser *parser) {
    struct mneme_filter_value **end = &test->values;
    test->has_list = true;
    int status = advance(parser);
    while (status == MNEME_OK && parser->token.kind != TOKEN_CLOSE) {
        if (test->value_count == MNEME_FILTER_MAX_ITEMS) {
            return mneme_filter_fail(parser->reading, parser->token.at, "split it into two lists",
                                     "the list has more than %d items", MNEME_FILTER_MAX_ITEMS);
        }
        struct mneme_filter_value *value = NULL;
        status = read_value(&value, parser);
        if (status != MNEME_OK || value == NULL) {
            return status;
        }
        *end = value;
        end = &value->next;
        test->value_count++;
        if (parser->token.kind == TOKEN_COMMA) {
            status = advance(parser);
            if (status == MNEME_OK && parser->token.kind == TOKEN_CLOSE) {
                return unexpected(parser, "give a value after the comma");
            }
        } else if (parser->token.kind != TOKEN_CLOSE) {
            return unexpected(parser, "separate the items by commas and close the list with )");
        }
    }
    return status == MNEME_OK ? advance(parser) : status;
}

/* --- conditions --- */

static int read_or(struct mneme_filter_node **out, struct parser *parser);

static int read_test(struct mneme_filter_node **out, struct parser *parser) {
    struct mneme_filter_node *test =
        mneme_filter_node_new(parser->reading, MNEME_FILTER_TEST, parser->token.at);
    int status;
    if (test == NULL) {
        return mneme_filter_fail_memory(parser->reading);
    }
    if (parser->token.kind != TOKEN_WORD) {
        return unexpected(parser, "begin a comparison with a column: confidence gte 0.7");
    }
    *out = test;
    end_at_symbol(parser);
    if ((status = mneme_filter_read_field(test, parser->reading, parser->token.text, test->at)) != MNEME_OK ||
        (status = advance_to_operator(parser)) != MNEME_OK) {
        return status;
    }
    if (parser->token.kind != TOKEN_WORD) {
        return unexpected(parser, "give an operator there, such as eq");
    }
    if ((status = mneme_filter_read_op(test, parser->reading, parser->token.text, parser->token.at)) !=
            MNEME_OK ||
        (status = advance(parser)) != MNEME_OK) {
        return status;
    }
    if (parser->token.kind == TOKEN_OPEN) {
        status = read_list(test, parser);
    } else {
        status = read_value(&test->values, parser);
        test->value_count = 1;
    }
    return status == MNEME_OK ? mneme_filter_check_test(test, parser->reading) : status;
}

static int read_unary(struct mneme_filter_node **out, struct parser *parser) {
    bool is_not = is_keyword(parser, "NOT");
    if (!is_not && parser->token.kind != TOKEN_OPEN) {
        return read_test(out, parser);
    }
    if (++parser->depth > MNEME_FILTER_MAX_DEPTH) {
        return mneme_filter_fail(parser->reading, parser->token.at, "nest it less deeply",
                                 "it is nested more than %d deep", MNEME_FILTER_MAX_DEPTH);
    }
    size_t at = parser->token.at;
    int status = advance(parser);
    if (status == MNEME_OK && is_not) {
        *out = mneme_filter_node_new(parser->reading, MNEME_FILTER_NOT, at);
        status =
            *out == NULL ? mneme_filter_fail_memory(parser->reading) : read_unary(&(*out)->children, parser);
    } else if (status == MNEME_OK) {
        status = read_or(out, parser);
        if (status == MNEME_OK && parser->token.kind != TOKEN_CLOSE) {
            return unexpected(parser, "continue with AND or OR, or close the parenthesis");
        }
        status = status == MNEME_OK ? advance(parser) : status;
    }
    parser->depth--;
    return status;
}

/* Operands with the keyword between them; a single operand is returned as it is. */
static int read_chain(struct mneme_filter_node **out, struct parser *parser, enum mneme_filter_kind kind,
                      int (*read_operand)(struct mneme_filter_node **, struct parser *)) {
    const char *keyword = kind == MNEME_FILTER_AND ? "AND" : "OR";
    size_t at = parser->token.at;
    int status = read_operand(out, parser);
    if (status != MNEME_OK || *out == NULL || !is_keyword(parser, keyword)) {
        return status;
    }
    struct mneme_filter_node *chain = mneme_filter_node_new(parser->reading, kind, at);
    if (chain == NULL) {
        return mneme_filter_fail_memory(parser->reading);
    }
    chain->children = *out;
    struct mneme_filter_node **end = &chain->children->next;
    *out = chain;
    while (status == MNEME_OK && is_keyword(parser, keyword)) {
        struct mneme_filter_node *operand = NULL;
        status = advance(parser);
        if (status == MNEME_OK) {
            status = read_operand(&operand, parser);
        }
        if (operand != NULL) {
            *end = operand;
            end = &operand->next;
        }
    }
    return status;
}

static int read_and(struct mneme_filter_node **out, struct parser *parser) {
    return read_chain(out, parser, MNEME_FILTER_AND, read_unary);
}

static int read_or(struct mneme_filter_node **out, struct parser *parser) {
    return read_chain(out, parser, MNEME_FILTER_OR, read_and);
}

int mneme_filter_parse_text(struct mneme_filter_node **out, struct mneme_filter_reading *reading) {
    struct parser parser = {.reading = reading};
    int status = advance(&parser);
    if (status == MNEME_OK) {
        status = read_or(out, &parser);
    }
    if (status == MNEME_OK && parser.token.kind != TOKEN_END) {
        return unexpected(&parser, "continue with AND or OR");
    }
    return status;
}
