/*
 * The operations of the projection. A batch costs two round trips to Postgres, the gate and the rows, and one
 * to Redis; one of creations that are certain costs the last alone, and does not wait for the ledger.
 */
#include "consumers/redis/redis_projection.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/log/log.h"
#include "consumers/log/hand_parked.h"
#include "consumers/redis/certainty.h"
#include "consumers/redis/rebuild/rebuild.h"
#include "consumers/redis/write.h"
#include "consumers/store/migrate.h"
#include "consumers/store/session.h"
#include "consumers/store/verdict_gate.h"
#include "sql/embedded.h"
#include "stores/redis/limits.h"

#define MAX_BATCH_EVENTS 5000

/* This many items are read from Postgres while Redis works on the previous ones. */
#define PART_EVENTS 1000

/* A backlog has more; then knowing the streams is not worth a separate query. */
#define LEARN_EVENTS 500

/* A partition is behind if its last event is older than this: readers must not use it. */
#define CURRENT_MICROS INT64_C(10000000)

/* Its statements look up by key whatever the arrays are, so one plan does for all; making it anew would take
 * longer than a small batch. */
#define ONE_PLAN "SET plan_cache_mode = force_generic_plan"

struct projection {
    const struct mneme_config *config;
    struct mneme_store_session session;
    struct mneme_redis *redis;
    struct mneme_claims claims;
    struct mneme_certainty *certainty;
    struct mneme_touches touches;
    struct mneme_cache_changes changes;
    struct mneme_cache_writer writer;
    struct mneme_pg_params params;
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the batch was not folded: memory is exhausted");
}

/* Wrong data here comes from the store, never from one event. */
static enum mneme_apply_result result_of(int status) {
    enum mneme_apply_result result = mneme_store_session_result(status);
    return result == MNEME_REJECT ? MNEME_FATAL : result;
}

static void close_projection(void *context) {
    struct projection *projection = context;
    if (projection == NULL) {
        return;
    }
    mneme_store_session_clean_up(&projection->session);
    mneme_redis_close(projection->redis);
    mneme_claims_clean_up(&projection->claims);
    mneme_certainty_destroy(projection->certainty);
    mneme_touches_clean_up(&projection->touches);
    mneme_cache_changes_clean_up(&projection->changes);
    mneme_hot_call_clean_up(&projection->writer.call);
    mneme_pg_params_clean_up(&projection->params);
    free(projection);
}

static int prepare(struct projection *projection, const struct mneme_config *config,
                   struct mneme_error *error) {
    const struct mneme_redis_options options = {
        .timeout_ms = mneme_config_long(config, MNEME_SETTING_REDIS_TIMEOUT_MS)};
    struct mneme_claims *claims = &projection->claims;
    projection->config = config;
    for (int kind = 0; kind < MNEME_HOT_KIND_COUNT; kind++) {
        projection->changes.terms.ttl_s[kind] = mneme_hot_ttl_s(config, (enum mneme_hot_kind)kind);
    }
    int status = mneme_store_session_init(&projection->session, config, MNEME_PROJECTION_POSTGRES,
                                          mneme_projections[MNEME_PROJECTION_REDIS].name, error);
    projection->session.settings_sql = ONE_PLAN;
    if (status == MNEME_OK) {
        status = mneme_hot_prefix(&claims->prefix, config, error);
    }
    if (status == MNEME_OK) {
        size_t streams = (size_t)mneme_config_long(config, MNEME_SETTING_STREAM_CACHE);
        status = mneme_certainty_new(&projection->certainty, streams, error);
    }
    if (status == MNEME_OK) {
        status = mneme_touches_init(&projection->touches, error);
    }
    if (status == MNEME_OK) {
        status = mneme_redis_open(&projection->redis, mneme_config_string(config, MNEME_SETTING_REDIS_URL),
                                  &options, error);
    }
    claims->redis = projection->redis;
    claims->config = config;
    claims->owner = projection->session.owner;
    claims->wanted_space = mneme_config_long(config, MNEME_SETTING_REDIS_SPACE);
    projection->writer = (struct mneme_cache_writer){
        .redis = projection->redis,
        .claims = claims,
    };
    return status;
}

