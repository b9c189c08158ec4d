/*
 * The log is folded into a separate space as far as the live one is, which is paused while both are compared.
 * Then both go on, and suspects are checked again when they have reached the ledger's position.
 */
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/postgres/row.h"
#include "consumers/redis/rebuild/rebuild.h"
#include "consumers/redis/rebuild/shadow.h"
#include "consumers/redis/rebuild/suspects.h"
#include "consumers/redis/redis_projection.h"
#include "consumers/runtime/refold.h"
#include "consumers/store/rebuild/log_history.h"
#include "sql/embedded.h"
#include "stores/redis/limits.h"

#define OFFSETS_TIMEOUT_MS 30000
#define FREEZE_MS 15000
#define RENEW_MICROS INT64_C(5000000)

/* How long the live space may take to reach the ledger's position. */
#define SETTLE_MICROS INT64_C(10000000)
#define SETTLE_PAUSE_MICROS 20000

struct verify {
    const struct mneme_verify_options *options;
    struct mneme_cache_shadow shadow;
    struct mneme_log_reader *reader;
    struct mneme_refold *refold;
    struct mneme_cache_compare compare;
    struct mneme_log_history history;
    int32_t partitions;
    int64_t *to, *ledger, *evicted, *evicted_apart; /* by partition */
    bool *is_begun;                                 /* the live space has a progress of it */
    int64_t frozen_at;                              /* 0: it is not */
    struct mneme_pg_params params;
    int (*take)(struct mneme_cache_compare *compare, const struct mneme_cache_snapshot *snapshot,
                struct mneme_error *error);
};

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was compared: out of memory");
}

/* --- how far --- */

/* Reads the position of the live space in each partition, and pauses it for that long. */
static int freeze_live(struct verify *verify, int64_t for_ms, struct mneme_hot_standing *standings,
                       struct mneme_error *error) {
    int status = MNEME_OK;
    for (int32_t p = 0; status == MNEME_OK && p < verify->partitions; p++) {
        status = mneme_cache_shadow_freeze(&standings[p], &verify->shadow, p, for_ms, error);
    }
    verify->frozen_at = for_ms == 0 ? 0 : mneme_clock_monotonic_micros();
    return status;
}

static bool fits(const struct verify *verify, const struct mneme_hot_standing *standing, int64_t end) {
    return standing->topic_partitions == verify->partitions && standing->next_offset <= end &&
           strcmp(standing->topic, mneme_log_reader_topic(verify->reader)) == 0;
}

/* For a rebuild the live space may be of another log, and then all of the log counts. */
static int find_targets(struct verify *verify, int64_t for_ms, struct mneme_error *error) {
    size_t count = (size_t)verify->partitions;
    struct mneme_hot_standing *standings = calloc(count + 1, sizeof *standings);
    int64_t *ends = calloc(count + 1, sizeof *ends);
    int status =
        standings == NULL || ends == NULL ? no_memory(error) : freeze_live(verify, for_ms, standings, error);
    if (status == MNEME_OK) {
        status =
            mneme_log_reader_resolve(ends, verify->reader, &(struct mneme_log_point){.kind = MNEME_LOG_END},
                                     OFFSETS_TIMEOUT_MS, error);
    }
    for (size_t p = 0; status == MNEME_OK && p < count; p++) {
        bool is_fit = !standings[p].is_there || fits(verify, &standings[p], ends[p]);
        if (!is_fit && !verify->options->is_for_rebuild) {
            status = mneme_error_set(
                error, MNEME_E_UNSAFE,
                "nothing was compared: Redis is at offset %lld of partition %zu of topic %s with %d "
                "partitions, and the log is %s with %d and ends at %lld; run `mneme rebuild redis` to fold "
                "what the log holds",
                (long long)standings[p].next_offset, p, standings[p].topic,
                (int)standings[p].topic_partitions, mneme_log_reader_topic(verify->reader),
                (int)verify->partitions, (long long)ends[p]);
        }
        if (status == MNEME_OK && standings[p].next_offset < verify->to[p]) {
            status = mneme_error_set(error, MNEME_E_CONFLICT,
                                     "nothing was compared: Redis lost its contents while the log was "
                                     "folded; run this again when Redis is filled");
        }
        verify->to[p] = is_fit ? standings[p].next_offset : ends[p];
        verify->is_begun[p] = standings[p].is_there || verify->options->is_for_rebuild;
        verify->evicted[p] = standings[p].evicted;
    }
    free(standings);
    free(ends);
    return status;
}

