/*
 * Alerts from a health document.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "queries/status_alerts.h"
#include "queries/status_machine.h"

static struct mneme_health health;
static struct mneme_alert alerts[MNEME_ALERT_KINDS];
static size_t count;

static void judge(void) {
    health.timestamp = 1767225600123456;
    mneme_alerts_of(alerts, &count, &health);
}

static struct mneme_opt_double known(double value) {
    return (struct mneme_opt_double){value, true};
}

Test(status_alerts, what_is_not_known_raises_none) {
    judge();
    cr_expect_eq(count, 0);
}

Test(status_alerts, each_kind_is_raised_beyond_its_threshold_and_not_at_it) {
    const struct {
        const char *type;
        size_t measure;
        double warning, critical;
    } kinds[MNEME_ALERT_KINDS] = {
        {"pool", offsetof(struct mneme_health_measures, pool_percent), 80, 95},
        {"connections", offsetof(struct mneme_health_measures, connections_percent), 80, 95},
        {"latency", offsetof(struct mneme_health_measures, latency_p95_ms), 1000, 5000},
        {"memory", offsetof(struct mneme_health_measures, memory_percent), 85, 95},
        {"redis_memory", offsetof(struct mneme_health_measures, redis_memory_percent), 85, 95},
        {"disk", offsetof(struct mneme_health_measures, disk_percent), 80, 95},
        {"backlog", offsetof(struct mneme_health_measures, backlog), 1000, 100000},
        {"lag", offsetof(struct mneme_health_measures, lag_s), 30, 300},
        {"errors", offsetof(struct mneme_health_measures, errors_last_hour), 10, 100},
    };
    for (size_t i = 0; i < MNEME_ALERT_KINDS; i++) {
        const struct {
            double value;
            const char *severity;
            double threshold;
        } cases[] = {{kinds[i].warning, NULL, 0},
                     {kinds[i].warning + 1, "warning", kinds[i].warning},
                     {kinds[i].critical, "warning", kinds[i].warning},
                     {kinds[i].critical + 1, "critical", kinds[i].critical}};
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            health = (struct mneme_health){0};
            struct mneme_opt_double value = known(cases[k].value);
            memcpy((char *)&health.measures + kinds[i].measure, &value, sizeof value);
            judge();
            if (cases[k].severity == NULL) {
                cr_expect_eq(count, 0, "%s at %g", kinds[i].type, cases[k].value);
                continue;
            }
            cr_assert_eq(count, 1, "%s at %g", kinds[i].type, cases[k].value);
            cr_expect_str_eq(alerts[0].type, kinds[i].type);
            cr_expect_str_eq(alerts[0].severity, cases[k].severity, "%s at %g", kinds[i].type,
                             cases[k].value);
            cr_expect_eq(alerts[0].threshold, cases[k].threshold);
            cr_expect_eq(alerts[0].current_value, cases[k].value);
            cr_expect_not_null(strstr(alerts[0].message, "; "), "%s", alerts[0].message);
        }
    }
}

Test(status_alerts, a_backlog_names_its_projection) {
    health.measures.backlog = known(123456);
    snprintf(health.measures.backlog_projection, sizeof health.measures.backlog_projection, "search");
    judge();
    cr_assert_eq(count, 1);
    cr_expect_str_eq(alerts[0].message, "123456 events are not folded yet by projection search; start more "
                                        "workers of it if the number grows");
}

Test(status_alerts, json_has_the_six_members) {
    struct mneme_buffer text = {0};
    struct mneme_json_writer json = {.out = &text};
    health.measures.disk_percent = known(81.25);
    judge();
    cr_assert_eq(count, 1);
    mneme_alert_json(&alerts[0], &json);
    mneme_buffer_append_byte(&text, 0);
    cr_expect_str_eq(text.data,
                     "{\"type\":\"disk\",\"severity\":\"warning\",\"message\":\"the disk is 81.2 % "
                     "full; free some space, or add some\",\"threshold\":80,\"current_value\":81.25,"
                     "\"timestamp\":\"2026-01-01T00:00:00.123456Z\"}");
    mneme_buffer_clean_up(&text);
}

Test(status_alerts, the_document_holds_checks_pool_and_alerts) {
    struct mneme_buffer text = {0};
    struct mneme_json_writer json = {.out = &text};
    health.state = MNEME_HEALTH_DEGRADED;
    health.pool = (struct mneme_pg_pool_stats){9, 10, 50, 0, 0};
    health.measures.pool_percent = known(90);
    health.checks[MNEME_HEALTH_REDIS].state = MNEME_HEALTH_DEGRADED;
    snprintf(health.checks[MNEME_HEALTH_REDIS].detail, sizeof health.checks[0].detail, "it is \"away\"");
    judge();
    mneme_health_json(&health, &json);
    mneme_buffer_append_byte(&text, 0);
    cr_expect_not_null(strstr(text.data, "{\"status\":\"degraded\",\"checks\":{\"kafka\":{\"status\":"), "%s",
                       text.data);
    cr_expect_not_null(strstr(text.data,
                              "\"redis\":{\"status\":\"degraded\",\"response_time_ms\":0,\"detail\":"
                              "\"it is \\\"away\\\"\"}"),
                       "%s", text.data);
    cr_expect_not_null(
        strstr(text.data, "\"pool_stats\":{\"size\":9,\"min_size\":10,\"max_size\":50,\"idle_size\":0}"),
        "%s", text.data);
    cr_expect_not_null(strstr(text.data, "\"alerts\":[{\"type\":\"pool\",\"severity\":\"warning\""), "%s",
                       text.data);
    cr_expect(mneme_health_is_ready(&health));
    health.state = MNEME_HEALTH_UNHEALTHY;
    cr_expect_not(mneme_health_is_ready(&health));
    mneme_buffer_clean_up(&text);
}

Test(status_machine, memory_is_what_is_not_available) {
    struct mneme_opt_double percent =
        mneme_machine_meminfo_percent("MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    250 kB\n");
    cr_expect(percent.is_set && percent.value == 75, "%g", percent.value);
    cr_expect_not(mneme_machine_meminfo_percent("MemTotal: 1000 kB\n").is_set);
    cr_expect_not(mneme_machine_meminfo_percent("").is_set);
    percent = mneme_machine_memory_percent();
    cr_expect(percent.is_set && percent.value > 0 && percent.value <= 100, "%g", percent.value);
}

Test(status_machine, the_disk_is_that_of_the_nearest_folder_that_is_there) {
    struct mneme_opt_double root = mneme_machine_disk_percent("/");
    struct mneme_opt_double below = mneme_machine_disk_percent("/no/such/folder/here");
    cr_expect(root.is_set && root.value > 0 && root.value <= 100, "%g", root.value);
    cr_expect(below.is_set);
    cr_expect_not(mneme_machine_disk_percent("").is_set);
    cr_expect_not(mneme_machine_disk_percent("no-such-relative").is_set);
}
