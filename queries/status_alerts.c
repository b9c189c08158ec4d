/*
 * One row for each kind of alert.
 */
#include "queries/status_alerts.h"

#include <stdio.h>

#define MEASURE(member) offsetof(struct mneme_health_measures, member)
#define NOBODY SIZE_MAX

static const struct kind {
    const char *type;
    size_t measure;
    double warning, critical;
    size_t whose;                         /* which name the sentence ends with; NOBODY: none */
    const char *before, *behind, *advice; /* of the value */
} kinds[] = {
    {"pool", MEASURE(pool_percent), 80, 95, NOBODY, "", " % of this process's connections are lent",
     "raise MNEME_PG_POOL_MAX, or ask less at a time"},
    {"connections", MEASURE(connections_percent), 80, 95, NOBODY, "",
     " % of the connections that Postgres takes are open",
     "raise max_connections, or put PgBouncer before it"},
    {"latency", MEASURE(latency_p95_ms), 1000, 5000, NOBODY, "one search in twenty takes ", " ms or more",
     "see which service answers slowly in the checks"},
    {"memory", MEASURE(memory_percent), 85, 95, NOBODY, "", " % of this machine's memory is in use",
     "add memory, or run less on this machine"},
    {"redis_memory", MEASURE(redis_memory_percent), 85, 95, NOBODY, "Redis uses ", " % of its maxmemory",
     "raise maxmemory, or lower MNEME_REDIS_MAX_BYTES"},
    {"disk", MEASURE(disk_percent), 80, 95, NOBODY, "the disk is ", " % full",
     "free some space, or add some"},
    {"backlog", MEASURE(backlog), 1000, 100000, MEASURE(backlog_projection), "",
     " events are not folded yet by projection ", "start more workers of it if the number grows"},
    {"lag", MEASURE(lag_s), 30, 300, MEASURE(lag_projection), "the oldest event has waited ",
     " s for projection ", "see its worker's log for the reason, or start more workers"},
    {"errors", MEASURE(errors_last_hour), 10, 100, NOBODY, "",
     " events were parked or reported an error within the last hour",
     "see `mneme dead-letters list` and `mneme events --type error_occurred`"},
};
_Static_assert(sizeof kinds / sizeof *kinds == MNEME_ALERT_KINDS, "each kind has a place in an answer");

static struct mneme_opt_double number_at(const struct mneme_health_measures *measures, size_t offset) {
    struct mneme_opt_double number;
    memcpy(&number, (const char *)measures + offset, sizeof number);
    return number;
}

static void describe(struct mneme_alert *out, const struct kind *kind,
                     const struct mneme_health_measures *measures, double value) {
    const char *whose = kind->whose == NOBODY ? "" : (const char *)measures + kind->whose;
    snprintf(out->message, sizeof out->message, "%s%.*f%s%s; %s", kind->before, value < 1000 ? 1 : 0, value,
             kind->behind, whose, kind->advice);
}

void mneme_alerts_of(struct mneme_alert out[MNEME_ALERT_KINDS], size_t *count,
                     const struct mneme_health *health) {
    *count = 0;
    for (size_t i = 0; i < MNEME_ALERT_KINDS; i++) {
        const struct kind *kind = &kinds[i];
        struct mneme_opt_double number = number_at(&health->measures, kind->measure);
        if (!number.is_set || number.value <= kind->warning) {
            continue;
        }
        bool is_critical = number.value > kind->critical;
        struct mneme_alert *alert = &out[(*count)++];
        *alert = (struct mneme_alert){.type = kind->type,
                                      .severity = is_critical ? MNEME_ALERT_CRITICAL : MNEME_ALERT_WARNING,
                                      .threshold = is_critical ? kind->critical : kind->warning,
                                      .current_value = number.value,
                                      .timestamp = health->timestamp};
        describe(alert, kind, &health->measures, number.value);
    }
}

void mneme_alert_json(const struct mneme_alert *alert, struct mneme_json_writer *json) {
    const struct {
        const char *key, *text;
    } texts[] = {{"type", alert->type}, {"severity", alert->severity}, {"message", alert->message}};
    mneme_json_begin_object(json);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        mneme_json_key(json, mneme_str_from(texts[i].key));
        mneme_json_string(json, mneme_str_from(texts[i].text));
    }
    mneme_json_key(json, MNEME_STR_LIT("threshold"));
    mneme_json_double(json, alert->threshold);
    mneme_json_key(json, MNEME_STR_LIT("current_value"));
    mneme_json_double(json, alert->current_value);
    mneme_json_key(json, MNEME_STR_LIT("timestamp"));
    mneme_json_time(json, alert->timestamp);
    mneme_json_end_object(json);
}
