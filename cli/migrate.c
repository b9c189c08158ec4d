/*
 * mneme migrate: creates the tables of every projection, or brings them up to date.
 */
#include "consumers/store/migrate.h"

#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "common/json/write.h"
#include "consumers/projections.h"
#include "consumers/store/rebuild/definitions.h"

/* What a line is about. */
struct report {
    const struct mneme_cli *cli;
    const char *projection;
};

static void put(const struct report *report, const struct mneme_migration *migration, const char *state) {
    if (!report->cli->json) {
        printf("%s/%04d_%s %s\n", report->projection, migration->version, migration->name, state);
        return;
    }
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("projection"));
    mneme_json_string(&json, mneme_str_from(report->projection));
    mneme_json_key(&json, MNEME_STR_LIT("version"));
    mneme_json_long(&json, migration->version);
    mneme_json_key(&json, MNEME_STR_LIT("name"));
    mneme_json_string(&json, mneme_str_from(migration->name));
    mneme_json_key(&json, MNEME_STR_LIT("state"));
    mneme_json_string(&json, mneme_str_from(state));
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&out); /* a lost line changes nothing about the tables */
    mneme_buffer_clean_up(&out);
}

static void put_applied(void *context, const struct mneme_migration *migration) {
    put(context, migration, "applied");
}

/* Prints a line for each migration that is not applied; *pending counts them. */
static int check(struct report *report, struct mneme_postgres *postgres, struct mneme_migration_set set,
                 size_t *pending, struct mneme_error *error) {
    size_t applied;
    int status = mneme_migrate_count(&applied, postgres, set, error);
    for (size_t i = applied; status == MNEME_OK && i < set.count; i++) {
        put(report, &set.migrations[i], "pending");
        ++*pending;
    }
    return status;
}

static void put_made(void *context, const char *statement) {
    const struct report *report = context;
    if (!report->cli->json) {
        printf("%s: %s\n", report->projection, statement);
        return;
    }
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    mneme_json_begin_object(&json);
    mneme_json_key(&json, MNEME_STR_LIT("projection"));
    mneme_json_string(&json, mneme_str_from(report->projection));
    mneme_json_key(&json, MNEME_STR_LIT("statement"));
    mneme_json_string(&json, mneme_str_from(statement));
    mneme_json_key(&json, MNEME_STR_LIT("state"));
    mneme_json_string(&json, MNEME_STR_LIT("made"));
    mneme_json_end_object(&json);
    (void)mneme_cli_put_line(&out); /* a lost line changes nothing about the tables */
    mneme_buffer_clean_up(&out);
}

/* Creates again what somebody dropped from a migrated schema. */
static int mend(struct report *report, const struct mneme_projection_facts *projection,
                struct mneme_error *error) {
    const struct mneme_definitions definitions = {.schema = projection->id,
                                                  .migrations = mneme_projection_migrations[projection->id]};
    return mneme_definitions_repair(&definitions, report->cli->config, put_made, report, error);
}

/* One projection's schema. */
static int migrate(struct mneme_cli *cli, const struct mneme_projection_facts *projection, size_t *pending,
                   struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct report report = {cli, projection->name};
    const struct mneme_migration_set set = *mneme_projection_migrations[projection->id];
    char name[MNEME_PG_NAME_BYTES];
    int status = mneme_pg_schema_name(name, cli->config, projection->id, error);
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&postgres, cli->config, projection->id, "mneme migrate", error);
    }
    if (status == MNEME_OK) {
        status = mneme_cli_flag(cli, "check")
                     ? check(&report, postgres, set, pending, error)
                     : mneme_migrate(postgres, name, set, put_applied, &report, error);
    }
    mneme_pg_close(postgres);
    if (status == MNEME_OK && mneme_cli_flag(cli, "mend") && !mneme_cli_flag(cli, "check")) {
        status = mend(&report, projection, error);
    }
    return status;
}

/* Checks, before anything is created, that every schema name is valid and used once. */
static int check_names(const struct mneme_config *config, struct mneme_error *error) {
    char names[MNEME_PROJECTIONS][MNEME_PG_NAME_BYTES];
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        int status = mneme_pg_schema_name(names[i], config, (enum mneme_projection)i, error);
        if (status != MNEME_OK) {
            return status;
        }
        for (size_t k = 0; k < i; k++) {
            if (mneme_projections[i].has_schema && mneme_projections[k].has_schema &&
                strcmp(names[i], names[k]) == 0) {
                return mneme_error_set(
                    error, MNEME_E_USAGE,
                    "nothing was migrated: %s and %s both name the schema %s; give each projection its own",
                    mneme_setting_info(mneme_projections[k].schema_setting)->env,
                    mneme_setting_info(mneme_projections[i].schema_setting)->env, names[i]);
            }
        }
    }
    return MNEME_OK;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    size_t pending = 0;
    if (check_names(cli->config, &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    for (size_t i = 0; i < MNEME_PROJECTIONS; i++) {
        if (mneme_projections[i].has_schema &&
            migrate(cli, &mneme_projections[i], &pending, &error) != MNEME_OK) {
            return mneme_cli_fail(cli, &error);
        }
    }
    return pending == 0 ? MNEME_EXIT_DONE : MNEME_EXIT_REFUSED;
}

static const struct mneme_cli_option options[] = {
    {.name = "check",
     .setting = -1,
     .help = "Change nothing; list migrations that are not applied, and exit with 1 if there are any."},
    {.name = "mend",
     .setting = -1,
     .help = "Also create again indexes and constraints that somebody dropped."},
    {.name = NULL},
};

const struct mneme_command mneme_command_migrate = {
    .name = "migrate",
    .summary = "Create the Postgres tables, or bring them up to date.",
    .arguments = "",
    .details = "Prints each migration that it applies; nothing when all were applied before. Any number of\n"
               "processes may run it at once. A database that is newer than this program is refused.\n"
               "--mend creates again what somebody has dropped from the tables, as `mneme verify` names it; "
               "writers\n"
               "to a table wait while its index is built.",
    .examples = "  mneme migrate\n"
                "  mneme migrate --check\n"
                "  mneme migrate --mend\n",
    .options = options,
    .run = run,
};
