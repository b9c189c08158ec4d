/*
 * The steps of one call: parse, load the settings, run, and check that all output arrived.
 */
#include "cli/frame/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/face/commands.h"
#include "cli/frame/help.h"
#include "cli/frame/options.h"
#include "cli/frame/output.h"
#include "cli/frame/signals.h"
#include "cli/frame/values.h"
#include "cli/frame/words.h"
#include "common/json/write.h"
#include "common/log/log.h"

#define DEFAULT_COLUMNS 80
#define DEFAULT_ROWS 24

static const struct {
    enum mneme_status status;
    enum mneme_exit code;
} exit_codes[] = {
    {MNEME_OK, MNEME_EXIT_DONE},
    {MNEME_E_INVALID, MNEME_EXIT_REFUSED},
    {MNEME_E_TOO_LARGE, MNEME_EXIT_REFUSED},
    {MNEME_E_USAGE, MNEME_EXIT_USAGE},
    {MNEME_E_UNAVAILABLE, MNEME_EXIT_UNAVAILABLE},
    {MNEME_E_TIMEOUT, MNEME_EXIT_UNAVAILABLE},
    {MNEME_E_FULL, MNEME_EXIT_UNAVAILABLE},
    {MNEME_E_DENIED, MNEME_EXIT_UNAVAILABLE},
    {MNEME_E_NO_MEMORY, MNEME_EXIT_UNAVAILABLE},
    {MNEME_E_INTERNAL, MNEME_EXIT_UNAVAILABLE},
    {MNEME_E_CONFLICT, MNEME_EXIT_CONFLICT},
    {MNEME_E_NOT_FOUND, MNEME_EXIT_NOT_FOUND},
    {MNEME_E_UNSAFE, MNEME_EXIT_UNSAFE},
    {MNEME_E_UNKNOWN_SCHEMA, MNEME_EXIT_UNSAFE},
};

enum mneme_exit mneme_exit_code(enum mneme_status status) {
    for (size_t i = 0; i < sizeof exit_codes / sizeof *exit_codes; i++) {
        if (exit_codes[i].status == status) {
            return exit_codes[i].code;
        }
    }
    return MNEME_EXIT_UNAVAILABLE;
}

const char *mneme_cli_value(const struct mneme_cli *cli, const char *option) {
    for (size_t i = 0; i < cli->values->count; i++) {
        if (strcmp(cli->values->items[i].option->name, option) == 0) {
            return cli->values->items[i].text;
        }
    }
    return NULL;
}

enum mneme_exit mneme_cli_fail(const struct mneme_cli *cli, const struct mneme_error *error) {
    (void)cli;
    mneme_cli_say("%s", error->message);
    return mneme_cli_interrupted() ? MNEME_EXIT_INTERRUPTED : mneme_exit_code(error->code);
}

/* The size from the terminal; if it does not report one, from the environment. */
static int size_or(unsigned short size, const char *name, int fallback) {
    const char *text = getenv(name);
    long value = text == NULL ? 0 : strtol(text, NULL, 10);
    return size > 0 ? size : value > 0 && value < 10000 ? (int)value : fallback;
}

void mneme_cli_measure_terminal(struct mneme_cli *cli) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) {
        size = (struct winsize){0};
    }
    cli->terminal_columns = size_or(size.ws_col, "COLUMNS", DEFAULT_COLUMNS);
    cli->terminal_rows = size_or(size.ws_row, "LINES", DEFAULT_ROWS);
}

static void inspect_terminal(struct mneme_cli *cli) {
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    cli->stdout_is_terminal = isatty(STDOUT_FILENO) == 1;
    cli->stderr_is_terminal = isatty(STDERR_FILENO) == 1;
    mneme_cli_measure_terminal(cli);
    cli->bold = cli->stdout_is_terminal && (no_color == NULL || no_color[0] == '\0') &&
                (term == NULL || strcmp(term, "dumb") != 0);
}

static enum mneme_log_level log_level(const struct mneme_cli *cli) {
    static const struct {
        const char *name;
        enum mneme_log_level level;
    } levels[] = {{"debug", MNEME_LOG_DEBUG},
                  {"info", MNEME_LOG_INFO},
                  {"warn", MNEME_LOG_WARN},
                  {"error", MNEME_LOG_ERROR}};
    bool is_default = mneme_config_source(cli->config, MNEME_SETTING_LOG_LEVEL) == MNEME_FROM_DEFAULT;
    if (is_default && (cli->command->common & MNEME_CLI_SERVICE) == 0) {
        return MNEME_LOG_WARN;
    }
    const char *name = mneme_config_string(cli->config, MNEME_SETTING_LOG_LEVEL);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcmp(levels[i].name, name) == 0) {
            return levels[i].level;
        }
    }
    return MNEME_LOG_INFO;
}

