/*
 * One projection after the other, the ledger's first, since the others wait for it; in each one partition
 * after the other; of that, some hundred events at a time.
 */
#include "consumers/redrive.h"

#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/postgres/row.h"
#include "common/postgres/schema.h"
#include "consumers/embed/embed_model.h"
#include "consumers/log/fill.h"
#include "consumers/projections.h"
#include "consumers/runtime/halving.h"
#include "sql/embedded.h"

#define EVENTS_AT_ONCE 500
#define PATIENCE_MICROS INT64_C(30000000) /* for an unavailable store, and for workers that claim */

/* A partition of one projection. */
struct redriving {
    const struct mneme_redrive *redrive;
    struct mneme_redrive_counts *counts;
    const struct mneme_projection_ops *ops;
    void *projection;
    struct mneme_postgres *postgres; /* to the projection's schema */
    char topic[MNEME_TOPIC_NAME_BYTES];
    struct mneme_fill_rules rules;
    struct mneme_fill fill;
    struct mneme_halving halving;
    struct mneme_park_set parked; /* keys that are parked again */
    struct mneme_pg_params params;
    struct mneme_buffer own_name; /* of the projection among the parked events: "embed.MODEL" */
    const char *name;             /* the same, as Postgres gave it */
    int32_t partition;
    int64_t next_offset;  /* the progress, which stays */
    int64_t after;        /* the last event that is done */
    int64_t tried_micros; /* when something was last done */
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "parked events were not tried again: out of memory");
}

static void release_nothing(void *message) {
    (void)message; /* records belong to an answer of Postgres */
}

static void count_event(const struct redriving *redriving, const struct mneme_batch_item *item) {
    if (item->park_reason == NULL) {
        redriving->counts->applied++;
    } else {
        redriving->counts->parked++;
    }
    if (redriving->redrive->on_event != NULL) {
        redriving->redrive->on_event(redriving->redrive->context, redriving->name, item);
    }
}

/* --- a batch --- */

static int load(PGresult **rows, struct redriving *redriving, struct mneme_error *error) {
    const struct mneme_redrive *redrive = redriving->redrive;
    struct mneme_pg_params *params = &redriving->params;
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, mneme_str_from(redriving->name));
    mneme_pg_param_str(params, mneme_str_from(redriving->topic));
    mneme_pg_param_long(params, redriving->partition);
    mneme_pg_param_str(params, redrive->key);
    if (redrive->has_position) {
        mneme_pg_param_long(params, redrive->position.offset);
    } else {
        mneme_pg_param_str(params, MNEME_STR_NULL);
    }
    mneme_pg_param_long(params, redriving->after);
    mneme_pg_param_long(params, EVENTS_AT_ONCE);
    return mneme_pg_query(rows, redriving->postgres, mneme_sql_redrive_load, params, true, error);
}

/* An event that blocked nothing may have been overtaken by later events: then it can only be applied when the
 * log is folded from the beginning. */
static int hold_overtaken(struct redriving *redriving, struct mneme_batch_item *item,
                          struct mneme_error *error) {
    PGresult *rows = NULL;
    struct mneme_error reason = {0};
    mneme_pg_params_clear(&redriving->params);
    mneme_pg_param_str(&redriving->params, item->event.tenant);
    mneme_pg_param_str(&redriving->params, item->event.stream_id);
    mneme_pg_param_long(&redriving->params, mneme_sequence_id(item->position));
    int status = mneme_pg_query(&rows, redriving->postgres, mneme_sql_redrive_overtaken, &redriving->params,
                                true, error);
    if (status == MNEME_OK && *PQgetvalue(rows, 0, 0) != 0) {
        mneme_error_set(&reason, MNEME_E_INVALID,
                        "later events of its key were applied before it; run `mneme rebuild %s`, which "
                        "applies it in its place",
                        redriving->ops->facts->name);
        item->park_reason =
            mneme_arena_copy(&redriving->fill.batch.arena, mneme_str_from(reason.message)).data;
        item->blocked_by = MNEME_PARKED_ALONE;
        status = item->park_reason == NULL ? no_memory(error) : MNEME_OK;
    }
    PQclear(rows);
    return status;
}

