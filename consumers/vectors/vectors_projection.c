/*
 * The operations of the projection. One batch is one transaction of Postgres, whatever the store: it moves
 * the progress first, so that a writer without a right to it writes nothing, and commits last.
 */
#include "consumers/vectors/vectors_projection.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/log/hand_parked.h"
#include "consumers/store/migrate.h"
#include "consumers/store/parked.h"
#include "consumers/store/progress.h"
#include "consumers/vectors/loss_check.h"
#include "consumers/vectors/maintain.h"
#include "consumers/vectors/rebuild.h"
#include "consumers/vectors/record.h"
#include "schemas/embedding.h"
#include "sql/embedded.h"
#include "stores/vectors/edition.h"
#include "stores/vectors/loss.h"

/* How often a worker checks for retired generations to drop. */
#define DROP_MICROS INT64_C(60000000)

struct projection {
    const struct mneme_config *config;
    struct mneme_store_session session;
    struct mneme_generation generation;
    bool is_current; /* the generation is as the database has it */
    void *store;     /* of the generation, on the session's connection; NULL: to be opened */
    struct mneme_postgres *store_postgres;
    struct mneme_embedding_codec *codec;
    struct mneme_store_progress progress;
    char progress_name[MNEME_GENERATION_PROGRESS_BYTES];
    struct mneme_pg_params params;
    struct mneme_buffer rows;
    int64_t drop_micros; /* when to look again */
    int64_t *marks;      /* by partition of the topic: the latest time of its records (loss_check.h) */
    int32_t mark_count;
    struct mneme_vectors_maintenance maintenance;
};

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the vectors were not written: out of memory");
}

static void close_store(struct projection *projection) {
    if (projection->store != NULL) {
        projection->generation.store->close(projection->store);
        projection->store = NULL;
    }
}

static void close_projection(void *context) {
    struct projection *projection = context;
    if (projection == NULL) {
        return;
    }
    mneme_vectors_maintain_end(&projection->maintenance);
    close_store(projection);
    mneme_store_session_clean_up(&projection->session);
    mneme_store_progress_clean_up(&projection->progress);
    mneme_embedding_codec_destroy(projection->codec);
    mneme_pg_params_clean_up(&projection->params);
    mneme_buffer_clean_up(&projection->rows);
    free(projection->marks);
    free(projection);
}

static int open_projection(void **out, const struct mneme_config *config, struct mneme_error *error) {
    struct projection *projection = calloc(1, sizeof *projection);
    if (projection == NULL) {
        return out_of_memory(error);
    }
    projection->config = config;
    int status = mneme_store_session_init(&projection->session, config, MNEME_PROJECTION_VECTORS,
                                          mneme_projections[MNEME_PROJECTION_VECTORS].name, error);
    if (status == MNEME_OK) { /* it only reads: the topic does not matter */
        status = mneme_embedding_codec_new(&projection->codec, config, "", error);
    }
    if (status == MNEME_OK) {
        status = mneme_store_session_ensure(&projection->session, error);
    }
    if (status == MNEME_OK) {
        status = mneme_migrate_check(projection->session.postgres, mneme_migrations_vectors, error);
    }
    if (status != MNEME_OK) {
        close_projection(projection);
        return status;
    }
    *out = projection;
    return MNEME_OK;
}

/* --- the generation --- */

/* The store of the generation at hand, on the connection at hand. */
static int open_store(struct projection *projection, struct mneme_error *error) {
    if (projection->store != NULL && projection->store_postgres == projection->session.postgres) {
        return MNEME_OK;
    }
    close_store(projection);
    projection->store_postgres = projection->session.postgres;
    return mneme_vector_store_open(&projection->store, projection->config, projection->session.postgres,
                                   &projection->generation, error);
}

