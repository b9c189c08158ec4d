/*
 * Makes one subject's rows again: its streams are found in the log, folded into separate tables as far as the
 * live tables are, and replace the live rows while the workers of their partitions wait.
 */
#include <endian.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/kafka/kafka.h"
#include "consumers/log/hand_parked.h"
#include "consumers/postgres/postgres_projection.h"
#include "consumers/postgres/rebuild/rebuild.h"
#include "consumers/postgres/rebuild/stream_set.h"
#include "consumers/runtime/refold.h"
#include "consumers/store/rebuild/log_history.h"
#include "consumers/store/rebuild/scratch.h"
#include "sql/embedded.h"

#define OFFSETS_TIMEOUT_MS 30000
#define MAX_ATTEMPTS 5
#define SQLSTATE_DEADLOCK "40P01"

struct subject {
    const struct mneme_subject_options *options;
    struct mneme_log_reader *reader;
    struct mneme_scratch scratch;
    struct mneme_log_history history;
    struct mneme_postgres *live;
    struct mneme_refold *refold;
    struct mneme_stream_set streams;
    int32_t partitions;
    bool *is_touched; /* by partition: it has some of the streams */
    int64_t *to;      /* by partition: how far the live tables are */
    int64_t *touched; /* the touched partitions */
    size_t touched_count;
    int64_t scanned;
    bool is_interrupted;
    /* For the statement that names the streams. */
    struct mneme_str *tenants, *stream_ids;
    size_t named;
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was rebuilt: out of memory");
}

static bool add_stream(struct subject *subject, struct mneme_str tenant, struct mneme_str stream_id) {
    return mneme_stream_set_add(&subject->streams, tenant, stream_id);
}

/* --- which streams --- */

static int collect_streams(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct subject *subject = context;
    const struct mneme_subject_options *options = subject->options;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        const struct mneme_event *event = &item->event;
        if (item->park_reason == NULL && mneme_str_equal(event->tenant, options->tenant) &&
            (options->user.data != NULL ? mneme_str_equal(event->scope.user_id, options->user)
                                        : mneme_str_equal(event->scope.agent_id, options->agent)) &&
            !add_stream(subject, event->tenant, event->stream_id)) {
            return no_memory(error);
        }
    }
    subject->scanned += (int64_t)batch->count;
    options->verify.on_progress(options->verify.context, subject->scanned);
    return MNEME_OK;
}

static bool ask_interrupted(void *context) {
    const struct subject *subject = context;
    return subject->options->verify.is_interrupted(subject->options->verify.context);
}

static int scan(struct subject *subject, struct mneme_error *error) {
    size_t count = (size_t)subject->partitions;
    int64_t *bounds = calloc(2 * count + 1, sizeof *bounds);
    struct mneme_log_range *ranges = calloc(count + 1, sizeof *ranges);
    if (bounds == NULL || ranges == NULL) {
        free(bounds);
        free(ranges);
        return no_memory(error);
    }
    int status = mneme_log_reader_resolve(bounds, subject->reader,
                                          &(struct mneme_log_point){.kind = MNEME_LOG_BEGINNING},
                                          OFFSETS_TIMEOUT_MS, error);
    if (status == MNEME_OK) {
        status = mneme_log_reader_resolve(bounds + count, subject->reader,
                                          &(struct mneme_log_point){.kind = MNEME_LOG_END},
                                          OFFSETS_TIMEOUT_MS, error);
    }
    int64_t total = 0;
    for (int32_t p = 0; p < subject->partitions; p++) {
        ranges[p] = (struct mneme_log_range){p, bounds[p], bounds[count + (size_t)p]};
        total += ranges[p].to - ranges[p].from;
    }
    struct mneme_log_read read = {.ranges = ranges,
                                  .range_count = count,
                                  .read_marks = mneme_hand_parked_read,
                                  .is_interrupted = ask_interrupted,
                                  .on_batch = collect_streams,
                                  .context = subject};
    if (status == MNEME_OK) {
        subject->options->verify.on_phase(subject->options->verify.context, total);
        status = mneme_log_reader_read(subject->reader, &read, error);
    }
    for (size_t p = 0; status == MNEME_OK && p < count; p++) {
        subject->is_interrupted = subject->is_interrupted || ranges[p].from < ranges[p].to;
    }
    free(bounds);
    free(ranges);
    return status;
}

