/*
 * mneme completion: scripts for bash, zsh and fish, made from the tables of commands and words.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/options.h"
#include "cli/frame/words.h"

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

static void visit_all(const struct mneme_command *root, void (*print)(const struct place *place)) {
    visit(&(struct place){.path = {root}, .depth = 1}, print);
}

/* "memory add": the words that the script has matched at this place. */
static void print_path(const struct place *place) {
    for (int i = 1; i < place->depth; i++) {
        printf("%s%s", i > 1 ? " " : "", place->path[i]->name);
    }
}

/* What may follow an option. */
static void expect_of(struct mneme_cli_expected *expected, const struct mneme_cli_option *option) {
    const char *description = option->argument;
    if (option->setting >= 0) {
        const struct mneme_setting_info *info = mneme_setting_info((enum mneme_setting)option->setting);
        description = info->type == MNEME_TYPE_CHOICE ? info->choices : description;
    }
    mneme_cli_expect(expected, description);
}

/* Whether the command takes files as arguments. */
static bool takes_files(const struct mneme_command *command) {
    struct mneme_cli_expected expected;
    bool takes = false;
    for (const char *at = command->arguments; *at != '\0'; at += strspn(at, " ")) {
        mneme_cli_expect(&expected, at);
        takes = takes || expected.is_file;
        at += strcspn(at, " ");
    }
    return takes;
}

static void print_values(const struct mneme_cli_expected *expected) {
    for (size_t i = 0; i < expected->count; i++) {
        printf("%s%s", i > 0 ? " " : "", expected->values[i]);
    }
}

/* The subcommands, or the values of the first argument. */
static void print_words(const struct mneme_command *command) {
    struct mneme_cli_expected expected;
    for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        printf("%s%s", i > 0 ? " " : "", command->subcommands[i]->name);
    }
    mneme_cli_expect(&expected, command->arguments);
    print_values(&expected);
}

/* --- bash and zsh run the same two functions --- */