static int read_ledger(struct verify *verify, struct mneme_error *error) {
    PGresult *rows = NULL;
    for (int32_t p = 0; p < verify->partitions; p++) {
        verify->ledger[p] = p;
    }
    mneme_pg_params_clear(&verify->params);
    mneme_pg_param_str(&verify->params, mneme_str_from(verify->shadow.topic));
    mneme_pg_param_long_array(&verify->params, verify->ledger, (size_t)verify->partitions);
    int status =
        mneme_pg_query(&rows, verify->shadow.postgres, mneme_sql_hot_ledger, &verify->params, true, error);
    for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
        verify->ledger[mneme_pg_get_long(rows, row, 0)] = mneme_pg_get_long(rows, row, 1);
    }
    PQclear(rows);
    return status;
}

/* --- folding --- */

static int open_refold(struct verify *verify, struct mneme_error *error) {
    const struct mneme_refold_options options = {
        .projection = &mneme_cache_projection,
        .config = verify->shadow.config,
        .jobs = verify->options->jobs,
        .partitions = verify->is_begun,
        .history = &verify->history,
        .takes_over_loss = verify->options->is_for_rebuild,
        .is_interrupted = verify->options->is_interrupted,
        .on_progress = verify->options->on_progress,
        .context = verify->options->context,
    };
    return mneme_refold_open(&verify->refold, &options, error);
}

/* Folds as far as the live space is now, and then as far as it is when paused. */
static int fold(struct verify *verify, struct mneme_error *error) {
    int status = find_targets(verify, 0, error);
    if (status == MNEME_OK) {
        status = open_refold(verify, error);
    }
    if (status == MNEME_OK) {
        verify->options->on_phase(verify->options->context, mneme_refold_left(verify->refold, verify->to));
        status = mneme_refold_run(verify->refold, verify->to, error);
    }
    if (status == MNEME_OK && mneme_refold_left(verify->refold, verify->to) == 0) {
        status = find_targets(verify, FREEZE_MS, error);
        status = status == MNEME_OK ? mneme_refold_run(verify->refold, verify->to, error) : status;
    }
    return status;
}

/* --- looking --- */

static int visit_snapshot(void *context, const struct mneme_cache_snapshot *snapshot,
                          struct mneme_error *error) {
    struct verify *verify = context;
    return verify->take(&verify->compare, snapshot, error);
}

struct walk {
    struct verify *verify;
    struct mneme_hot_space space;
};

static int visit_keys(void *context, const struct mneme_hot_scanned *keys, size_t count,
                      struct mneme_error *error) {
    const struct walk *walk = context;
    struct verify *verify = walk->verify;
    struct mneme_hot_standing standing;
    int status = mneme_cache_snapshot_each(verify->shadow.redis, &walk->space, keys, count, visit_snapshot,
                                           verify, error);
    bool is_due = mneme_clock_monotonic_micros() - verify->frozen_at > RENEW_MICROS;
    for (int32_t p = 0; status == MNEME_OK && is_due && p < verify->partitions; p++) {
        status = mneme_cache_shadow_freeze(&standing, &verify->shadow, p, FREEZE_MS, error);
    }
    verify->frozen_at = is_due ? mneme_clock_monotonic_micros() : verify->frozen_at;
    return status;
}

static int walk_space(struct verify *verify, int64_t number, struct mneme_error *error) {
    struct walk walk = {verify, {verify->shadow.space.prefix, number}};
    const struct mneme_hot_scan scan = {verify->shadow.redis, walk.space, verify->partitions, visit_keys,
                                        &walk};
    return mneme_hot_scan_run(&scan, error);
}

