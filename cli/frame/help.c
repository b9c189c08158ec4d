/*
 * Prints help as text: names in one column, their explanations wrapped in the next. Only what cannot be
 * broken is wider than the page.
 */
#include "cli/frame/help.h"

#include <stdlib.h>

#include "cli/frame/text.h"
#include "cli/frame/words.h"

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

/* --- words on lines --- */

/* Where the next word goes. */
struct line {
    const struct page *page;
    int indent; /* of the lines that follow */
    int column;
    bool is_empty; /* holds only the indent, or what was printed before */
};

static void end_line(struct line *line) {
    fprintf(line->page->out, "\n%*s", line->indent, "");
    line->column = line->indent;
    line->is_empty = true;
}

/* The longest part of an overlong word that fits and ends with a comma or a bar; the whole word if there is
 * none. */
static struct mneme_str part_of(struct mneme_str word, int room) {
    size_t end = 0;
    int width = 0;
    for (size_t i = 0; i < word.len; i++) {
        width += ((unsigned char)word.data[i] & 0xC0) != 0x80;
        if (width > room && end > 0) {
            break;
        }
        end = word.data[i] == ',' || word.data[i] == '|' ? i + 1 : end;
    }
    return (struct mneme_str){word.data, end == 0 || width <= room ? word.len : end};
}

static void put_word(struct line *line, struct mneme_str word) {
    int room = line->page->columns - line->indent;
    int width = mneme_text_width(word);
    if (!line->is_empty && line->column + 1 + width > line->page->columns) {
        end_line(line);
    } else if (!line->is_empty) {
        fputc(' ', line->page->out);
        line->column++;
    }
    while (word.len > 0) {
        struct mneme_str part = part_of(word, room);
        fprintf(line->page->out, "%.*s", MNEME_STR_ARG(part));
        line->column += mneme_text_width(part);
        line->is_empty = false;
        word.data += part.len;
        word.len -= part.len;
        if (word.len > 0) {
            end_line(line);
        }
    }
}

static void put_words(struct line *line, struct mneme_str text) {
    while (text.len > 0) {
        size_t len = 0;
        while (len < text.len && text.data[len] != ' ') {
            len++;
        }
        if (len > 0) {
            put_word(line, (struct mneme_str){text.data, len});
        }
        size_t used = len < text.len ? len + 1 : len;
        text.data += used;
        text.len -= used;
    }
}

/* Prints the text from column `indent` on; the first line is already at `column`. */
static void wrap(const struct page *page, int indent, int column, const char *text) {
    fprintf(page->out, "%*s", indent - column, "");
    struct line line = {page, indent, indent, true};
    put_words(&line, mneme_str_from(text));
    fputc('\n', page->out);
}

static void row(const struct page *page, const char *name, int indent, const char *text) {
    fprintf(page->out, "  %s", name);
    int column = 2 + mneme_text_width(mneme_str_from(name));
    if (column + 2 > indent) {
        fprintf(page->out, "\n");
        column = 0;
    }
    wrap(page, indent, column, text);
}

/* --- paragraphs --- */

static size_t indent_of(struct mneme_str text) {
    size_t indent = 0;
    while (indent < text.len && text.data[indent] == ' ') {
        indent++;
    }
    return indent;
}

/* The column where the explanation of an entry such as "  postgres   the ledger" begins; the indent if the
 * line is not an entry. */
static size_t hang_of(struct mneme_str text) {
    size_t indent = indent_of(text);
    for (size_t i = indent; indent > 0 && i + 2 < text.len; i++) {
        if (text.data[i] == ' ' && text.data[i + 1] == ' ') {
            size_t at = i + indent_of((struct mneme_str){text.data + i, text.len - i});
            return (size_t)mneme_text_width((struct mneme_str){text.data, at});
        }
    }
    return indent;
}

/* Lines with the same indent flow together. An empty line, another indent, or an option at the beginning of a
 * line starts a new paragraph. A line "  name   text" continues at the column of its text. */
static void flow(const struct page *page, const char *text) {
    struct mneme_str rest = mneme_str_from(text);
    struct line line = {page, 0, 0, true};
    bool is_open = false; /* the line has words */
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        struct mneme_str words = {rest.data, end == NULL ? rest.len : (size_t)(end - rest.data)};
        size_t used = words.len + (end != NULL);
        size_t indent = indent_of(words);
        bool is_option = words.len > 2 && words.data[0] == '-' && words.data[1] == '-';
        /* Lines of an object are indented one column from its brace. */
        bool is_aligned = (int)indent == line.indent || (line.indent > 0 && (int)indent == line.indent + 1);
        bool continues = is_open && words.len > 0 && is_aligned && !is_option;
        if (!continues && is_open) {
            fputc('\n', page->out);
        }
        if (words.len == 0) {
            fputc('\n', page->out);
            is_open = false;
        } else if (continues) {
            put_words(&line, words);
        } else {
            size_t hang = hang_of(words);
            line = (struct line){page, (int)hang, (int)hang, true};
            size_t bytes = 0;
            while (bytes < words.len && mneme_text_width((struct mneme_str){words.data, bytes}) < (int)hang) {
                bytes++;
            }
            fprintf(page->out, "%.*s", (int)bytes, words.data);
            put_words(&line, (struct mneme_str){words.data + bytes, words.len - bytes});
            is_open = true;
        }
        rest.data += used;
        rest.len -= used;
    }
    if (is_open) {
        fputc('\n', page->out);
    }
}

