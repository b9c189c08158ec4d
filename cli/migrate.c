/*
 * mneme migrate: makes the tables, or brings them to what this program knows.
 */
#include "consumers/postgres/migrate.h"

#include <stdio.h>

#include "cli/commands.h"
#include "cli/frame/output.h"
#include "common/json_write.h"

static void put(const struct mneme_cli *cli, const struct mneme_migration *migration, const char *state) {
    if (!cli->json) {
        printf("%04d_%s %s\n", migration->version, migration->name, state);
        return;
    }
    struct mneme_buffer out = {0};
    struct mneme_json_writer json = {.out = &out};
    mneme_json_begin_object(&json);
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

/* Whether all is applied, with a line for each that is not. */
static enum mneme_exit check(struct mneme_cli *cli, struct mneme_postgres *postgres,
                             struct mneme_error *error) {
    struct mneme_migration_set set = mneme_migrations_built_in();
    size_t applied;
    if (mneme_migrate_count(&applied, postgres, set, error) != MNEME_OK) {
        return mneme_cli_fail(cli, error);
    }
    for (size_t i = applied; i < set.count; i++) {
        put(cli, &set.migrations[i], "pending");
    }
    return applied == set.count ? MNEME_EXIT_DONE : MNEME_EXIT_REFUSED;
}

static enum mneme_exit run(struct mneme_cli *cli) {
    struct mneme_error error = {0};
    struct mneme_postgres *postgres = NULL;
    if (mneme_pg_connect(&postgres, cli->config, "mneme migrate", &error) != MNEME_OK) {
        return mneme_cli_fail(cli, &error);
    }
    enum mneme_exit code = MNEME_EXIT_DONE;
    if (mneme_cli_flag(cli, "check")) {
        code = check(cli, postgres, &error);
    } else if (mneme_migrate(postgres, mneme_config_string(cli->config, MNEME_SETTING_PG_SCHEMA),
                             mneme_migrations_built_in(), put_applied, cli, &error) != MNEME_OK) {
        code = mneme_cli_fail(cli, &error);
    }
    mneme_pg_close(postgres);
    return code;
}

static const struct mneme_cli_option options[] = {
    {.name = "check",
     .setting = -1,
     .help = "Change nothing; list what is not applied and exit with 1 if there is any."},
    {.name = NULL},
};

const struct mneme_command mneme_command_migrate = {
    .name = "migrate",
    .summary = "Make the Postgres tables, or bring them up to date.",
    .arguments = "",
    .details = "Prints each migration that it applies; nothing when all were applied before. Any number of\n"
               "processes may run it at once. A database that is newer than this program is refused.",
    .examples = "  mneme migrate\n"
                "  mneme migrate --check\n",
    .options = options,
    .run = run,
};
