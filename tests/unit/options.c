/*
 * The parser of the command line, over the real table of commands.
 */
#include "cli/frame/options.h"
#include "cli/face/commands.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define MAX_WORDS 16

static struct mneme_cli cli;
static struct mneme_arena arena; /* of the tree of commands; zero is as good as initialised */
static struct mneme_cli_values values;
static struct mneme_error error;
static char *words[MAX_WORDS];

/* Parses "mneme" and the words up to NULL. */
static int parse(const char *const *arguments) {
    int count = 1;
    words[0] = (char *)"mneme";
    while (arguments[count - 1] != NULL) {
        words[count] = (char *)arguments[count - 1];
        count++;
    }
    cli = (struct mneme_cli){.root = mneme_face_commands(&mneme_command_root, &arena)};
    error = (struct mneme_error){0};
    return mneme_cli_parse(&cli, &values, count, words, &error);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})
#define ACCEPT(...) cr_assert_eq(PARSE(__VA_ARGS__), MNEME_OK, "%s", error.message)
#define REFUSE(part, ...)                                                                                    \
    do {                                                                                                     \
        cr_assert_eq(PARSE(__VA_ARGS__), MNEME_E_USAGE);                                                     \
        cr_assert_not_null(strstr(error.message, part), "%s", error.message);                                \
    } while (0)

Test(options, take_their_value_behind_an_equals_sign_or_a_space) {
    ACCEPT("memory", "list", "--user=ada", "--limit", "5");
    cr_assert_str_eq(cli.command->name, "list");
    cr_assert_str_eq(mneme_cli_value(&cli, "user"), "ada");
    cr_assert_str_eq(mneme_cli_value(&cli, "limit"), "5");
    cr_assert_null(mneme_cli_value(&cli, "agent"));
}

Test(options, letters_take_their_value_attached_or_behind) {
    ACCEPT("memory", "list", "-uada", "-n", "5");
    cr_assert_str_eq(mneme_cli_value(&cli, "user"), "ada");
    cr_assert_str_eq(mneme_cli_value(&cli, "limit"), "5");
}

Test(options, may_stand_before_between_and_behind_the_words_of_the_command) {
    ACCEPT("--json", "memory", "--tenant", "blue", "get", "x", "--stream", "s");
    cr_assert_str_eq(cli.command->name, "get");
    cr_assert_eq(cli.argument_count, 1);
    cr_assert_str_eq(cli.arguments[0], "x");
    cr_assert(mneme_cli_flag(&cli, "json"));
    cr_assert_str_eq(mneme_cli_value(&cli, "tenant"), "blue");
    cr_assert_str_eq(mneme_cli_value(&cli, "stream"), "s");
}

Test(options, a_value_may_look_like_an_option) {
    ACCEPT("memory", "add", "text", "--user", "--json");
    cr_assert_str_eq(mneme_cli_value(&cli, "user"), "--json");
    cr_assert_not(mneme_cli_flag(&cli, "json"));
}

Test(options, end_at_two_dashes) {
    ACCEPT("memory", "add", "--user", "ada", "--", "--json");
    cr_assert_eq(cli.argument_count, 1);
    cr_assert_str_eq(cli.arguments[0], "--json");
    cr_assert_not(mneme_cli_flag(&cli, "json"));
}

Test(options, what_stands_behind_two_dashes_is_all_that_a_command_gets) {
    ACCEPT("lock", "run", "--tenant", "blue", "nightly", "--ttl", "60", "--", "./x.sh", "--ttl", "5", "--",
           "-h");
    static const char *const expected[] = {"nightly", "./x.sh", "--ttl", "5", "--", "-h"};
    cr_assert_eq(cli.argument_count, 6);
    for (int i = 0; i < 6; i++) {
        cr_assert_str_eq(cli.arguments[i], expected[i]);
    }
    cr_assert_null(cli.arguments[6]);
    cr_assert_str_eq(mneme_cli_value(&cli, "ttl"), "60");
    cr_assert_str_eq(mneme_cli_value(&cli, "tenant"), "blue");
    ACCEPT("lock", "--json", "run", "nightly", "--", "true");
    cr_assert_str_eq(cli.arguments[1], "true");
    cr_assert_null(cli.arguments[2]);
}

Test(options, a_command_to_run_stands_behind_two_dashes) {
    REFUSE("give NAME -- COMMAND", "lock", "run", "nightly", "./x.sh", "--ttl", "5");
    REFUSE("give NAME -- COMMAND", "lock", "run", "--", "nightly", "./x.sh");
    REFUSE("give NAME -- COMMAND", "lock", "run", "nightly", "sh", "--", "-c");
}

Test(options, a_single_dash_is_an_argument) {
    ACCEPT("memory", "add", "-", "--user", "ada");
    cr_assert_str_eq(cli.arguments[0], "-");
}

Test(options, the_later_of_two_wins) {
    ACCEPT("memory", "list", "--user", "ada", "--user", "bob");
    cr_assert_str_eq(mneme_cli_value(&cli, "user"), "bob");
}