/* Streams that the tables have of the subject, whether or not the log knows them. */
static int read_tables(struct subject *subject, struct mneme_error *error) {
    const struct mneme_subject_options *options = subject->options;
    bool is_user = options->user.data != NULL;
    struct mneme_pg_params column = {0};
    struct mneme_pg_params names = {0};
    PGresult *statement = NULL;
    PGresult *rows = NULL;
    mneme_pg_param_str(&column, is_user ? MNEME_STR_LIT("user_id") : MNEME_STR_LIT("agent_id"));
    mneme_pg_param_str(&names, options->tenant);
    mneme_pg_param_str(&names, is_user ? options->user : options->agent);
    int status = mneme_pg_query(&statement, subject->live, mneme_sql_subject_streams, &column, false, error);
    if (status == MNEME_OK && !PQgetisnull(statement, 0, 0)) {
        status = mneme_pg_query(&rows, subject->live, PQgetvalue(statement, 0, 0), &names, false, error);
    }
    for (int i = 0; status == MNEME_OK && rows != NULL && i < PQntuples(rows); i++) {
        struct mneme_str tenant = {PQgetvalue(rows, i, 0), (size_t)PQgetlength(rows, i, 0)};
        struct mneme_str stream_id = {PQgetvalue(rows, i, 1), (size_t)PQgetlength(rows, i, 1)};
        status = add_stream(subject, tenant, stream_id) ? MNEME_OK : no_memory(error);
    }
    PQclear(statement);
    PQclear(rows);
    mneme_pg_params_clean_up(&column);
    mneme_pg_params_clean_up(&names);
    return status;
}

static void name_stream(void *context, struct mneme_str key, struct mneme_str tenant,
                        struct mneme_str stream_id) {
    struct subject *subject = context;
    int32_t partition = mneme_kafka_partition_of(key, subject->partitions);
    if (!subject->is_touched[partition]) {
        subject->is_touched[partition] = true;
        subject->touched[subject->touched_count++] = partition;
    }
    subject->tenants[subject->named] = tenant;
    subject->stream_ids[subject->named++] = stream_id;
}

static int name_streams(struct subject *subject, struct mneme_error *error) {
    size_t count = mneme_stream_set_count(&subject->streams);
    size_t room = (size_t)subject->partitions + 1;
    subject->tenants = calloc(count + 1, sizeof *subject->tenants);
    subject->stream_ids = calloc(count + 1, sizeof *subject->stream_ids);
    subject->is_touched = calloc(room, sizeof *subject->is_touched);
    subject->touched = calloc(room, sizeof *subject->touched);
    subject->to = calloc(room, sizeof *subject->to);
    if (subject->tenants == NULL || subject->stream_ids == NULL || subject->is_touched == NULL ||
        subject->touched == NULL || subject->to == NULL) {
        return no_memory(error);
    }
    mneme_stream_set_each(&subject->streams, name_stream, subject);
    return MNEME_OK;
}

/* --- folding them --- */

static bool wants(void *context, const struct mneme_batch_item *item) {
    const struct subject *subject = context;
    return mneme_stream_set_has(&subject->streams, item->key);
}

