/*
 * The parser. Long options take their value after "=" or a space, letters attached or after a space; "--"
 * ends the options; "-" is an argument. Options may come before, between and after the words of the command.
 * Names cannot be abbreviated, so that a script keeps its meaning when an option is added.
 */
#include "cli/frame/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "cli/frame/words.h"
#include "common/base/nearest.h"

#define COMMON_OF_ALL 0U
#define COMMON_OF_SCOPED (1U << 31) /* of commands with scopes */

static const struct {
    struct mneme_cli_option option;
    unsigned common; /* the sets it belongs to; COMMON_OF_ALL: every command takes it */
} common_options[] = {
    {{"tenant", 0, "NAME", MNEME_SETTING_TENANT, "The tenant whose data is meant."},
     MNEME_CLI_SCOPE | MNEME_CLI_TENANT},
    {{"user", 'u', "ID", -1, "The user the data is about."}, MNEME_CLI_SCOPE},
    {{"agent", 'a', "ID", -1, "The agent the data belongs to."}, MNEME_CLI_SCOPE},
    {{"run", 0, "ID", -1, "The run of the agent."}, MNEME_CLI_SCOPE},
    {{"conversation", 0, "ID", -1, "The conversation."}, MNEME_CLI_SCOPE},
    {{"all", 0, NULL, -1,
      "The data of everybody in the tenant, instead of one user, agent, run or conversation."},
     COMMON_OF_SCOPED},
    {{"at-least", 0, "POSITION", -1,
      "Wait until the tables hold the log up to these positions (partition:offset, separated by commas), or "
      "up to the last write from here (last)."},
     MNEME_CLI_AT_LEAST},
    {{"wait-timeout", 0, "MS", MNEME_SETTING_WAIT_TIMEOUT_MS, "How long to wait for it, in milliseconds."},
     MNEME_CLI_AT_LEAST},
    {{"as-of", 0, "TIME|POSITION", -1,
      "The state at that time, or at that position (partition:offset) of the log."},
     MNEME_CLI_AS_OF},
    {{"limit", 'n', "N", -1, "Maximum number of rows."}, MNEME_CLI_LIMIT | MNEME_CLI_PAGE},
    {{"offset", 0, "N", -1, "Skip this many rows first."}, MNEME_CLI_LIMIT | MNEME_CLI_PAGE},
    {{"cursor", 0, "CURSOR", -1, "Continue after the row that has this cursor."},
     MNEME_CLI_LIMIT | MNEME_CLI_CURSOR},
    {{"columns", 0, "NAME,…", -1, "Show these columns of the table, in this order; JSON lines have all."},
     MNEME_CLI_TABLE},
    {{"wide", 0, NULL, -1,
      "Show ids and times in full on a terminal, too; wrap the last text instead of cutting it."},
     MNEME_CLI_TABLE | MNEME_CLI_TABLES},
    {{"yes", 'y', NULL, -1, "Consent in advance: do not ask, and do not refuse when there is no terminal."},
     MNEME_CLI_CONSENT},
    {{"json", 0, NULL, -1, "Print one JSON object per line."}, COMMON_OF_ALL},
    {{"config", 0, "FILE", -1, "Read settings from this file, one \"name = value\" per line."},
     COMMON_OF_ALL},
    {{"help", 'h', NULL, -1, "Show what the command does, its options and examples."}, COMMON_OF_ALL},
};
#define COMMON_COUNT (sizeof common_options / sizeof *common_options)

/* Former names of options: still accepted, but not listed. */
static const struct {
    const char *command, *former, *name;
    char letter; /* of the former name, if the current name has another */
} former_names[] = {
    {"recall", "top-k", "limit", 'k'},
    {"recall", "types", "type", '\0'},
    {"query", "top-k", "limit", 'k'},
};
#define FORMER_COUNT (sizeof former_names / sizeof *former_names)

bool mneme_cli_is_common(const struct mneme_cli_option *option) {
    for (size_t i = 0; i < COMMON_COUNT; i++) {
        if (option == &common_options[i].option) {
            return true;
        }
    }
    return false;
}

