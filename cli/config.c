/*
 * mneme config: what is in effect and where it came from; also the reference page of all settings.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/listing.h"
#include "cli/frame/output.h"
#include "common/base/nearest.h"
#include "common/json/write.h"

static const char *const sources[] = {
    [MNEME_FROM_DEFAULT] = "default",
    [MNEME_FROM_FILE] = "file",
    [MNEME_FROM_ENVIRONMENT] = "environment",
    [MNEME_FROM_OPTION] = "option",
};

static const struct mneme_setting_info *info_of(size_t setting) {
    return mneme_setting_info((enum mneme_setting)setting);
}

static const char page_head[] =
    "# Configuration\n"
    "\n"
    "Made by `mneme config --document`; do not edit it by hand.\n"
    "\n"
    "A setting is taken from the first of these that has it: an option of the command line, the environment, "
    "the file, the default.\n"
    "`--config FILE` or `MNEME_CONFIG` names the file. It has one `name = value` per line. A comment\n"
    "begins with `#`, at the beginning of a line or after white space; a value that contains such a `#` must "
    "be in double\n"
    "quotes. The name in the file is that of the variable in lower case without `mneme_`: "
    "`MNEME_TOPIC_PREFIX` is\n"
    "`topic_prefix`. The library takes the same names. `mneme config` shows what is in effect and where it "
    "came from;\n"
    "secrets are never shown.\n"
    "\n"
    "Options that are not settings have variables too: the common ones are `MNEME_` and their name (`--user` "
    "is\n"
    "`MNEME_USER`, `--json` is `MNEME_JSON`), those of one command are named after it (`mneme memory list "
    "--type` is\n"
    "`MNEME_MEMORY_LIST_TYPE`).\n"
    "\n"
    "| variable | value | default | what it does |\n"
    "|---|---|---|---|\n";

/* Prints a cell of a Markdown table, with bars escaped, which would end it. */
static void put_cell(const char *text) {
    for (; *text != '\0'; text++) {
        printf(*text == '|' ? "\\|" : "%c", *text);
    }
}

static void print_document(void) {
    struct mneme_buffer range = {0};
    fputs(page_head, stdout);
    for (size_t i = 0; i < MNEME_SETTING_COUNT; i++) {
        const struct mneme_setting_info *info = info_of(i);
        mneme_buffer_clear(&range);
        mneme_setting_describe_values(&range, (enum mneme_setting)i);
        printf("| `%s` | %.*s%s | ", info->env, MNEME_STR_ARG(mneme_buffer_str(&range)),
               info->is_secret ? ", secret" : "");
        if (info->default_value[0] != '\0') {
            printf("`%s`", info->default_value);
        }
        printf(" | ");
        put_cell(info->doc);
        printf(" |\n");
    }
    mneme_buffer_clean_up(&range);
}

static enum mneme_exit print_json(const struct mneme_cli *cli, size_t setting, struct mneme_buffer *line,
                                  struct mneme_str value) {
    const struct mneme_setting_info *info = info_of(setting);
    struct mneme_json_writer json = {.out = line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("name"));
    mneme_json_string(&json, mneme_str_from(info->env));
    mneme_json_key(&json, MNEME_STR_LIT("value"));
    mneme_json_string(&json, value);
    mneme_json_key(&json, MNEME_STR_LIT("source"));
    mneme_json_string(&json,
                      mneme_str_from(sources[mneme_config_source(cli->config, (enum mneme_setting)setting)]));
    mneme_json_key(&json, MNEME_STR_LIT("default"));
    mneme_json_string(&json, mneme_str_from(info->default_value));
    mneme_json_key(&json, MNEME_STR_LIT("secret"));
    mneme_json_bool(&json, info->is_secret);
    mneme_json_key(&json, MNEME_STR_LIT("doc"));
    mneme_json_string(&json, mneme_str_from(info->doc));
    mneme_json_end_object(&json);
    return mneme_cli_put_line(line);
}

static enum mneme_exit print_settings(const struct mneme_cli *cli, const bool *chosen) {
    static const char *const headings[] = {"SETTING", "FROM", "VALUE", NULL};
    struct mneme_table table;
    struct mneme_buffer value = {0};
    struct mneme_buffer line = {0};
    enum mneme_exit code = MNEME_EXIT_DONE;
    mneme_table_init(&table, headings);
    for (size_t i = 0; i < MNEME_SETTING_COUNT && code == MNEME_EXIT_DONE; i++) {
        if (!chosen[i]) {
            continue;
        }
        mneme_buffer_clear(&value);
        mneme_config_show(cli->config, (enum mneme_setting)i, &value);
        if (cli->json) {
            code = print_json(cli, i, &line, mneme_buffer_str(&value));
        } else {
            mneme_table_cell(&table, mneme_str_from(info_of(i)->env));
            mneme_table_cell(
                &table, mneme_str_from(sources[mneme_config_source(cli->config, (enum mneme_setting)i)]));
            mneme_table_cell(&table, mneme_buffer_str(&value));
        }
    }
    if (!cli->json) {
        code = mneme_listing_print(cli, &table);
    }
    mneme_table_clean_up(&table);
    mneme_buffer_clean_up(&value);
    mneme_buffer_clean_up(&line);
    return code;
}

/* Marks the settings that the arguments name; all when there are none. */
static int choose(bool *chosen, const struct mneme_cli *cli, struct mneme_error *error) {
    for (size_t i = 0; i < MNEME_SETTING_COUNT; i++) {
        chosen[i] = cli->argument_count == 0;
    }
    for (int i = 0; i < cli->argument_count; i++) {
        int setting = mneme_setting_by_env(mneme_str_from(cli->arguments[i]));
        if (setting < 0) {
            struct mneme_nearest nearest = {0};
            for (size_t j = 0; j < MNEME_SETTING_COUNT; j++) {
                mneme_nearest_offer(&nearest, mneme_str_from(cli->arguments[i]), info_of(j)->env);
            }
            return mneme_error_set(error, MNEME_E_NOT_FOUND,
                                   "setting '%s' was not shown: there is no setting of that name; %s%s",
                                   cli->arguments[i],
                                   nearest.name == NULL ? "mneme config lists them" : "did you mean ",
                                   nearest.name == NULL ? "" : nearest.name);
        }
        chosen[setting] = true;
    }
    return MNEME_OK;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    bool chosen[MNEME_SETTING_COUNT];
    struct mneme_error error = {0};
    if (mneme_cli_flag(cli, "document")) {
        print_document();
        return MNEME_EXIT_DONE;
    }
    if (choose(chosen, cli, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    return print_settings(cli, chosen);
}

static const struct mneme_cli_option options[] = {
    {"document", 0, NULL, -1, "Print the reference page of all settings (docs/configuration.md)."},
    {0},
};

const struct mneme_command mneme_command_config = {
    .name = "config",
    .summary = "The settings in effect and where each came from.",
    .arguments = "[SETTING…]",
    .details =
        "Secrets, and passwords inside URLs, are shown as ********.\n"
        "--json: {\"name\",\"value\",\"source\",\"default\",\"secret\",\"doc\"}; source is default, file,\n"
        "environment or option.",
    .examples = "  mneme config\n"
                "  mneme config DATABASE_URL --json\n"
                "  mneme config --config /etc/mneme.conf\n",
    .max_arguments = -1,
    .options = options,
    .common = MNEME_CLI_TENANT | MNEME_CLI_TABLE,
    .run = run,
};