static enum mneme_log_format log_format(const struct mneme_cli *cli) {
    static const struct {
        const char *name;
        enum mneme_log_format format;
    } formats[] = {{"text", MNEME_LOG_TEXT}, {"logfmt", MNEME_LOG_LOGFMT}, {"json", MNEME_LOG_JSON}};
    const char *name = mneme_config_string(cli->config, MNEME_SETTING_LOG_FORMAT);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return formats[i].format;
        }
    }
    bool is_for_programs = (cli->command->common & MNEME_CLI_SERVICE) != 0 && !cli->stderr_is_terminal;
    return is_for_programs ? MNEME_LOG_LOGFMT : MNEME_LOG_TEXT;
}

static int load_settings(struct mneme_cli *cli, struct mneme_error *error) {
    int status = mneme_config_load(&cli->config, mneme_cli_value(cli, "config"), error);
    if (status == MNEME_OK) {
        status = mneme_cli_apply_settings(cli, error);
    }
    if (status != MNEME_OK) {
        /* Wrong settings count as wrong usage, wherever they come from. */
        error->code = error->code == MNEME_E_INVALID ? MNEME_E_USAGE : error->code;
        return status;
    }
    mneme_log_configure(log_level(cli), log_format(cli));
    return MNEME_OK;
}

/* A file named on the command line is always read. */
static bool needs_settings(const struct mneme_cli *cli) {
    if ((cli->command->common & MNEME_CLI_OWN_SETTINGS) != 0) {
        return false;
    }
    for (size_t i = 0; i < cli->values->count; i++) {
        const struct mneme_cli_value *value = &cli->values->items[i];
        if (strcmp(value->option->name, "config") == 0 && !value->from_environment) {
            return true;
        }
    }
    return (cli->command->common & MNEME_CLI_BARE) == 0;
}

static enum mneme_exit run(struct mneme_cli *cli, int argc, char **argv) {
    struct mneme_cli_values values;
    struct mneme_error error = {0};
    int status = mneme_cli_parse(cli, &values, argc, argv, &error);
    if (status == MNEME_OK && mneme_cli_flag(cli, "help")) {
        mneme_help_print(cli, stdout, cli->terminal_columns, cli->bold);
        return MNEME_EXIT_DONE;
    }
    if (status == MNEME_OK && needs_settings(cli)) {
        status = load_settings(cli, &error);
    }
    if (status != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    mneme_cli_suggest_words(cli);
    cli->json = mneme_cli_flag(cli, "json");
    if ((cli->command->common & MNEME_CLI_SERVICE) == 0) {
        mneme_cli_bound_interrupt(MNEME_CLI_INTERRUPT_MS);
    }
    return cli->command->run(cli);
}

/* Prints a last line of the answer that says which keys are stale. */
static enum mneme_exit finish_stale(const struct mneme_cli *cli, enum mneme_exit code) {
    bool is_answered = code == MNEME_EXIT_DONE || code == MNEME_EXIT_NOT_FOUND;
    if (!cli->json || cli->stale->len == 0 || !is_answered) {
        return code;
    }
    struct mneme_buffer line = {0};
    struct mneme_json_writer json = {.out = &line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("stale"));
    mneme_json_raw(&json, mneme_buffer_str(cli->stale));
    mneme_json_end_object(&json);
    enum mneme_exit printed = mneme_cli_put_line(&line);
    mneme_buffer_clean_up(&line);
    return printed == MNEME_EXIT_DONE ? code : printed;
}

/* Accepts spellings that people try first: "mneme --version" for "mneme version", "mneme help X" for "mneme X
 * --help". */
static void accept_familiar_spellings(int argc, char **argv) {
    static char version[] = "version";
    static char help[] = "--help";
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        argv[1] = version;
    } else if (argc > 1 && strcmp(argv[1], "help") == 0) {
        argv[1] = help;
    }
}

int mneme_cli_main(int argc, char **argv) {
    struct mneme_cli cli = {0};
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    accept_familiar_spellings(argc, argv);
    mneme_cli_catch_signals();
    mneme_cli_output_begin();
    inspect_terminal(&cli);
    struct mneme_buffer stale = {0};
    cli.stale = &stale;
    cli.root = mneme_face_commands(&mneme_command_root, &arena);
    if (cli.root == NULL) {
        fprintf(stderr, "mneme: nothing was run: memory is exhausted; free some\n");
        return MNEME_EXIT_UNAVAILABLE;
    }
    enum mneme_exit code = finish_stale(&cli, run(&cli, argc, argv));
    /* After SIGTERM the command has done what it was asked; a person who interrupts wants to know that the
     * answer is incomplete. */
    if (code == MNEME_EXIT_DONE && mneme_cli_interrupted_by_person()) {
        code = MNEME_EXIT_INTERRUPTED;
    }
    mneme_buffer_clean_up(&stale);
    mneme_config_destroy(cli.config);
    mneme_arena_clean_up(&arena);
    return (int)mneme_cli_output_end(code);
}