size_t mneme_cli_options_of(const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS],
                            const struct mneme_command *command, size_t *own) {
    size_t count = 0;
    for (const struct mneme_cli_option *option = command->options; option != NULL && option->name != NULL;
         option++) {
        if (count < MNEME_CLI_MAX_OPTIONS) {
            list[count++] = option;
        }
    }
    if (own != NULL) {
        *own = count;
    }
    size_t own_count = count;
    unsigned sets = command->common | (command->scopes != NULL ? COMMON_OF_SCOPED : 0);
    for (size_t i = 0; i < COMMON_COUNT && count < MNEME_CLI_MAX_OPTIONS; i++) {
        unsigned common = common_options[i].common;
        bool is_taken = common == COMMON_OF_ALL || (common & sets) != 0;
        for (size_t j = 0; j < own_count; j++) {
            is_taken = is_taken && strcmp(list[j]->name, common_options[i].option.name) != 0;
        }
        if (is_taken) {
            list[count++] = &common_options[i].option;
        }
    }
    return count;
}

void mneme_cli_path(const struct mneme_cli *cli, struct mneme_buffer *out) {
    for (int i = cli->depth > 1; i < cli->depth; i++) {
        mneme_buffer_printf(out, "%s%s", i > 1 ? " " : "", cli->path[i]->name);
    }
}

/* "memory add was not run: <why>; <what to do> (mneme memory add --help)". */
__attribute__((format(printf, 3, 4))) static int
refuse(struct mneme_error *error, const struct mneme_cli *cli, const char *format, ...) {
    char why[512];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    if (written < 0) {
        why[0] = '\0';
    }
    struct mneme_buffer path = {0};
    mneme_cli_path(cli, &path);
    struct mneme_str name = mneme_buffer_str(&path);
    int status;
    if (cli->depth > 1) {
        status = mneme_error_set(error, MNEME_E_USAGE, "%.*s was not run: %s (see mneme %.*s --help)",
                                 MNEME_STR_ARG(name), why, MNEME_STR_ARG(name));
    } else {
        status = mneme_error_set(error, MNEME_E_USAGE, "nothing was run: %s (see mneme --help)", why);
    }
    mneme_buffer_clean_up(&path);
    return status;
}

static const struct mneme_command *subcommand(const struct mneme_command *command, const char *name) {
    for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        if (strcmp(command->subcommands[i]->name, name) == 0) {
            return command->subcommands[i];
        }
    }
    return NULL;
}

static int unknown_command(struct mneme_error *error, const struct mneme_cli *cli, const char *word) {
    struct mneme_nearest nearest = {0};
    for (size_t i = 0; cli->command->subcommands[i] != NULL; i++) {
        mneme_nearest_offer(&nearest, mneme_str_from(word), cli->command->subcommands[i]->name);
    }
    if (nearest.name != NULL) {
        return refuse(error, cli, "there is no command '%s'; did you mean '%s'?", word, nearest.name);
    }
    return refuse(error, cli, "there is no command '%s'; choose one of the list", word);
}

static bool is_option(const struct mneme_cli_option *option, const char *name, size_t len, char letter) {
    bool is_named = name != NULL && strlen(option->name) == len && memcmp(option->name, name, len) == 0;
    return is_named || (letter != '\0' && option->letter == letter);
}

/* The command's option of that name or letter; while the command is incomplete, any common one. */
static const struct mneme_cli_option *find_option(const struct mneme_cli *cli, const char *name, size_t len,
                                                  char letter) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, cli->command, NULL);
    if (cli->command->subcommands != NULL) {
        for (size_t i = 0; i < COMMON_COUNT && count < MNEME_CLI_MAX_OPTIONS; i++) {
            list[count++] = &common_options[i].option;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (is_option(list[i], name, len, letter)) {
            return list[i];
        }
    }
    for (size_t i = 0; i < FORMER_COUNT; i++) {
        const struct mneme_cli_option former = {.name = former_names[i].former,
                                                .letter = former_names[i].letter};
        const char *today = former_names[i].name;
        bool is_meant =
            strcmp(former_names[i].command, cli->command->name) == 0 && is_option(&former, name, len, letter);
        for (size_t j = 0; is_meant && j < count; j++) {
            if (is_option(list[j], today, strlen(today), '\0')) {
                return list[j];
            }
        }
    }
    return NULL;
}

