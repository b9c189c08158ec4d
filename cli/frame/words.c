/*
 * The table of words. Values come from where they are defined: the schema, the table of projections, the
 * table of settings.
 */
#include "cli/frame/words.h"

#include <stdio.h>

#include "cli/frame/options.h"
#include "cli/frame/output.h"
#include "cli/frame/values.h"
#include "common/base/choice.h"
#include "common/base/moment.h"
#include "common/config/projections.h"
#include "consumers/postgres/fold/fold.h"
#include "importers/import.h"
#include "schemas/event.h"

#define MAX_WORD_BYTES 32
#define MAX_EXPLAINED 16 /* words of one command */

/* --- values --- */

static const char *field_value(enum mneme_event_type type, const char *field, size_t index) {
    const struct mneme_field_info *info = mneme_record_field(&mneme_payload_info[type], field);
    for (size_t i = 0; info != NULL && info->values != NULL && info->values[i] != NULL; i++) {
        if (i == index) {
            return info->values[i];
        }
    }
    return NULL;
}

static const char *memory_type(size_t index) {
    return field_value(MNEME_EVENT_MEMORY_CREATED, "memory_type", index);
}

static const char *timeline_entry(size_t index) {
    return index == 0 ? "turn" : memory_type(index - 1);
}

static const char *urgency(size_t index) {
    return field_value(MNEME_EVENT_AGENT_DECISION, "urgency", index);
}

static const char *validation_status(size_t index) {
    return field_value(MNEME_EVENT_KNOWLEDGE_RECORDED, "validation_status", index);
}

static const char *role(size_t index) {
    return field_value(MNEME_EVENT_CONVERSATION_TURN, "role", index);
}

static const char *metric(size_t index) {
    return field_value(MNEME_EVENT_VECTOR_INDEXED, "metric", index);
}

static const char *event_type(size_t index) {
    return index < MNEME_EVENT_CUSTOM ? mneme_event_type_text((enum mneme_event_type)index) : NULL;
}

static const char *verdict(size_t index) {
    return index <= MNEME_FOLD_EXISTS ? mneme_fold_verdict_names[index] : NULL;
}

static const char *projection(size_t index) {
    return index < MNEME_PROJECTIONS ? mneme_projections[index].name : NULL;
}

static const char *import_format(size_t index) {
    return mneme_import_formats[index] == NULL ? NULL : mneme_import_formats[index]->name;
}

static const char *setting(size_t index) {
    return index < MNEME_SETTING_COUNT ? mneme_setting_info((enum mneme_setting)index)->env : NULL;
}

/* --- the table --- */

static const struct mneme_cli_word words[] = {
    {"TIME", "time", MNEME_CLI_WORD_TEXT, NULL,
     "7d (ago; also s, m, h, w and 1d12h), now, today, yesterday, 2026-11-30, 2026-11-30T12:00, or RFC 3339 "
     "such as 2026-11-30T12:00:00+01:00. UTC if no zone is given."},
    {"EXPIRY", "time", MNEME_CLI_WORD_TEXT, NULL,
     "7d (from now; also s, m, h, w and 1d12h), tomorrow, 2026-11-30, 2026-11-30T12:00, or RFC 3339 such as "
     "2026-11-30T12:00:00+01:00. UTC if no zone is given."},
    {"DURATION", "duration", MNEME_CLI_WORD_TEXT, NULL, MNEME_DURATION_FORMS "."},
    {"POSITION", "position", MNEME_CLI_WORD_TEXT, NULL, "partition:offset, as a write prints it: 3:17."},
    {"EXPR", "filter", MNEME_CLI_WORD_TEXT, NULL,
     "COLUMN OPERATOR VALUE, joined by AND, OR, NOT and parentheses. Operators are =, !=, >, >=, <, <= (or "
     "eq, "
     "ne, gt, gte, lt, lte), in, nin and contains. A column is one of memories or a path such as "
     "metadata.source or metadata.\"a b\".c; lists are (a, b); put texts with spaces in quotes; write times "
     "as for --as-of. JSON works too: {\"AND\":[{\"user_id\":\"ada\"},{\"confidence\":{\"gte\":0.7}}]}. A "
     "missing value equals nothing, so !=, nin and NOT match it; = null matches only missing values."},
    {"TYPE", "memory type", MNEME_CLI_WORD_CLOSED, memory_type, NULL},
    {"ENTRY", "kind of entry", MNEME_CLI_WORD_CLOSED, timeline_entry, NULL},
    {"EVENT-TYPE", "event type", MNEME_CLI_WORD_OPEN, event_type,
     "A type of event such as memory_created (docs/events.md lists them), or a type of your own."},
    {"VERDICT", "verdict", MNEME_CLI_WORD_CLOSED, verdict, NULL},
    {"URGENCY", "urgency", MNEME_CLI_WORD_CLOSED, urgency, NULL},
    {"STATUS", "validation status", MNEME_CLI_WORD_CLOSED, validation_status, NULL},
    {"ROLE", "role", MNEME_CLI_WORD_CLOSED, role, NULL},
    {"METRIC", "metric", MNEME_CLI_WORD_OFFERED, metric, NULL},
    {"PROJECTION", "projection", MNEME_CLI_WORD_CLOSED, projection, NULL},
    {"FORMAT", "format", MNEME_CLI_WORD_CLOSED, import_format, "One of the formats above."},
    {"SETTING", "setting", MNEME_CLI_WORD_OFFERED, setting,
     "The name of a variable; `mneme config` lists them."},
    {"FILE", "file", MNEME_CLI_WORD_FILE, NULL, NULL},
    {"FOLDER", "folder", MNEME_CLI_WORD_FILE, NULL, NULL},
};

