/*
 * mneme manual: the manual pages, made from the same tables as --help: mneme(1), a page for each command with
 * its subcommands, and mneme.conf(5) for the settings.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/frame/help.h"
#include "cli/frame/options.h"
#include "cli/frame/output.h"
#include "cli/frame/roff.h"
#include "cli/frame/words.h"

#define SETTINGS_PAGE "mneme.conf"
#define MAX_WORDS 64

/* --- parts of pages --- */

static void put_text(struct mneme_buffer *out, const char *text) {
    mneme_roff_words(out, mneme_str_from(text));
}

static void put_head(struct mneme_buffer *out, const char *name, int section, const char *summary) {
    mneme_buffer_printf(out, ".\\\" Made by `mneme manual`.\n.TH \"");
    for (const char *c = name; *c != '\0'; c++) {
        mneme_buffer_append_byte(out, *c >= 'a' && *c <= 'z' ? (uint8_t)(*c - 'a' + 'A') : (uint8_t)*c);
    }
    mneme_buffer_printf(out, "\" %d \"\" \"mneme " MNEME_VERSION "\" \"Mneme\"\n.ad l\n.nh\n.SH NAME\n",
                        section);
    put_text(out, name);
    mneme_buffer_printf(out, " \\- ");
    put_text(out, summary);
    mneme_buffer_printf(out, "\n");
}

static void put_option(struct mneme_buffer *out, const struct mneme_cli *cli,
                       const struct mneme_cli_option *option) {
    struct mneme_buffer text = {0};
    if (option->help == NULL) {
        return;
    }
    mneme_buffer_printf(out, ".TP\n");
    if (option->letter != '\0') {
        mneme_buffer_printf(out, "\\fB\\-%c\\fR, ", option->letter);
    }
    mneme_buffer_printf(out, "\\fB\\-\\-");
    put_text(out, option->name);
    mneme_buffer_printf(out, "\\fR");
    if (option->argument != NULL) {
        mneme_buffer_printf(out, " \\fI");
        put_text(out, option->argument);
        mneme_buffer_printf(out, "\\fR");
    }
    mneme_buffer_printf(out, "\n");
    mneme_help_option_text(&text, cli, option);
    put_text(out, text.data);
    mneme_buffer_printf(out, "\n");
    mneme_buffer_clean_up(&text);
}

/* "mneme memory add [OPTION...] TEXT" */
static void put_synopsis(struct mneme_buffer *out, const struct mneme_cli *cli) {
    mneme_buffer_printf(out, ".TP\n\\fB");
    for (int i = 0; i < cli->depth; i++) {
        mneme_buffer_printf(out, "%s%s", i > 0 ? " " : "", cli->path[i]->name);
    }
    mneme_buffer_printf(out, "\\fR [\\fIOPTION\\fR...]%s ",
                        cli->command->subcommands != NULL ? " \\fICOMMAND\\fR" : "");
    put_text(out, cli->command->arguments);
    mneme_buffer_printf(out, "\n");
}

/* --- the tree of commands --- */

static struct mneme_cli below(const struct mneme_cli *cli, const struct mneme_command *command) {
    struct mneme_cli place = *cli;
    place.command = command;
    place.path[place.depth++] = command;
    return place;
}

/* Calls `put` for the command and all its subcommands that can be run. */
static void visit(const struct mneme_cli *cli,
                  void (*put)(struct mneme_buffer *out, const struct mneme_cli *cli),
                  struct mneme_buffer *out) {
    if (cli->command->run != NULL) {
        put(out, cli);
    }
    for (size_t i = 0; cli->command->subcommands != NULL && cli->command->subcommands[i] != NULL; i++) {
        if (cli->depth < MNEME_CLI_MAX_DEPTH) {
            struct mneme_cli place = below(cli, cli->command->subcommands[i]);
            visit(&place, put, out);
        }
    }
}