static int unknown_option(struct mneme_error *error, const struct mneme_cli *cli, struct mneme_str name) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, cli->command, NULL);
    struct mneme_nearest nearest = {0};
    for (size_t i = 0; i < count; i++) {
        mneme_nearest_offer(&nearest, name, list[i]->name);
    }
    for (size_t i = 0; i < count && nearest.name == NULL && name.len >= 3; i++) {
        nearest.name =
            strncmp(list[i]->name, name.data, name.len) == 0 ? list[i]->name : NULL; /* shortened */
    }
    if (nearest.name != NULL) {
        return refuse(error, cli, "it has no option --%.*s; did you mean --%s?", MNEME_STR_ARG(name),
                      nearest.name);
    }
    return refuse(error, cli, "it has no option --%.*s; leave it out", MNEME_STR_ARG(name));
}

/* The later of two wins. */
static int add_value(struct mneme_cli_values *values, const struct mneme_cli *cli,
                     const struct mneme_cli_option *option, const char *text, bool from_environment,
                     struct mneme_error *error) {
    size_t at = 0;
    while (at < values->count && values->items[at].option != option) {
        at++;
    }
    if (at == MNEME_CLI_MAX_OPTIONS) {
        return refuse(error, cli, "it has too many options; give each once");
    }
    values->items[at].option = option;
    values->items[at].text = text;
    values->items[at].from_environment = from_environment;
    values->count += at == values->count;
    return MNEME_OK;
}

/* Reads the option in argv[*at], and the value after it if it takes one; moves *at to the last word used. */
static int parse_option(struct mneme_cli *cli, struct mneme_cli_values *values, int argc, char **argv,
                        int *at, struct mneme_error *error) {
    const char *word = argv[*at];
    const struct mneme_cli_option *option;
    const char *text = NULL;
    if (word[1] == '-') {
        const char *name = word + 2;
        size_t len = strcspn(name, "=");
        option = find_option(cli, name, len, '\0');
        if (option == NULL) {
            return unknown_option(error, cli, (struct mneme_str){name, len});
        }
        text = name[len] == '=' ? name + len + 1 : NULL;
    } else {
        option = find_option(cli, NULL, 0, word[1]);
        if (option == NULL) {
            return refuse(error, cli, "it has no option -%c; put arguments that begin with - after --",
                          word[1]);
        }
        text = word[2] != '\0' ? word + 2 : NULL;
    }
    if (option->argument == NULL) {
        if (text != NULL) {
            return refuse(error, cli, "--%s takes no value; give it alone", option->name);
        }
        text = "";
    } else if (text == NULL) {
        if (*at + 1 >= argc) {
            return refuse(error, cli, "--%s needs a value; add %s", option->name, option->argument);
        }
        text = argv[++*at];
    }
    return add_value(values, cli, option, text, false, error);
}

bool mneme_cli_variable(char text[MNEME_CLI_VARIABLE_BYTES], const struct mneme_cli *cli,
                        const struct mneme_cli_option *option) {
    if (strcmp(option->name, "help") == 0) {
        return false;
    }
    if (option->setting >= 0) {
        snprintf(text, MNEME_CLI_VARIABLE_BYTES, "%s",
                 mneme_setting_info((enum mneme_setting)option->setting)->env);
        return true;
    }
    struct mneme_buffer name = {0};
    mneme_buffer_printf(&name, "MNEME_");
    if (!mneme_cli_is_common(option) && cli->depth > 1) {
        mneme_cli_path(cli, &name);
        mneme_buffer_append_byte(&name, '_');
    }
    mneme_buffer_append_str(&name, mneme_str_from(option->name));
    size_t len = name.len < MNEME_CLI_VARIABLE_BYTES ? name.len : MNEME_CLI_VARIABLE_BYTES - 1;
    for (size_t i = 0; i < len; i++) {
        char c = name.data[i];
        text[i] = isalnum((unsigned char)c) ? (char)toupper((unsigned char)c) : '_';
    }
    text[len] = '\0';
    mneme_buffer_clean_up(&name);
    return true;
}

/* The value of a flag in the environment: 1 for on, 0 for off, -1 for neither. */
static int flag_value(const char *text) {
    static const char *const off[] = {"", "0", "false", "no", "off"};
    static const char *const on[] = {"1", "true", "yes", "on"};
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        if (strcasecmp(text, off[i]) == 0) {
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
        if (strcasecmp(text, on[i]) == 0) {
            return 1;
        }
    }
    return -1;
}

static bool is_given(const struct mneme_cli_values *values, const struct mneme_cli_option *option) {
    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i].option == option) {
            return true;
        }
    }
    return false;
}

