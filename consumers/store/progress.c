/*
 * Claiming raises the epoch of a partition, so that the compare-and-set of the former writer fails. A writer
 * that was stopped in the middle of a transaction still locks its row; its session is then ended.
 */
#include "consumers/store/progress.h"

#include <stdlib.h>

#include "common/log/log.h"
#include "common/postgres/row.h"
#include "sql/embedded.h"

#define SQLSTATE_LOCK_TIMEOUT "55P03"

void mneme_store_progress_clean_up(struct mneme_store_progress *progress) {
    free(progress->owned);
    free(progress->parked_keys);
    PQclear(progress->parked_rows);
    *progress = (struct mneme_store_progress){0};
}

static struct mneme_owned_partition *find(const struct mneme_store_progress *progress, int32_t partition) {
    for (size_t i = 0; i < progress->owned_count; i++) {
        if (progress->owned[i].partition == partition) {
            return &progress->owned[i];
        }
    }
    return NULL;
}

void mneme_store_progress_release(struct mneme_store_progress *progress, const int32_t *partitions,
                                  size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct mneme_owned_partition *owned = find(progress, partitions[i]);
        if (owned != NULL) {
            *owned = progress->owned[--progress->owned_count];
        }
    }
}

static bool reserve(struct mneme_store_progress *progress, size_t count) {
    if (progress->owned_capacity - progress->owned_count >= count) {
        return true;
    }
    size_t capacity = progress->owned_count + count;
    struct mneme_owned_partition *owned = realloc(progress->owned, capacity * sizeof *owned);
    if (owned == NULL) {
        return false;
    }
    progress->owned = owned;
    progress->owned_capacity = capacity;
    return true;
}

/* Projection, topic and partitions: what the statements here begin with. */
static int begin_params(struct mneme_pg_params *params, const struct mneme_store_progress *progress,
                        const struct mneme_assignment *assignment, struct mneme_error *error) {
    int64_t *partitions = malloc((assignment->count + 1) * sizeof *partitions);
    if (partitions == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "partitions were not claimed: out of memory");
    }
    for (size_t i = 0; i < assignment->count; i++) {
        partitions[i] = assignment->partitions[i];
    }
    mneme_pg_param_str(params, mneme_str_from(progress->projection));
    mneme_pg_param_str(params, mneme_str_from(progress->topic));
    mneme_pg_param_long_array(params, partitions, assignment->count);
    free(partitions);
    return MNEME_OK;
}

static int refuse_other_count(const struct mneme_store_progress *progress,
                              const struct mneme_assignment *assignment, const PGresult *other,
                              struct mneme_error *error) {
    if (PQntuples(other) == 0) {
        return MNEME_OK;
    }
    if (strcmp(PQgetvalue(other, 0, 0), progress->topic) != 0) {
        return mneme_error_set(
            error, MNEME_E_UNSAFE,
            "the topic %s was not folded: the tables of %s come from topic %s; set MNEME_TOPIC_PREFIX back, "
            "or run `mneme rebuild %s` to make them from this topic",
            progress->topic, progress->projection, PQgetvalue(other, 0, 0),
            mneme_projection_rebuilt_by(progress->facts));
    }
    if (progress->facts->source != NULL) { /* of records: the place of a key does not matter */
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "the topic %s was not folded: it has %d partitions and had %lld when it was "
                               "made, so the newest record of a key is not known; run `mneme rebuild "
                               "%s` to make its records again",
                               progress->topic, assignment->topic_partitions,
                               (long long)mneme_pg_get_long(other, 0, 1),
                               mneme_projection_rebuilt_by(progress->facts));
    }
    return mneme_error_set(
        error, MNEME_E_UNSAFE,
        "the topic %s was not folded: it has %d partitions and had %lld when the "
        "projection %s began, so keys belong to other partitions now; if the topic was "
        "made again, run `mneme rebuild %s`; if partitions were added to it, run `mneme topics repartition`",
        progress->topic, assignment->topic_partitions, (long long)mneme_pg_get_long(other, 0, 1),
        progress->projection, mneme_projection_rebuilt_by(progress->facts));
}

