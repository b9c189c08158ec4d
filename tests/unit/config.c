/*
 * Settings: the table, precedence, bad values, what is shown.
 */
#include "common/config/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/mneme-config-XXXXXX";
static struct mneme_config *config;
static struct mneme_error error;

/* No setting of the machine that runs the tests may have a say. */
static void set_up(void) {
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        unsetenv(mneme_setting_info((enum mneme_setting)i)->env);
    }
    unsetenv("MNEME_CONFIG");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
}

static void tear_down(void) {
    mneme_config_destroy(config);
    unlink(path);
}

TestSuite(config, .init = set_up, .fini = tear_down);

static void write_file(const char *text) {
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert_geq(fputs(text, file), 0);
    cr_assert_eq(fclose(file), 0);
}

static void load(const char *file) {
    cr_assert_eq(mneme_config_load(&config, file, &error), MNEME_OK, "%s", error.message);
}

static void check_refused(const char *file, const char *part) {
    cr_assert_eq(mneme_config_load(&config, file, &error), MNEME_E_USAGE);
    cr_assert_not_null(strstr(error.message, part), "%s", error.message);
}

static void check_shown(enum mneme_setting setting, const char *wanted) {
    struct mneme_buffer shown = {0};
    mneme_config_show(config, setting, &shown);
    mneme_buffer_append_byte(&shown, '\0');
    cr_assert_str_eq(shown.data, wanted);
    mneme_buffer_clean_up(&shown);
}

Test(config, has_a_valid_default_for_every_row_of_the_table) {
    load(NULL);
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        enum mneme_setting setting = (enum mneme_setting)i;
        const struct mneme_setting_info *info = mneme_setting_info(setting);
        cr_assert_str_eq(mneme_config_string(config, setting), info->default_value);
        cr_assert_eq(mneme_config_source(config, setting), MNEME_FROM_DEFAULT);
        cr_assert_eq(mneme_setting_by_env(mneme_str_from(info->env)), i);
        cr_assert_eq(info->choices != NULL, info->type == MNEME_TYPE_CHOICE);
        cr_assert_eq(info->doc[strlen(info->doc) - 1], '.', "%s", info->env);
    }
    cr_assert_eq(mneme_setting_by_env(MNEME_STR_LIT("MNEME_NOTHING")), -1);
}

Test(config, an_option_wins_over_environment_over_file_over_default) {
    write_file(
        "# a comment\n\n  batch_max_events = 7  \nkafka_bootstrap_servers=filehost:1\nlog_level = WARN\n");
    setenv("KAFKA_BOOTSTRAP_SERVERS", "envhost:2", 1);
    load(path);
    cr_assert_eq(mneme_config_long(config, MNEME_SETTING_BATCH_MAX_EVENTS), 7);
    cr_assert_eq(mneme_config_source(config, MNEME_SETTING_BATCH_MAX_EVENTS), MNEME_FROM_FILE);
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_LOG_LEVEL), "warn");
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS), "envhost:2");
    cr_assert_eq(mneme_config_source(config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS), MNEME_FROM_ENVIRONMENT);
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS, "option:3",
                                  MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS), "option:3");
    cr_assert_eq(mneme_config_source(config, MNEME_SETTING_KAFKA_BOOTSTRAP_SERVERS), MNEME_FROM_OPTION);
}

Test(config, reads_the_file_that_the_environment_names) {
    write_file("tenant = acme");
    setenv("MNEME_CONFIG", path, 1);
    load(NULL);
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_TENANT), "acme");
}

Test(config, a_comment_may_stand_behind_a_value) {
    write_file("tenant = acme  # the company\n"
               "batch_max_events = 7# no comment\n");
    check_refused(path, "\"7# no comment\"");
    write_file("tenant = acme  # the company\n"
               "batch_max_events = 7\t# as measured\n"
               "kafka_sasl_password = p#ss#word\n"
               "topic_prefix = # nothing\n"
               "kafka_sasl_username = \" a # b \"  # quoted\n"
               "openai_api_key = \"half\n"
               "log_level = info #\n");
    load(path);
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_TENANT), "acme");
    cr_assert_eq(mneme_config_long(config, MNEME_SETTING_BATCH_MAX_EVENTS), 7);
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_KAFKA_SASL_PASSWORD), "p#ss#word");
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_TOPIC_PREFIX), "");
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_KAFKA_SASL_USERNAME), " a # b ");
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_OPENAI_API_KEY), "\"half");
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_LOG_LEVEL), "info");
}

Test(config, an_empty_value_empties_a_string_and_leaves_a_number) {
    write_file("schema_registry_url = http://registry\nbatch_max_events = 5\n");
    setenv("SCHEMA_REGISTRY_URL", "", 1);
    setenv("MNEME_BATCH_MAX_EVENTS", "", 1);
    load(path);
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_SCHEMA_REGISTRY_URL), "");
    cr_assert_eq(mneme_config_long(config, MNEME_SETTING_BATCH_MAX_EVENTS), 5);
}