/* Reads the generation again after a failed transaction, or a change by another process. */
static int refresh(struct projection *projection, struct mneme_error *error) {
    struct mneme_generation now;
    int status = MNEME_OK;
    if (!projection->is_current || projection->generation.state == MNEME_GENERATION_FILLING) {
        status =
            mneme_generation_get(&now, projection->session.postgres, projection->generation.number, error);
        if (status == MNEME_OK && (now.dimensions != projection->generation.dimensions ||
                                   now.is_loaded != projection->generation.is_loaded ||
                                   now.state != projection->generation.state)) {
            close_store(projection);
            projection->generation = now;
        }
        projection->is_current = status == MNEME_OK;
    }
    return status == MNEME_OK ? open_store(projection, error) : status;
}

/* Warns of settings that differ from the store; only a command changes the store. */
static void compare_settings(const struct mneme_generation *generation, const struct mneme_config *config) {
    const struct {
        enum mneme_setting setting;
        const char *kept, *advice;
    } facts[] = {
        {MNEME_SETTING_EMBEDDING_MODEL, generation->model, "run `mneme reembed --model NAME` to change it"},
        {MNEME_SETTING_VECTOR_STORE, generation->store->name,
         "run `mneme rebuild vectors` to move them there"},
        {MNEME_SETTING_VECTOR_METRIC, mneme_metric_names[generation->metric],
         "run `mneme rebuild vectors` to change it"},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const char *wanted = mneme_config_string(config, facts[i].setting);
        enum mneme_vector_metric metric;
        if (facts[i].setting == MNEME_SETTING_VECTOR_METRIC && /* which has a choice of words */
            mneme_metric_parse(&metric, mneme_str_from(wanted), NULL) == MNEME_OK) {
            wanted = mneme_metric_names[metric];
        }
        if (mneme_config_source(config, facts[i].setting) != MNEME_FROM_DEFAULT &&
            strcmp(wanted, facts[i].kept) != 0) {
            mneme_log(MNEME_LOG_WARN, "a setting differs from what the vectors were made with",
                      MNEME_LOG_S("setting", mneme_setting_info(facts[i].setting)->env),
                      MNEME_LOG_S("wanted", wanted), MNEME_LOG_S("kept", facts[i].kept),
                      MNEME_LOG_S("advice", facts[i].advice));
        }
    }
}

/* The first generation is what the settings say. */
static int add_first(struct projection *projection, const struct mneme_assignment *assignment,
                     struct mneme_error *error) {
    const struct mneme_config *config = projection->config;
    struct mneme_generation *generation = &projection->generation;
    *generation = (struct mneme_generation){
        .state = MNEME_GENERATION_ACTIVE,
        .store = mneme_vector_store_find(mneme_config_string(config, MNEME_SETTING_VECTOR_STORE)),
        .dimensions = (int32_t)mneme_config_long(config, MNEME_SETTING_EMBEDDING_DIMENSIONS),
    };
    const char *model = mneme_config_string(config, MNEME_SETTING_EMBEDDING_MODEL);
    if (strlen(model) >= sizeof generation->model || strlen(assignment->topic) >= sizeof generation->topic) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "no vectors can be kept: the name in EMBEDDING_MODEL is too long; shorten it");
    }
    memcpy(generation->model, model, strlen(model) + 1);
    memcpy(generation->topic, assignment->topic, strlen(assignment->topic) + 1);
    int status = mneme_metric_parse(
        &generation->metric, mneme_str_from(mneme_config_string(config, MNEME_SETTING_VECTOR_METRIC)), error);
    if (status == MNEME_OK) {
        status =
            mneme_edition_current(&generation->edition, projection->session.postgres, config, model, error);
    }
    if (status == MNEME_OK) {
        status = mneme_vectors_add(generation, config, projection->session.postgres, error);
    }
    return status == MNEME_E_CONFLICT
               ? mneme_vectors_choose(generation, config, projection->session.postgres, error)
               : status;
}