Test(options, unknown_ones_are_refused_with_the_nearest_name) {
    REFUSE("did you mean --user?", "memory", "list", "--usre", "ada");
    REFUSE("did you mean --conversation?", "memory", "list", "--conv", "c");
    REFUSE("no option --xyzzy; leave it out", "memory", "list", "--xyzzy");
    REFUSE("no option -Z", "memory", "list", "-Z");
}

Test(options, unknown_commands_are_refused_with_the_nearest_name) {
    REFUSE("no command 'memroy'; did you mean 'memory'?", "memroy", "list");
    REFUSE("no command 'lst'; did you mean 'list'?", "memory", "lst");
    REFUSE("no command 'quux'; choose one of the list", "quux");
}

Test(options, of_another_command_are_refused_wherever_they_stand) {
    REFUSE("no option --at-least", "--at-least", "0:1", "version");
    REFUSE("no option --user", "version", "--user", "ada");
}

Test(options, former_names_are_taken_for_those_of_today) {
    ACCEPT("recall", "tea", "--all", "--top-k", "5", "--types", "fact");
    cr_assert_str_eq(mneme_cli_value(&cli, "limit"), "5");
    cr_assert_str_eq(mneme_cli_value(&cli, "type"), "fact");
    ACCEPT("recall", "tea", "--all", "-k5");
    cr_assert_str_eq(mneme_cli_value(&cli, "limit"), "5");
    ACCEPT("vector", "query", "--vector", "[1]", "--top-k=5", "--limit", "7");
    cr_assert_str_eq(mneme_cli_value(&cli, "limit"), "7", "they are one option: the later of two wins");
    cr_assert_eq(setenv("MNEME_RECALL_TOP_K", "3", 1), 0);
    ACCEPT("recall", "tea", "--all");
    cr_assert_str_eq(mneme_cli_value(&cli, "limit"), "3");
    REFUSE("no option --top-k", "memory", "list", "--top-k", "5");
    REFUSE("did you mean 'fact'?", "recall", "tea", "--all", "--types", "fackt");
}

Test(options, a_missing_value_is_refused) {
    REFUSE("--user needs a value; add ID", "memory", "list", "--user");
}

Test(options, a_flag_with_a_value_is_refused) {
    REFUSE("--json takes no value", "memory", "list", "--json=yes");
}

Test(options, too_few_and_too_many_arguments_are_refused) {
    REFUSE("it needs ID", "memory", "get");
    REFUSE("'tea' is one argument too many", "memory", "add", "green", "tea");
}

Test(options, a_group_needs_a_command_behind_it) {
    REFUSE("memory was not run: it needs a subcommand", "memory");
    REFUSE("nothing was run", "--json");
}

Test(options, with_help_nothing_is_required) {
    ACCEPT("memory", "get", "--help");
    ACCEPT("memory", "-h");
    ACCEPT("--help");
}

Test(options, a_common_one_can_come_from_the_environment) {
    cr_assert_eq(setenv("MNEME_USER", "ada", 1), 0);
    cr_assert_eq(setenv("MNEME_JSON", "true", 1), 0);
    ACCEPT("memory", "list");
    cr_assert_str_eq(mneme_cli_value(&cli, "user"), "ada");
    cr_assert(mneme_cli_flag(&cli, "json"));
    ACCEPT("memory", "list", "--user", "bob");
    cr_assert_str_eq(mneme_cli_value(&cli, "user"), "bob");
    cr_assert_eq(setenv("MNEME_JSON", "0", 1), 0);
    ACCEPT("memory", "list");
    cr_assert_not(mneme_cli_flag(&cli, "json"));
    cr_assert_eq(setenv("MNEME_JSON", "perhaps", 1), 0);
    REFUSE("MNEME_JSON in the environment is 'perhaps'", "memory", "list");
}

Test(options, of_a_read_say_whose_data_is_meant) {
    static const char *const commands[][4] = {
        {"recall", "x"},
        {"search", "x"},
        {"memory", "list"},
        {"conversation", "list"},
        {"conversation", "turns"},
        {"timeline"},
        {"agent", "decisions"},
        {"agent", "handoffs"},
        {"agent", "hypotheses"},
        {"agent", "context", "x"},
        {"knowledge", "list"},
        {"flow-runs"},
        {"task-outputs"},
        {"events"},
        {"replay"},
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *given[MAX_WORDS] = {NULL};
        size_t count = 0;
        while (commands[i][count] != NULL) {
            given[count] = commands[i][count];
            count++;
        }
        cr_assert_eq(parse(given), MNEME_E_USAGE, "%s", given[0]);
        cr_assert_not_null(strstr(error.message, "or --all for the whole tenant"), "%s", error.message);
        given[count] = "--all";
        cr_assert_eq(parse(given), MNEME_OK, "%s: %s", given[0], error.message);
        cr_assert_eq(setenv("MNEME_USER", "", 1), 0);
        given[count] = NULL;
        cr_assert_eq(parse(given), MNEME_E_USAGE, "%s", given[0]);
        cr_assert_eq(unsetenv("MNEME_USER"), 0);
    }
}