/* Describes one command with its own options; common options only by name. */
static void put_command(struct mneme_buffer *out, const struct mneme_cli *cli) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t own = 0;
    size_t count = mneme_cli_options_of(list, cli->command, &own);
    if (cli->depth > 2) { /* one of several on its page */
        mneme_buffer_printf(out, ".SS \"");
        for (int i = 0; i < cli->depth; i++) {
            mneme_buffer_printf(out, "%s%s", i > 0 ? " " : "", cli->path[i]->name);
        }
        mneme_buffer_printf(out, " ");
        put_text(out, cli->command->arguments);
        mneme_buffer_printf(out, "\"\n");
    }
    put_text(out, cli->command->summary);
    mneme_buffer_printf(out, "\n");
    if (cli->command->details != NULL) {
        mneme_buffer_printf(out, ".PP\n");
        mneme_roff_paragraphs(out, cli->command->details);
    }
    for (size_t i = 0; i < own; i++) {
        put_option(out, cli, list[i]);
    }
    mneme_buffer_printf(out, ".PP\nIt takes the common options");
    for (size_t i = own; i < count; i++) {
        mneme_buffer_printf(out, "%s \\fB\\-\\-", i == own ? "" : i + 1 == count ? " and" : ",");
        put_text(out, list[i]->name);
        mneme_buffer_printf(out, "\\fR");
    }
    mneme_buffer_printf(out, ".\n");
    if (cli->command->examples != NULL) {
        mneme_buffer_printf(out, ".PP\nExamples:\n.PP\n");
        mneme_roff_literal(out, cli->command->examples);
    }
}

/* What a page explains once, though several commands take it. */
struct once {
    struct mneme_buffer *out;
    const struct mneme_cli_option *options[MNEME_CLI_MAX_OPTIONS];
    size_t option_count;
    char words[MAX_WORDS][32];
    size_t word_count;
};

static void add_common(struct once *once, const struct mneme_cli *cli) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t own = 0;
    size_t count = mneme_cli_options_of(list, cli->command, &own);
    for (size_t i = own; i < count; i++) {
        bool is_there = false;
        for (size_t j = 0; j < once->option_count; j++) {
            is_there = is_there || once->options[j] == list[i];
        }
        if (!is_there && once->option_count < MNEME_CLI_MAX_OPTIONS) {
            once->options[once->option_count++] = list[i];
            put_option(once->out, cli, list[i]);
        }
    }
}

static void put_word(void *context, const char *name, const char *text) {
    struct once *once = context;
    for (size_t i = 0; i < once->word_count; i++) {
        if (strcmp(once->words[i], name) == 0) {
            return;
        }
    }
    if (once->word_count == MAX_WORDS) {
        return;
    }
    if (once->word_count == 0) {
        mneme_buffer_printf(once->out, ".SH VALUES\n");
    }
    snprintf(once->words[once->word_count++], sizeof once->words[0], "%s", name);
    mneme_buffer_printf(once->out, ".TP\n\\fI");
    put_text(once->out, name);
    mneme_buffer_printf(once->out, "\\fR\n");
    put_text(once->out, text);
    mneme_buffer_printf(once->out, "\n");
}

static void visit_once(const struct mneme_cli *cli,
                       void (*add)(struct once *once, const struct mneme_cli *cli), struct once *once) {
    if (cli->command->run != NULL) {
        add(once, cli);
    }
    for (size_t i = 0; cli->command->subcommands != NULL && cli->command->subcommands[i] != NULL; i++) {
        if (cli->depth < MNEME_CLI_MAX_DEPTH) {
            struct mneme_cli place = below(cli, cli->command->subcommands[i]);
            visit_once(&place, add, once);
        }
    }
}

static void add_words(struct once *once, const struct mneme_cli *cli) {
    mneme_cli_explain_words(cli, put_word, once);
}

/* --- pages --- */