/* An event of a schema that is still unknown stays as it is, and so does its key. */
static int leave(struct redriving *redriving, const struct mneme_log_record *record,
                 const struct mneme_error *reason, struct mneme_error *error) {
    const struct mneme_batch_item item = {
        .position = record->position, .key = record->key, .park_reason = reason->message};
    count_event(redriving, &item);
    return record->key.data == NULL || mneme_park_set_add(&redriving->parked, redriving->partition,
                                                          record->key, record->position.offset)
               ? MNEME_OK
               : no_memory(error);
}

static int add(struct redriving *redriving, const PGresult *rows, int row, struct mneme_error *error) {
    struct mneme_fill *fill = &redriving->fill;
    struct mneme_error reason = {0};
    struct mneme_log_record record = {
        .position = {redriving->partition, mneme_pg_get_long(rows, row, 0)},
        .progress = redriving->next_offset,
        .timestamp_ms = mneme_pg_get_long(rows, row, 1),
        .value = {PQgetvalue(rows, row, 3), (size_t)PQgetlength(rows, row, 3)},
    };
    if (!PQgetisnull(rows, row, 2)) {
        record.key = (struct mneme_str){PQgetvalue(rows, row, 2), (size_t)PQgetlength(rows, row, 2)};
    }
    int status = mneme_fill_add(fill, &redriving->rules, &redriving->parked, &record, 0, &reason);
    if (status == MNEME_E_UNKNOWN_SCHEMA) {
        return leave(redriving, &record, &reason, error);
    }
    if (status != MNEME_OK) {
        return mneme_error_set(error, reason.code, "%s", reason.message);
    }
    struct mneme_batch_item *item = &fill->batch.items[fill->batch.count - 1];
    bool was_alone = mneme_pg_get_long(rows, row, 4) == MNEME_PARKED_ALONE;
    return was_alone && item->park_reason == NULL ? hold_overtaken(redriving, item, error) : MNEME_OK;
}

/* Events that are parked again hold up their key also in the next batch. */
static int adopt_parked(struct redriving *redriving, struct mneme_error *error) {
    const struct mneme_batch *batch = &redriving->fill.batch;
    for (size_t i = 0; i < batch->count; i++) {
        const struct mneme_batch_item *item = &batch->items[i];
        if (item->park_reason != NULL && item->blocked_by == item->position.offset &&
            item->key.data != NULL &&
            !mneme_park_set_add(&redriving->parked, redriving->partition, item->key, item->blocked_by)) {
            return no_memory(error);
        }
    }
    return MNEME_OK;
}

/* MNEME_E_CONFLICT when a worker has claimed the partition since, so that nothing of the rest was done. */
static int apply(struct redriving *redriving, struct mneme_error *error) {
    struct mneme_batch *batch = &redriving->fill.batch;
    int64_t deadline = mneme_clock_monotonic_micros() + PATIENCE_MICROS;
    struct mneme_backoff backoff;
    mneme_backoff_init(&backoff, 100, 2000);
    mneme_halving_reset(&redriving->halving);
    batch->is_redrive = true;
    batch->partitions[0].first_offset = batch->partitions[0].next_offset = redriving->next_offset;
    for (;;) {
        struct mneme_error reason = {0};
        switch (
            mneme_halving_apply(&redriving->halving, redriving->ops, redriving->projection, batch, &reason)) {
        case MNEME_APPLIED:
            return adopt_parked(redriving, error);
        case MNEME_RETRY:
            if (mneme_clock_monotonic_micros() > deadline ||
                mneme_cancel_is_due(redriving->redrive->cancel)) {
                return mneme_error_set(error, MNEME_E_UNAVAILABLE, "%s", reason.message);
            }
            mneme_clock_pause(mneme_backoff_next_ms(&backoff) * 1000);
            break;
        case MNEME_FENCED:
            return mneme_error_set(error, MNEME_E_CONFLICT, "%s", reason.message);
        case MNEME_REJECT: /* halving resolves it */
        case MNEME_FATAL:
            return mneme_error_set(error, reason.code == MNEME_OK ? MNEME_E_INTERNAL : reason.code, "%s",
                                   reason.message);
        }
    }
}

