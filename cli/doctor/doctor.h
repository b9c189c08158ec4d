/*
 * What the files of mneme doctor share: each looks at one thing and reports what it finds.
 */
#ifndef MNEME_CLI_DOCTOR_H
#define MNEME_CLI_DOCTOR_H

#include "cli/frame/command.h"
#include "common/postgres/postgres.h"
#include "queries/status_health.h"

enum mneme_finding_state {
    MNEME_FINDING_OK,
    MNEME_FINDING_WARNING, /* it works, but something should be changed */
    MNEME_FINDING_FAILED,
    MNEME_FINDING_STATES,
};

struct mneme_doctor {
    const struct mneme_cli *cli;
    const struct mneme_config *config; /* what of the settings could be read */
    int64_t timeout_ms;                /* of each service */
    struct mneme_health health;        /* whether the services answer */
    size_t counts[MNEME_FINDING_STATES];
    struct mneme_buffer line;
};

/* Reports one finding: `check` names what was looked at ("postgres version"), then what was found, and what
 * to change (NULL where nothing has to be). */
void mneme_doctor_report(struct mneme_doctor *doctor, enum mneme_finding_state state, const char *check,
                         const char *advice, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same of an error, whose sentence ends with what to do. */
void mneme_doctor_report_error(struct mneme_doctor *doctor, enum mneme_finding_state state, const char *check,
                               const struct mneme_error *error);

/* What a server's clock says against this machine's; `asked` and `answered` are the times here before and
 * after. */
void mneme_doctor_report_clock(struct mneme_doctor *doctor, const char *check, int64_t server, int64_t asked,
                               int64_t answered);

/* --- one for each subject; they ask only services that answer --- */

/* Reads the settings, and reports what of them cannot be used; false when their file cannot be read at all.
 * *out is the caller's. */
bool mneme_doctor_read_settings(struct mneme_config **out, struct mneme_doctor *doctor);
void mneme_doctor_check_settings(struct mneme_doctor *doctor);
void mneme_doctor_check_machine(struct mneme_doctor *doctor);
void mneme_doctor_check_kafka(struct mneme_doctor *doctor, struct mneme_log_probe *log);
void mneme_doctor_check_postgres(struct mneme_doctor *doctor, struct mneme_postgres *postgres);
void mneme_doctor_check_redis(struct mneme_doctor *doctor);
void mneme_doctor_check_embedding(struct mneme_doctor *doctor);

#endif