static int take_claimed(struct mneme_store_progress *progress, struct mneme_assignment *assignment,
                        const PGresult *claimed, struct mneme_error *error) {
    if (PQntuples(claimed) != (int)assignment->count || !reserve(progress, assignment->count)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "partitions were not claimed: out of memory");
    }
    for (int row = 0; row < PQntuples(claimed); row++) {
        int32_t partition = (int32_t)mneme_pg_get_long(claimed, row, 0);
        for (size_t i = 0; i < assignment->count; i++) {
            if (assignment->partitions[i] == partition) {
                assignment->next_offsets[i] = mneme_pg_get_long(claimed, row, 1);
                if (assignment->last_digests != NULL) {
                    mneme_log_digest_take(&assignment->last_digests[i], PQgetvalue(claimed, row, 3),
                                          (size_t)PQgetlength(claimed, row, 3), assignment->next_offsets[i]);
                }
            }
        }
        struct mneme_owned_partition *owned = find(progress, partition);
        if (owned == NULL) {
            owned = &progress->owned[progress->owned_count++];
        }
        *owned = (struct mneme_owned_partition){partition, mneme_pg_get_long(claimed, row, 2)};
    }
    return MNEME_OK;
}

/* Takes `rows`, which the keys point into. */
static int take_parked(struct mneme_store_progress *progress, struct mneme_assignment *assignment,
                       PGresult *rows, struct mneme_error *error) {
    PQclear(progress->parked_rows);
    free(progress->parked_keys);
    progress->parked_rows = rows;
    size_t count = (size_t)PQntuples(rows);
    progress->parked_keys = calloc(count + 1, sizeof *progress->parked_keys);
    if (progress->parked_keys == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "partitions were not claimed: out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        int row = (int)i;
        progress->parked_keys[i] = (struct mneme_parked_key){
            .partition = (int32_t)mneme_pg_get_long(rows, row, 0),
            .key = {PQgetvalue(rows, row, 1), (size_t)PQgetlength(rows, row, 1)},
            .blocked_by = mneme_pg_get_long(rows, row, 2),
        };
    }
    assignment->parked_keys = progress->parked_keys;
    assignment->parked_key_count = count;
    return MNEME_OK;
}

enum { BEGIN, BOUNDS, OTHER_COUNT, CLAIM, PARKED_KEYS, CALL_COUNT };

static int claim_once(struct mneme_store_progress *progress, struct mneme_store_session *session,
                      struct mneme_assignment *assignment, struct mneme_error *error) {
    struct mneme_pg_params topic = {0};
    struct mneme_pg_params claim = {0};
    struct mneme_pg_params parked = {0};
    PGresult *results[CALL_COUNT] = {NULL};
    mneme_pg_param_str(&topic, mneme_str_from(progress->projection));
    mneme_pg_param_str(&topic, mneme_str_from(progress->topic));
    mneme_pg_param_long(&topic, assignment->topic_partitions);
    int status = begin_params(&claim, progress, assignment, error);
    if (status == MNEME_OK) {
        status = begin_params(&parked, progress, assignment, error);
    }
    mneme_pg_param_str(&claim, mneme_str_from(session->owner));
    mneme_pg_param_long(&claim, assignment->topic_partitions);
    /* A claim is durable: a crash must not give the partition back to the former writer. */
    const struct mneme_pg_call calls[CALL_COUNT] = {
        [BEGIN] = {"BEGIN", NULL},
        [BOUNDS] =
            {"SELECT set_config('lock_timeout', '2s', true), set_config('synchronous_commit', 'on', true)",
             NULL},
        [OTHER_COUNT] = {mneme_sql_fold_other_partition_count, &topic},
        [CLAIM] = {mneme_sql_fold_claim, &claim},
        [PARKED_KEYS] = {mneme_sql_fold_parked_keys, &parked},
    };
    if (status == MNEME_OK) {
        status = mneme_pg_pipeline(results, session->postgres, calls, CALL_COUNT, error);
    }
    if (status == MNEME_OK) {
        status = refuse_other_count(progress, assignment, results[OTHER_COUNT], error);
    }
    if (status == MNEME_OK) {
        status = mneme_pg_run(session->postgres, "COMMIT", error);
    }
    if (status == MNEME_OK) {
        status = take_claimed(progress, assignment, results[CLAIM], error);
    }
    if (status == MNEME_OK) {
        status = take_parked(progress, assignment, results[PARKED_KEYS], error);
        results[PARKED_KEYS] = NULL;
    }
    for (size_t i = 0; i < CALL_COUNT; i++) {
        PQclear(results[i]);
    }
    mneme_pg_params_clean_up(&topic);
    mneme_pg_params_clean_up(&claim);
    mneme_pg_params_clean_up(&parked);
    return status;
}