static int open_projection(void **out, const struct mneme_config *config, struct mneme_error *error) {
    struct projection *projection = calloc(1, sizeof *projection);
    if (projection == NULL) {
        return no_memory(error);
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

/* --- claims and progress --- */

/* Where the ledger is in each partition that is claimed, in their order; 0 where it has not begun. Notes
 * where events are parked; *must_rewind: some of them were applied after all. */
static int read_ledger(struct projection *projection, int64_t *offsets, bool *must_rewind,
                       struct mneme_error *error) {
    struct mneme_claims *claims = &projection->claims;
    PGresult *rows = NULL;
    *must_rewind = false;
    for (size_t i = 0; i < claims->count; i++) {
        offsets[i] = claims->items[i].partition;
    }
    mneme_pg_params_clear(&projection->params);
    mneme_pg_param_str(&projection->params, mneme_str_from(claims->topic));
    mneme_pg_param_long_array(&projection->params, offsets, claims->count);
    int status = mneme_pg_query(&rows, projection->session.postgres, mneme_sql_hot_ledger,
                                &projection->params, true, error);
    for (size_t i = 0; i < claims->count; i++) {
        offsets[i] = 0;
    }
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        for (size_t i = 0; i < claims->count; i++) {
            if (claims->items[i].partition == mneme_pg_get_long(rows, row, 0)) {
                offsets[i] = mneme_pg_get_long(rows, row, 1);
                claims->items[i].has_parked = *PQgetvalue(rows, row, 2) != 0;
                *must_rewind |= *PQgetvalue(rows, row, 3) != 0;
            }
        }
    }
    PQclear(rows);
    return status;
}

/* Goes back to the place where events of a claimed partition were applied after all, if Redis is past it:
 * what is folded again comes from the tables. */
static int rewind_claims(struct projection *projection, struct mneme_assignment *assignment,
                         struct mneme_error *error) {
    struct mneme_claims *claims = &projection->claims;
    PGresult *rows = NULL;
    mneme_pg_params_clear(&projection->params);
    mneme_pg_param_str(&projection->params, mneme_str_from(claims->topic));
    int status = mneme_pg_query(&rows, projection->session.postgres, mneme_sql_redis_rewinds,
                                &projection->params, true, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        int64_t offset = mneme_pg_get_long(rows, row, 1);
        struct mneme_claim *claim = mneme_claims_find(claims, (int32_t)mneme_pg_get_long(rows, row, 0));
        if (claim == NULL || claims->wanted_space != 0) {
            continue;
        }
        if (claim->next_offset > offset) {
            status = mneme_claims_rewind(claims, claim, offset, assignment, error);
        }
        if (status == MNEME_OK) {
            mneme_pg_params_clear(&projection->params);
            mneme_pg_param_str(&projection->params, mneme_str_from(claims->topic));
            mneme_pg_param_long(&projection->params, claim->partition);
            mneme_pg_param_long(&projection->params, offset);
            status = mneme_pg_query(NULL, projection->session.postgres, mneme_sql_redis_rewound,
                                    &projection->params, true, error);
        }
    }
    PQclear(rows);
    return status;
}

/* Up to where each partition must be filled before readers may use it. */
static int note_refills(struct projection *projection, struct mneme_error *error) {
    struct mneme_claims *claims = &projection->claims;
    int64_t *offsets = calloc(claims->count + 1, sizeof *offsets);
    bool must_rewind;
    if (offsets == NULL) {
        return no_memory(error);
    }
    int status = read_ledger(projection, offsets, &must_rewind, error);
    for (size_t i = 0; status == MNEME_OK && i < claims->count; i++) {
        struct mneme_claim *claim = &claims->items[i];
        claim->refill_end = offsets[i] > claim->refill_end ? offsets[i] : claim->refill_end;
        if (claim->next_offset < offsets[i]) {
            mneme_log(MNEME_LOG_INFO, "redis is filled", MNEME_LOG_I("partition", claim->partition),
                      MNEME_LOG_I("from", claim->next_offset), MNEME_LOG_I("to", offsets[i]));
        }
    }
    free(offsets);
    return status;
}

static void forget(struct projection *projection, const int32_t *partitions, size_t count) {
    for (size_t i = 0; i < count; i++) {
        mneme_certainty_forget(projection->certainty, partitions[i]);
    }
}

static enum mneme_apply_result assign(void *context, struct mneme_assignment *assignment,
                                      struct mneme_error *error) {
    struct projection *projection = context;
    int status = mneme_store_session_ensure(&projection->session, error);
    forget(projection, assignment->partitions, assignment->count);
    if (status == MNEME_OK) {
        status = mneme_claims_take(&projection->claims, assignment, error);
    }
    if (status == MNEME_OK) {
        status = rewind_claims(projection, assignment, error);
    }
    if (status == MNEME_OK) {
        status = note_refills(projection, error);
    }
    assignment->parked_key_count = 0; /* the ledger has them */
    return result_of(status);
}

static void revoke(void *context, const int32_t *partitions, size_t count) {
    struct projection *projection = context;
    mneme_claims_release(&projection->claims, partitions, count);
    forget(projection, partitions, count);
}

/* With nothing to do, a partition is current when it is where the ledger is. */
static enum mneme_apply_result idle(void *context, struct mneme_error *error) {
    struct projection *projection = context;
    struct mneme_claims *claims = &projection->claims;
    if (claims->count == 0) {
        return MNEME_APPLIED;
    }
    int64_t *offsets = calloc(claims->count, sizeof *offsets);
    bool *is_current = calloc(claims->count, sizeof *is_current);
    bool must_rewind = false;
    int status = offsets == NULL || is_current == NULL
                     ? no_memory(error)
                     : mneme_store_session_ensure(&projection->session, error);
    if (status == MNEME_OK) {
        status = read_ledger(projection, offsets, &must_rewind, error);
    }
    for (size_t i = 0; status == MNEME_OK && i < claims->count; i++) {
        is_current[i] = claims->items[i].next_offset >= offsets[i] && !claims->items[i].has_parked;
    }
    if (status == MNEME_OK && must_rewind && claims->wanted_space == 0) {
        status = mneme_error_set(
            error, MNEME_E_CONFLICT,
            "events that were parked have been applied; join the group again to take them up");
    }
    if (status == MNEME_OK) {
        status = mneme_claims_renew(claims, is_current, error);
    }
    free(offsets);
    free(is_current);
    return result_of(status);
}

/* --- a batch --- */

/* Readers may use a partition that the batch brings up to its last events. */
static void judge(struct projection *projection, const struct mneme_batch *batch, int64_t now,
                  bool *is_current) {
    for (size_t i = 0; i < batch->partition_count; i++) {
        const struct mneme_batch_partition *part = &batch->partitions[i];
        const struct mneme_claim *claim = mneme_claims_find(&projection->claims, part->partition);
        int64_t last = 0;
        for (size_t j = 0; j < batch->count; j++) {
            if (batch->items[j].position.partition == part->partition) {
                last = batch->items[j].recorded_at;
            }
        }
        is_current[i] = claim != NULL && !claim->has_parked && part->next_offset >= claim->refill_end &&
                        last >= now - CURRENT_MICROS;
    }
}

/* The items [done, done + part->count) of the batch, and how their partitions move. */
static void cut(struct mneme_batch *part, const struct mneme_batch *batch, size_t done) {
    part->items = batch->items + done;
    for (size_t i = 0; i < part->partition_count; i++) {
        struct mneme_batch_partition *moved = &part->partitions[i];
        const struct mneme_batch_partition *whole = &batch->partitions[i];
        bool is_last = done + part->count == batch->count;
        moved->first_offset = done == 0 ? whole->first_offset : moved->next_offset;
        moved->next_offset = is_last ? whole->next_offset : moved->first_offset;
        for (size_t j = 0; !is_last && j < part->count; j++) {
            if (part->items[j].position.partition == moved->partition) {
                moved->next_offset = part->items[j].position.offset + 1;
            }
        }
        moved->last_digest =
            moved->next_offset == whole->next_offset ? whole->last_digest : (struct mneme_log_digest){0};
    }
}

/* Flags for the items of a batch. */
struct known {
    bool *is_accepted, *is_certain;
};

/* Passes the gate, unless nothing that the batch touches depends on it. What was accessed before its creation
 * is folded here is remembered for a while alone (hot/scripts/change.lua): so what is certain must be young.
 */
static int judge_batch(struct projection *projection, const struct known *known, struct mneme_batch *batch,
                       struct mneme_error *error) {
    struct mneme_postgres *postgres = projection->session.postgres;
    int64_t young = mneme_clock_now_micros() - CURRENT_MICROS;
    bool needs_ledger = false;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        known->is_certain[i] =
            mneme_certainty_judge(projection->certainty, item) && item->recorded_at > young;
        known->is_accepted[i] = item->park_reason == NULL;
        needs_ledger = needs_ledger || (known->is_accepted[i] && !known->is_certain[i] &&
                                        mneme_touches_are_made_by(item->event.type));
    }
    if (!needs_ledger) {
        return MNEME_OK;
    }
    int status =
        mneme_verdict_gate_pass(known->is_accepted, postgres, NULL, projection->claims.topic, batch, error);
    return status == MNEME_OK && batch->count <= LEARN_EVENTS
               ? mneme_certainty_read(projection->certainty, postgres, batch, error)
               : status;
}

