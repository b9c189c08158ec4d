/*
 * The operations of the projection. One batch: the ledger's verdicts, the changes of documents, and one
 * transaction that moves the progress first, so that a writer that has lost its partition does nothing else.
 */
#include "consumers/search/search_projection.h"

#include <stdlib.h>

#include "consumers/log/hand_parked.h"
#include "consumers/search/search_rebuild.h"
#include "consumers/search/search_write.h"
#include "consumers/store/migrate.h"
#include "consumers/store/parked.h"
#include "consumers/store/progress.h"
#include "consumers/store/verdict_gate.h"
#include "sql/embedded.h"

#define SQLSTATE_WRITTEN "23505"   /* a unique index has the row */
#define SQLSTATE_UNDEFINED "42704" /* there is no such text search configuration */
#define CONFIG_BYTES 256           /* its name, with a schema and a NUL */

struct projection {
    struct mneme_store_session session;
    struct mneme_store_progress progress;
    struct mneme_documents documents;
    struct mneme_search_writer writer;
    struct mneme_analysis *analysis;
    struct mneme_pg_params advance;
    char text_search_config[CONFIG_BYTES];
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "the fold was not prepared: memory is exhausted; free some");
}

static void close_projection(void *context) {
    struct projection *projection = context;
    if (projection == NULL) {
        return;
    }
    mneme_store_session_clean_up(&projection->session);
    mneme_store_progress_clean_up(&projection->progress);
    mneme_documents_clean_up(&projection->documents);
    mneme_search_writer_clean_up(&projection->writer);
    mneme_analysis_close(projection->analysis);
    mneme_pg_params_clean_up(&projection->advance);
    free(projection);
}

/* Texts must be analysed as when the store began: queries are analysed in the same way. */
static int check_settings(struct projection *projection, struct mneme_error *error) {
    const char *wanted = projection->text_search_config;
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(wanted));
    mneme_pg_param_long(&params, MNEME_ANALYSIS_VERSION);
    int status =
        mneme_pg_query(&rows, projection->session.postgres, mneme_sql_search_settings, &params, false, error);
    if (status != MNEME_OK &&
        strcmp(mneme_pg_sqlstate(projection->session.postgres), SQLSTATE_UNDEFINED) == 0) {
        status =
            mneme_error_set(error, MNEME_E_USAGE,
                            "nothing was folded: Postgres has no text search configuration \"%s\"; correct "
                            "MNEME_TEXT_SEARCH_CONFIG (\\dF in psql lists them)",
                            wanted);
    } else if (status == MNEME_OK && PQgetvalue(rows, 0, 1)[0] != 't') {
        status = mneme_error_set(error, MNEME_E_UNSAFE,
                                 "nothing was folded: the texts are indexed by text search configuration "
                                 "\"%s\" and MNEME_TEXT_SEARCH_CONFIG says \"%s\"; set it back, or index "
                                 "them again with `mneme rebuild search`",
                                 PQgetvalue(rows, 0, 0), wanted);
    } else if (status == MNEME_OK && strtol(PQgetvalue(rows, 0, 2), NULL, 10) != MNEME_ANALYSIS_VERSION) {
        status = mneme_error_set(
            error, MNEME_E_UNSAFE,
            "nothing was folded: the texts were made into words by version %s of the "
            "analysis, and this program has version %d; rebuild them with `mneme rebuild search`",
            PQgetvalue(rows, 0, 2), MNEME_ANALYSIS_VERSION);
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int prepare(struct projection *projection, const struct mneme_config *config,
                   struct mneme_error *error) {
    const char *text_search_config = mneme_config_string(config, MNEME_SETTING_TEXT_SEARCH_CONFIG);
    size_t len = strlen(text_search_config);
    if (len >= sizeof projection->text_search_config) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "nothing was folded: MNEME_TEXT_SEARCH_CONFIG has %zu bytes; it is not a valid name", len);
    }
    memcpy(projection->text_search_config, text_search_config, len + 1);
    projection->progress.facts = &mneme_projections[MNEME_PROJECTION_SEARCH];
    projection->progress.projection = projection->progress.facts->name;
    int status = mneme_documents_init(&projection->documents, error);
    if (status == MNEME_OK) {
        status =
            mneme_analysis_open(&projection->analysis, mneme_str_from(projection->text_search_config), error);
        projection->writer.analysis = projection->analysis;
    }
    if (status == MNEME_OK) {
        status = mneme_store_session_init(&projection->session, config, MNEME_PROJECTION_SEARCH,
                                          mneme_projections[MNEME_PROJECTION_SEARCH].name, error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(projection->progress.topic, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_store_session_ensure(&projection->session, error);
    }
    if (status == MNEME_OK) {
        status = mneme_migrate_check(projection->session.postgres, mneme_migrations_search, error);
    }
    return status == MNEME_OK ? check_settings(projection, error) : status;
}

static int open_projection(void **out, const struct mneme_config *config, struct mneme_error *error) {
    struct projection *projection = calloc(1, sizeof *projection);
    if (projection == NULL) {
        return no_memory(error);
    }
    int status = prepare(projection, config, error);
    if (status != MNEME_OK) {
        close_projection(projection);
        return status;
    }
    *out = projection;
    return MNEME_OK;
}

static enum mneme_apply_result assign(void *context, struct mneme_assignment *assignment,
                                      struct mneme_error *error) {
    struct projection *projection = context;
    int status = mneme_store_session_ensure(&projection->session, error);
    if (status == MNEME_OK) {
        status = check_settings(projection, error); /* the tables may have been made anew by others */
    }
    if (status == MNEME_OK) {
        status = mneme_store_progress_claim(&projection->progress, &projection->session, assignment, error);
    }
    enum mneme_apply_result result = mneme_store_session_result(status);
    return result == MNEME_REJECT || result == MNEME_FENCED ? MNEME_FATAL : result;
}

static void revoke(void *context, const int32_t *partitions, size_t count) {
    struct projection *projection = context;
    mneme_store_progress_release(&projection->progress, partitions, count);
}

/* Opens the transaction and moves the progress. */
static int begin(struct projection *projection, const struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_postgres *postgres = projection->session.postgres;
    const struct mneme_pg_call calls[] = {
        {"BEGIN", NULL}, {mneme_sql_fold_advance, &projection->advance}, {mneme_sql_search_staging, NULL}};
    PGresult *results[sizeof calls / sizeof *calls] = {NULL};
    if (!mneme_store_progress_advance(&projection->progress, &projection->advance, batch,
                                      &projection->documents.arena)) {
        return mneme_store_progress_fenced(&projection->progress, error);
    }
    int status = mneme_pg_pipeline(results, postgres, calls, sizeof calls / sizeof *calls, error);
    if (status == MNEME_OK && strtoul(PQcmdTuples(results[1]), NULL, 10) != batch->partition_count) {
        status = mneme_store_progress_fenced(&projection->progress, error);
    }
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        PQclear(results[i]);
    }
    return status;
}

