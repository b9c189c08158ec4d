/*
 * The rebuild's operations. Whatever is behind at the switch, its workers fill up from the log before they
 * let readers in, so holding them up is a courtesy, and may end by itself.
 */
#include "consumers/redis/rebuild/rebuild.h"

#include "consumers/store/rebuild/log_history.h"

#include <stdlib.h>

#include "common/log/log.h"
#include "consumers/redis/rebuild/apart.h"

#define FREEZE_MS 15000

struct rebuild {
    struct mneme_apart apart;
    bool is_frozen;
};

static int freeze_all(struct rebuild *rebuild, int64_t for_ms, struct mneme_error *error) {
    struct mneme_hot_standing standing;
    int status = MNEME_OK;
    for (int32_t p = 0; status == MNEME_OK && p < rebuild->apart.partitions; p++) {
        status = mneme_apart_freeze(&standing, &rebuild->apart, p, for_ms, error);
    }
    return status;
}

static void end(void *context) {
    struct rebuild *rebuild = context;
    struct mneme_error ignored = {0};
    if (rebuild->is_frozen) {
        (void)freeze_all(rebuild, 0, &ignored); /* else it ends by itself */
    }
    mneme_apart_close(&rebuild->apart);
    free(rebuild);
}

static int begin(void **out, const struct mneme_config *config, const struct mneme_rebuild_log *log,
                 bool *is_resumed, struct mneme_error *error) {
    struct rebuild *rebuild = calloc(1, sizeof *rebuild);
    *is_resumed = false;
    if (rebuild == NULL) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was rebuilt: out of memory");
    }
    struct mneme_apart *apart = &rebuild->apart;
    int status = mneme_apart_open(apart, config, MNEME_APART_REBUILD, error);
    if (status == MNEME_OK) {
        *is_resumed =
            apart->is_there && apart->partitions == log->partitions && strcmp(apart->topic, log->topic) == 0;
        status = *is_resumed ? MNEME_OK : mneme_apart_make(apart, log, error);
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
    return mneme_apart_make(&rebuild->apart, log, error);
}

static const struct mneme_config *config_of(void *context) {
    const struct rebuild *rebuild = context;
    return rebuild->apart.config;
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
    (void)next_offsets; /* the space's own progress says it */
    (void)partitions;
    int status = mneme_apart_switch(&rebuild->apart, error);
    rebuild->is_frozen = rebuild->is_frozen && status != MNEME_OK;
    return status;
}

static int abandon(const struct mneme_config *config, bool *was_there, struct mneme_error *error) {
    struct mneme_apart apart;
    int status = mneme_apart_open(&apart, config, MNEME_APART_REBUILD, error);
    *was_there = status == MNEME_OK && apart.is_there;
    if (status == MNEME_OK) {
        status = mneme_apart_drop(&apart, error);
    }
    mneme_apart_close(&apart);
    return status;
}

const struct mneme_rebuild_ops mneme_redis_rebuild = {
    .history = mneme_store_log_history,
    .begin = begin,
    .restart = restart,
    .config = config_of,
    .finish_load = finish_load,
    .freeze = freeze,
    .swap = swap,
    .end = end,
    .verify = mneme_redis_verify,
    .abandon = abandon,
};