static int fold_part(struct projection *projection, struct mneme_batch *part, const struct known *known,
                     bool *is_current, struct mneme_error *error) {
    const int64_t *ttl_s = projection->changes.terms.ttl_s;
    int64_t conversation_ttl_s = ttl_s[MNEME_HOT_CONVERSATION] > ttl_s[MNEME_HOT_RECENT_CONVERSATIONS]
                                     ? ttl_s[MNEME_HOT_CONVERSATION]
                                     : ttl_s[MNEME_HOT_RECENT_CONVERSATIONS]; /* one touch leads to both */
    const struct mneme_touch_terms terms = {
        .now = mneme_clock_now_micros(),
        .keep = {[MNEME_TOUCH_MEMORY] = ttl_s[MNEME_HOT_MEMORY] * 1000000,
                 [MNEME_TOUCH_ACCESS] = ttl_s[MNEME_HOT_MEMORY] * 1000000,
                 [MNEME_TOUCH_CONVERSATION] = conversation_ttl_s * 1000000,
                 [MNEME_TOUCH_DECISIONS] = ttl_s[MNEME_HOT_RECENT_DECISIONS] * 1000000,
                 [MNEME_TOUCH_WORKING] = ttl_s[MNEME_HOT_WORKING] * 1000000},
        .topic_partitions = projection->claims.topic_partitions,
    };
    int status =
        mneme_touches_find(&projection->touches, part, known->is_accepted, known->is_certain, &terms, error);
    if (status == MNEME_OK) {
        status = mneme_cache_changes_load(&projection->changes, projection->session.postgres,
                                          mneme_str_from(projection->claims.topic), &projection->touches,
                                          part, &part->arena, error);
    }
    if (status == MNEME_OK) {
        judge(projection, part, terms.now, is_current);
        status = mneme_cache_write(&projection->writer, &projection->changes, part, is_current, error);
    }
    return status;
}

