/*
 * mneme doctor: checks everything that an installation needs, and says what to change. It changes nothing
 * itself. Each question to a service has a time-out, so that it ends even when all services are down.
 */
#include "cli/doctor/doctor.h"

#include <math.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "common/base/clock.h"
#include "common/base/printable.h"
#include "common/json/write.h"

#define TIMEOUT_MS 3000
#define CHECK_COLUMNS 22

/* Times of events, times to live and locks depend on clocks that agree. */
#define SKEW_WARNING_S 1.0
#define SKEW_FAILED_S 30.0

static const char *const state_names[MNEME_FINDING_STATES] = {
    [MNEME_FINDING_OK] = "ok", [MNEME_FINDING_WARNING] = "warning", [MNEME_FINDING_FAILED] = "failed"};

/* --- findings --- */

static void put_json(struct mneme_doctor *doctor, enum mneme_finding_state state, const char *check,
                     const char *detail, const char *advice) {
    struct mneme_json_writer json = {.out = &doctor->line};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("check"));
    mneme_json_string(&json, mneme_str_from(check));
    mneme_json_key(&json, MNEME_STR_LIT("state"));
    mneme_json_string(&json, mneme_str_from(state_names[state]));
    mneme_json_key(&json, MNEME_STR_LIT("detail"));
    mneme_json_string(&json, mneme_str_from(detail));
    mneme_json_key(&json, MNEME_STR_LIT("advice"));
    mneme_json_string(&json, mneme_str_from(advice));
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&doctor->line); /* the stream remembers a failure */
}

static void put_text(struct mneme_doctor *doctor, enum mneme_finding_state state, const char *check,
                     const char *detail, const char *advice) {
    mneme_buffer_printf(&doctor->line, "%-8s %-*s  ", state_names[state], CHECK_COLUMNS, check);
    mneme_printable(&doctor->line, mneme_str_from(detail), false);
    if (advice != NULL) {
        mneme_buffer_printf(&doctor->line, "; %s", advice);
    }
    (void)mneme_cli_put_line(&doctor->line);
}

void mneme_doctor_report(struct mneme_doctor *doctor, enum mneme_finding_state state, const char *check,
                         const char *advice, const char *format, ...) {
    char detail[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    doctor->counts[state]++;
    (doctor->cli->json ? put_json : put_text)(doctor, state, check, len < 0 ? "" : detail, advice);
}

void mneme_doctor_report_error(struct mneme_doctor *doctor, enum mneme_finding_state state, const char *check,
                               const struct mneme_error *error) {
    char detail[sizeof error->message];
    snprintf(detail, sizeof detail, "%s", error->message);
    char *advice = strstr(detail, "; "); /* "what failed: why; what to do" */
    if (advice != NULL) {
        *advice = '\0';
        advice += 2;
    }
    mneme_doctor_report(doctor, state, check, advice, "%s", detail);
}

void mneme_doctor_report_clock(struct mneme_doctor *doctor, const char *check, int64_t server, int64_t asked,
                               int64_t answered) {
    /* A difference within the duration of the question proves nothing. */
    double ahead_s = server < asked      ? (double)(server - asked) / 1e6
                     : server > answered ? (double)(server - answered) / 1e6
                                         : 0;
    double size = fabs(ahead_s);
    enum mneme_finding_state state = size > SKEW_FAILED_S    ? MNEME_FINDING_FAILED
                                     : size > SKEW_WARNING_S ? MNEME_FINDING_WARNING
                                                             : MNEME_FINDING_OK;
    mneme_doctor_report(doctor, state, check, state == MNEME_FINDING_OK ? NULL : "set both clocks by NTP",
                        state == MNEME_FINDING_OK ? "its clock and this machine's agree"
                                                  : "its clock is %.1f s %s this machine's",
                        size, ahead_s > 0 ? "ahead of" : "behind");
}

/* --- services --- */

static void report_services(struct mneme_doctor *doctor) {
    for (int which = 0; which < MNEME_HEALTH_SERVICES; which++) {
        const struct mneme_health_check *check = &doctor->health.checks[which];
        const char *name = mneme_health_service_names[which];
        if (check->state <= MNEME_HEALTH_HEALTHY) {
            mneme_doctor_report(doctor, MNEME_FINDING_OK, name, NULL, "%s%s", check->detail,
                                check->state == MNEME_HEALTH_UNUSED ? " (not used)" : "");
            continue;
        }
        struct mneme_error error = {0};
        mneme_error_set(&error, MNEME_E_UNAVAILABLE, "%s", check->detail);
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, name, &error);
    }
}

static bool answers(const struct mneme_doctor *doctor, enum mneme_health_service which) {
    return doctor->health.checks[which].state == MNEME_HEALTH_HEALTHY;
}