static void put_command_page(struct mneme_buffer *out, const struct mneme_cli *cli) {
    char name[64];
    struct once once = {.out = out};
    snprintf(name, sizeof name, "mneme-%s", cli->command->name);
    put_head(out, name, 1, cli->command->summary);
    mneme_buffer_printf(out, ".SH SYNOPSIS\n");
    visit(cli, put_synopsis, out);
    mneme_buffer_printf(out, ".SH DESCRIPTION\n");
    if (cli->command->run == NULL && cli->command->details != NULL) {
        mneme_roff_paragraphs(out, cli->command->details);
    }
    visit(cli, put_command, out);
    mneme_buffer_printf(out, ".SH \"COMMON OPTIONS\"\n");
    visit_once(cli, add_common, &once);
    visit_once(cli, add_words, &once);
    mneme_buffer_printf(out, ".SH \"SEE ALSO\"\n.BR mneme (1),\n.BR " SETTINGS_PAGE " (5)\n");
}

static void put_root_page(struct mneme_buffer *out, const struct mneme_cli *cli) {
    const struct mneme_command *root = cli->command;
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, root, NULL);
    put_head(out, root->name, 1, root->summary);
    mneme_buffer_printf(out, ".SH SYNOPSIS\n");
    put_synopsis(out, cli);
    mneme_buffer_printf(out, ".SH DESCRIPTION\n");
    mneme_roff_paragraphs(out, root->details);
    mneme_buffer_printf(out, ".SH COMMANDS\n");
    for (size_t i = 0; root->subcommands[i] != NULL; i++) {
        mneme_buffer_printf(out, ".TP\n.BR mneme\\-");
        put_text(out, root->subcommands[i]->name);
        mneme_buffer_printf(out, " (1)\n");
        put_text(out, root->subcommands[i]->summary);
        mneme_buffer_printf(out, "\n");
    }
    mneme_buffer_printf(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < count; i++) {
        put_option(out, cli, list[i]);
    }
    mneme_buffer_printf(out, ".SH EXAMPLES\n");
    mneme_roff_literal(out, root->examples);
    mneme_buffer_printf(out, ".SH \"SEE ALSO\"\n.BR " SETTINGS_PAGE " (5),\n.BR libmneme (3)\n");
}

static void put_settings_page(struct mneme_buffer *out) {
    static const char text[] =
        "A setting is taken from the first of these that has it: an option of the command line, the "
        "environment, the file, the default. `--config` or `MNEME_CONFIG` names the file. It has one `name = "
        "value` per line, and comments after `#`; the name is that of the variable in lower case without "
        "`mneme_`: `MNEME_TOPIC_PREFIX` is `topic_prefix`. `mneme config` "
        "shows what is in effect and where it came from; secrets are never shown.\n";
    put_head(out, SETTINGS_PAGE, 5, "settings of mneme: environment variables and a file");
    mneme_buffer_printf(out, ".SH DESCRIPTION\n");
    mneme_roff_paragraphs(out, text);
    mneme_buffer_printf(out, ".SH SETTINGS\n");
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        const struct mneme_setting_info *info = mneme_setting_info((enum mneme_setting)i);
        struct mneme_buffer values = {0};
        mneme_setting_describe_values(&values, (enum mneme_setting)i);
        mneme_buffer_printf(out, ".TP\n\\fB%s\\fR (", info->env);
        mneme_roff_words(out, mneme_buffer_str(&values));
        if (info->default_value[0] != '\0') {
            mneme_buffer_printf(out, "; default ");
            put_text(out, info->default_value);
        }
        mneme_buffer_printf(out, ")\n");
        put_text(out, info->doc);
        mneme_buffer_printf(out, "\n");
        mneme_buffer_clean_up(&values);
    }
    mneme_buffer_printf(out, ".SH \"SEE ALSO\"\n.BR mneme (1)\n");
}

/* --- the command --- */

static struct mneme_cli root_of(const struct mneme_cli *cli) {
    struct mneme_cli root = *cli;
    root.command = cli->root;
    root.path[0] = cli->root;
    root.depth = 1;
    return root;
}

