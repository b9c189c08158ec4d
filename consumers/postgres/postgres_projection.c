/*
 * The operations of the projection. One batch is one transaction: one round trip that claims the progress and
 * looks up what must be known, at most one more for further look-ups, then the rows, then one that changes
 * rows and commits.
 */
#include "consumers/postgres/postgres_projection.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/uuid.h"
#include "common/log/log.h"
#include "consumers/log/hand_parked.h"
#include "consumers/postgres/fold/fold.h"
#include "consumers/postgres/fold/notify.h"
#include "consumers/postgres/ledger/months.h"
#include "consumers/postgres/rebuild/rebuild.h"
#include "consumers/store/migrate.h"
#include "consumers/store/progress.h"
#include "sql/embedded.h"

/* The calls of a batch's two pipelines. It begins with BEGIN, the progress and the questions; it ends with a
 * change of each table and of its history, the streams, the accesses, the ledger's heads, the notifications
 * and COMMIT. */
#define MAX_FIRST_CALLS (2 + MNEME_FOLD_MAX_QUESTIONS)
#define MAX_LAST_CALLS (2 * MNEME_FOLD_TABLE_COUNT + 5)
#define MAX_CALLS (MAX_FIRST_CALLS > MAX_LAST_CALLS ? MAX_FIRST_CALLS : MAX_LAST_CALLS)
static_assert(MAX_CALLS <= MNEME_PG_MAX_CALLS, "a pipeline holds the calls of a batch; raise its bound");
#define SQLSTATE_WRITTEN "23505"  /* a unique index has the row */
#define SQLSTATE_LIMIT "54000"    /* at the commit: the queue of notifications is full */
#define SQLSTATE_NO_MONTH "23514" /* no table of the ledger takes the row; there are no other checks */
#define ARENA_BLOCK_BYTES ((size_t)1024 * 1024)

struct projection {
    struct mneme_store_session session;
    struct mneme_fold_table_plan tables[MNEME_FOLD_TABLE_COUNT];
    struct mneme_mapping_plan mappings;
    struct mneme_stream_cache *cache;
    struct mneme_store_progress progress;
    struct mneme_ledger_heads heads;
    struct mneme_months months;
    bool is_notifying;     /* by the settings, and … */
    bool notifies_each;    /* … of each event by itself */
    bool is_notify_paused; /* the server has no room for notifications: the batch goes without */
    struct mneme_buffer notifications;
    struct mneme_fold fold;
    struct mneme_fold_writer writer;
    struct mneme_pg_params params[MAX_CALLS];
};

static void close_projection(void *context) {
    struct projection *projection = context;
    if (projection == NULL) {
        return;
    }
    mneme_store_session_clean_up(&projection->session);
    mneme_fold_table_plans_clean_up(projection->tables);
    mneme_mapping_plan_clean_up(&projection->mappings);
    mneme_stream_cache_destroy(projection->cache);
    mneme_store_progress_clean_up(&projection->progress);
    mneme_ledger_heads_clean_up(&projection->heads);
    mneme_buffer_clean_up(&projection->notifications);
    mneme_arena_clean_up(&projection->fold.arena);
    EVP_MD_CTX_free(projection->fold.sha256_context);
    EVP_MD_free(projection->fold.sha256);
    mneme_buffer_clean_up(&projection->writer.rows);
    mneme_buffer_clean_up(&projection->writer.json);
    mneme_buffer_clean_up(&projection->fold.scratch);
    mneme_buffer_clean_up(&projection->writer.made[0]);
    mneme_buffer_clean_up(&projection->writer.made[1]);
    mneme_ledger_writer_clean_up(&projection->writer.ledger);
    for (size_t i = 0; i < MAX_CALLS; i++) {
        mneme_pg_params_clean_up(&projection->params[i]);
    }
    free(projection);
}

