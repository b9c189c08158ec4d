/*
 * One snapshot of the live schema has its progress and its rows, whatever its workers write meanwhile; the
 * scratch schema is folded to exactly that progress.
 */
#include <endian.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "consumers/runtime/refold.h"
#include "consumers/store/migrate.h"
#include "consumers/store/rebuild/catalog.h"
#include "consumers/store/rebuild/compare_tables.h"
#include "consumers/store/rebuild/log_history.h"
#include "consumers/store/rebuild/rebuild.h"
#include "sql/embedded.h"

#define OFFSETS_TIMEOUT_MS 30000

struct verify {
    const struct mneme_store_rebuild *kind;
    const struct mneme_verify_options *options;
    struct mneme_log_reader *reader;
    struct mneme_scratch scratch;
    struct mneme_postgres *live; /* in the snapshot's transaction */
    struct mneme_refold *refold;
    struct mneme_log_history history;
    int32_t partitions;
    int64_t *to;    /* by partition */
    bool *is_begun; /* the live projection has a progress of it */
};

/* The live progress by partition; MNEME_E_UNSAFE when the log does not have it. */
static int read_progress(struct verify *verify, const PGresult *rows, const int64_t *ends,
                         struct mneme_error *error) {
    for (int i = 0; i < PQntuples(rows); i++) {
        int64_t values[3];
        for (int k = 0; k < 3; k++) {
            uint64_t wire;
            memcpy(&wire, PQgetvalue(rows, i, k), sizeof wire);
            values[k] = (int64_t)be64toh(wire);
        }
        bool is_known = values[0] >= 0 && values[0] < verify->partitions;
        if (!is_known || values[2] != verify->partitions || values[1] > ends[values[0]]) {
            return mneme_error_set(
                error, MNEME_E_UNSAFE,
                "nothing was compared: the tables are at offset %lld of partition %lld of %lld, which topic "
                "%s, with %d partitions, does not have; run `mneme rebuild %s` to fold what the log holds",
                (long long)values[1], (long long)values[0], (long long)values[2],
                mneme_log_reader_topic(verify->reader), (int)verify->partitions,
                verify->kind->projection->facts->name);
        }
        verify->to[values[0]] = values[1];
        verify->is_begun[values[0]] = true;
    }
    return MNEME_OK;
}

/* Where the live projection is; for a rebuild that may be another log's place, and then all of the log
 * counts. */
static int find_targets(struct verify *verify, struct mneme_error *error) {
    size_t count = (size_t)verify->partitions;
    int64_t *ends = calloc(count + 1, sizeof *ends);
    verify->to = calloc(count + 1, sizeof *verify->to);
    verify->is_begun = calloc(count + 1, sizeof *verify->is_begun);
    if (ends == NULL || verify->to == NULL || verify->is_begun == NULL) {
        free(ends);
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was compared: out of memory");
    }
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(mneme_log_reader_topic(verify->reader)));
    mneme_pg_param_str(&params, mneme_str_from(verify->kind->projection->facts->name));
    int status = mneme_pg_query(&rows, verify->live, mneme_sql_verify_progress, &params, true, error);
    if (status == MNEME_OK) {
        status =
            mneme_log_reader_resolve(ends, verify->reader, &(struct mneme_log_point){.kind = MNEME_LOG_END},
                                     OFFSETS_TIMEOUT_MS, error);
    }
    if (status == MNEME_OK) {
        status = read_progress(verify, rows, ends, error);
    }
    if (status == MNEME_E_UNSAFE && verify->options->is_for_rebuild) {
        *error = (struct mneme_error){0};
        memcpy(verify->to, ends, count * sizeof *ends);
        memset(verify->is_begun, true, count);
        status = MNEME_OK;
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    free(ends);
    return status;
}

static int open_live(struct verify *verify, struct mneme_error *error) {
    int status = mneme_pg_connect_to(&verify->live, verify->options->config, verify->kind->schema,
                                     "mneme verify", error);
    if (status == MNEME_OK && !verify->options->is_for_rebuild) {
        status = mneme_migrate_check(verify->live, *verify->kind->migrations, error);
    }
    return status == MNEME_OK
               ? mneme_pg_run(verify->live, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error)
               : status;
}

static int make_scratch(struct verify *verify, struct mneme_error *error) {
    int status =
        mneme_scratch_open(&verify->scratch, verify->options->config, verify->kind->schema, "verify", error);
    verify->scratch.example = verify->kind->example;
    if (status == MNEME_OK) {
        status = mneme_scratch_drop(&verify->scratch, error);
    }
    if (status == MNEME_OK) {
        status = mneme_scratch_make(&verify->scratch, *verify->kind->migrations, error);
    }
    return status == MNEME_OK
               ? mneme_scratch_prepare(&verify->scratch, mneme_log_reader_topic(verify->reader),
                                       verify->partitions, error)
               : status;
}