/* Applies the next events; *is_over: there are no more. */
static int apply_next(struct redriving *redriving, bool *is_over, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = load(&rows, redriving, error);
    int count = status == MNEME_OK ? PQntuples(rows) : 0;
    mneme_fill_reset(&redriving->fill, &redriving->rules);
    for (int row = 0; row < count && status == MNEME_OK; row++) {
        status = add(redriving, rows, row, error);
    }
    if (status == MNEME_OK && redriving->fill.batch.count > 0) {
        status = apply(redriving, error);
        for (size_t i = 0; i < redriving->fill.batch.count && status == MNEME_OK; i++) {
            count_event(redriving, &redriving->fill.batch.items[i]);
        }
    }
    if (status == MNEME_OK && count > 0) {
        redriving->after = mneme_pg_get_long(rows, count - 1, 0);
        redriving->tried_micros = mneme_clock_monotonic_micros();
    }
    *is_over = count == 0;
    mneme_fill_reset(&redriving->fill, &redriving->rules);
    PQclear(rows);
    return status;
}

/* --- a partition --- */

static int claim(struct redriving *redriving, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + PATIENCE_MICROS;
    struct mneme_assignment assignment = {.topic = redriving->topic,
                                          .topic_partitions = redriving->rules.topic_partitions,
                                          .partitions = &redriving->partition,
                                          .next_offsets = &redriving->next_offset,
                                          .count = 1};
    for (;;) {
        struct mneme_error reason = {0};
        enum mneme_apply_result result = redriving->ops->assign(redriving->projection, &assignment, &reason);
        if (result == MNEME_APPLIED) {
            return MNEME_OK;
        }
        if (result != MNEME_RETRY || mneme_clock_monotonic_micros() > deadline ||
            mneme_cancel_is_due(redriving->redrive->cancel)) {
            return mneme_error_set(error, reason.code == MNEME_OK ? MNEME_E_INTERNAL : reason.code, "%s",
                                   reason.message);
        }
        mneme_clock_pause(100000);
    }
}

static int redrive_partition(struct redriving *redriving, struct mneme_error *error) {
    bool is_over = false;
    redriving->after = -1;
    redriving->tried_micros = mneme_clock_monotonic_micros();
    mneme_park_set_clean_up(&redriving->parked);
    int status = claim(redriving, error);
    while (status == MNEME_OK && !is_over && !mneme_cancel_is_due(redriving->redrive->cancel)) {
        status = apply_next(redriving, &is_over, error);
        /* A worker has claimed it meanwhile: its turn comes again. */
        if (status == MNEME_E_CONFLICT &&
            mneme_clock_monotonic_micros() - redriving->tried_micros < PATIENCE_MICROS) {
            status = claim(redriving, error);
        }
    }
    redriving->ops->revoke(redriving->projection, &redriving->partition, 1);
    return status;
}

/* --- a projection --- */

static int find_partitions(PGresult **rows, struct redriving *redriving, struct mneme_error *error) {
    const struct mneme_redrive *redrive = redriving->redrive;
    struct mneme_pg_params *params = &redriving->params;
    mneme_pg_params_clear(params);
    mneme_pg_param_str(params, mneme_str_from(redriving->ops->facts->name));
    mneme_pg_param_str(params, mneme_str_from(redriving->topic));
    mneme_pg_param_str(params, redrive->key);
    for (int i = 0; i < 2; i++) {
        if (redrive->has_position) {
            mneme_pg_param_long(params, i == 0 ? redrive->position.partition : redrive->position.offset);
        } else {
            mneme_pg_param_str(params, MNEME_STR_NULL);
        }
    }
    return mneme_pg_query(rows, redriving->postgres, mneme_sql_redrive_partitions, params, true, error);
}

