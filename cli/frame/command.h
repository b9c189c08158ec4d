/*
 * The command line as data: every subcommand is one constant table; parsing, --help, usage errors and
 * completion follow from it. A command's code starts at `run` with everything parsed.
 */
#ifndef MNEME_CLI_COMMAND_H
#define MNEME_CLI_COMMAND_H

#include "common/base/buffer.h"
#include "common/base/cancel.h"
#include "common/base/error.h"
#include "common/config/config.h"

/* Exit codes of mneme. */
enum mneme_exit {
    MNEME_EXIT_DONE = 0,
    MNEME_EXIT_REFUSED = 1, /* some input was refused; the rest is done */
    MNEME_EXIT_USAGE = 2,
    MNEME_EXIT_UNAVAILABLE = 3,
    MNEME_EXIT_CONFLICT = 4,
    MNEME_EXIT_NOT_FOUND = 5,
    MNEME_EXIT_UNSAFE = 6,
    MNEME_EXIT_LEASE_LOST = 7, /* a lock was lost while a command ran under it */
    MNEME_EXIT_INTERRUPTED = 130,
};

/* The exit code for a status. */
enum mneme_exit mneme_exit_code(enum mneme_status status);

struct mneme_cli_option {
    const char *name;     /* without the dashes, such as "user" */
    char letter;          /* 'u', or 0 */
    const char *argument; /* its name in --help, such as "ID"; NULL for a flag */
    int setting;          /* enum mneme_setting that it overrides, or -1 */
    const char *help;     /* NULL: a name from earlier versions, accepted but not shown */
};

struct mneme_cli;
struct mneme_operation; /* operations/operation.h */

struct mneme_command {
    const char *name;
    const char *summary;              /* one line, for the list of commands */
    const char *arguments;            /* such as "[FILE|-]"; "" for none */
    const char *details;              /* paragraphs for --help, may be NULL */
    const char *examples;             /* lines "  mneme … \n", never NULL for a runnable command */
    int min_arguments, max_arguments; /* positional; -1: no maximum */
    int before_dashes; /* how many arguments come before "--" and a command to run; 0: "--" only ends the
                          options */
    const struct mneme_cli_option *options; /* ends with a NULL name; may be NULL. Without common options */
    unsigned common;                        /* common options that it takes */
    const struct mneme_command *const *subcommands; /* NULL-terminated, or NULL */
    /* Names of options that say whose content is read, ending with NULL: the caller must give one of them, or
     * --all, which the command then takes. NULL: it reads no content, or its arguments name it. */
    const char *const *scopes;
    enum mneme_exit (*run)(struct mneme_cli *cli); /* NULL if it only groups subcommands */
    const struct mneme_operation *operation;       /* what mneme_face_run runs */
};

/* Common options; --json, --config and --help belong to every command. */
enum mneme_cli_common {
    MNEME_CLI_SCOPE = 1,     /* --tenant --user --agent --run --conversation */
    MNEME_CLI_TENANT = 2,    /* --tenant alone */
    MNEME_CLI_AT_LEAST = 4,  /* --at-least POSITION, --wait-timeout MS */
    MNEME_CLI_LIMIT = 8,     /* --limit N, --offset N, --cursor C */
    MNEME_CLI_AS_OF = 16,    /* --as-of TIME|POSITION */
    MNEME_CLI_PAGE = 128,    /* --limit N, --offset N */
    MNEME_CLI_CURSOR = 256,  /* --cursor C */
    MNEME_CLI_CONSENT = 64,  /* --yes: it destroys more than one thing, and calls mneme_cli_consent */
    MNEME_CLI_BARE = 512,    /* no option: it needs no settings, works with wrong ones; config is NULL */
    MNEME_CLI_TABLE = 1024,  /* --columns NAME,…, --wide: it prints a table by mneme_listing_print */
    MNEME_CLI_TABLES = 2048, /* --wide: it prints several tables with different columns */
    MNEME_CLI_OWN_SETTINGS = 4096, /* no option: it reads the settings itself; config is NULL */
    MNEME_CLI_SERVICE = 32,        /* no option: it runs for long, so it logs at info, not only at warn */
};

#define MNEME_CLI_ALL_SCOPES "user", "agent", "run", "conversation"
#define MNEME_CLI_SCOPES(...) ((const char *const[]){__VA_ARGS__, NULL})

#define MNEME_CLI_MAX_DEPTH 4

/* Everything a command works with. Its streams are those of stdio. */
struct mneme_cli {
    const struct mneme_command *root; /* of the tree of commands */
    const struct mneme_command *command;
    const struct mneme_command *path[MNEME_CLI_MAX_DEPTH]; /* from the root to the command */
    int depth;                                             /* of path; 1 for the root alone */
    struct mneme_config *config;                           /* options applied */
    bool json;
    bool stdout_is_terminal;
    bool stderr_is_terminal;
    bool bold;            /* headings may be bold: a terminal, and NO_COLOR is not set */
    int terminal_columns; /* 80 when unknown */
    int terminal_rows;    /* 24 when unknown */
    int argument_count;
    char **arguments; /* positional; ends with NULL */
    struct mneme_cli_values *values;
    struct mneme_buffer
        *stale; /* a JSON array of keys that a read could not show up to date; "" when there are none */
};

/* The option's argument, or NULL when it was not given. For a flag, "" when given. */
const char *mneme_cli_value(const struct mneme_cli *cli, const char *option);
static inline bool mneme_cli_flag(const struct mneme_cli *cli, const char *option) {
    return mneme_cli_value(cli, option) != NULL;
}

/* The option as a whole number within bounds; `fallback` when not given. Fills the error (usage). */
int mneme_cli_long(int64_t *out, const struct mneme_cli *cli, const char *option, int64_t fallback,
                   int64_t minimum, int64_t maximum, struct mneme_error *error);

/* Measures the terminal again, which may have been resized. */
void mneme_cli_measure_terminal(struct mneme_cli *cli);

/* Prints "mneme: <sentence>" on stderr and returns the exit code: `return mneme_cli_fail(cli, &error);`. Any
 * failure after an interrupt counts as caused by it. */
enum mneme_exit mneme_cli_fail(const struct mneme_cli *cli, const struct mneme_error *error);

/* Set by SIGINT and SIGTERM; long work checks it and ends with MNEME_EXIT_INTERRUPTED. */
bool mneme_cli_interrupted(void);

/* The same as a struct mneme_cancel. */
extern const struct mneme_cancel mneme_cli_cancel;

/* The whole program: finds the command, parses, loads the configuration, runs. main() returns its value. */
int mneme_cli_main(int argc, char **argv);

/* The root of the hand-written tables of commands (cli/commands.c); mneme_face_commands adds those of the
 * catalogue. */
extern const struct mneme_command mneme_command_root;

#endif