/* The value of a former name's variable; puts the name of that variable into `variable`. */
static const char *former_variable(char variable[MNEME_CLI_VARIABLE_BYTES], const struct mneme_cli *cli,
                                   const struct mneme_cli_option *option) {
    for (size_t i = 0; i < FORMER_COUNT; i++) {
        const struct mneme_cli_option former = {.name = former_names[i].former, .setting = -1};
        if (strcmp(former_names[i].command, cli->command->name) == 0 &&
            strcmp(former_names[i].name, option->name) == 0 && mneme_cli_variable(variable, cli, &former)) {
            return getenv(variable);
        }
    }
    return NULL;
}

/* Reads options that were not given but have a variable set. The configuration reads those that are settings.
 */
static int read_environment(struct mneme_cli *cli, struct mneme_cli_values *values,
                            struct mneme_error *error) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, cli->command, NULL);
    for (size_t i = 0; i < count; i++) {
        char variable[MNEME_CLI_VARIABLE_BYTES];
        if (list[i]->setting >= 0 || is_given(values, list[i]) ||
            !mneme_cli_variable(variable, cli, list[i])) {
            continue;
        }
        const char *text = getenv(variable);
        if (text == NULL || text[0] == '\0') {
            text = former_variable(variable, cli, list[i]);
        }
        if (text == NULL || text[0] == '\0') {
            continue;
        }
        if (list[i]->argument == NULL) {
            int flag = flag_value(text);
            if (flag < 0) {
                return refuse(error, cli, "%s in the environment is '%s'; set it to 0 or 1", variable, text);
            }
            if (flag == 0) {
                continue;
            }
            text = "";
        }
        int status = add_value(values, cli, list[i], text, true, error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    return MNEME_OK;
}

/* `before` is how many arguments came before "--", or -1 when there was none. */
static int check_dashes(const struct mneme_cli *cli, int before, struct mneme_error *error) {
    const struct mneme_command *command = cli->command;
    if (command->before_dashes == 0 || before == command->before_dashes) {
        return MNEME_OK;
    }
    return refuse(error, cli, "-- must come between its own arguments and the command; give %s",
                  command->arguments);
}

static int check_complete(const struct mneme_cli *cli, const struct mneme_cli_values *values,
                          struct mneme_error *error) {
    const struct mneme_command *command = cli->command;
    if (command->run == NULL) {
        return refuse(error, cli, "it needs a subcommand; choose one of the list");
    }
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, command, NULL);
    for (size_t i = 0; i < values->count; i++) {
        bool is_known = false;
        for (size_t j = 0; j < count; j++) {
            is_known = is_known || list[j] == values->items[i].option;
        }
        if (!is_known) {
            return unknown_option(error, cli, mneme_str_from(values->items[i].option->name));
        }
    }
    if (cli->argument_count < command->min_arguments) {
        return refuse(error, cli, "it needs %s", command->arguments);
    }
    if (command->max_arguments >= 0 && cli->argument_count > command->max_arguments) {
        const char *extra = cli->arguments[command->max_arguments];
        return refuse(error, cli, "'%s' is one argument too many; quote arguments that contain spaces",
                      extra);
    }
    return MNEME_OK;
}

/* --- whose data --- */

/* An empty id must not be taken for no id, which would mean everybody's data. */
static int check_ids(const struct mneme_cli *cli, struct mneme_error *error) {
    static const char *const ids[] = {"user", "agent", "run", "conversation", "stream"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const char *text = mneme_cli_value(cli, ids[i]);
        if (text != NULL && text[0] == '\0') {
            int status = refuse(error, cli, "--%s is empty; give an id, or leave it out", ids[i]);
            bool destroys = (cli->command->common & MNEME_CLI_CONSENT) != 0;
            error->code = destroys ? MNEME_E_UNSAFE : error->code;
            return destroys ? MNEME_E_UNSAFE : status;
        }
    }
    return MNEME_OK;
}

/* "--user, --agent or --run" */
static void list_scopes(struct mneme_buffer *out, const char *const *scopes) {
    for (size_t i = 0; scopes[i] != NULL; i++) {
        const char *before = i == 0 ? "" : scopes[i + 1] == NULL ? " or " : ", ";
        mneme_buffer_printf(out, "%s--%s", before, scopes[i]);
    }
    mneme_buffer_append_byte(out, 0);
}

