/*
 * Settings: values in the file and the environment that cannot be used, names that look mistyped, and values
 * that contradict each other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/doctor/doctor.h"
#include "cli/frame/options.h"
#include "common/base/nearest.h"
#include "common/kafka/kafka.h"
#include "common/postgres/schema.h"
#include "queries/ranking/weights.h"

/* --- reading --- */

static void report_problem(void *context, const struct mneme_error *error) {
    mneme_doctor_report_error(context, MNEME_FINDING_FAILED, "settings", error);
}

bool mneme_doctor_read_settings(struct mneme_config **out, struct mneme_doctor *doctor) {
    struct mneme_error error = {0};
    const char *path = mneme_cli_value(doctor->cli, "config");
    path = path != NULL ? path : getenv("MNEME_CONFIG");
    if (mneme_config_load_telling(out, path, report_problem, doctor, &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "settings", &error);
        return false;
    }
    return path == NULL || path[0] == '\0' || access(path, R_OK) == 0;
}

/* --- names that look mistyped --- */

struct known {
    struct mneme_str word;
    struct mneme_nearest nearest;
    bool is_there;
};

static void offer(struct known *known, const char *name) {
    known->is_there = known->is_there || mneme_str_equal(known->word, mneme_str_from(name));
    mneme_nearest_offer(&known->nearest, known->word, name);
}

/* The variables of all options, of the command and those below it. */
static void offer_options(struct known *known, const struct mneme_cli *cli) {
    const struct mneme_cli_option *list[MNEME_CLI_MAX_OPTIONS];
    size_t count = mneme_cli_options_of(list, cli->command, NULL);
    for (size_t i = 0; i < count; i++) {
        char variable[MNEME_CLI_VARIABLE_BYTES];
        if (mneme_cli_variable(variable, cli, list[i])) {
            offer(known, variable);
        }
    }
    for (size_t i = 0; cli->command->subcommands != NULL && cli->command->subcommands[i] != NULL; i++) {
        if (cli->depth < MNEME_CLI_MAX_DEPTH) {
            struct mneme_cli below = *cli;
            below.command = cli->command->subcommands[i];
            below.path[below.depth++] = below.command;
            offer_options(known, &below);
        }
    }
}

/* Other programs may use the prefix too, so only a name close to one of ours is reported. */
static void check_names(struct mneme_doctor *doctor) {
    static const char prefix[] = "MNEME_";
    static const char of_stack[] = "MNEME_STACK_"; /* used by `ops/stack env` */
    struct mneme_cli root = *doctor->cli;
    root.command = root.root;
    root.path[0] = root.root;
    root.depth = 1;
    for (char **variable = environ; *variable != NULL; variable++) {
        struct known known = {.word = {*variable, strcspn(*variable, "=")}};
        if (strncmp(*variable, prefix, sizeof prefix - 1) != 0 ||
            strncmp(*variable, of_stack, sizeof of_stack - 1) == 0) {
            continue;
        }
        for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
            offer(&known, mneme_setting_info((enum mneme_setting)i)->env);
        }
        offer_options(&known, &root);
        if (!known.is_there && known.nearest.name != NULL && known.nearest.distance <= 2) {
            char advice[256];
            snprintf(advice, sizeof advice, "did you mean %s?", known.nearest.name);
            mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "settings", advice,
                                "there is no variable %.*s", MNEME_STR_ARG(known.word));
        }
    }
}

/* --- values that contradict each other --- */

static const char *name_of(enum mneme_setting setting) {
    return mneme_setting_info(setting)->env;
}

static bool is_given(const struct mneme_config *config, enum mneme_setting setting) {
    return mneme_config_source(config, setting) != MNEME_FROM_DEFAULT &&
           mneme_config_string(config, setting)[0] != '\0';
}

/* The first must not exceed the second. */
static const enum mneme_setting ordered[][2] = {
    {MNEME_SETTING_RETRY_INITIAL_MS, MNEME_SETTING_RETRY_MAX_MS},
    {MNEME_SETTING_PG_POOL_MIN, MNEME_SETTING_PG_POOL_MAX},
    {MNEME_SETTING_PUBLISH_LINGER_MS, MNEME_SETTING_PUBLISH_TIMEOUT_MS},
    {MNEME_SETTING_LOCK_TIMEOUT_MS, MNEME_SETTING_LOCK_TTL_MS},
};

static void check_order(struct mneme_doctor *doctor) {
    for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++) {
        int64_t low = mneme_config_long(doctor->config, ordered[i][0]);
        int64_t high = mneme_config_long(doctor->config, ordered[i][1]);
        if (low > high) {
            mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "settings",
                                "lower the first, or raise the second",
                                "%s is %lld, which is more than %s (%lld)", name_of(ordered[i][0]),
                                (long long)low, name_of(ordered[i][1]), (long long)high);
        }
    }
}

