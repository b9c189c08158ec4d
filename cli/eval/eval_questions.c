/*
 * "qa" of a LoCoMo file: [{"question", "category", "evidence": ["D1:3", …]}]. Some evidence names several
 * turns in one string; each word of the form D<number>:<number> counts.
 */
#include "cli/eval/eval.h"
#include "common/json/read.h"

#define MAX_EVIDENCE 64 /* of one question */

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was evaluated: memory is exhausted; free some");
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The bytes of "D12:3" at the front of the text, 0 when it begins otherwise. */
static size_t turn_len(struct mneme_str text) {
    size_t at = 1;
    if (text.len == 0 || text.data[0] != 'D') {
        return 0;
    }
    while (at < text.len && is_digit(text.data[at])) {
        at++;
    }
    size_t colon = at++;
    if (colon == 1 || colon >= text.len || text.data[colon] != ':') {
        return 0;
    }
    while (at < text.len && is_digit(text.data[at])) {
        at++;
    }
    return at == colon + 1 ? 0 : at;
}

static void add_turns(struct mneme_str *turns, size_t *count, struct mneme_str text) {
    while (text.len > 0) {
        size_t len = turn_len(text);
        bool is_new = len > 0 && *count < MAX_EVIDENCE;
        for (size_t i = 0; i < *count && is_new; i++) {
            is_new = !mneme_str_equal(turns[i], (struct mneme_str){text.data, len});
        }
        if (is_new) {
            turns[(*count)++] = (struct mneme_str){text.data, len};
        }
        size_t step = len > 0 ? len : 1;
        text = (struct mneme_str){text.data + step, text.len - step};
    }
}

static int read_evidence(struct mneme_str_array *out, struct mneme_str json, struct mneme_arena *arena,
                         struct mneme_error *error) {
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_str text;
    struct mneme_str turns[MAX_EVIDENCE];
    size_t count = 0;
    struct mneme_json_reader items = mneme_json_enter(json);
    while (mneme_json_next(&items, &key, &item)) {
        if (mneme_json_kind_of(item) == MNEME_JSON_STRING) {
            if (!mneme_json_unquote(&text, arena, item)) {
                return no_memory(error);
            }
            add_turns(turns, &count, text);
        }
    }
    struct mneme_str *copy = mneme_arena_alloc(arena, (count + 1) * sizeof *copy);
    if (copy == NULL) {
        return no_memory(error);
    }
    memcpy(copy, turns, count * sizeof *copy);
    *out = (struct mneme_str_array){copy, count, true};
    return MNEME_OK;
}

static int read_question(struct mneme_eval_question *out, struct mneme_str json, struct mneme_arena *arena,
                         struct mneme_error *error) {
    struct mneme_str key;
    struct mneme_str value;
    int status = MNEME_OK;
    struct mneme_json_reader members = mneme_json_enter(json);
    while (status == MNEME_OK && mneme_json_next(&members, &key, &value)) {
        enum mneme_json_kind kind = mneme_json_kind_of(value);
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("question")) && kind == MNEME_JSON_STRING) {
            status = mneme_json_unquote(&out->text, arena, value) ? MNEME_OK : no_memory(error);
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("category")) && kind == MNEME_JSON_NUMBER) {
            (void)mneme_json_to_long(&out->category, value); /* 0 is not a category */
        } else if (mneme_json_unquotes_to(key, MNEME_STR_LIT("evidence")) && kind == MNEME_JSON_ARRAY) {
            status = read_evidence(&out->evidence, value, arena, error);
        }
    }
    return status;
}

static bool is_usable(const struct mneme_eval_question *question) {
    return question->text.len > 0 && question->evidence.count > 0 && question->category >= 1 &&
           question->category <= MNEME_EVAL_CATEGORIES;
}

/* The array under "qa"; null when there is none. */
static struct mneme_str find_questions(struct mneme_str json) {
    struct mneme_str key;
    struct mneme_str value;
    enum mneme_json_kind kind;
    const char *reason;
    size_t at;
    if (!mneme_json_check(json, &kind, &reason, &at) || kind != MNEME_JSON_OBJECT) {
        return MNEME_STR_NULL;
    }
    struct mneme_json_reader members = mneme_json_enter(mneme_json_trim(json));
    while (mneme_json_next(&members, &key, &value)) {
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("qa")) &&
            mneme_json_kind_of(value) == MNEME_JSON_ARRAY) {
            return value;
        }
    }
    return MNEME_STR_NULL;
}

int mneme_eval_read_questions(struct mneme_eval_questions *out, struct mneme_str json,
                              struct mneme_arena *arena, struct mneme_error *error) {
    struct mneme_str key;
    struct mneme_str item;
    struct mneme_str questions = find_questions(json);
    size_t count = 0;
    *out = (struct mneme_eval_questions){0};
    if (questions.data == NULL) {
        return mneme_error_set(
            error, MNEME_E_INVALID,
            "nothing was evaluated: the file is not a JSON object with questions under \"qa\"; give "
            "one conversation of LoCoMo");
    }
    struct mneme_json_reader items = mneme_json_enter(questions);
    while (mneme_json_next(&items, &key, &item)) {
        count++;
    }
    out->items = mneme_arena_calloc(arena, count + 1, sizeof *out->items);
    if (out->items == NULL) {
        return no_memory(error);
    }
    int status = MNEME_OK;
    items = mneme_json_enter(questions);
    while (status == MNEME_OK && mneme_json_next(&items, &key, &item)) {
        struct mneme_eval_question *question = &out->items[out->count];
        *question = (struct mneme_eval_question){0};
        if (mneme_json_kind_of(item) == MNEME_JSON_OBJECT) {
            status = read_question(question, item, arena, error);
            out->count += is_usable(question);
        }
    }
    return status;
}
