/*
 * What the files of mneme doctor share: each checks one thing and reports what it finds.
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
    const struct mneme_config *config; /* the settings that could be read */
    int64_t timeout_ms;                /* of each service */
    struct mneme_health health;        /* whether the services answer */
    size_t counts[MNEME_FINDING_STATES];
    struct mneme_buffer line;
};

/* Reports one finding: `check` names what was checked ("postgres version"); then come what to change (NULL:
 * nothing) and what was found. */
void mneme_doctor_report(struct mneme_doctor *doctor, enum mneme_finding_state state, const char *check,
                         const char *advice, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for an error, whose sentence ends with what to do. */
void mneme_doctor_report_error(struct mneme_doctor *doctor, enum mneme_finding_state state, const char *check,
                               const struct mneme_error *error);

/* Compares a server's clock with this machine's; `asked` and `answered` are the times here before and after
 * the question. */
void mneme_doctor_report_clock(struct mneme_doctor *doctor, const char *check, int64_t server, int64_t asked,
                               int64_t answered);

/* --- one for each subject; they ask only services that answer --- */

/* Reads the settings, and reports those that cannot be used; false when their file cannot be read at all. The
 * caller owns *out. */
bool mneme_doctor_read_settings(struct mneme_config **out, struct mneme_doctor *doctor);
void mneme_doctor_check_settings(struct mneme_doctor *doctor);
void mneme_doctor_check_machine(struct mneme_doctor *doctor);
void mneme_doctor_check_kafka(struct mneme_doctor *doctor, struct mneme_log_probe *log);
void mneme_doctor_check_postgres(struct mneme_doctor *doctor, struct mneme_postgres *postgres);
void mneme_doctor_check_redis(struct mneme_doctor *doctor);
void mneme_doctor_check_embedding(struct mneme_doctor *doctor);

#endif