static int write_page(const char *folder, const char *name, int section, const struct mneme_buffer *page,
                      struct mneme_error *error) {
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/man%d", folder, section);
    bool is_made = len > 0 && (size_t)len < sizeof path - 128 && !page->failed &&
                   (mkdir(path, 0777) == 0 || errno == EEXIST);
    (void)snprintf(path + (is_made ? len : 0), 128, "/%s.%d", name, section);
    FILE *file = is_made ? fopen(path, "we") : NULL;
    bool is_written = file != NULL && fwrite(page->data, 1, page->len, file) == page->len;
    if (file == NULL || fclose(file) != 0 || !is_written) {
        return mneme_error_set(error, MNEME_E_INVALID,
                               "the manual was not written: %s/man%d/%s.%d: %s; name a writable folder",
                               folder, section, name, section, strerror(errno));
    }
    return MNEME_OK;
}

static int write_all(const struct mneme_cli *root, const char *folder, struct mneme_error *error) {
    struct mneme_buffer page = {0};
    int status = mkdir(folder, 0777) == 0 || errno == EEXIST
                     ? MNEME_OK
                     : mneme_error_set(error, MNEME_E_INVALID,
                                       "the manual was not written: %s: %s; name another folder", folder,
                                       strerror(errno));
    put_root_page(&page, root);
    if (status == MNEME_OK) {
        status = write_page(folder, root->command->name, 1, &page, error);
    }
    for (size_t i = 0; root->command->subcommands[i] != NULL && status == MNEME_OK; i++) {
        char name[64];
        struct mneme_cli place = below(root, root->command->subcommands[i]);
        mneme_buffer_clear(&page);
        put_command_page(&page, &place);
        (void)snprintf(name, sizeof name, "mneme-%s", place.command->name);
        status = write_page(folder, name, 1, &page, error);
    }
    if (status == MNEME_OK) {
        mneme_buffer_clear(&page);
        put_settings_page(&page);
        status = write_page(folder, SETTINGS_PAGE, 5, &page, error);
    }
    mneme_buffer_clean_up(&page);
    return status;
}

static int make_page(struct mneme_buffer *page, const struct mneme_cli *root, const char *name,
                     struct mneme_error *error) {
    if (name == NULL) {
        put_root_page(page, root);
        return MNEME_OK;
    }
    if (strcmp(name, "conf") == 0) {
        put_settings_page(page);
        return MNEME_OK;
    }
    for (size_t i = 0; root->command->subcommands[i] != NULL; i++) {
        if (strcmp(root->command->subcommands[i]->name, name) == 0) {
            struct mneme_cli place = below(root, root->command->subcommands[i]);
            put_command_page(page, &place);
            return MNEME_OK;
        }
    }
    return mneme_error_set(
        error, MNEME_E_USAGE,
        "no page was printed: there is no command '%s'; choose one that `mneme --help` lists, or conf", name);
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_buffer page = {0};
    struct mneme_cli root = root_of(cli);
    const char *folder = mneme_cli_value(cli, "folder");
    int status = folder != NULL ? write_all(&root, folder, &error)
                                : make_page(&page, &root, cli->arguments[0], &error);
    if (status == MNEME_OK) {
        (void)fwrite(page.data, 1, page.len, stdout); /* the stream remembers a failure */
    }
    mneme_buffer_clean_up(&page);
    return status == MNEME_OK ? MNEME_EXIT_DONE : mneme_cli_fail(cli, &error);
}

static const struct mneme_cli_option options[] = {
    {"folder", 0, "FOLDER", -1,
     "Write all pages to man1 and man5 below this folder, instead of printing one."},
    {0},
};

const struct mneme_command mneme_command_manual = {
    .name = "manual",
    .summary = "Print or write the manual pages, for man.",
    .arguments = "[COMMAND|conf]",
    .details = "Prints mneme(1), the page of a command with its subcommands, or mneme.conf(5), the settings. "
               "An installation includes all of them: `man mneme`, `man mneme-memory`.",
    .examples = "  mneme manual | man -l -\n"
                "  mneme manual memory | man -l -\n"
                "  mneme manual --folder /usr/local/share/man\n",
    .min_arguments = 0,
    .max_arguments = 1,
    .options = options,
    .common = MNEME_CLI_BARE,
    .run = run,
};
