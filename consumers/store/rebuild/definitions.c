/*
 * The schema is named after the live one and this process, since two with the same name would wait for each
 * other.
 */
#include "consumers/store/rebuild/definitions.h"

#include <stdio.h>
#include <unistd.h>

#include "consumers/store/migrate.h"
#include "consumers/store/rebuild/catalog.h"

struct comparison {
    const struct mneme_definitions *definitions;
    struct mneme_scratch scratch; /* of which only the names, the settings and the connection are used */
    struct mneme_postgres *live;
};

static int open_both(struct comparison *comparison, const struct mneme_config *config,
                     struct mneme_error *error) {
    struct mneme_scratch *scratch = &comparison->scratch;
    enum mneme_projection schema = comparison->definitions->schema;
    snprintf(scratch->name, sizeof scratch->name, "mneme_definitions_%ld_%d", (long)getpid(), (int)schema);
    int status = mneme_config_copy(&scratch->config, config, error);
    if (status == MNEME_OK) {
        status = mneme_config_set(scratch->config, mneme_projections[schema].schema_setting, scratch->name,
                                  MNEME_FROM_OPTION, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&scratch->postgres, scratch->config, schema, "mneme verify", error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_connect_to(&comparison->live, config, schema, "mneme verify", error);
    }
    return status == MNEME_OK
               ? mneme_migrate_check(comparison->live, *comparison->definitions->migrations, error)
               : status;
}

static int make_expected(struct comparison *comparison, struct mneme_error *error) {
    const struct mneme_definitions *definitions = comparison->definitions;
    struct mneme_scratch *scratch = &comparison->scratch;
    int status = mneme_pg_run(scratch->postgres, "BEGIN", error);
    if (status == MNEME_OK) {
        status = mneme_migrate_within(scratch->postgres, scratch->name, *definitions->migrations, error);
    }
    if (status == MNEME_OK && definitions->add != NULL) {
        status = definitions->add(definitions->context, scratch->config, scratch->postgres, error);
    }
    return status == MNEME_OK ? mneme_scratch_keep_catalog(scratch, error) : status;
}

int mneme_definitions_verify(struct mneme_verify_outcome *outcome, bool *has_all_columns,
                             const struct mneme_definitions *definitions,
                             const struct mneme_verify_options *options, struct mneme_error *error) {
    struct comparison comparison = {.definitions = definitions};
    struct mneme_rebuild_table_difference found = {0};
    int status = open_both(&comparison, options->config, error);
    if (status == MNEME_OK) {
        status = make_expected(&comparison, error);
    }
    if (status == MNEME_OK) {
        status = mneme_catalog_compare(&found, has_all_columns, &comparison.scratch, comparison.live, error);
    }
    if (status == MNEME_OK) {
        options->visit(options->context, &found);
    }
    for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
        outcome->differences += found.counts[kind];
        mneme_buffer_clean_up(&found.keys[kind]);
    }
    mneme_pg_close(comparison.live);
    mneme_scratch_close(&comparison.scratch); /* the transaction ends with its session */
    return status;
}

static int make_missing(struct comparison *comparison, const char *live,
                        void (*on_made)(void *context, const char *statement), void *context,
                        struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(live));
    int status =
        mneme_pg_query(&rows, comparison->scratch.postgres, mneme_sql_catalog_missing, &params, false, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        status = mneme_pg_run(comparison->live, PQgetvalue(rows, row, 0), error);
        if (status == MNEME_OK) {
            on_made(context, PQgetvalue(rows, row, 0));
        }
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_definitions_repair(const struct mneme_definitions *definitions, const struct mneme_config *config,
                             void (*on_made)(void *context, const char *statement), void *context,
                             struct mneme_error *error) {
    struct comparison comparison = {.definitions = definitions};
    char live[MNEME_PG_NAME_BYTES];
    int status = mneme_pg_schema_name(live, config, definitions->schema, error);
    if (status == MNEME_OK) {
        status = open_both(&comparison, config, error);
    }
    if (status == MNEME_OK) {
        status = make_expected(&comparison, error);
    }
    if (status == MNEME_OK) {
        status = make_missing(&comparison, live, on_made, context, error);
    }
    mneme_pg_close(comparison.live);
    mneme_scratch_close(&comparison.scratch);
    return status;
}