Test(config, refuses_bad_values_and_says_what_is_allowed) {
    static const struct {
        enum mneme_setting setting;
        const char *value;
        const char *message;
    } wrong[] = {
        {MNEME_SETTING_TOPIC_PARTITIONS, "0",
         "cannot use MNEME_TOPIC_PARTITIONS = \"0\" given as an option: out of range; give a whole number "
         "from 1 to "
         "4096"},
        {MNEME_SETTING_TOPIC_PARTITIONS, "4097", "out of range"},
        {MNEME_SETTING_TOPIC_PARTITIONS, "99999999999999999999", "out of range"},
        {MNEME_SETTING_TOPIC_PARTITIONS, "8x", "not a whole number"},
        {MNEME_SETTING_TOPIC_PARTITIONS, "", "not a whole number"},
        {MNEME_SETTING_TOPIC_PARTITIONS, "1.5", "not a whole number"},
        {MNEME_SETTING_LOG_LEVEL, "loud", "not one of the choices; give one of debug|info|warn|error"},
        {MNEME_SETTING_LOG_LEVEL, "debug|info", "not one of the choices"},
        {MNEME_SETTING_LOG_LEVEL, "", "not one of the choices"},
        {MNEME_SETTING_TENANT, "a\nb", "it contains a control character"},
        {MNEME_SETTING_TENANT, "\xff", "not UTF-8"},
    };
    load(NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_assert_eq(mneme_config_set(config, wrong[i].setting, wrong[i].value, MNEME_FROM_OPTION, &error),
                     MNEME_E_USAGE);
        cr_assert_not_null(strstr(error.message, wrong[i].message), "%s", error.message);
        cr_assert_eq(mneme_config_source(config, wrong[i].setting), MNEME_FROM_DEFAULT);
    }
}

Test(config, names_the_place_of_a_bad_value) {
    setenv("LOG_LEVEL", "loud", 1);
    check_refused(NULL, "cannot use LOG_LEVEL = \"loud\" in the environment: ");
    unsetenv("LOG_LEVEL");
    write_file("tenant = a\nlog_level = loud\n");
    char place[128];
    snprintf(place, sizeof place, "cannot use LOG_LEVEL = \"loud\" in line 2 of %s: ", path);
    check_refused(path, place);
}

Test(config, refuses_a_file_that_is_no_list_of_settings) {
    write_file("tenant\n");
    check_refused(path, "line 1 of /tmp/");
    write_file("\nlog_levle = info\n");
    check_refused(path, "there is no setting \"log_levle\"; did you mean \"log_level\"?");
    write_file("colour = red\n");
    check_refused(path, "there is no setting \"colour\"; `mneme config` lists them all");
    write_file("MNEME_TENANT = a\n");
    check_refused(path, "there is no setting \"MNEME_TENANT\"");
    write_file("tenant = a\ntenant = b\n");
    check_refused(path, "sets \"tenant\" again");
    check_refused("/nonexistent/mneme.conf", "No such file or directory");
    check_refused("/tmp", "Is a directory");
}

Test(config, never_shows_a_secret) {
    load(NULL);
    check_shown(MNEME_SETTING_KAFKA_SASL_PASSWORD, "");
    cr_assert_eq(
        mneme_config_set(config, MNEME_SETTING_KAFKA_SASL_PASSWORD, "hush", MNEME_FROM_OPTION, &error),
        MNEME_OK);
    cr_assert_eq(mneme_config_set(config, MNEME_SETTING_DATABASE_URL, "postgresql://me:hush@host/db",
                                  MNEME_FROM_OPTION, &error),
                 MNEME_OK);
    check_shown(MNEME_SETTING_KAFKA_SASL_PASSWORD, "********");
    check_shown(MNEME_SETTING_DATABASE_URL, "postgresql://me:********@host/db");
    cr_assert_str_eq(mneme_config_string(config, MNEME_SETTING_KAFKA_SASL_PASSWORD), "hush");
}

Test(config, does_not_tell_a_secret_in_an_error) {
    setenv("MNEME_KAFKA_SASL_PASSWORD", "hush\x01", 1);
    check_refused(NULL, "MNEME_KAFKA_SASL_PASSWORD = \"********\"");
    unsetenv("MNEME_KAFKA_SASL_PASSWORD");
    setenv("DATABASE_URL", "postgresql://me:hush@host/\x01", 1);
    check_refused(NULL, "postgresql://me:********@host/");
    cr_assert_null(strstr(error.message, "hush"));
}

/* --- everything that is wrong --- */

struct told {
    char sentences[8][1024];
    size_t count;
};

static void note(void *context, const struct mneme_error *problem) {
    struct told *told = context;
    cr_assert_lt(told->count, 8);
    snprintf(told->sentences[told->count++], sizeof told->sentences[0], "%s", problem->message);
}

Test(config, tells_everything_that_is_wrong_and_takes_the_rest) {
    struct told told = {.count = 0};
    write_file(
        "topic_prefx = a.\ntopic_partitions = many\nno equals\nbatch_max_events = 7\nbatch_max_events = 8\n");
    setenv("MNEME_TOPIC_REPLICATION", "none", 1);
    cr_assert_eq(mneme_config_load_telling(&config, path, note, &told, &error), MNEME_OK);
    cr_assert_eq(told.count, 5);
    static const char *const parts[] = {"line 1", "line 2", "line 3", "line 5", "MNEME_TOPIC_REPLICATION"};
    for (size_t i = 0; i < 5; i++) {
        cr_assert_not_null(strstr(told.sentences[i], parts[i]), "%s", told.sentences[i]);
    }
    cr_assert_eq(mneme_config_long(config, MNEME_SETTING_BATCH_MAX_EVENTS), 7);
    cr_assert_eq(mneme_config_long(config, MNEME_SETTING_TOPIC_PARTITIONS), 8);
}

Test(config, a_file_that_is_not_there_is_one_thing_that_is_wrong) {
    struct told told = {.count = 0};
    cr_assert_eq(mneme_config_load_telling(&config, "/nonexistent/mneme.conf", note, &told, &error),
                 MNEME_OK);
    cr_assert_eq(told.count, 1);
    cr_assert_not_null(strstr(told.sentences[0], "/nonexistent/mneme.conf: No such file"), "%s",
                       told.sentences[0]);
}