static const struct mneme_cli_word *find_word(struct mneme_str name) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (mneme_str_equal(name, mneme_str_from(words[i].name))) {
            return &words[i];
        }
    }
    return NULL;
}

/* --- descriptions --- */

/* Cuts the next word or value off a description; false at its end. */
static bool next_piece(struct mneme_str *piece, const char **rest) {
    *rest += strspn(*rest, "[]|");
    size_t len = strcspn(*rest, "[]|,\xE2 "); /* … begins with E2 */
    *piece = (struct mneme_str){*rest, len};
    *rest += len;
    return len > 0;
}

/* Values are written in lower case; a range such as 0..1 is not a value. */
static bool is_value(struct mneme_str piece) {
    bool has_letter = false;
    for (size_t i = 0; i < piece.len; i++) {
        char c = piece.data[i];
        bool is_letter = c >= 'a' && c <= 'z';
        if (!is_letter && c != '_' && c != '-' && !(c >= '0' && c <= '9')) {
            return false;
        }
        has_letter = has_letter || is_letter;
    }
    return has_letter;
}

static void add_value(struct mneme_cli_expected *out, const char *value) {
    if (out->count < MNEME_CLI_MAX_WORD_VALUES) {
        out->values[out->count++] = value;
        out->values[out->count] = NULL;
    }
}

static void add_word(struct mneme_cli_expected *out, const struct mneme_cli_word *word) {
    const char *value;
    out->noun = word->noun;
    out->is_file = out->is_file || word->kind == MNEME_CLI_WORD_FILE;
    out->is_suggested = out->is_suggested || word->kind == MNEME_CLI_WORD_OPEN;
    for (size_t i = 0; word->value != NULL && (value = word->value(i)) != NULL; i++) {
        add_value(out, value);
    }
}

void mneme_cli_expect(struct mneme_cli_expected *out, const char *description) {
    struct mneme_str piece;
    const char *rest = description;
    size_t own_len = 0;
    bool is_known = true; /* whether every piece so far is known */
    *out = (struct mneme_cli_expected){.noun = "value"};
    while (next_piece(&piece, &rest)) {
        const struct mneme_cli_word *word = find_word(piece);
        if (word != NULL) {
            is_known = is_known && word->kind == MNEME_CLI_WORD_CLOSED;
            add_word(out, word);
        } else if (is_value(piece) && own_len + piece.len < sizeof out->own) {
            memcpy(out->own + own_len, piece.data, piece.len);
            out->own[own_len + piece.len] = '\0';
            add_value(out, out->own + own_len);
            own_len += piece.len + 1;
        } else {
            is_known = false;
        }
    }
    out->is_list = strncmp(rest, ",…", sizeof ",…" - 1) == 0;
    /* With a single value, such as --wait postgres, the command itself says what is wrong. */
    out->is_closed = is_known && out->count > 1;
}

/* --- checking what was given --- */

/* Calls `visit` with each item of a list, or with the whole text, until it fails. */
static int each_item(const struct mneme_cli_expected *expected, const char *text, const char *what,
                     int (*visit)(const struct mneme_cli_expected *expected, struct mneme_str item,
                                  const char *what, struct mneme_error *error),
                     struct mneme_error *error) {
    struct mneme_str rest = mneme_str_from(text);
    if (!expected->is_list) {
        return visit(expected, rest, what, error);
    }
    int status = MNEME_OK;
    while (status == MNEME_OK && rest.len > 0) {
        struct mneme_str item = mneme_cli_next_item(&rest);
        /* The code that reads the list refuses empty items. */
        status = item.len == 0 ? MNEME_OK : visit(expected, item, what, error);
    }
    return status;
}

