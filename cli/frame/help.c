/*
 * Help as text: names in a column, their explanation wrapped beside them.
 */
#include "cli/frame/help.h"

#include <stdlib.h>

#define MAX_COLUMNS 100
#define MIN_COLUMNS 40
#define MAX_NAME_COLUMN 30

struct page {
    FILE *out;
    int columns;
    bool bold;
};

static void heading(const struct page *page, const char *text) {
    fprintf(page->out, page->bold ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

/* Words of `text` from column `indent` on, the first line going on where `column` is. */
static void wrap(const struct page *page, int indent, int column, const char *text) {
    const char *at = text;
    bool is_first = true;
    while (*at != '\0') {
        size_t bytes = strcspn(at, " ");
        int width = 0;
        for (size_t i = 0; i < bytes; i++) {
            width += ((unsigned char)at[i] & 0xC0) != 0x80; /* one column for each character */
        }
        if (is_first) {
            fprintf(page->out, "%*s", indent - column, "");
            column = indent;
        } else if (column + 1 + width > page->columns) {
            fprintf(page->out, "\n%*s", indent, "");
            column = indent;
        } else {
            fputc(' ', page->out);
            column++;
        }
        fprintf(page->out, "%.*s", (int)bytes, at);
        column += width;
        is_first = false;
        at += bytes;
        at += strspn(at, " ");
    }
    fputc('\n', page->out);
}

static void row(const struct page *page, const char *name, int indent, const char *text) {
    int column = fprintf(page->out, "  %s", name);
    if (column + 2 > indent) {
        fprintf(page->out, "\n");
        column = 0;
    }
    wrap(page, indent, column, text);
}

static void option_name(struct mneme_buffer *name, const struct mneme_cli_option *option) {
    mneme_buffer_clear(name);
    if (option->letter != '\0') {
        mneme_buffer_printf(name, "-%c, ", option->letter);
    } else {
        mneme_buffer_printf(name, "    ");
    }
    mneme_buffer_printf(name, "--%s", option->name);
    if (option->argument != NULL) {
        mneme_buffer_printf(name, " %s", option->argument);
    }
    mneme_buffer_append_byte(name, '\0');
}

/* The explanation, with the default of a setting and the variable's name. */
static void option_text(struct mneme_buffer *text, const struct mneme_cli *cli,
                        const struct mneme_cli_option *option) {
    char variable[MNEME_CLI_VARIABLE_BYTES];
    mneme_buffer_clear(text);
    mneme_buffer_printf(text, "%s", option->help);
    bool is_named = option->setting >= 0 || mneme_cli_is_common(option);
    if (is_named && mneme_cli_variable(variable, cli, option)) {
        mneme_buffer_printf(text, " [$%s", variable);
        if (option->setting >= 0) {
            const char *value = mneme_setting_info((enum mneme_setting)option->setting)->default_value;
            mneme_buffer_printf(text, value[0] == '\0' ? "%s" : ", default %s", value);
        }
        mneme_buffer_printf(text, "]");
    }
    mneme_buffer_append_byte(text, '\0');
}

static void print_options(const struct page *page, const struct mneme_cli *cli) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t own = 0;
    size_t count = mneme_cli_options_of(list, cli->command, &own);
    struct mneme_buffer name = {0};
    struct mneme_buffer text = {0};
    int indent = 0;
    for (size_t i = 0; i < count; i++) {
        option_name(&name, list[i]);
        int wanted = (int)name.len - 1 + 4;
        indent = wanted > indent && wanted <= MAX_NAME_COLUMN ? wanted : indent;
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 && own > 0) {
            heading(page, "Options");
        } else if (i == own) {
            heading(page, "Common options");
        }
        option_name(&name, list[i]);
        option_text(&text, cli, list[i]);
        row(page, name.data, indent, text.data);
    }
    if (own > 0) {
        struct mneme_cli_option example = *list[0];
        example.setting = -1;
        char variable[MNEME_CLI_VARIABLE_BYTES];
        if (mneme_cli_variable(variable, cli, &example)) {
            mneme_buffer_clear(&text);
            mneme_buffer_printf(
                &text,
                "An option without a variable beside it takes one that is named after the command, such "
                "as %s. An option comes before the environment, that before the file, that before the "
                "default.",
                variable);
            mneme_buffer_append_byte(&text, '\0');
            fputc('\n', page->out);
            wrap(page, 2, 0, text.data);
        }
    }
    mneme_buffer_clean_up(&name);
    mneme_buffer_clean_up(&text);
}

static void print_usage(const struct page *page, const struct mneme_cli *cli) {
    const struct mneme_command *command = cli->command;
    fprintf(page->out, page->bold ? "\033[1mUsage:\033[0m" : "Usage:");
    for (int i = 0; i < cli->depth; i++) {
        fprintf(page->out, " %s", cli->path[i]->name);
    }
    fprintf(page->out, "%s [OPTION…]", command->subcommands != NULL ? " COMMAND" : "");
    fprintf(page->out, "%s%s\n", command->arguments[0] != '\0' ? " " : "", command->arguments);
}

static void print_subcommands(const struct page *page, const struct mneme_command *command) {
    int indent = 0;
    for (size_t i = 0; command->subcommands[i] != NULL; i++) {
        int wanted = (int)strlen(command->subcommands[i]->name) + 4;
        indent = wanted > indent ? wanted : indent;
    }
    heading(page, "Commands");
    for (size_t i = 0; command->subcommands[i] != NULL; i++) {
        row(page, command->subcommands[i]->name, indent, command->subcommands[i]->summary);
    }
}

void mneme_help_print(const struct mneme_cli *cli, FILE *out, int columns, bool bold) {
    const struct mneme_command *command = cli->command;
    struct page page = {.out = out, .columns = columns, .bold = bold};
    if (columns <= 0 || columns > MAX_COLUMNS) {
        page.columns = MAX_COLUMNS;
    } else if (columns < MIN_COLUMNS) {
        page.columns = MIN_COLUMNS;
    }
    print_usage(&page, cli);
    fputc('\n', out);
    wrap(&page, 0, 0, command->summary);
    if (command->details != NULL) {
        fprintf(out, "\n%s", command->details);
        fprintf(out, "%s", command->details[strlen(command->details) - 1] == '\n' ? "" : "\n");
    }
    if (command->subcommands != NULL) {
        print_subcommands(&page, command);
    }
    print_options(&page, cli);
    if (command->examples != NULL) {
        heading(&page, "Examples");
        fprintf(out, "%s", command->examples);
    }
}