static int fold_batch(struct projection *projection, struct mneme_batch *batch, struct mneme_error *error) {
    size_t partitions = batch->partition_count;
    struct known known = {mneme_arena_alloc(&batch->arena, batch->count + 1),
                          mneme_arena_alloc(&batch->arena, batch->count + 1)};
    bool *is_current = mneme_arena_alloc(&batch->arena, partitions + 1);
    struct mneme_batch_partition *moved = mneme_arena_alloc(&batch->arena, (partitions + 1) * sizeof *moved);
    if (known.is_accepted == NULL || known.is_certain == NULL || is_current == NULL || moved == NULL) {
        return no_memory(error);
    }
    memcpy(moved, batch->partitions, partitions * sizeof *moved);
    int status = judge_batch(projection, &known, batch, error);
    struct mneme_batch part = *batch; /* the arena goes with it, and comes back */
    part.partitions = moved;
    mneme_cache_write_drop(&projection->writer);
    size_t done = 0;
    do {
        size_t left = batch->count - done;
        part.count = left < PART_EVENTS ? left : PART_EVENTS;
        if (status == MNEME_OK) {
            cut(&part, batch, done);
            const struct known here = {known.is_accepted + done, known.is_certain + done};
            status = fold_part(projection, &part, &here, is_current, error);
        }
        done += part.count;
    } while (status == MNEME_OK && done < batch->count);
    if (status == MNEME_OK) {
        status = mneme_cache_write_end(&projection->writer, error);
    }
    mneme_cache_write_drop(&projection->writer); /* answers that a failure left unread are discarded */
    batch->arena = part.arena;
    return status;
}

static enum mneme_apply_result apply(void *context, struct mneme_batch *batch, struct mneme_error *error) {
    struct projection *projection = context;
    int status = mneme_store_session_ensure(&projection->session, error);
    if (status == MNEME_OK) {
        status = fold_batch(projection, batch, error);
    }
    if (status != MNEME_OK) {
        mneme_store_session_rollback(&projection->session);
    }
    return result_of(status);
}

const struct mneme_projection_ops mneme_cache_projection = {
    .facts = &mneme_projections[MNEME_PROJECTION_REDIS],
    .open = open_projection,
    .assign = assign,
    .apply = apply,
    .idle = idle,
    .revoke = revoke,
    .close = close_projection,
    .rebuild = &mneme_cache_rebuild,
    .max_batch_events = MAX_BATCH_EVENTS,
    .read_marks = mneme_hand_parked_read,
    .note_wait = mneme_schema_wait_note,
};