/* Ends the sessions of former writers that hold the locks that the claim waits for. */
static int evict(struct mneme_store_progress *progress, struct mneme_store_session *session,
                 const struct mneme_assignment *assignment, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    int status = begin_params(&params, progress, assignment, error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(&rows, session->postgres, mneme_sql_fold_evict, &params, true, error);
    }
    if (status == MNEME_OK) {
        mneme_log(MNEME_LOG_WARN, "ended the sessions of former owners that held partitions",
                  MNEME_LOG_S("topic", progress->topic), MNEME_LOG_I("sessions", PQntuples(rows)));
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_store_progress_claim(struct mneme_store_progress *progress, struct mneme_store_session *session,
                               struct mneme_assignment *assignment, struct mneme_error *error) {
    size_t len = strlen(assignment->topic);
    if (len >= sizeof progress->topic) {
        return mneme_error_set(
            error, MNEME_E_USAGE,
            "the topic was not folded: its name has %zu bytes, which is too long; choose a shorter one", len);
    }
    memcpy(progress->topic, assignment->topic, len + 1);
    int status = claim_once(progress, session, assignment, error);
    if (status == MNEME_OK) {
        return MNEME_OK;
    }
    bool is_locked = strcmp(mneme_pg_sqlstate(session->postgres), SQLSTATE_LOCK_TIMEOUT) == 0;
    mneme_store_session_rollback(session);
    if (!is_locked || session->postgres == NULL) {
        return status;
    }
    if (evict(progress, session, assignment, error) != MNEME_OK) {
        return mneme_store_session_result(error->code) == MNEME_RETRY
                   ? error->code
                   : mneme_error_set(error, MNEME_E_UNAVAILABLE,
                                     "partitions of %s were not claimed: a former owner holds them and could "
                                     "not be ended: %s",
                                     progress->topic, error->message);
    }
    status = claim_once(progress, session, assignment, error);
    if (status != MNEME_OK) {
        mneme_store_session_rollback(session);
    }
    return status;
}

int mneme_store_progress_fenced(const struct mneme_store_progress *progress, struct mneme_error *error) {
    return mneme_error_set(
        error, MNEME_E_CONFLICT,
        "the batch was not folded: another worker owns a partition of %s now; join the group again",
        progress->topic);
}

bool mneme_store_progress_advance(const struct mneme_store_progress *progress, struct mneme_pg_params *params,
                                  const struct mneme_batch *batch, struct mneme_arena *arena) {
    size_t count = batch->partition_count;
    int64_t *numbers = mneme_arena_alloc(arena, 4 * count * sizeof *numbers);
    struct mneme_str *digests = mneme_arena_alloc(arena, count * sizeof *digests);
    if (numbers == NULL || digests == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct mneme_batch_partition *partition = &batch->partitions[i];
        const struct mneme_owned_partition *owned = find(progress, partition->partition);
        if (owned == NULL) {
            return false;
        }
        numbers[i] = partition->partition;
        numbers[count + i] = partition->first_offset;
        numbers[2 * count + i] = partition->next_offset;
        numbers[3 * count + i] = owned->epoch;
        digests[i] =
            partition->last_digest.is_set
                ? (struct mneme_str){(const char *)partition->last_digest.bytes, MNEME_LOG_DIGEST_BYTES}
                : MNEME_STR_NULL;
    }
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, mneme_str_from(progress->projection));
    mneme_pg_param_str(params, mneme_str_from(progress->topic));
    for (size_t i = 0; i < 4; i++) {
        mneme_pg_param_long_array(params, numbers + i * count, count);
    }
    mneme_pg_param_bytes_array(params, digests, count);
    return true;
}

static int skip(const struct mneme_store_progress *progress, struct mneme_store_session *session,
                struct mneme_batch *batch, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    const struct mneme_pg_call calls[] = {{"BEGIN", NULL}, {mneme_sql_fold_advance, &params}};
    PGresult *results[2] = {NULL};
    int status = mneme_store_progress_advance(progress, &params, batch, &batch->arena)
                     ? mneme_pg_pipeline(results, session->postgres, calls, 2, error)
                     : mneme_store_progress_fenced(progress, error);
    if (status == MNEME_OK && strtoul(PQcmdTuples(results[1]), NULL, 10) != batch->partition_count) {
        status = mneme_store_progress_fenced(progress, error);
    }
    PQclear(results[0]);
    PQclear(results[1]);
    mneme_pg_params_clean_up(&params);
    return status == MNEME_OK ? mneme_pg_run(session->postgres, "COMMIT", error) : status;
}

enum mneme_apply_result mneme_store_progress_skip(const struct mneme_store_progress *progress,
                                                  struct mneme_store_session *session,
                                                  struct mneme_batch *batch, struct mneme_error *error) {
    int status = mneme_store_session_ensure(session, error);
    if (status != MNEME_OK) {
        return mneme_store_session_result(status) == MNEME_RETRY ? MNEME_RETRY : MNEME_FATAL;
    }
    status = skip(progress, session, batch, error);
    if (status != MNEME_OK) {
        mneme_store_session_rollback(session);
    }
    return mneme_store_session_result(status);
}