static int check_item(const struct mneme_cli_expected *expected, struct mneme_str item, const char *what,
                      struct mneme_error *error) {
    return mneme_choice_check(item, expected->values, what, expected->noun, error);
}

static int suggest_item(const struct mneme_cli_expected *expected, struct mneme_str item, const char *what,
                        struct mneme_error *error) {
    const char *nearest = mneme_choice_nearest(item, expected->values);
    (void)error;
    if (nearest != NULL) {
        mneme_cli_say("note: %s '%.*s' is not a known %s; did you mean '%s'?", what, MNEME_STR_ARG(item),
                      expected->noun, nearest);
    }
    return MNEME_OK;
}

/* Visits the values of the options, and the first argument. */
static int each_given(const struct mneme_cli *cli, bool is_closed,
                      int (*visit)(const struct mneme_cli_expected *expected, struct mneme_str item,
                                   const char *what, struct mneme_error *error),
                      struct mneme_error *error) {
    struct mneme_cli_expected expected;
    int status = MNEME_OK;
    for (size_t i = 0; i < cli->values->count && status == MNEME_OK; i++) {
        const struct mneme_cli_value *value = &cli->values->items[i];
        char what[MAX_WORD_BYTES * 2];
        if (value->option->argument == NULL || value->option->setting >= 0) {
            continue; /* a setting is checked with all others */
        }
        mneme_cli_expect(&expected, value->option->argument);
        snprintf(what, sizeof what, "--%s", value->option->name);
        if (is_closed ? expected.is_closed : expected.is_suggested) {
            status = each_item(&expected, value->text, what, visit, error);
        }
    }
    if (status == MNEME_OK && cli->argument_count > 0) {
        mneme_cli_expect(&expected, cli->command->arguments);
        if (is_closed ? expected.is_closed : expected.is_suggested) {
            status = each_item(&expected, cli->arguments[0], "the argument", visit, error);
        }
    }
    return status;
}

int mneme_cli_check_words(const struct mneme_cli *cli, struct mneme_error *error) {
    return each_given(cli, true, check_item, error);
}

void mneme_cli_suggest_words(const struct mneme_cli *cli) {
    (void)each_given(cli, false, suggest_item, NULL);
}

/* --- for help --- */

/* The words already explained for one command. */
struct explained {
    const struct mneme_cli_word *words[MAX_EXPLAINED];
    size_t count;
};

static bool is_new(struct explained *explained, const struct mneme_cli_word *word) {
    for (size_t i = 0; i < explained->count; i++) {
        if (explained->words[i] == word) {
            return false;
        }
    }
    if (explained->count == MAX_EXPLAINED) {
        return false;
    }
    explained->words[explained->count++] = word;
    return true;
}

static void explain(const struct mneme_cli_word *word, mneme_cli_tell_word *tell, void *context) {
    struct mneme_buffer text = {0};
    if (word->note != NULL) {
        mneme_buffer_printf(&text, "%s", word->note);
    }
    for (size_t i = 0; word->note == NULL && word->value != NULL && word->value(i) != NULL; i++) {
        const char *before = i == 0 ? "" : word->value(i + 1) == NULL ? " or " : ", ";
        mneme_buffer_printf(&text, "%s%s", before, word->value(i));
    }
    if (text.len > 0) {
        mneme_buffer_printf(&text, "%s", word->note == NULL ? "." : "");
        mneme_buffer_append_byte(&text, '\0');
        tell(context, word->name, text.data);
    }
    mneme_buffer_clean_up(&text);
}

static void explain_description(struct explained *explained, const char *description,
                                mneme_cli_tell_word *tell, void *context) {
    struct mneme_str piece;
    while (next_piece(&piece, &description)) {
        const struct mneme_cli_word *word = find_word(piece);
        if (word != NULL && is_new(explained, word)) {
            explain(word, tell, context);
        }
    }
}

void mneme_cli_explain_words(const struct mneme_cli *cli, mneme_cli_tell_word *tell, void *context) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, cli->command, NULL);
    struct explained explained = {.count = 0};
    explain_description(&explained, cli->command->arguments, tell, context);
    for (size_t i = 0; i < count; i++) {
        if (list[i]->argument != NULL && list[i]->setting < 0) {
            explain_description(&explained, list[i]->argument, tell, context);
        }
    }
}