/* Sets its name among the parked events: that of embed includes its model. */
static int name_projection(struct redriving *redriving, struct mneme_error *error) {
    struct mneme_embed_model model = {0};
    int status = MNEME_OK;
    mneme_buffer_append_str(&redriving->own_name, mneme_str_from(redriving->ops->facts->name));
    if (redriving->ops->facts->is_by_model) {
        status = mneme_embed_model_choose(&model, redriving->redrive->config, redriving->postgres, error);
    }
    if (status == MNEME_OK && redriving->ops->facts->is_by_model) {
        mneme_buffer_printf(&redriving->own_name, ".%s", model.model.name);
    }
    mneme_embed_model_clean_up(&model);
    return status == MNEME_OK && redriving->own_name.failed ? no_memory(error) : status;
}

static int redrive_projection(struct redriving *redriving, struct mneme_error *error) {
    PGresult *rows = NULL;
    int status = mneme_pg_connect_to(&redriving->postgres, redriving->redrive->config,
                                     redriving->ops->facts->id, "mneme-redrive", error);
    if (status == MNEME_OK) {
        status = find_partitions(&rows, redriving, error);
    }
    int count = status == MNEME_OK ? PQntuples(rows) : 0;
    if (status == MNEME_OK && count > 0) {
        status = name_projection(redriving, error);
    }
    if (status == MNEME_OK && count > 0) {
        status = redriving->ops->open(&redriving->projection, redriving->redrive->config, error);
    }
    for (int row = 0; row < count && status == MNEME_OK && !mneme_cancel_is_due(redriving->redrive->cancel);
         row++) {
        if (!mneme_str_equal(mneme_str_from(PQgetvalue(rows, row, 2)),
                             mneme_buffer_str(&redriving->own_name))) {
            continue; /* of a model that is not in use now */
        }
        redriving->partition = (int32_t)mneme_pg_get_long(rows, row, 0);
        redriving->rules.topic_partitions = (int32_t)mneme_pg_get_long(rows, row, 1);
        redriving->name = PQgetvalue(rows, row, 2);
        status = redrive_partition(redriving, error);
    }
    if (redriving->projection != NULL) {
        redriving->ops->close(redriving->projection);
    }
    PQclear(rows);
    mneme_pg_close(redriving->postgres);
    return status;
}

static int run_one(struct mneme_redrive_counts *counts, const struct mneme_redrive *redrive,
                   struct mneme_codec *codec, const struct mneme_projection_ops *ops,
                   struct mneme_error *error) {
    struct redriving redriving = {
        .redrive = redrive,
        .counts = counts,
        .ops = ops,
        .rules = {.codec = codec,
                  .content_max_chars =
                      (size_t)mneme_config_long(redrive->config, MNEME_SETTING_CONTENT_MAX_CHARS),
                  .parks_alone = ops->parks_alone,
                  .release = release_nothing},
    };
    mneme_fill_init(&redriving.fill);
    mneme_arena_init(&redriving.halving.scratch, 0);
    int status = mneme_kafka_events_topic(redriving.topic, redrive->config, error);
    if (status == MNEME_OK) {
        status = redrive_projection(&redriving, error);
    }
    mneme_fill_clean_up(&redriving.fill, &redriving.rules);
    mneme_halving_clean_up(&redriving.halving);
    mneme_park_set_clean_up(&redriving.parked);
    mneme_pg_params_clean_up(&redriving.params);
    mneme_buffer_clean_up(&redriving.own_name);
    return status;
}

int mneme_redrive_run(struct mneme_redrive_counts *counts, const struct mneme_redrive *redrive,
                      struct mneme_error *error) {
    struct mneme_codec *codec = NULL;
    *counts = (struct mneme_redrive_counts){0};
    int status = mneme_codec_new(&codec, redrive->config, error);
    for (size_t i = 0; i < MNEME_PROJECTIONS && status == MNEME_OK; i++) {
        const struct mneme_projection_facts *facts = &mneme_projections[i];
        bool parks_events = facts->has_schema && facts->source == NULL;
        if (parks_events && (redrive->projection.data == NULL ||
                             mneme_str_equal(redrive->projection, mneme_str_from(facts->name)))) {
            status = run_one(counts, redrive, codec, mneme_projection_workers[i], error);
        }
    }
    mneme_codec_destroy(codec);
    return status;
}
