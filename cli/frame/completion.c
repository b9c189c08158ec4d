/*
 * mneme completion: scripts for bash and zsh, made from the table of commands.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/options.h"

/* One command and the words that lead to it. */
struct place {
    const struct mneme_command *path[MNEME_CLI_MAX_DEPTH];
    int depth;
};

static const struct mneme_command *last(const struct place *place) {
    return place->path[place->depth - 1];
}

static void visit(const struct place *place, void (*print)(const struct place *place)) {
    print(place);
    const struct mneme_command *command = last(place);
    for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        if (place->depth < MNEME_CLI_MAX_DEPTH) {
            struct place below = *place;
            below.path[below.depth++] = command->subcommands[i];
            visit(&below, print);
        }
    }
}

static void visit_all(void (*print)(const struct place *place)) {
    visit(&(struct place){.path = {&mneme_command_root}, .depth = 1}, print);
}

/* "memory add": what the script has gathered when it gets to this place. */
static void print_path(const struct place *place) {
    for (int i = 1; i < place->depth; i++) {
        printf("%s%s", i > 1 ? " " : "", place->path[i]->name);
    }
}

/* The words of "bash|zsh", if it is such a list of fixed words. */
static bool is_choice(const char *text) {
    return text != NULL && strchr(text, '|') != NULL &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789|")] == '\0';
}

static void print_choices(const char *text) {
    for (; *text != '\0'; text++) {
        putchar(*text == '|' ? ' ' : *text);
    }
}

static void print_case(const struct place *place) {
    const struct mneme_command *command = last(place);
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, command, NULL);
    printf("    '");
    print_path(place);
    printf("')\n        words='");
    for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        printf("%s%s", i > 0 ? " " : "", command->subcommands[i]->name);
    }
    if (is_choice(command->arguments)) {
        print_choices(command->arguments);
    }
    printf("'\n        options='");
    for (size_t i = 0; i < count; i++) {
        printf("%s--%s", i > 0 ? " " : "", list[i]->name);
    }
    printf("'\n        case $previous in\n");
    for (size_t i = 0; i < count; i++) {
        if (list[i]->argument == NULL) {
            continue;
        }
        const char *choices = list[i]->argument;
        if (list[i]->setting >= 0 &&
            mneme_setting_info((enum mneme_setting)list[i]->setting)->type == MNEME_TYPE_CHOICE) {
            choices = mneme_setting_info((enum mneme_setting)list[i]->setting)->choices;
        }
        printf("        --%s) ", list[i]->name);
        if (is_choice(choices)) {
            printf("value='");
            print_choices(choices);
            printf("'");
        } else {
            printf("value=%s", strcmp(list[i]->argument, "FILE") == 0 ? "@file" : "@any");
        }
        printf(" ;;\n");
    }
    printf("        esac ;;\n");
}

static void print_step(const struct place *place) {
    const struct mneme_command *command = last(place);
    for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        printf("        '");
        print_path(place);
        printf("%s%s') ;;\n", place->depth > 1 ? " " : "", command->subcommands[i]->name);
    }
}

/* Both shells run the same two functions: which command the line has come to, and what may follow. */
static void print_functions(void) {
    printf(
        "# Sets `at` to the command that the words name, and `ended` if -- is among them: files may follow "
        "it.\n"
        "_mneme_path() {\n"
        "    local word next\n"
        "    at='' ended=''\n"
        "    for word in \"$@\"; do\n"
        "        if [[ $word == -- ]]; then\n"
        "            ended=1\n"
        "            return\n"
        "        fi\n"
        "        next=\"${at:+$at }$word\"\n"
        "        case $next in\n");
    visit_all(print_step);
    printf("        *) continue ;;\n"
           "        esac\n"
           "        at=$next\n"
           "    done\n"
           "}\n"
           "\n"
           "# Sets `words`, `options` and `value`: what may stand there, for the command `at` behind the "
           "word `previous`.\n"
           "_mneme_expected() {\n"
           "    words='' options='' value=''\n"
           "    case $at in\n");
    visit_all(print_case);
    printf("    esac\n"
           "}\n"
           "\n");
}

static void print_bash(void) {
    printf("# Completion of mneme for bash: source <(mneme completion bash)\n\n");
    print_functions();
    printf("_mneme() {\n"
           "    local at ended words options value current=${COMP_WORDS[COMP_CWORD]} "
           "previous=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    _mneme_path \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
           "    _mneme_expected\n"
           "    if [[ -n $ended ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "    elif [[ $value == @any ]]; then\n"
           "        COMPREPLY=()\n"
           "    elif [[ -n $value && $value != @file ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$value\" -- \"$current\")\n"
           "    elif [[ $current == -* ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
           "    elif [[ -n $words && -z $value ]]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
           "    else\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
           "    fi\n"
           "}\n"
           "complete -o filenames -F _mneme mneme\n");
}

static void print_zsh(void) {
    printf("#compdef mneme\n"
           "# Completion of mneme for zsh: source <(mneme completion zsh), or a file _mneme in a folder of "
           "fpath\n\n");
    print_functions();
    printf("_mneme() {\n"
           "    local at ended options value previous=${words[CURRENT-1]} current=${words[CURRENT]}\n"
           "    local -a before=(\"${(@)words[2,CURRENT-1]}\")\n"
           "    local words\n"
           "    _mneme_path \"${before[@]}\"\n"
           "    _mneme_expected\n"
           "    if [[ -n $ended ]]; then\n"
           "        _files\n"
           "    elif [[ $value == @any ]]; then\n"
           "        _message value\n"
           "    elif [[ -n $value && $value != @file ]]; then\n"
           "        compadd -- ${=value}\n"
           "    elif [[ $current == -* ]]; then\n"
           "        compadd -- ${=options}\n"
           "    elif [[ -n $words && -z $value ]]; then\n"
           "        compadd -- ${=words}\n"
           "    else\n"
           "        _files\n"
           "    fi\n"
           "}\n"
           "if [[ ${funcstack[1]-} == _mneme ]]; then\n"
           "    _mneme \"$@\"\n"
           "else\n"
           "    compdef _mneme mneme\n"
           "fi\n");
}

static enum mneme_exit run(struct mneme_cli *cli) {
    static const struct {
        const char *shell;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(cli->arguments[0], shells[i].shell) == 0) {
            shells[i].print();
            return MNEME_EXIT_DONE;
        }
    }
    struct mneme_error error = {0};
    mneme_error_set(&error, MNEME_E_USAGE, "no completion was printed: '%s' is not known; choose bash or zsh",
                    cli->arguments[0]);
    return mneme_cli_fail(cli, &error);
}

const struct mneme_command mneme_command_completion = {
    .name = "completion",
    .summary = "A script that completes commands and options in your shell.",
    .arguments = "bash|zsh",
    .examples = "  source <(mneme completion bash)\n"
                "  mneme completion zsh > ~/.zsh/completions/_mneme\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run,
};