static int choose(struct projection *projection, const struct mneme_assignment *assignment,
                  struct mneme_error *error) {
    struct mneme_error none = {0};
    close_store(projection);
    int status = mneme_vectors_choose(&projection->generation, projection->config,
                                      projection->session.postgres, &none);
    if (status == MNEME_E_NOT_FOUND &&
        mneme_config_long(projection->config, MNEME_SETTING_VECTOR_GENERATION) == 0) {
        status = add_first(projection, assignment, error);
    } else if (status != MNEME_OK) {
        status = mneme_error_set(error, (enum mneme_status)status, "%s", none.message);
    }
    projection->is_current = status == MNEME_OK;
    if (status == MNEME_OK && strcmp(projection->generation.topic, assignment->topic) != 0) {
        status = mneme_error_set(error, MNEME_E_CONFLICT,
                                 "the vectors were not written: they come from topic %s now; join again",
                                 projection->generation.topic);
    }
    return status;
}

/* Another generation may have taken its place between choosing and claiming. */
static int check_chosen(struct projection *projection, struct mneme_error *error) {
    struct mneme_generation now;
    int status =
        mneme_generation_get(&now, projection->session.postgres, projection->generation.number, error);
    if (status == MNEME_E_NOT_FOUND || (status == MNEME_OK && now.state != projection->generation.state)) {
        return mneme_error_set(error, MNEME_E_CONFLICT,
                               "the vectors were not written: another generation replaced %d; join again",
                               projection->generation.number);
    }
    return status;
}

/* Takes the marks of the times over from the claim, since no record is recognised by them. */
static int take_marks(struct projection *projection, struct mneme_assignment *assignment,
                      struct mneme_error *error) {
    int32_t count = assignment->topic_partitions;
    int64_t *marks = calloc((size_t)count + 1, sizeof *marks);
    if (marks == NULL) {
        return out_of_memory(error);
    }
    for (int32_t p = 0; p < projection->mark_count && p < count; p++) {
        marks[p] = projection->marks[p];
    }
    free(projection->marks);
    projection->marks = marks;
    projection->mark_count = count;
    for (size_t i = 0; assignment->last_digests != NULL && i < assignment->count; i++) {
        marks[assignment->partitions[i]] = mneme_records_marked(&assignment->last_digests[i]);
        assignment->last_digests[i].is_set = false;
    }
    return MNEME_OK;
}

static enum mneme_apply_result assign(void *context, struct mneme_assignment *assignment,
                                      struct mneme_error *error) {
    struct projection *projection = context;
    struct mneme_store_progress *progress = &projection->progress;
    int status = mneme_store_session_ensure(&projection->session, error);
    if (status == MNEME_OK) {
        status = choose(projection, assignment, error);
    }
    if (status == MNEME_OK) {
        compare_settings(&projection->generation, projection->config);
        mneme_generation_progress(projection->progress_name, &projection->generation);
        progress->projection = projection->progress_name;
        progress->facts = &mneme_projections[MNEME_PROJECTION_VECTORS];
        status = mneme_store_progress_claim(progress, &projection->session, assignment, error);
    }
    if (status == MNEME_OK) {
        status = take_marks(projection, assignment, error);
    }
    if (status == MNEME_OK) {
        status = mneme_records_check(&projection->generation, projection->config,
                                     projection->session.postgres, error);
    }
    if (status == MNEME_OK) {
        status = check_chosen(projection, error);
    }
    enum mneme_apply_result result = mneme_store_session_result(status);
    return result == MNEME_REJECT ? MNEME_FATAL : result;
}

static void revoke(void *context, const int32_t *partitions, size_t count) {
    struct projection *projection = context;
    mneme_store_progress_release(&projection->progress, partitions, count);
}

/* --- a batch --- */

static int fenced(const struct projection *projection, struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_CONFLICT,
                           "the batch was not written: another worker owns a partition of %s now, or another "
                           "generation replaced %d; join the group again",
                           projection->progress.topic, projection->generation.number);
}