/* Each space that is live in some partition. */
static int walk_live(struct verify *verify, struct mneme_error *error) {
    const int64_t *numbers = verify->shadow.live_numbers;
    int status = MNEME_OK;
    verify->take = mneme_cache_compare_live;
    for (int32_t p = 0; status == MNEME_OK && p < verify->partitions; p++) {
        bool is_walked = false;
        for (int32_t before = 0; before < p; before++) {
            is_walked = is_walked || numbers[before] == numbers[p];
        }
        if (!is_walked) {
            verify->compare.live.number = numbers[p];
            status = walk_space(verify, numbers[p], error);
        }
    }
    return status;
}

static int compare_all(struct verify *verify, struct mneme_error *error) {
    const struct mneme_config *config = verify->options->config;
    struct mneme_cache_compare *compare = &verify->compare;
    int status = mneme_cache_compare_init(compare, error);
    compare->partitions = verify->is_begun;
    compare->partition_count = verify->partitions;
    compare->live.prefix = verify->shadow.space.prefix;
    compare->live_numbers = verify->shadow.live_numbers;
    compare->evicted = verify->evicted;
    compare->evicted_apart = verify->evicted_apart;
    for (int kind = 0; kind < MNEME_HOT_KIND_COUNT; kind++) {
        compare->ttl_ms[kind] = mneme_hot_ttl_s(config, (enum mneme_hot_kind)kind) * 1000;
    }
    verify->take = mneme_cache_compare_expect;
    for (int32_t p = 0; status == MNEME_OK && p < verify->partitions; p++) {
        struct mneme_hot_standing standing = {0};
        status = mneme_hot_space_freeze(&standing, verify->shadow.redis, &verify->shadow.space, p, 0, error);
        verify->evicted_apart[p] = standing.evicted;
    }
    if (status == MNEME_OK) {
        status = walk_space(verify, verify->shadow.space.number, error);
    }
    if (status == MNEME_OK) {
        status = walk_live(verify, error);
    }
    return status == MNEME_OK ? mneme_cache_compare_missing(compare, error) : status;
}

/* --- suspects --- */

/* Waits until the live space has reached the ledger's position; *is_settled: it has. */
static int wait_for_live(struct verify *verify, bool *is_settled, struct mneme_error *error) {
    int64_t deadline = mneme_clock_monotonic_micros() + SETTLE_MICROS;
    struct mneme_hot_standing standing;
    int status = MNEME_OK;
    *is_settled = false;
    while (status == MNEME_OK && !*is_settled) {
        *is_settled = true;
        for (int32_t p = 0; status == MNEME_OK && p < verify->partitions; p++) {
            status = verify->is_begun[p] ? mneme_cache_shadow_freeze(&standing, &verify->shadow, p, 0, error)
                                         : status;
            *is_settled = *is_settled && (!verify->is_begun[p] || standing.next_offset >= verify->ledger[p]);
        }
        if (!*is_settled && mneme_clock_monotonic_micros() > deadline) {
            break;
        }
        if (!*is_settled) {
            mneme_clock_pause(SETTLE_PAUSE_MICROS);
        }
    }
    return status;
}

static int judge_suspects(struct verify *verify, struct mneme_error *error) {
    bool is_settled = true;
    struct mneme_cache_shadow *shadow = &verify->shadow;
    int status =
        mneme_cache_suspects_ask(&verify->compare, shadow->postgres, mneme_str_from(shadow->topic), error);
    if (status == MNEME_OK) {
        status = read_ledger(verify, error);
    }
    if (status == MNEME_OK) {
        status = wait_for_live(verify, &is_settled, error);
    }
    if (status == MNEME_OK) {
        status = find_targets(verify, 0, error);
    }
    if (status == MNEME_OK) {
        status = mneme_refold_run(verify->refold, verify->to, error);
    }
    if (status == MNEME_OK) {
        status = mneme_cache_suspects_recheck(&verify->compare, shadow->redis, &shadow->space, error);
    }
    if (status == MNEME_OK && !is_settled) {
        mneme_cache_suspects_leave_out(&verify->compare);
    }
    return status;
}