static void check_services(struct mneme_doctor *doctor) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_log_probe *log = NULL;
    struct mneme_error error = {0};
    struct mneme_error log_error = {0};
    (void)mneme_query_connect(&postgres, doctor->config, "mneme-doctor", &error); /* reported by its check */
    if (mneme_log_probe_open(&log, doctor->config, &log_error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "kafka", &log_error);
        mneme_pg_close(postgres);
        return;
    }
    const struct mneme_health_source source = {.config = doctor->config,
                                               .postgres = postgres,
                                               .postgres_reason = error.message,
                                               .log = log,
                                               .timeout_ms = doctor->timeout_ms};
    mneme_health_read(&doctor->health, &source);
    report_services(doctor);
    if (answers(doctor, MNEME_HEALTH_KAFKA)) {
        mneme_doctor_check_kafka(doctor, log);
    }
    if (postgres != NULL) {
        mneme_doctor_check_postgres(doctor, postgres);
    }
    if (answers(doctor, MNEME_HEALTH_REDIS)) {
        mneme_doctor_check_redis(doctor);
    }
    if (answers(doctor, MNEME_HEALTH_EMBEDDING)) {
        mneme_doctor_check_embedding(doctor);
    }
    mneme_log_probe_close(log);
    mneme_pg_close(postgres);
}

/* --- the command --- */

/* Connecting has its own time-out, which may be long. */
static int bound_connecting(struct mneme_config *config, int64_t timeout_ms, struct mneme_error *error) {
    static const enum mneme_setting settings[] = {
        MNEME_SETTING_PG_CONNECT_TIMEOUT_MS, MNEME_SETTING_REDIS_TIMEOUT_MS,
        MNEME_SETTING_REGISTRY_TIMEOUT_MS, MNEME_SETTING_CHROMA_TIMEOUT_MS,
        MNEME_SETTING_EMBEDDING_TIMEOUT_MS};
    int status = MNEME_OK;
    for (size_t i = 0; i < sizeof settings / sizeof *settings && status == MNEME_OK; i++) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)timeout_ms);
        if (mneme_config_long(config, settings[i]) > timeout_ms) {
            status = mneme_config_set(config, settings[i], text, MNEME_FROM_OPTION, error);
        }
    }
    return status;
}

static enum mneme_exit finish(struct mneme_doctor *doctor) {
    size_t failed = doctor->counts[MNEME_FINDING_FAILED];
    if (doctor->cli->json) {
        struct mneme_json_writer json = {.out = &doctor->line};
        mneme_json_begin_object(&json);
        for (int state = 0; state < MNEME_FINDING_STATES; state++) {
            mneme_json_key(&json, mneme_str_from(state_names[state]));
            mneme_json_long(&json, (int64_t)doctor->counts[state]);
        }
        mneme_json_end_object(&json);
        (void)mneme_cli_put_line(&doctor->line);
    } else {
        size_t warnings = doctor->counts[MNEME_FINDING_WARNING];
        printf("\n%zu ok, %zu warning%s, %zu failed\n", doctor->counts[MNEME_FINDING_OK], warnings,
               warnings == 1 ? "" : "s", failed);
    }
    if (mneme_cli_interrupted()) {
        return MNEME_EXIT_INTERRUPTED;
    }
    return failed > 0 ? MNEME_EXIT_UNAVAILABLE : MNEME_EXIT_DONE;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_doctor doctor = {.cli = cli, .timeout_ms = TIMEOUT_MS};
    struct mneme_config *config = NULL;
    bool is_readable = mneme_doctor_read_settings(&config, &doctor);
    doctor.config = config;
    if (config != NULL && is_readable) { /* without the file, the wrong services would be checked */
        mneme_doctor_check_settings(&doctor);
        mneme_doctor_check_machine(&doctor);
        if (bound_connecting(config, TIMEOUT_MS, &error) != MNEME_OK) {
            mneme_doctor_report_error(&doctor, MNEME_FINDING_FAILED, "settings", &error);
        } else {
            check_services(&doctor);
        }
    }
    enum mneme_exit code = finish(&doctor);
    mneme_buffer_clean_up(&doctor.line);
    mneme_config_destroy(config);
    return code;
}

const struct mneme_command mneme_command_doctor = {
    .name = "doctor",
    .summary = "Check services, versions, settings, clocks and permissions; say what to change.",
    .arguments = "",
    .details =
        "Checks the settings (unknown keys in the file, variables that look mistyped, settings that "
        "contradict each other), this machine (the state folder, its disk), Kafka, Postgres, Redis, the "
        "vector store, the embedding endpoint and the schema registry: whether they answer, their versions, "
        "their clocks against this one's, tables, topics and the permissions for them. It changes nothing, "
        "but asks the embedding endpoint for one vector. Each service gets at most 3 s to answer.\n"
        "\n"
        "One line for each check: ok, warning (it works, but should be changed) or failed, what was found, "
        "and what to change. --json prints {\"check\",\"state\",\"detail\",\"advice\"} for each, and at the "
        "end the counts {\"ok\",\"warning\",\"failed\"}. Exit code 3 when a check has failed, else 0.\n",
    .examples = "  mneme doctor\n"
                "  mneme doctor --config /etc/mneme.conf\n"
                "  mneme doctor --json | jq 'select(.state == \"failed\")'\n",
    .common = MNEME_CLI_OWN_SETTINGS,
    .run = run,
};