static int write_batch(struct projection *projection, const struct mneme_batch *batch,
                       struct mneme_error *error) {
    struct mneme_postgres *postgres = projection->session.postgres;
    struct mneme_pg_call calls[MNEME_SEARCH_MAX_CALLS + 1];
    size_t count = 0;
    int status = begin(projection, batch, error);
    if (status == MNEME_OK) {
        status = mneme_search_stage(&projection->writer, postgres, &projection->documents, error);
    }
    if (status == MNEME_OK) {
        status = mneme_parked_write(postgres, projection->progress.projection, projection->progress.topic,
                                    batch, &projection->writer.rows, error);
    }
    if (status == MNEME_OK) {
        status = mneme_search_changes(&projection->writer, calls, &count, &projection->documents,
                                      &projection->documents.arena, error);
    }
    calls[count++] = (struct mneme_pg_call){"COMMIT", NULL};
    return status == MNEME_OK ? mneme_pg_pipeline(NULL, postgres, calls, count, error) : status;
}

static int fold_batch(struct projection *projection, struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_postgres *postgres = projection->session.postgres;
    bool *is_accepted = mneme_arena_alloc(&batch->arena, batch->count + 1);
    if (is_accepted == NULL) {
        return no_memory(error);
    }
    int status = mneme_verdict_gate_pass(is_accepted, postgres, projection->progress.projection,
                                         projection->progress.topic, batch, error);
    if (status == MNEME_OK) {
        status = mneme_documents_fold(&projection->documents, postgres, batch, is_accepted, error);
    }
    return status == MNEME_OK ? write_batch(projection, batch, error) : status;
}

static enum mneme_apply_result apply(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct projection *projection = context;
    if (batch->count == 0) {
        return mneme_store_progress_skip(&projection->progress, &projection->session, batch, error);
    }
    int status = mneme_store_session_ensure(&projection->session, error);
    if (status != MNEME_OK) {
        return mneme_store_session_result(status) == MNEME_RETRY ? MNEME_RETRY : MNEME_FATAL;
    }
    status = fold_batch(projection, batch, error);
    if (status == MNEME_E_INVALID &&
        strcmp(mneme_pg_sqlstate(projection->session.postgres), SQLSTATE_WRITTEN) == 0) {
        /* No row is written twice, whatever the events are: the tables were changed by somebody else. */
        status = mneme_error_set(error, MNEME_E_UNSAFE,
                                 "the batch was not folded: the tables already have rows beyond the saved "
                                 "progress (%s); rebuild them with `mneme rebuild search`",
                                 error->message);
    }
    if (status != MNEME_OK) {
        mneme_store_session_rollback(&projection->session);
    }
    return mneme_store_session_result(status);
}

const struct mneme_projection_ops mneme_search_projection = {
    .facts = &mneme_projections[MNEME_PROJECTION_SEARCH],
    .open = open_projection,
    .assign = assign,
    .apply = apply,
    .revoke = revoke,
    .close = close_projection,
    .rebuild = &mneme_search_rebuild,
    .parks_alone = true,
    .read_marks = mneme_hand_parked_read,
    .note_wait = mneme_schema_wait_note,
};