/* --- all of it --- */

static int open_all(struct verify *verify, struct mneme_error *error) {
    const struct mneme_config *config = verify->options->config;
    struct mneme_log_source source;
    int status = mneme_projection_source(&source, &mneme_cache_projection, config, error);
    if (status == MNEME_OK) {
        status = mneme_log_reader_open_source(&verify->reader, config, &source, "verify", error);
    }
    if (status != MNEME_OK) {
        return status;
    }
    const struct mneme_rebuild_log log = {.topic = mneme_log_reader_topic(verify->reader),
                                          .partitions = mneme_log_reader_partitions(verify->reader)};
    size_t count = (size_t)log.partitions + 1;
    verify->partitions = log.partitions;
    verify->to = calloc(count, sizeof *verify->to);
    verify->ledger = calloc(count, sizeof *verify->ledger);
    verify->evicted = calloc(count, sizeof *verify->evicted);
    verify->evicted_apart = calloc(count, sizeof *verify->evicted_apart);
    verify->is_begun = calloc(count, sizeof *verify->is_begun);
    if (verify->to == NULL || verify->ledger == NULL || verify->evicted == NULL ||
        verify->evicted_apart == NULL || verify->is_begun == NULL) {
        return no_memory(error);
    }
    status = mneme_store_log_history(&verify->history, config, &log, error);
    if (status == MNEME_OK) {
        status = mneme_cache_shadow_open(&verify->shadow, config, MNEME_CACHE_SHADOW_VERIFY, error);
    }
    return status == MNEME_OK ? mneme_cache_shadow_make(&verify->shadow, &log, error) : status;
}

static int thaw(struct verify *verify, struct mneme_error *error) {
    struct mneme_hot_standing standing;
    int status = MNEME_OK;
    for (int32_t p = 0; status == MNEME_OK && verify->frozen_at != 0 && p < verify->partitions; p++) {
        status = mneme_cache_shadow_freeze(&standing, &verify->shadow, p, 0, error);
    }
    verify->frozen_at = status == MNEME_OK ? 0 : verify->frozen_at;
    return status;
}

static void clean_up(struct verify *verify) {
    struct mneme_error ignored = {0};
    mneme_refold_close(verify->refold);
    (void)thaw(verify, &ignored);                             /* else it ends by itself */
    (void)mneme_cache_shadow_drop(&verify->shadow, &ignored); /* else the next one drops it */
    mneme_cache_shadow_close(&verify->shadow);
    mneme_log_reader_close(verify->reader);
    mneme_cache_compare_clean_up(&verify->compare);
    mneme_pg_params_clean_up(&verify->params);
    free(verify->history.lost_until);
    free(verify->to);
    free(verify->ledger);
    free(verify->evicted);
    free(verify->evicted_apart);
    free(verify->is_begun);
}

int mneme_cache_verify(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                       struct mneme_error *error) {
    struct verify verify = {.options = options};
    int64_t started = mneme_clock_monotonic_micros();
    *outcome = (struct mneme_verify_outcome){0};
    int status = open_all(&verify, error);
    if (status == MNEME_OK) {
        status = fold(&verify, error);
    }
    if (status == MNEME_OK && mneme_refold_left(verify.refold, verify.to) > 0) {
        outcome->is_interrupted = true;
    } else if (status == MNEME_OK) {
        outcome->events = mneme_refold_events(verify.refold);
        for (int32_t p = 0; p < verify.partitions; p++) {
            outcome->lost += mneme_log_history_lost(&verify.history, p);
        }
        status = compare_all(&verify, error);
        status = status == MNEME_OK ? thaw(&verify, error) : status;
        if (status == MNEME_OK && verify.compare.first != NULL) {
            status = judge_suspects(&verify, error);
        }
        if (status == MNEME_OK) {
            outcome->differences = mneme_cache_compare_report(&verify.compare, options);
        }
    }
    clean_up(&verify);
    outcome->seconds = (double)(mneme_clock_monotonic_micros() - started) / 1e6;
    return status;
}
