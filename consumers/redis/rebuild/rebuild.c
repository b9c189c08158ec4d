/*
 * The rebuild's operations. Workers fill whatever is behind at the switch from the log before they let
 * readers in, so pausing them is optional, and may end by itself.
 */
#include "consumers/redis/rebuild/rebuild.h"

#include "consumers/store/rebuild/log_history.h"

#include <stdlib.h>

#include "common/log/log.h"
#include "consumers/redis/rebuild/shadow.h"

#define FREEZE_MS 15000

struct rebuild {
    struct mneme_cache_shadow shadow;
    bool is_frozen;
};

static int freeze_all(struct rebuild *rebuild, int64_t for_ms, struct mneme_error *error) {
    struct mneme_hot_standing standing;
    int status = MNEME_OK;
    for (int32_t p = 0; status == MNEME_OK && p < rebuild->shadow.partitions; p++) {
        status = mneme_cache_shadow_freeze(&standing, &rebuild->shadow, p, for_ms, error);
    }
    return status;
}

static void end(void *context) {
    struct rebuild *rebuild = context;
    struct mneme_error ignored = {0};
    if (rebuild->is_frozen) {
        (void)freeze_all(rebuild, 0, &ignored); /* else it ends by itself */
    }
    mneme_cache_shadow_close(&rebuild->shadow);
    free(rebuild);
}

static int begin(void **out, const struct mneme_config *config, const struct mneme_rebuild_log *log,
                 bool *is_resumed, struct mneme_error *error) {
    struct rebuild *rebuild = calloc(1, sizeof *rebuild);
    *is_resumed = false;
    if (rebuild == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was rebuilt: out of memory");
    }
    struct mneme_cache_shadow *shadow = &rebuild->shadow;
    int status = mneme_cache_shadow_open(shadow, config, MNEME_CACHE_SHADOW_REBUILD, error);
    if (status == MNEME_OK) {
        *is_resumed = shadow->is_there && shadow->partitions == log->partitions &&
                      strcmp(shadow->topic, log->topic) == 0;
        status = *is_resumed ? MNEME_OK : mneme_cache_shadow_make(shadow, log, error);
    }
    if (status != MNEME_OK) {
        end(rebuild);
        return status;
    }
    *out = rebuild;
    return MNEME_OK;
}

static int restart(void *context, const struct mneme_rebuild_log *log, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    return mneme_cache_shadow_make(&rebuild->shadow, log, error);
}

static const struct mneme_config *config_of(void *context) {
    const struct rebuild *rebuild = context;
    return rebuild->shadow.config;
}

static int finish_load(void *context, unsigned jobs, struct mneme_error *error) {
    (void)context; /* Redis has nothing to build afterwards */
    (void)jobs;
    (void)error;
    return MNEME_OK;
}

static int freeze(void *context, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    rebuild->is_frozen = true;
    return freeze_all(rebuild, FREEZE_MS, error);
}

static int swap(void *context, const int64_t *next_offsets, int32_t partitions, struct mneme_error *error) {
    struct rebuild *rebuild = context;
    (void)next_offsets; /* the space's own progress has it */
    (void)partitions;
    int status = mneme_cache_shadow_switch(&rebuild->shadow, error);
    rebuild->is_frozen = rebuild->is_frozen && status != MNEME_OK;
    return status;
}

static int abandon(const struct mneme_config *config, bool *was_there, struct mneme_error *error) {
    struct mneme_cache_shadow shadow;
    int status = mneme_cache_shadow_open(&shadow, config, MNEME_CACHE_SHADOW_REBUILD, error);
    *was_there = status == MNEME_OK && shadow.is_there;
    if (status == MNEME_OK) {
        status = mneme_cache_shadow_drop(&shadow, error);
    }
    mneme_cache_shadow_close(&shadow);
    return status;
}

const struct mneme_rebuild_ops mneme_cache_rebuild = {
    .history = mneme_store_log_history,
    .begin = begin,
    .restart = restart,
    .config = config_of,
    .finish_load = finish_load,
    .freeze = freeze,
    .swap = swap,
    .end = end,
    .verify = mneme_cache_verify,
    .abandon = abandon,
};