static int advance(struct projection *projection, struct mneme_batch *batch, struct mneme_error *error) {
    const struct mneme_pg_call calls[] = {{"BEGIN", NULL}, {mneme_sql_fold_advance, &projection->params}};
    PGresult *results[2] = {NULL};
    mneme_records_mark(batch, projection->marks, projection->mark_count);
    if (!mneme_store_progress_advance(&projection->progress, &projection->params, batch, &batch->arena)) {
        return fenced(projection, error);
    }
    int status = mneme_pg_pipeline(results, projection->session.postgres, calls, 2, error);
    if (status == MNEME_OK && strtoul(PQcmdTuples(results[1]), NULL, 10) != batch->partition_count) {
        status = fenced(projection, error);
    }
    PQclear(results[0]);
    PQclear(results[1]);
    return status;
}

static int park(struct mneme_batch_item *item, struct mneme_arena *arena, const struct mneme_error *reason,
                struct mneme_error *error) {
    item->park_reason = mneme_arena_copy(arena, mneme_str_from(reason->message)).data;
    item->blocked_by = MNEME_PARKED_ALONE;
    return item->park_reason == NULL ? out_of_memory(error) : MNEME_OK;
}

/* The first document sets its generation's dimensions and prefixes. */
static int pin(struct projection *projection, const struct mneme_vector_record *record,
               struct mneme_error *error) {
    struct mneme_generation pinned = projection->generation;
    if (record->query_prefix.len >= sizeof pinned.query_prefix ||
        record->passage_prefix.len >= sizeof pinned.passage_prefix) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "the vectors were not written: a prefix of model %s is longer than %d bytes; "
                               "shorten MNEME_EMBEDDING_QUERY_PREFIX or MNEME_EMBEDDING_PASSAGE_PREFIX",
                               pinned.model, MNEME_PREFIX_BYTES - 1);
    }
    pinned.dimensions = (int32_t)(mneme_vector_change_part(&record->change, 0).len / sizeof(float));
    snprintf(pinned.query_prefix, sizeof pinned.query_prefix, "%.*s", MNEME_STR_ARG(record->query_prefix));
    snprintf(pinned.passage_prefix, sizeof pinned.passage_prefix, "%.*s",
             MNEME_STR_ARG(record->passage_prefix));
    int status = mneme_generation_pin(&pinned, projection->session.postgres, error);
    if (status == MNEME_OK) {
        close_store(projection);
        projection->generation = pinned;
        projection->is_current = false; /* until the transaction is committed */
        status = open_store(projection, error);
    }
    return status == MNEME_OK ? projection->generation.store->make(projection->store, error) : status;
}

/* One record; what cannot be stored is parked. */
static int take_item(struct projection *projection, struct mneme_vector_change *changes, size_t *count,
                     struct mneme_batch *batch, struct mneme_batch_item *item, struct mneme_error *error) {
    struct mneme_vector_record record;
    struct mneme_error reason = {0};
    if (item->park_reason != NULL) {
        return MNEME_OK;
    }
    int status = mneme_vector_record_read(&record, projection->codec, item, &batch->arena, &reason);
    bool is_vector = status == MNEME_OK && !record.change.is_removal;
    bool is_raw = is_vector && mneme_vector_change_is_raw(&record.change);
    if (is_raw) {
        status = mneme_vector_changes_check(&record.change, 1, projection->session.postgres,
                                            &projection->generation, &reason);
    }
    if (status == MNEME_OK && is_vector && !is_raw && projection->generation.dimensions == 0) {
        status = pin(projection, &record, &reason);
    }
    if (status == MNEME_E_INVALID) {
        return park(item, &batch->arena, &reason, error);
    }
    if (status != MNEME_OK) {
        return mneme_error_set(error, (enum mneme_status)status, "%s", reason.message);
    }
    changes[(*count)++] = record.change;
    projection->maintenance.has_written = projection->maintenance.has_written || is_raw;
    return MNEME_OK;
}