static void print_case(const struct place *place) {
    const struct mneme_command *command = last(place);
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, command, NULL);
    printf("    '");
    print_path(place);
    printf("')\n        words='");
    print_words(command);
    printf("'%s\n        options='", takes_files(command) ? " files=1" : "");
    for (size_t i = 0; i < count; i++) {
        printf("%s--%s", i > 0 ? " " : "", list[i]->name);
    }
    printf("'\n        case $previous in\n");
    for (size_t i = 0; i < count; i++) {
        struct mneme_cli_expected expected;
        if (list[i]->argument == NULL) {
            continue;
        }
        expect_of(&expected, list[i]);
        printf("        --%s", list[i]->name);
        if (list[i]->letter != '\0') {
            printf("|-%c", list[i]->letter);
        }
        printf(") value=");
        if (expected.count > 0) {
            putchar('\'');
            print_values(&expected);
            printf("'%s", expected.is_list ? " list=1" : "");
        } else {
            printf("%s", expected.is_file ? "@file" : "@any");
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

/* Prints the functions that find the command on the line, and what may follow it. */
static void print_functions(const struct mneme_command *root) {
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
    visit_all(root, print_step);
    printf("        *) continue ;;\n"
           "        esac\n"
           "        at=$next\n"
           "    done\n"
           "}\n"
           "\n"
           "# Sets `words`, `options`, `value`, `list` and `files`: what may follow the word `previous` of "
           "the command `at`.\n"
           "_mneme_expected() {\n"
           "    words='' options='' value='' list='' files=''\n"
           "    case $at in\n");
    visit_all(root, print_case);
    printf("    esac\n"
           "}\n"
           "\n");
}

static void print_bash(const struct mneme_command *root) {
    printf("# Completion of mneme for bash: source <(mneme completion bash)\n\n");
    print_functions(root);
    printf(
        "_mneme() {\n"
        "    local at ended words options value list files before=''\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    # bash treats the = of --option=value as a separate word.\n"
        "    if [[ $current == = ]]; then\n"
        "        current=''\n"
        "    elif [[ $previous == = ]]; then\n"
        "        previous=${COMP_WORDS[COMP_CWORD-2]}\n"
        "    fi\n"
        "    _mneme_path \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
        "    _mneme_expected\n"
        "    COMPREPLY=()\n"
        "    if [[ -n $list ]]; then\n"
        "        before=${current%%\"${current##*,}\"}\n"
        "        compopt -o nospace 2>/dev/null\n"
        "    fi\n"
        "    if [[ -n $ended || $value == @file || ( -z $value && $current != -* && -z $words && -n $files ) "
        "]]; then\n"
        "        compopt -o filenames 2>/dev/null\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
        "    elif [[ -n $value && $value != @any ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$value\" -- "
        "\"${current#\"$before\"}\")\n"
        "    elif [[ -z $value && $current == -* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
        "    elif [[ -z $value ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"; [[ -z $files ]] || compgen "
        "-f -- "
        "\"$current\")\n"
        "    fi\n"
        "}\n"
        "complete -F _mneme mneme\n");
}

static void print_zsh(const struct mneme_command *root) {
    printf("#compdef mneme\n"
           "# Completion of mneme for zsh: source <(mneme completion zsh), or a file _mneme in a folder of "
           "fpath\n\n");
    print_functions(root);
    printf("_mneme() {\n"
           "    local at ended options value list files previous=${words[CURRENT-1]} "
           "current=${words[CURRENT]}\n"
           "    local -a before=(\"${(@)words[2,CURRENT-1]}\")\n"
           "    local words\n"
           "    if [[ $current == --*=* ]]; then\n"
           "        previous=${current%%%%=*}\n"
           "        compset -P '*='\n"
           "    fi\n"
           "    _mneme_path \"${before[@]}\"\n"
           "    _mneme_expected\n"
           "    if [[ -n $ended || $value == @file ]]; then\n"
           "        _files\n"
           "    elif [[ $value == @any ]]; then\n"
           "        _message value\n"
           "    elif [[ -n $value ]]; then\n"
           "        [[ -z $list ]] || compset -P '*,'\n"
           "        compadd -- ${=value}\n"
           "    elif [[ $current == -* ]]; then\n"
           "        compadd -- ${=options}\n"
           "    else\n"
           "        [[ -z $words ]] || compadd -- ${=words}\n"
           "        [[ -z $files ]] || _files\n"
           "    fi\n"
           "}\n"
           "if [[ ${funcstack[1]-} == _mneme ]]; then\n"
           "    _mneme \"$@\"\n"
           "else\n"
           "    compdef _mneme mneme\n"
           "fi\n");
}

/* --- fish, which shows what each word does --- */

/* Prints a candidate, quoted: the word, a tab, what it does. */
static void print_candidate(const char *dashes, const char *word, const char *text) {
    printf(" '%s%s\t", dashes, word);
    for (; *text != '\0'; text++) {
        printf(*text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    putchar('\'');
}

static void print_fish_path(const struct place *place) {
    putchar('\'');
    print_path(place);
    putchar('\'');
}

static void print_fish_step(const struct place *place) {
    const struct mneme_command *command = last(place);
    for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        struct place below = *place;
        if (below.depth < MNEME_CLI_MAX_DEPTH) {
            below.path[below.depth++] = command->subcommands[i];
            putchar(' ');
            print_fish_path(&below);
        }
    }
}

static void print_fish_case(const struct place *place) {
    const struct mneme_command *command = last(place);
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, command, NULL);
    struct mneme_cli_expected expected;
    printf("        case ");
    print_fish_path(place);
    printf("\n            set words");
    for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        print_candidate("", command->subcommands[i]->name, command->subcommands[i]->summary);
    }
    mneme_cli_expect(&expected, command->arguments);
    putchar(' ');
    print_values(&expected);
    printf("\n            set files %s\n            set options", takes_files(command) ? "1" : "");
    for (size_t i = 0; i < count; i++) {
        print_candidate("--", list[i]->name, list[i]->help);
    }
    printf("\n            switch \"$previous\"\n");
    for (size_t i = 0; i < count; i++) {
        if (list[i]->argument == NULL) {
            continue;
        }
        expect_of(&expected, list[i]);
        printf("                case --%s", list[i]->name);
        if (list[i]->letter != '\0') {
            printf(" -%c", list[i]->letter);
        }
        printf("\n                    set value ");
        if (expected.count > 0) {
            print_values(&expected);
        } else {
            printf("%s", expected.is_file ? "@file" : "@any");
        }
        printf("%s\n", expected.is_list && expected.count > 0 ? "\n                    set list 1" : "");
    }
    printf("            end\n");
}

static void print_fish(const struct mneme_command *root) {
    printf("# Completion of mneme for fish: mneme completion fish | source, or a file mneme.fish in\n"
           "# ~/.config/fish/completions\n\n"
           "function __mneme_complete\n"
           "    set -l words\n"
           "    set -l options\n"
           "    set -l value\n"
           "    set -l list\n"
           "    set -l files\n"
           "    set -l before ''\n"
           "    set -l at ''\n"
           "    set -l tokens (commandline -opc)\n"
           "    set -l current (commandline -ct)\n"
           "    set -l previous $tokens[-1]\n"
           "    if string match -qr -- '^--[^=]+=' $current\n"
           "        set previous (string replace -r -- '=.*' '' $current)\n"
           "        set before $previous=\n"
           "        set current (string replace -r -- '^[^=]*=' '' $current)\n"
           "    end\n"
           "    for word in $tokens[2..-1]\n"
           "        if test \"$word\" = --\n"
           "            __fish_complete_path $current\n"
           "            return\n"
           "        end\n"
           "        switch (string trim -- \"$at $word\")\n"
           "            case");
    visit_all(root, print_fish_step);
    printf("\n                set at (string trim -- \"$at $word\")\n"
           "        end\n"
           "    end\n"
           "    switch \"$at\"\n");
    visit_all(root, print_fish_case);
    printf("    end\n"
           "    if test \"$value\" = @file\n"
           "        printf \"$before%%s\\n\" (__fish_complete_path $current)\n"
           "    else if test \"$value\" = @any\n"
           "        return\n"
           "    else if test -n \"$value\"\n"
           "        test -z \"$list\"; or set before $before(string replace -r -- '[^,]*$' '' $current)\n"
           "        printf '%%s\\n' $before$value\n"
           "    else if string match -q -- '-*' $current\n"
           "        printf '%%s\\n' $options\n"
           "    else\n"
           "        test -z \"$words\"; or printf '%%s\\n' $words\n"
           "        test -z \"$files\"; or __fish_complete_path $current\n"
           "    end\n"
           "end\n"
           "complete -f -a '(__mneme_complete)' -c mneme\n");
}

static enum mneme_exit run(struct mneme_cli *cli) {
    static const struct {
        const char *shell;
        void (*print)(const struct mneme_command *root);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(cli->arguments[0], shells[i].shell) == 0) {
            shells[i].print(cli->root);
        }
    }
    return MNEME_EXIT_DONE; /* unreachable: parsing refuses other names */
}

const struct mneme_command mneme_command_completion = {
    .name = "completion",
    .summary = "Print a script that completes commands, options and values in your shell.",
    .arguments = "bash|zsh|fish",
    .examples = "  source <(mneme completion bash)\n"
                "  mneme completion zsh > ~/.zsh/completions/_mneme\n"
                "  mneme completion fish > ~/.config/fish/completions/mneme.fish\n",
    .min_arguments = 1,
    .max_arguments = 1,
    .common = MNEME_CLI_BARE,
    .run = run,
};