/* A setting that has an effect only when another one has one of these values, or is given at all (NULL). */
static const struct {
    enum mneme_setting setting, other;
    const char *values[3];
} conditional[] = {
    {MNEME_SETTING_KAFKA_SASL_USERNAME,
     MNEME_SETTING_KAFKA_SECURITY_PROTOCOL,
     {"sasl_plaintext", "sasl_ssl"}},
    {MNEME_SETTING_KAFKA_SASL_PASSWORD,
     MNEME_SETTING_KAFKA_SECURITY_PROTOCOL,
     {"sasl_plaintext", "sasl_ssl"}},
    {MNEME_SETTING_KAFKA_SSL_CA, MNEME_SETTING_KAFKA_SECURITY_PROTOCOL, {"ssl", "sasl_ssl"}},
    {MNEME_SETTING_OPENAI_API_KEY, MNEME_SETTING_OPENAI_BASE_URL, {NULL}},
};

static bool counts(const struct mneme_config *config, size_t row) {
    if (conditional[row].values[0] == NULL) {
        return is_given(config, conditional[row].other);
    }
    for (size_t i = 0; conditional[row].values[i] != NULL; i++) {
        if (strcmp(mneme_config_string(config, conditional[row].other), conditional[row].values[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void check_conditions(struct mneme_doctor *doctor) {
    const struct mneme_config *config = doctor->config;
    for (size_t i = 0; i < sizeof conditional / sizeof *conditional; i++) {
        if (is_given(config, conditional[i].setting) && !counts(config, i)) {
            char advice[128];
            snprintf(advice, sizeof advice, "set %s, or leave it out", name_of(conditional[i].other));
            mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "settings", advice,
                                "%s has no effect: %s is \"%s\"", name_of(conditional[i].setting),
                                name_of(conditional[i].other),
                                mneme_config_string(config, conditional[i].other));
        }
    }
    if (strncmp(mneme_config_string(config, MNEME_SETTING_KAFKA_SECURITY_PROTOCOL), "sasl_", 5) == 0 &&
        !is_given(config, MNEME_SETTING_KAFKA_SASL_USERNAME)) {
        mneme_doctor_report(doctor, MNEME_FINDING_FAILED, "settings",
                            "set MNEME_KAFKA_SASL_USERNAME and …_PASSWORD",
                            "MNEME_KAFKA_SECURITY_PROTOCOL requires a login, but none is set");
    }
    if (strcmp(mneme_config_string(config, MNEME_SETTING_VECTOR_STORE), "chroma") == 0 &&
        !is_given(config, MNEME_SETTING_CHROMA_URL)) {
        mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "settings", "set CHROMA_URL",
                            "MNEME_VECTOR_STORE is chroma, but CHROMA_URL is not set");
    }
    const char *trusted = mneme_config_string(config, MNEME_SETTING_KAFKA_SSL_CA);
    if (trusted[0] != '\0' && access(trusted, R_OK) != 0) {
        mneme_doctor_report(doctor, MNEME_FINDING_FAILED, "settings", "name a file that can be read",
                            "MNEME_KAFKA_SSL_CA is %s, which cannot be read", trusted);
    }
}

/* Two projections in one schema would fold into each other's tables. */
static void check_schemas(struct mneme_doctor *doctor) {
    char names[MNEME_PROJECTIONS][MNEME_PG_NAME_BYTES];
    struct mneme_error error = {0};
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        names[i][0] = '\0';
        if (mneme_projections[i].has_schema &&
            mneme_pg_schema_name(names[i], doctor->config, mneme_projections[i].id, &error) != MNEME_OK) {
            mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "settings", &error);
        }
        for (size_t j = 0; j < i; j++) {
            if (names[i][0] != '\0' && strcmp(names[i], names[j]) == 0) {
                mneme_doctor_report(doctor, MNEME_FINDING_FAILED, "settings", "give each its own schema",
                                    "projections %s and %s have the same schema, %s",
                                    mneme_projections[j].name, mneme_projections[i].name, names[i]);
            }
        }
    }
}

/* Values that only the code that uses them can check. */
static void check_readers(struct mneme_doctor *doctor) {
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_rank_weights weights;
    struct mneme_error error = {0};
    rd_kafka_conf_t *conf = NULL;
    if (mneme_kafka_events_topic(topic, doctor->config, &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "settings", &error);
    }
    if (mneme_kafka_conf(&conf, doctor->config, "doctor", &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "settings", &error);
    } else {
        rd_kafka_conf_destroy(conf);
    }
    if (mneme_rank_weights_parse(
            &weights, mneme_str_from(mneme_config_string(doctor->config, MNEME_SETTING_RECALL_WEIGHTS)),
            &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "settings", &error);
    }
}

void mneme_doctor_check_settings(struct mneme_doctor *doctor) {
    size_t before = doctor->counts[MNEME_FINDING_WARNING] + doctor->counts[MNEME_FINDING_FAILED];
    size_t given = 0;
    check_names(doctor);
    check_order(doctor);
    check_conditions(doctor);
    check_schemas(doctor);
    check_readers(doctor);
    for (int i = 0; i < MNEME_SETTING_COUNT; i++) {
        given += mneme_config_source(doctor->config, (enum mneme_setting)i) != MNEME_FROM_DEFAULT;
    }
    if (before == doctor->counts[MNEME_FINDING_WARNING] + doctor->counts[MNEME_FINDING_FAILED]) {
        mneme_doctor_report(doctor, MNEME_FINDING_OK, "settings", NULL, "%zu of %d are given", given,
                            (int)MNEME_SETTING_COUNT);
    }
}