static int prepare(struct projection *projection, const struct mneme_config *config,
                   struct mneme_error *error) {
    int status = mneme_fold_table_plans_init(projection->tables, mneme_fold_shapes, mneme_fold_tables, error);
    if (status == MNEME_OK) {
        status = mneme_mapping_plan_init(&projection->mappings, projection->tables, error);
    }
    if (status == MNEME_OK) {
        status = mneme_stream_cache_new(&projection->cache,
                                        (size_t)mneme_config_long(config, MNEME_SETTING_STREAM_CACHE), error);
    }
    if (status == MNEME_OK) {
        status = mneme_store_session_init(&projection->session, config, MNEME_PROJECTION_POSTGRES,
                                          mneme_projections[MNEME_PROJECTION_POSTGRES].name, error);
    }
    if (status == MNEME_OK) {
        status = mneme_kafka_events_topic(projection->progress.topic, config, error);
    }
    struct mneme_uuid chance;
    if (status == MNEME_OK) {
        status = mneme_uuid_v7(&chance, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    struct mneme_fold *fold = &projection->fold;
    mneme_arena_init(&fold->arena, ARENA_BLOCK_BYTES);
    memcpy(&fold->seed, chance.bytes + 8, sizeof fold->seed);
    fold->mappings = &projection->mappings;
    fold->tables = projection->tables;
    fold->cache = projection->cache;
    fold->heads = &projection->heads;
    fold->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    fold->sha256_context = EVP_MD_CTX_new();
    projection->writer.ledger.sha256 = fold->sha256;
    projection->writer.ledger.context = fold->sha256_context;
    projection->progress.facts = &mneme_projections[MNEME_PROJECTION_POSTGRES];
    projection->progress.projection = projection->progress.facts->name;
    const char *notify = mneme_config_string(config, MNEME_SETTING_NOTIFY);
    projection->is_notifying = strcmp(notify, "false") != 0;
    projection->notifies_each = strcmp(notify, "each") == 0;
    return fold->sha256 == NULL || fold->sha256_context == NULL ? mneme_fold_no_memory(error) : MNEME_OK;
}

static int open_projection(void **out, const struct mneme_config *config, struct mneme_error *error) {
    struct projection *projection = calloc(1, sizeof *projection);
    if (projection == NULL) {
        return mneme_fold_no_memory(error);
    }
    int status = prepare(projection, config, error);
    if (status == MNEME_OK) {
        status = mneme_store_session_ensure(&projection->session, error);
    }
    if (status == MNEME_OK) {
        status = mneme_migrate_check(projection->session.postgres, mneme_migrations_postgres, error);
    }
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
        status = mneme_store_progress_claim(&projection->progress, &projection->session, assignment, error);
    }
    if (status == MNEME_OK) {
        status = mneme_ledger_heads_read(&projection->heads, projection->session.postgres,
                                         assignment->partitions, assignment->count, error);
    }
    projection->months = (struct mneme_months){0};
    /* Another owner may have written since they were ours. */
    for (size_t i = 0; i < assignment->count; i++) {
        mneme_stream_cache_drop(projection->cache, assignment->partitions[i]);
    }
    enum mneme_apply_result result = mneme_store_session_result(status);
    return result == MNEME_REJECT || result == MNEME_FENCED ? MNEME_FATAL : result;
}

static void revoke(void *context, const int32_t *partitions, size_t count) {
    struct projection *projection = context;
    mneme_store_progress_release(&projection->progress, partitions, count);
    mneme_ledger_heads_drop(&projection->heads, partitions, count);
    for (size_t i = 0; i < count; i++) {
        mneme_stream_cache_drop(projection->cache, partitions[i]);
    }
}

static void clear_results(PGresult **results, size_t count) {
    for (size_t i = 0; i < count; i++) {
        PQclear(results[i]);
    }
}

/* One more round of look-ups, if there is anything to ask. */
static int look_up(struct projection *projection, struct mneme_error *error) {
    struct mneme_pg_call calls[MNEME_FOLD_MAX_QUESTIONS];
    PGresult *answers[MNEME_FOLD_MAX_QUESTIONS];
    size_t asked = 0;
    if (mneme_fold_has_no_lookups(&projection->fold)) {
        return MNEME_OK;
    }
    int status = mneme_fold_ask(&projection->fold, calls, projection->params, &asked, error);
    if (status == MNEME_OK) {
        status = mneme_pg_pipeline(answers, projection->session.postgres, calls, asked, error);
    }
    if (status == MNEME_OK) {
        status = mneme_fold_read_answers(&projection->fold, answers, error);
        clear_results(answers, asked);
    }
    return status;
}

/* Begins the transaction: the progress moves first, so that a writer without a right to it does nothing else.
 */
static int begin(struct projection *projection, const struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_pg_call calls[MAX_FIRST_CALLS] = {
        {"BEGIN", NULL}, {mneme_sql_fold_advance, &projection->params[MNEME_FOLD_MAX_QUESTIONS]}};
    PGresult *results[MAX_FIRST_CALLS] = {NULL};
    size_t asked = 0;
    if (!mneme_store_progress_advance(&projection->progress, &projection->params[MNEME_FOLD_MAX_QUESTIONS],
                                      batch, &projection->fold.arena)) {
        return mneme_store_progress_fenced(&projection->progress, error);
    }
    int status = mneme_fold_ask(&projection->fold, calls + 2, projection->params, &asked, error);
    if (status == MNEME_OK) {
        status = mneme_pg_pipeline(results, projection->session.postgres, calls, 2 + asked, error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    if (strtoul(PQcmdTuples(results[1]), NULL, 10) != batch->partition_count) {
        status = mneme_store_progress_fenced(&projection->progress, error);
    } else {
        status = mneme_fold_read_answers(&projection->fold, results + 2, error);
    }
    clear_results(results, 2 + asked);
    return status;
}

/* Where the chain ends with this batch. */
static int head_params(struct projection *projection, struct mneme_pg_params *params,
                       struct mneme_error *error) {
    struct mneme_fold *fold = &projection->fold;
    const struct mneme_ledger_head **heads =
        mneme_arena_alloc(&fold->arena, fold->partition_count * sizeof *heads);
    if (heads == NULL) {
        return mneme_fold_no_memory(error);
    }
    for (size_t i = 0; i < fold->partition_count; i++) {
        heads[i] = &fold->partitions[i].head;
    }
    return mneme_ledger_heads_params(params, heads, fold->partition_count, &fold->arena, error);
}

/* Events that are applied after all stand before rows that are chained already. */
static void rechain_params(struct projection *projection, struct mneme_pg_params *params) {
    const struct mneme_fold *fold = &projection->fold;
    const struct mneme_fold_partition *partition = &fold->partitions[0];
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, mneme_str_from(projection->progress.topic));
    mneme_pg_param_long(params, partition->head.partition);
    mneme_pg_param_long(params, partition->first->from->position.offset);
}

/* Changes of rows, each table's history before the table. */
static int add_changes(struct projection *projection, struct mneme_pg_call *calls, size_t *count,
                       struct mneme_error *error) {
    static int (*const makers[])(struct mneme_fold *, struct mneme_fold_writer *, enum mneme_fold_table_id,
                                 const char **, struct mneme_pg_params *,
                                 struct mneme_error *) = {mneme_fold_change_past, mneme_fold_change_rows};
    for (int i = 0; i < MNEME_FOLD_TABLE_COUNT; i++) {
        for (size_t k = 0; k < sizeof makers / sizeof *makers; k++) {
            struct mneme_pg_call *call = &calls[*count];
            call->params = &projection->params[*count];
            int status = makers[k](&projection->fold, &projection->writer, (enum mneme_fold_table_id)i,
                                   &call->sql, &projection->params[*count], error);
            if (status != MNEME_OK) {
                return status;
            }
            *count += call->sql != NULL ? 1 : 0;
        }
    }
    return MNEME_OK;
}

/* Changes of rows, streams and accesses, and the end of the transaction, in one round trip. */
static int finish(struct projection *projection, struct mneme_error *error) {
    struct mneme_pg_call calls[MAX_LAST_CALLS];
    size_t count = 0;
    size_t streams = 0;
    int status = add_changes(projection, calls, &count, error);
    if (status == MNEME_OK) {
        status = mneme_fold_stream_params(&projection->fold, &projection->params[count], &streams, error);
    }
    if (streams > 0) {
        calls[count] = (struct mneme_pg_call){mneme_sql_fold_update_streams, &projection->params[count]};
        count++;
    }
    if (status == MNEME_OK && projection->fold.access_count > 0) {
        status = mneme_fold_access_params(&projection->fold, &projection->params[count], error);
        calls[count] = (struct mneme_pg_call){mneme_sql_fold_add_accesses, &projection->params[count]};
        count++;
    }
    if (status == MNEME_OK && projection->fold.partition_count > 0 && projection->fold.batch->is_redrive) {
        rechain_params(projection, &projection->params[count]);
        calls[count] = (struct mneme_pg_call){mneme_sql_redrive_rechain, &projection->params[count]};
        count++;
    } else if (status == MNEME_OK && projection->fold.partition_count > 0) {
        status = head_params(projection, &projection->params[count], error);
        calls[count] = (struct mneme_pg_call){mneme_sql_fold_write_heads, &projection->params[count]};
        count++;
    }
    size_t notifications = 0;
    if (status == MNEME_OK && projection->is_notifying && !projection->is_notify_paused) {
        status = mneme_notify_params(&projection->fold, projection->notifies_each, &projection->notifications,
                                     &projection->params[count], &notifications, error);
    }
    if (notifications > 0) {
        calls[count] = (struct mneme_pg_call){mneme_sql_fold_notify, &projection->params[count]};
        count++;
    }
    calls[count++] = (struct mneme_pg_call){"COMMIT", NULL};
    return status == MNEME_OK ? mneme_pg_pipeline(NULL, projection->session.postgres, calls, count, error)
                              : status;
}

/* The state in memory follows what was committed. */
static void remember(struct projection *projection) {
    for (size_t i = 0; i < projection->fold.partition_count; i++) {
        const struct mneme_ledger_head *head = &projection->fold.partitions[i].head;
        *mneme_ledger_heads_find(&projection->heads, head->partition) = *head;
    }
    for (size_t i = 0; i < projection->fold.stream_count; i++) {
        const struct mneme_fold_stream *stream = projection->fold.streams[i];
        if (stream->is_touched) {
            mneme_stream_cache_put(projection->cache, stream->key, stream->partition, &stream->state);
        }
    }
    if (projection->is_notify_paused) {
        projection->is_notify_paused = false;
        mneme_log(MNEME_LOG_WARN, "events were folded without notifications",
                  MNEME_LOG_I("events", (int64_t)projection->fold.batch->count));
    }
}

static int fold_batch(struct projection *projection, struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_fold *fold = &projection->fold;
    int status = mneme_fold_begin(fold, batch, error);
    if (status == MNEME_OK) {
        status = mneme_fold_plan(fold, error);
    }
    if (status == MNEME_OK) {
        status = begin(projection, batch, error);
    }
    if (status == MNEME_OK) {
        status = mneme_fold_plan_rest(fold, error);
    }
    if (status == MNEME_OK) {
        status = look_up(projection, error);
    }
    if (status == MNEME_OK) {
        status = mneme_fold_write_ledger(fold, &projection->writer, error);
    }
    if (status == MNEME_OK) {
        status = mneme_fold_wipe_children(fold, &projection->writer, error);
    }
    if (status == MNEME_OK) {
        status = mneme_fold_write_rows(fold, &projection->writer, error);
    }
    if (status == MNEME_OK) {
        status = mneme_fold_write_past(fold, &projection->writer, error);
    }
    if (status == MNEME_OK) {
        status = mneme_fold_write_rest(fold, &projection->writer, error);
    }
    return status == MNEME_OK ? finish(projection, error) : status;
}

/* Errors that look like bad data but are not, and so must not park an event. The fold writes no row twice,
 * whatever the events are: if the table has it, then somebody else wrote to the tables or set the progress
 * back. */
static int correct(struct projection *projection, int status, struct mneme_error *error) {
    const char *sqlstate = mneme_pg_sqlstate(projection->session.postgres);
    if (status == MNEME_E_INVALID && strcmp(sqlstate, SQLSTATE_WRITTEN) == 0) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "the batch was not folded: the tables already have rows beyond the saved "
                               "progress (%s); rebuild them with `mneme rebuild postgres`",
                               error->message);
    }
    if (status == MNEME_E_INVALID && strcmp(sqlstate, SQLSTATE_NO_MONTH) == 0) {
        projection->months = (struct mneme_months){0};
        return mneme_error_set(error, MNEME_E_UNAVAILABLE,
                               "the batch was not folded: a month's table was detached from the ledger just "
                               "now; the batch is tried again");
    }
    bool was_notified = projection->is_notifying && !projection->is_notify_paused;
    if (status == MNEME_E_TOO_LARGE && strcmp(sqlstate, SQLSTATE_LIMIT) == 0 && was_notified) {
        projection->is_notify_paused = true;
        return mneme_error_set(
            error, MNEME_E_UNAVAILABLE,
            "the batch was not folded: Postgres may have no room for its notifications "
            "(%s); it is folded without them; end the session that listens without reading",
            error->message);
    }
    return status;
}

