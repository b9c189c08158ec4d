/*
 * The words that stand for values in the tables of commands, such as TIME, TYPE or PROJECTION: what each may
 * be. Parsing refuses what a closed word does not know, completion offers what there is, help explains them.
 *
 * A description is words, or values themselves, separated by "|": "PROJECTION|all", "short_term|long_term",
 * "TEXT|-". Behind ",…" it is a list whose items are separated by commas.
 */
#ifndef MNEME_CLI_WORDS_H
#define MNEME_CLI_WORDS_H

#include "cli/frame/command.h"

#define MNEME_CLI_MAX_WORD_VALUES 256

/* How much a set of values says about others. */
enum mneme_cli_word_kind {
    MNEME_CLI_WORD_CLOSED,  /* nothing else is taken */
    MNEME_CLI_WORD_OPEN,    /* others are taken; a near one is pointed out */
    MNEME_CLI_WORD_OFFERED, /* for completion alone: the command checks by itself */
    MNEME_CLI_WORD_FILE,    /* files are offered */
    MNEME_CLI_WORD_TEXT,    /* any text; the word only has an explanation */
};

struct mneme_cli_word {
    const char *name;
    const char *noun; /* for sentences, such as "memory type" */
    enum mneme_cli_word_kind kind;
    const char *(*value)(size_t index); /* NULL behind the last; itself NULL where there are no values */
    const char *note; /* for help; NULL: its values are listed, or nothing is said where it has none */
};

/* What may stand where a description stands. */
struct mneme_cli_expected {
    const char *values[MNEME_CLI_MAX_WORD_VALUES + 1]; /* ends with NULL */
    size_t count;
    char own[128];    /* of the values, those that the description names itself */
    const char *noun; /* of a value */
    bool is_list;
    bool is_closed;    /* nothing but these values is taken */
    bool is_suggested; /* of an open set: a near one is pointed out */
    bool is_file;      /* files are offered beside them */
};

void mneme_cli_expect(struct mneme_cli_expected *out, const char *description);

/* Checks options and the first argument by their descriptions: MNEME_E_USAGE with the near ones. */
int mneme_cli_check_words(const struct mneme_cli *cli, struct mneme_error *error);

/* Points out on stderr what looks mistyped in an open set. */
void mneme_cli_suggest_words(const struct mneme_cli *cli);

/* The words of which help has to say something, each once, for a command: calls `tell` with its name and text
 * (both valid during the call). */
typedef void mneme_cli_tell_word(void *context, const char *name, const char *text);
void mneme_cli_explain_words(const struct mneme_cli *cli, mneme_cli_tell_word *tell, void *context);

#endif