/* --- examples --- */

/* How many bytes of an example fit on a line that ends with a backslash: up to a space outside quotes,
 * preferably one before an option; all bytes if there is no such space. */
static size_t part_of_example(struct mneme_str text, int room) {
    size_t best = 0;
    size_t before_option = 0;
    char quote = '\0';
    size_t indent = indent_of(text);
    for (size_t i = indent; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\\' && quote != '\'') {
            i++;
        } else if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == ' ' && i > indent &&
                   (best == 0 || mneme_text_width((struct mneme_str){text.data, i}) <= room)) {
            best = i;
            bool is_before_option = i + 1 < text.len && text.data[i + 1] == '-';
            before_option = is_before_option ? i : before_option;
        }
    }
    best = before_option > 0 ? before_option : best;
    return best == 0 ? text.len : best;
}

/* Prints lines that can be pasted into a shell as they are. */
static void print_examples(const struct page *page, const char *examples) {
    struct mneme_str rest = mneme_str_from(examples);
    while (rest.len > 0) {
        const char *end = memchr(rest.data, '\n', rest.len);
        struct mneme_str text = {rest.data, end == NULL ? rest.len : (size_t)(end - rest.data)};
        size_t used = text.len + (end != NULL);
        int before = 0;
        while (before + mneme_text_width(text) > page->columns) {
            size_t bytes = part_of_example(text, page->columns - before - 2);
            if (bytes == text.len) {
                break;
            }
            fprintf(page->out, "%*s%.*s \\\n", before, "", (int)bytes, text.data);
            text.data += bytes + 1;
            text.len -= bytes + 1;
            before = 6;
        }
        fprintf(page->out, "%*s%.*s\n", before, "", MNEME_STR_ARG(text));
        rest.data += used;
        rest.len -= used;
    }
}

/* --- the parts of a page --- */

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

void mneme_help_option_text(struct mneme_buffer *text, const struct mneme_cli *cli,
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

static void print_variable_note(const struct page *page, const struct mneme_cli *cli,
                                const struct mneme_cli_option *first) {
    struct mneme_cli_option example = *first;
    example.setting = -1;
    char variable[MNEME_CLI_VARIABLE_BYTES];
    if (!mneme_cli_variable(variable, cli, &example)) {
        return;
    }
    struct mneme_buffer text = {0};
    mneme_buffer_printf(
        &text,
        "An option shown without a variable has one named after the command, such as %s. An option overrides "
        "the environment, the environment overrides the file, and the file overrides the default.",
        variable);
    mneme_buffer_append_byte(&text, '\0');
    fputc('\n', page->out);
    wrap(page, 2, 0, text.data);
    mneme_buffer_clean_up(&text);
}

static void print_options(const struct page *page, const struct mneme_cli *cli) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t own = 0;
    size_t count = mneme_cli_options_of(list, cli->command, &own);
    struct mneme_buffer name = {0};
    struct mneme_buffer text = {0};
    int indent = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i]->help == NULL) {
            continue;
        }
        option_name(&name, list[i]);
        int wanted = mneme_text_width((struct mneme_str){name.data, name.len - 1}) + 4;
        indent = wanted > indent && wanted <= MAX_NAME_COLUMN ? wanted : indent;
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 && own > 0) {
            heading(page, "Options");
        } else if (i == own) {
            heading(page, "Common options");
        }
        if (list[i]->help == NULL) {
            continue;
        }
        option_name(&name, list[i]);
        mneme_help_option_text(&text, cli, list[i]);
        row(page, name.data, indent, text.data);
    }
    if (own > 0) {
        print_variable_note(page, cli, list[0]);
    }
    mneme_buffer_clean_up(&name);
    mneme_buffer_clean_up(&text);
}

/* The words that stand for values, being explained. */
struct values_part {
    const struct page *page;
    int indent;
    bool is_begun;
};

static void measure_word(void *context, const char *name, const char *text) {
    struct values_part *part = context;
    int wanted = (int)strlen(name) + 4;
    (void)text;
    part->indent = wanted > part->indent ? wanted : part->indent;
}

static void print_word(void *context, const char *name, const char *text) {
    struct values_part *part = context;
    if (!part->is_begun) {
        heading(part->page, "Values");
        part->is_begun = true;
    }
    row(part->page, name, part->indent, text);
}

static void print_values(const struct page *page, const struct mneme_cli *cli) {
    struct values_part part = {.page = page};
    mneme_cli_explain_words(cli, measure_word, &part);
    mneme_cli_explain_words(cli, print_word, &part);
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
        fputc('\n', out);
        flow(&page, command->details);
    }
    if (command->subcommands != NULL) {
        print_subcommands(&page, command);
    }
    print_options(&page, cli);
    print_values(&page, cli);
    if (command->examples != NULL) {
        heading(&page, "Examples");
        print_examples(&page, command->examples);
    }
}