static int fold(struct verify *verify, struct mneme_error *error) {
    const struct mneme_refold_options options = {
        .projection = verify->kind->projection,
        .config = verify->scratch.config,
        .jobs = verify->options->jobs,
        .partitions = verify->is_begun,
        .history = &verify->history,
        .takes_over_loss = verify->options->is_for_rebuild,
        .is_interrupted = verify->options->is_interrupted,
        .on_progress = verify->options->on_progress,
        .context = verify->options->context,
    };
    int status = mneme_refold_open(&verify->refold, &options, error);
    if (status == MNEME_OK) {
        verify->options->on_phase(verify->options->context, mneme_refold_left(verify->refold, verify->to));
        status = mneme_refold_run(verify->refold, verify->to, error);
    }
    return status;
}

/* Compares the definitions of the live tables. */
static int compare_definitions(struct verify *verify, struct mneme_verify_outcome *outcome,
                               bool *has_all_columns, struct mneme_error *error) {
    struct mneme_rebuild_table_difference found;
    int status = mneme_catalog_compare(&found, has_all_columns, &verify->scratch, verify->live, error);
    if (status == MNEME_OK) {
        verify->options->visit(verify->options->context, &found);
        for (int kind = 0; kind < MNEME_DIFFERENCES; kind++) {
            outcome->differences += found.counts[kind];
            mneme_buffer_clean_up(&found.keys[kind]);
        }
    }
    return status;
}

/* Compares their rows. */
static int compare_rows(struct verify *verify, struct mneme_verify_outcome *outcome,
                        struct mneme_error *error) {
    int64_t differences = 0;
    const struct mneme_rebuild_log log = {.topic = mneme_log_reader_topic(verify->reader),
                                          .partitions = verify->partitions};
    int status = mneme_store_log_history(&verify->history, verify->options->config, &log, error);
    for (int32_t p = 0; status == MNEME_OK && p < verify->partitions; p++) {
        outcome->lost += mneme_log_history_lost(&verify->history, p);
    }
    if (status == MNEME_OK) {
        status = find_targets(verify, error);
    }
    if (status == MNEME_OK) {
        status = fold(verify, error);
    }
    if (status == MNEME_OK && mneme_refold_left(verify->refold, verify->to) > 0) {
        outcome->is_interrupted = true;
    } else if (status == MNEME_OK) {
        outcome->events = mneme_refold_events(verify->refold);
        status = mneme_scratch_note_progress(&verify->scratch, verify->to, verify->partitions, error);
    }
    if (status == MNEME_OK && !outcome->is_interrupted) {
        status = mneme_store_compare_tables(&differences, &verify->scratch, verify->live,
                                            verify->options->visit, verify->options->context, error);
        outcome->differences += differences;
    }
    return status;
}

static void clean_up(struct verify *verify) {
    mneme_refold_close(verify->refold);
    mneme_pg_close(verify->live);
    if (verify->scratch.is_there) {
        (void)mneme_scratch_drop(&verify->scratch, NULL); /* else the next one drops it */
    }
    mneme_scratch_close(&verify->scratch);
    mneme_log_reader_close(verify->reader);
    free(verify->to);
    free(verify->is_begun);
    free(verify->history.lost_until);
}

int mneme_store_verify(struct mneme_verify_outcome *outcome, const struct mneme_store_rebuild *kind,
                       const struct mneme_verify_options *options, struct mneme_error *error) {
    struct verify verify = {.kind = kind, .options = options};
    int64_t started = mneme_clock_monotonic_micros();
    *outcome = (struct mneme_verify_outcome){0};
    struct mneme_log_source source;
    int status = mneme_projection_source(&source, kind->projection, options->config, error);
    if (status == MNEME_OK) {
        status = mneme_log_reader_open_source(&verify.reader, options->config, &source, "verify", error);
    }
    if (status == MNEME_OK) {
        verify.partitions = mneme_log_reader_partitions(verify.reader);
        status = make_scratch(&verify, error);
    }
    if (status == MNEME_OK) {
        status = open_live(&verify, error);
    }
    bool has_all_columns = false;
    if (status == MNEME_OK) {
        status = compare_definitions(&verify, outcome, &has_all_columns, error);
    }
    if (status == MNEME_OK && has_all_columns) {
        status = compare_rows(&verify, outcome, error);
    }
    clean_up(&verify);
    outcome->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    return status;
}
