/*
 * The words that stand for values in the tables of commands, such as TIME, TYPE or PROJECTION, and the values
 * of each. Parsing refuses values that a closed word does not have; completion offers them; help explains the
 * words.
 *
 * A description consists of words or values separated by "|": "PROJECTION|all", "short_term|long_term",
 * "TEXT|-". With ",…" at its end it is a list whose items are separated by commas.
 */
#ifndef MNEME_CLI_WORDS_H
#define MNEME_CLI_WORDS_H

#include "cli/frame/command.h"

#define MNEME_CLI_MAX_WORD_VALUES 256

/* How a word treats values that are not in its set. */
enum mneme_cli_word_kind {
    MNEME_CLI_WORD_CLOSED,  /* other values are refused */
    MNEME_CLI_WORD_OPEN,    /* other values are taken; a close match is suggested */
    MNEME_CLI_WORD_OFFERED, /* for completion only: the command does its own checks */
    MNEME_CLI_WORD_FILE,    /* files are offered */
    MNEME_CLI_WORD_TEXT,    /* any text; the word only has an explanation */
};

struct mneme_cli_word {
    const char *name;
    const char *noun; /* for sentences, such as "memory type" */
    enum mneme_cli_word_kind kind;
    const char *(*value)(
        size_t index); /* returns NULL after the last; the pointer is NULL when there are no values */
    const char *note;  /* for help; NULL: help lists the values, if there are any */
};

/* The values that a description allows. */
struct mneme_cli_expected {
    const char *values[MNEME_CLI_MAX_WORD_VALUES + 1]; /* ends with NULL */
    size_t count;
    char own[128];    /* holds the values that the description itself names */
    const char *noun; /* of a value */
    bool is_list;
    bool is_closed;    /* other values are refused */
    bool is_suggested; /* the set is open: a close match is suggested */
    bool is_file;      /* files are offered, too */
};

void mneme_cli_expect(struct mneme_cli_expected *out, const char *description);

/* Checks options and the first argument against their descriptions: MNEME_E_USAGE suggests close matches. */
int mneme_cli_check_words(const struct mneme_cli *cli, struct mneme_error *error);

/* Reports on stderr values of open sets that look mistyped. */
void mneme_cli_suggest_words(const struct mneme_cli *cli);

/* Calls `tell` once for each word of a command that help explains, with its name and text (both valid only
 * during the call). */
typedef void mneme_cli_tell_word(void *context, const char *name, const char *text);
void mneme_cli_explain_words(const struct mneme_cli *cli, mneme_cli_tell_word *tell, void *context);

#endif