/* Runs a statement about the touched partitions' progress, and notes its answer. */
static int ask_progress(struct subject *subject, const char *sql, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(mneme_log_reader_topic(subject->reader)));
    mneme_pg_param_long_array(&params, subject->touched, subject->touched_count);
    int status = mneme_pg_query(&rows, subject->live, sql, &params, true, error);
    for (int i = 0; status == MNEME_OK && i < PQntuples(rows); i++) {
        int64_t values[2];
        for (int k = 0; k < 2; k++) {
            uint64_t wire;
            memcpy(&wire, PQgetvalue(rows, i, k), sizeof wire);
            values[k] = (int64_t)be64toh(wire);
        }
        if (values[0] >= 0 && values[0] < subject->partitions) {
            subject->to[values[0]] = values[1];
        }
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int fold(struct subject *subject, struct mneme_error *error) {
    int status = mneme_refold_run(subject->refold, subject->to, error);
    subject->is_interrupted = status == MNEME_OK && mneme_refold_left(subject->refold, subject->to) > 0;
    return status;
}

static int open_refold(struct subject *subject, struct mneme_error *error) {
    const struct mneme_rebuild_log log = {.topic = mneme_log_reader_topic(subject->reader),
                                          .partitions = mneme_log_reader_partitions(subject->reader)};
    int status = mneme_store_log_history(&subject->history, subject->options->verify.config, &log, error);
    if (status != MNEME_OK) {
        return status;
    }
    const struct mneme_refold_options options = {
        .projection = &mneme_ledger_projection,
        .config = subject->scratch.config,
        .jobs = subject->options->verify.jobs,
        .partitions = subject->is_touched,
        .history = &subject->history,
        .wants = wants,
        .is_interrupted = ask_interrupted,
        .context = subject,
    };
    return mneme_refold_open(&subject->refold, &options, error);
}

/* --- replacing rows --- */

static int add_streams(struct subject *subject, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    mneme_pg_param_str_array(&params, subject->tenants, subject->named);
    mneme_pg_param_str_array(&params, subject->stream_ids, subject->named);
    int status = mneme_pg_query(NULL, subject->live, mneme_sql_subject_add_streams, &params, true, error);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int64_t number(const PGresult *rows, int row, int column) {
    return strtoll(PQgetvalue(rows, row, column), NULL, 10);
}

static int report_changes(struct subject *subject, struct mneme_subject_outcome *outcome,
                          struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_query(&rows, subject->live, mneme_sql_subject_changes, NULL, false, error);
    for (int i = 0; status == MNEME_OK && i < PQntuples(rows); i++) {
        struct mneme_rebuild_table_difference table = {
            .table = PQgetvalue(rows, i, 0),
            .rows = number(rows, i, 1),
            .log_rows = number(rows, i, 2),
            .counts = {[MNEME_REBUILD_ROW_MISSING] = number(rows, i, 3),
                       [MNEME_REBUILD_ROW_EXTRA] = number(rows, i, 4)},
        };
        int64_t changes = table.counts[MNEME_REBUILD_ROW_MISSING] + table.counts[MNEME_REBUILD_ROW_EXTRA];
        if (strcmp(table.table, "events") == 0 && changes > 0) {
            status = mneme_error_set(
                error, MNEME_E_UNSAFE,
                "nothing was rebuilt: the ledger itself has %lld rows of the subject that differ from the "
                "log, and all later rows are chained to them; run `mneme rebuild postgres` for all",
                (long long)table.counts[MNEME_REBUILD_ROW_EXTRA] > 0
                    ? (long long)table.counts[MNEME_REBUILD_ROW_EXTRA]
                    : (long long)table.counts[MNEME_REBUILD_ROW_MISSING]);
        } else {
            outcome->changes += changes;
            subject->options->verify.visit(subject->options->verify.context, &table);
        }
    }
    PQclear(rows);
    return status;
}

/* In one transaction; the error leaves it open. */
static int replace_rows(struct subject *subject, struct mneme_subject_outcome *outcome,
                        struct mneme_error *error) {
    int status = mneme_pg_run(subject->live, "BEGIN", error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(subject->live, mneme_sql_subject_begin, error);
    }
    if (status == MNEME_OK) {
        status = add_streams(subject, error);
    }
    if (status == MNEME_OK) {
        status = ask_progress(subject, mneme_sql_subject_lock, error);
    }
    if (status == MNEME_OK) {
        status = fold(subject, error);
    }
    if (status != MNEME_OK || subject->is_interrupted) {
        return status;
    }
    status = mneme_pg_run(subject->live, mneme_sql_subject_replace, error);
    if (status == MNEME_OK) {
        status = report_changes(subject, outcome, error);
    }
    if (status == MNEME_OK && outcome->changes > 0 && !subject->options->is_dry_run) {
        status = ask_progress(subject, mneme_sql_subject_fence, error);
        return status == MNEME_OK ? mneme_pg_run(subject->live, "COMMIT", error) : status;
    }
    return status;
}

/* Workers lock several rows of the progress in another order. */
static int replace_with_retries(struct subject *subject, struct mneme_subject_outcome *outcome,
                                struct mneme_error *error) {
    int status = MNEME_OK;
    bool is_deadlock = true;
    for (int attempt = 0; is_deadlock && attempt < MAX_ATTEMPTS; attempt++) {
        status = replace_rows(subject, outcome, error);
        is_deadlock = status != MNEME_OK && strcmp(mneme_pg_sqlstate(subject->live), SQLSTATE_DEADLOCK) == 0;
        if (PQtransactionStatus(mneme_pg_raw(subject->live)) != PQTRANS_IDLE) {
            (void)mneme_pg_run(subject->live, "ROLLBACK", NULL); /* else the connection's end does it */
        }
    }
    return status;
}

static int open_places(struct subject *subject, struct mneme_error *error) {
    int status = mneme_scratch_open(&subject->scratch, subject->options->verify.config,
                                    MNEME_PROJECTION_POSTGRES, "subject", error);
    if (status == MNEME_OK) {
        status = mneme_scratch_drop(&subject->scratch, error);
    }
    if (status == MNEME_OK) {
        status = mneme_scratch_make(&subject->scratch, mneme_migrations_postgres, error);
    }
    if (status == MNEME_OK) {
        status = mneme_scratch_copy_hand_parked(&subject->scratch, error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_connect(&subject->live, subject->options->verify.config, "mneme rebuild", error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_set(subject->live, "SET lock_timeout = '10s'", error);
    }
    return status == MNEME_OK ? mneme_scratch_set_names(&subject->scratch, subject->live, error) : status;
}

static void clean_up(struct subject *subject) {
    mneme_refold_close(subject->refold);
    mneme_pg_close(subject->live);
    if (subject->scratch.is_there) {
        (void)mneme_scratch_drop(&subject->scratch, NULL); /* else the next one drops it */
    }
    mneme_scratch_close(&subject->scratch);
    mneme_log_reader_close(subject->reader);
    mneme_stream_set_clean_up(&subject->streams);
    free(subject->is_touched);
    free(subject->to);
    free(subject->history.lost_until);
    free(subject->touched);
    free(subject->tenants);
    free(subject->stream_ids);
}

static int find_streams(struct subject *subject, struct mneme_error *error) {
    int status = scan(subject, error);
    if (status == MNEME_OK) {
        status = read_tables(subject, error);
    }
    return status == MNEME_OK ? name_streams(subject, error) : status;
}

static int fold_and_replace(struct subject *subject, struct mneme_subject_outcome *outcome,
                            struct mneme_error *error) {
    int status = open_refold(subject, error);
    if (status == MNEME_OK) {
        status = ask_progress(subject, mneme_sql_subject_progress, error);
    }
    if (status == MNEME_OK) {
        status = fold(subject, error);
    }
    return status == MNEME_OK && !subject->is_interrupted ? replace_with_retries(subject, outcome, error)
                                                          : status;
}

int mneme_ledger_rebuild_subject(struct mneme_subject_outcome *outcome,
                                 const struct mneme_subject_options *options, struct mneme_error *error) {
    struct subject subject = {.options = options};
    int64_t started = mneme_clock_monotonic_micros();
    *outcome = (struct mneme_subject_outcome){0};
    int status = mneme_log_reader_open(&subject.reader, options->verify.config, "rebuild", error);
    if (status == MNEME_OK) {
        subject.partitions = mneme_log_reader_partitions(subject.reader);
        status = open_places(&subject, error);
    }
    if (status == MNEME_OK) {
        status = find_streams(&subject, error);
    }
    outcome->streams = (int64_t)subject.named;
    outcome->events = subject.scanned;
    if (status == MNEME_OK && subject.named > 0 && !subject.is_interrupted) {
        status = fold_and_replace(&subject, outcome, error);
    }
    outcome->is_interrupted = subject.is_interrupted;
    clean_up(&subject);
    outcome->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    return status;
}