static enum mneme_apply_result apply(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct projection *projection = context;
    if (batch->count == 0) {
        return mneme_store_progress_skip(&projection->progress, &projection->session, batch, error);
    }
    int status = mneme_store_session_ensure(&projection->session, error);
    if (status != MNEME_OK) {
        enum mneme_apply_result result = mneme_store_session_result(status);
        return result == MNEME_RETRY ? MNEME_RETRY : MNEME_FATAL;
    }
    projection->writer.postgres = projection->session.postgres;
    projection->writer.projection = projection->progress.projection;
    projection->writer.topic = projection->progress.topic;
    status = mneme_months_ensure(&projection->months, projection->session.postgres, batch, error);
    if (status == MNEME_OK) {
        status = fold_batch(projection, batch, error);
    }
    if (status == MNEME_OK) {
        remember(projection);
    } else {
        status = correct(projection, status, error);
        mneme_store_session_rollback(&projection->session);
    }
    return mneme_store_session_result(status);
}

const struct mneme_projection_ops mneme_ledger_projection = {
    .facts = &mneme_projections[MNEME_PROJECTION_POSTGRES],
    .open = open_projection,
    .assign = assign,
    .apply = apply,
    .revoke = revoke,
    .close = close_projection,
    .rebuild = &mneme_ledger_rebuild,
    .read_marks = mneme_hand_parked_read,
    .note_wait = mneme_schema_wait_note,
};