static struct mneme_cli_value *find_value(struct mneme_cli_values *values, const char *name) {
    for (size_t i = 0; i < values->count; i++) {
        if (strcmp(values->items[i].option->name, name) == 0) {
            return &values->items[i];
        }
    }
    return NULL;
}

static void drop_value(struct mneme_cli_values *values, struct mneme_cli_value *value) {
    *value = values->items[--values->count];
}

/* The command line overrides the environment: --all replaces scopes set there, and a scope replaces --all set
 * there. Sets whether a scope is left. */
static void settle_scopes(bool *is_narrowed, struct mneme_cli *cli, struct mneme_cli_values *values) {
    struct mneme_cli_value *all = find_value(values, "all");
    bool is_all_given = all != NULL && !all->from_environment;
    bool is_narrowed_here = false;
    *is_narrowed = false;
    for (const char *const *scope = cli->command->scopes; *scope != NULL; scope++) {
        struct mneme_cli_value *value = find_value(values, *scope);
        if (value != NULL && value->from_environment && is_all_given) {
            drop_value(values, value);
        } else if (value != NULL) {
            *is_narrowed = true;
            is_narrowed_here = is_narrowed_here || !value->from_environment;
        }
    }
    all = find_value(values, "all");
    if (all != NULL && !is_all_given && is_narrowed_here) {
        drop_value(values, all);
    }
}

static int check_scopes(struct mneme_cli *cli, struct mneme_cli_values *values, struct mneme_error *error) {
    bool is_narrowed;
    int status = check_ids(cli, error);
    if (status != MNEME_OK || cli->command->scopes == NULL) {
        return status;
    }
    settle_scopes(&is_narrowed, cli, values);
    if (is_narrowed != mneme_cli_flag(cli, "all")) {
        return MNEME_OK;
    }
    struct mneme_buffer choices = {0};
    list_scopes(&choices, cli->command->scopes);
    status =
        is_narrowed
            ? refuse(error, cli, "--all means the whole tenant; leave it out, or leave out %s", choices.data)
            : refuse(error, cli, "no scope is given; give %s, or --all for the whole tenant", choices.data);
    mneme_buffer_clean_up(&choices);
    return status;
}

int mneme_cli_parse(struct mneme_cli *cli, struct mneme_cli_values *values, int argc, char **argv,
                    struct mneme_error *error) {
    cli->command = cli->root;
    cli->path[0] = cli->command;
    cli->depth = 1;
    cli->values = values;
    cli->arguments = argv + 1;
    cli->argument_count = 0;
    values->count = 0;
    int before_dashes = -1;
    for (int i = 1; i < argc; i++) {
        char *word = argv[i];
        if (before_dashes < 0 && word[0] == '-' && word[1] != '\0') {
            if (strcmp(word, "--") == 0) {
                before_dashes = cli->argument_count;
                continue;
            }
            int status = parse_option(cli, values, argc, argv, &i, error);
            if (status != MNEME_OK) {
                return status;
            }
        } else if (cli->command->subcommands != NULL) {
            const struct mneme_command *next = subcommand(cli->command, word);
            if (next == NULL || cli->depth == MNEME_CLI_MAX_DEPTH) {
                return unknown_command(error, cli, word);
            }
            cli->command = next;
            cli->path[cli->depth++] = next;
        } else {
            cli->arguments[cli->argument_count++] = word;
        }
    }
    cli->arguments[cli->argument_count] =
        NULL; /* points into argv, which has room for each word and one more */
    if (mneme_cli_flag(cli, "help")) {
        return MNEME_OK;
    }
    int status = check_complete(cli, values, error);
    if (status == MNEME_OK) {
        status = check_dashes(cli, before_dashes, error);
    }
    if (status == MNEME_OK) {
        status = read_environment(cli, values, error);
    }
    if (status == MNEME_OK) {
        status = mneme_cli_check_words(cli, error);
    }
    return status == MNEME_OK ? check_scopes(cli, values, error) : status;
}

int mneme_cli_apply_settings(const struct mneme_cli *cli, struct mneme_error *error) {
    for (size_t i = 0; i < cli->values->count; i++) {
        int setting = cli->values->items[i].option->setting;
        if (setting < 0) {
            continue;
        }
        int status = mneme_config_set(cli->config, (enum mneme_setting)setting, cli->values->items[i].text,
                                      MNEME_FROM_OPTION, error);
        if (status != MNEME_OK) {
            return status;
        }
    }
    return MNEME_OK;
}