Test(options, an_empty_id_is_nobodys) {
    REFUSE("--user is empty", "memory", "list", "--user", "");
    REFUSE("--user is empty", "memory", "list", "--user=", "--agent", "planner");
    REFUSE("--user is empty", "memory", "list", "--user", "", "--all");
    REFUSE("--stream is empty", "events", "--stream", "");
    REFUSE("--user is empty", "memory", "add", "x", "--user", "");
    cr_assert_eq(PARSE("memory", "delete", "--all", "--user", ""), MNEME_E_UNSAFE);
    cr_assert_eq(error.code, MNEME_E_UNSAFE);
}

Test(options, all_and_a_scope_are_settled_by_where_they_stand) {
    REFUSE("leave it out, or leave out --user", "memory", "list", "--all", "--user", "ada");
    cr_assert_eq(setenv("MNEME_USER", "ada", 1), 0);
    ACCEPT("memory", "list");
    cr_assert_str_eq(mneme_cli_value(&cli, "user"), "ada");
    ACCEPT("memory", "list", "--all");
    cr_assert_null(mneme_cli_value(&cli, "user"));
    cr_assert(mneme_cli_flag(&cli, "all"));
    cr_assert_eq(setenv("MNEME_ALL", "1", 1), 0);
    REFUSE("--all means the whole tenant", "memory", "list");
    ACCEPT("memory", "list", "--user", "bob");
    cr_assert_str_eq(mneme_cli_value(&cli, "user"), "bob");
    cr_assert_not(mneme_cli_flag(&cli, "all"));
}

Test(options, one_of_a_command_has_a_variable_named_after_it) {
    cr_assert_eq(setenv("MNEME_MEMORY_LIST_TYPE", "fact", 1), 0);
    ACCEPT("memory", "list", "--all");
    cr_assert_str_eq(mneme_cli_value(&cli, "type"), "fact");
    ACCEPT("events", "--all");
    cr_assert_null(mneme_cli_value(&cli, "type"));
}

Test(options, that_override_settings_win_over_the_environment) {
    cr_assert_eq(setenv("MNEME_TENANT", "red", 1), 0);
    ACCEPT("memory", "list", "--user", "ada", "--tenant", "blue");
    cr_assert_eq(mneme_config_load(&cli.config, NULL, &error), MNEME_OK, "%s", error.message);
    cr_assert_str_eq(mneme_config_string(cli.config, MNEME_SETTING_TENANT), "red");
    cr_assert_eq(mneme_cli_apply_settings(&cli, &error), MNEME_OK, "%s", error.message);
    cr_assert_str_eq(mneme_config_string(cli.config, MNEME_SETTING_TENANT), "blue");
    cr_assert_eq(mneme_config_source(cli.config, MNEME_SETTING_TENANT), MNEME_FROM_OPTION);
    mneme_config_destroy(cli.config);
}

/* Every command of the table, with what its options need so that none shadows another. */
static void check_command(const struct mneme_command *command) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, command, NULL);
    cr_assert_not_null(command->summary, "%s", command->name);
    cr_assert_not_null(command->arguments, "%s", command->name);
    cr_assert(command->subcommands != NULL || command->run != NULL, "%s", command->name);
    cr_assert(command->run == NULL || command->examples != NULL, "%s", command->name);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            cr_assert_str_neq(list[i]->name, list[j]->name, "%s", command->name);
            cr_assert(list[i]->letter == 0 || list[i]->letter != list[j]->letter, "%s: -%c is --%s and --%s",
                      command->name, list[i]->letter, list[i]->name, list[j]->name);
        }
    }
    for (size_t i = 0; command->subcommands != NULL && command->subcommands[i] != NULL; i++) {
        check_command(command->subcommands[i]);
    }
}

Test(options, of_every_command_have_names_and_letters_of_their_own) {
    struct mneme_arena tree;
    mneme_arena_init(&tree, 0);
    check_command(mneme_face_commands(&mneme_command_root, &tree));
    mneme_arena_clean_up(&tree);
}

Test(exit_codes, every_status_has_one) {
    static const struct {
        enum mneme_status status;
        enum mneme_exit code;
    } expected[] = {{MNEME_OK, 0},
                    {MNEME_E_INVALID, 1},
                    {MNEME_E_USAGE, 2},
                    {MNEME_E_UNAVAILABLE, 3},
                    {MNEME_E_TIMEOUT, 3},
                    {MNEME_E_CONFLICT, 4},
                    {MNEME_E_NOT_FOUND, 5},
                    {MNEME_E_UNSAFE, 6},
                    {MNEME_E_UNKNOWN_SCHEMA, 6}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        cr_assert_eq(mneme_exit_code(expected[i].status), expected[i].code, "%s",
                     mneme_status_name(expected[i].status));
    }
}
