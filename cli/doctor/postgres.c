/*
 * Postgres: its version and that of pgvector, its clock, and for each schema its migrations, its owner and
 * the permissions for its tables.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/doctor/doctor.h"
#include "common/base/clock.h"
#include "common/postgres/schema.h"
#include "consumers/projections.h"
#include "consumers/store/migrate.h"
#include "queries/server_facts.h"

#define MIN_VERSION 150000   /* older versions do not support all statements */
#define MIN_PGVECTOR "0.8.0" /* the first whose scoped searches go on until they have found enough */

/* "0.10.1" is above "0.8": part by part. */
static int compare_versions(const char *a, const char *b) {
    while (*a != '\0' || *b != '\0') {
        char *a_end;
        char *b_end;
        long x = strtol(a, &a_end, 10);
        long y = strtol(b, &b_end, 10);
        if (x != y) {
            return x < y ? -1 : 1;
        }
        a = *a_end == '.' ? a_end + 1 : "";
        b = *b_end == '.' ? b_end + 1 : "";
    }
    return 0;
}

static void check_versions(struct mneme_doctor *doctor, const struct mneme_server_facts *facts) {
    bool is_old = facts->version_number < MIN_VERSION;
    mneme_doctor_report(doctor, is_old ? MNEME_FINDING_FAILED : MNEME_FINDING_OK, "postgres version",
                        is_old ? "use Postgres 15 or later" : NULL, "%s", facts->version);
    if (strcmp(mneme_config_string(doctor->config, MNEME_SETTING_VECTOR_STORE), "pgvector") != 0) {
        return;
    }
    const char *version = facts->vector_version[0] != '\0' ? facts->vector_version : facts->vector_available;
    bool is_low = compare_versions(version, MIN_PGVECTOR) < 0;
    if (version[0] == '\0') {
        mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "pgvector version",
                            "install pgvector, or set MNEME_VECTOR_STORE to chroma",
                            "the server does not have it");
    } else if (is_low) {
        mneme_doctor_report(doctor, MNEME_FINDING_FAILED, "pgvector version",
                            "use pgvector " MIN_PGVECTOR " or later", "%s", version);
    } else if (version == facts->vector_available && !facts->may_add_vector) {
        mneme_doctor_report(doctor, MNEME_FINDING_WARNING, "pgvector version",
                            "let a superuser run CREATE EXTENSION vector", "%s may not add it to database %s",
                            facts->role, facts->database);
    } else {
        mneme_doctor_report(doctor, MNEME_FINDING_OK, "pgvector version", NULL, "%s%s", version,
                            version == facts->vector_available ? ", which the first vectors worker adds"
                                                               : "");
    }
}

static void check_migrations(struct mneme_doctor *doctor, const struct mneme_projection_facts *projection,
                             const char *check) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_error error = {0};
    const struct mneme_migration_set *set = mneme_projection_migrations[projection->id];
    int status = mneme_pg_connect_to(&postgres, doctor->config, projection->id, "mneme-doctor", &error);
    if (status == MNEME_OK) {
        status = mneme_migrate_check(postgres, *set, &error);
    }
    mneme_pg_close(postgres);
    if (status == MNEME_OK) {
        mneme_doctor_report(doctor, MNEME_FINDING_OK, check, NULL, "migrated to version %d",
                            set->migrations[set->count - 1].version);
    } else {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, check, &error);
    }
}

static void check_schema(struct mneme_doctor *doctor, struct mneme_postgres *postgres,
                         const struct mneme_projection_facts *projection,
                         const struct mneme_server_facts *server) {
    char name[MNEME_PG_NAME_BYTES];
    char check[MNEME_PG_NAME_BYTES + 16];
    struct mneme_server_schema facts;
    struct mneme_error error = {0};
    if (mneme_pg_schema_name(name, doctor->config, projection->id, &error) != MNEME_OK) {
        return; /* reported with the settings */
    }
    snprintf(check, sizeof check, "schema %s", name);
    if (mneme_server_schema_read(&facts, postgres, name, &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, check, &error);
        return;
    }
    if (!facts.is_there) {
        mneme_doctor_report(doctor, server->may_create ? MNEME_FINDING_WARNING : MNEME_FINDING_FAILED, check,
                            server->may_create ? "run `mneme migrate`"
                                               : "grant CREATE on the database, then run `mneme migrate`",
                            "it does not exist%s",
                            server->may_create ? "" : ", and this login may not create it");
        return;
    }
    check_migrations(doctor, projection, check);
    if (facts.refused[0] != '\0') {
        mneme_doctor_report(doctor, MNEME_FINDING_FAILED, check,
                            "grant SELECT, INSERT, UPDATE and DELETE on them", "%s may not read and write %s",
                            server->role, facts.refused);
    }
    if (!facts.is_owner) {
        mneme_doctor_report(doctor, MNEME_FINDING_WARNING, check,
                            "log in as its owner for migrate and rebuild",
                            "%s belongs to %s: %s can work with it, but neither migrate nor rebuild it", name,
                            facts.owner, server->role);
    } else if (!server->may_create) {
        mneme_doctor_report(doctor, MNEME_FINDING_WARNING, check, "grant CREATE on the database",
                            "%s may not create schemas, which a rebuild does", server->role);
    }
}

void mneme_doctor_check_postgres(struct mneme_doctor *doctor, struct mneme_postgres *postgres) {
    struct mneme_server_facts facts;
    struct mneme_error error = {0};
    int64_t asked = mneme_clock_now_micros();
    if (mneme_server_facts_read(&facts, postgres, &error) != MNEME_OK) {
        mneme_doctor_report_error(doctor, MNEME_FINDING_FAILED, "postgres version", &error);
        return;
    }
    int64_t answered = mneme_clock_now_micros();
    check_versions(doctor, &facts);
    mneme_doctor_report_clock(doctor, "postgres clock", facts.now, asked, answered);
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        if (mneme_projections[i].has_schema) {
            check_schema(doctor, postgres, &mneme_projections[i], &facts);
        }
    }
}