static int write_changes(struct projection *projection, struct mneme_vector_change *changes, size_t count,
                         struct mneme_error *error) {
    const struct mneme_vector_store_ops *ops = projection->generation.store;
    bool is_bulk = projection->generation.state == MNEME_GENERATION_FILLING &&
                   !projection->generation.is_loaded && ops->load != NULL;
    if (is_bulk) {
        return ops->load(projection->store, changes, count, error);
    }
    return ops->write(projection->store, changes, mneme_vector_changes_collapse(changes, count), error);
}

static int write_batch(struct projection *projection, struct mneme_batch *batch, struct mneme_error *error) {
    size_t count = 0;
    struct mneme_vector_change *changes =
        mneme_arena_alloc(&batch->arena, (batch->count + 1) * sizeof *changes);
    int status = changes == NULL ? out_of_memory(error) : advance(projection, batch, error);
    for (size_t i = 0; i < batch->count && status == MNEME_OK; i++) {
        status = take_item(projection, changes, &count, batch, &batch->items[i], error);
    }
    if (status == MNEME_OK) {
        status = write_changes(projection, changes, count, error);
    }
    if (status == MNEME_OK) {
        status = mneme_parked_write(projection->session.postgres, projection->progress_name,
                                    projection->progress.topic, batch, &projection->rows, error);
    }
    return status == MNEME_OK ? mneme_pg_run(projection->session.postgres, "COMMIT", error) : status;
}

/* Nobody reads this space any more; failing to free it is no reason to stop. */
static void drop_retired(struct projection *projection) {
    struct mneme_error error = {0};
    size_t dropped = 0;
    int64_t now = mneme_clock_monotonic_micros();
    if (now < projection->drop_micros || projection->generation.state != MNEME_GENERATION_ACTIVE) {
        return;
    }
    projection->drop_micros = now + DROP_MICROS;
    if (mneme_vectors_drop_retired(&dropped, false, projection->config, projection->session.postgres,
                                   &error) != MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "a retired generation of vectors is still there",
                  MNEME_LOG_S("reason", error.message),
                  MNEME_LOG_S("advice", "it is dropped later, or by `mneme reembed --drop`"));
    }
}

static enum mneme_apply_result apply(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct projection *projection = context;
    if (batch->count == 0) {
        return mneme_store_progress_skip(&projection->progress, &projection->session, batch, error);
    }
    int status = mneme_store_session_ensure(&projection->session, error);
    if (status == MNEME_OK) {
        status = refresh(projection, error);
        /* Dropped: another one took its place. */
        status = status == MNEME_E_NOT_FOUND ? fenced(projection, error) : status;
    }
    if (status == MNEME_OK) {
        status = write_batch(projection, batch, error);
    }
    if (status == MNEME_OK) {
        projection->is_current = true;
        drop_retired(projection);
        mneme_vectors_maintain(&projection->maintenance, projection->config, &projection->generation);
    } else {
        projection->is_current = false;
        mneme_store_session_rollback(&projection->session);
    }
    return mneme_store_session_result(status);
}

static enum mneme_apply_result idle(void *context, struct mneme_error *error) {
    struct projection *projection = context;
    (void)error;
    mneme_vectors_maintain(&projection->maintenance, projection->config, &projection->generation);
    return MNEME_APPLIED;
}

static void note_loss(const struct mneme_config *config, const char *reason) {
    mneme_loss_write(config, MNEME_LOSS_SEEN_IN_RECORDS, reason);
}

const struct mneme_projection_ops mneme_vectors_projection = {
    .facts = &mneme_projections[MNEME_PROJECTION_VECTORS],
    .source = mneme_vectors_source,
    .open = open_projection,
    .assign = assign,
    .apply = apply,
    .idle = idle,
    .revoke = revoke,
    .close = close_projection,
    .rebuild = &mneme_vectors_rebuild,
    .note_loss = note_loss,
    .parks_alone = true,
    .read_marks = mneme_hand_parked_read,
    .note_wait = mneme_schema_wait_note,
};
