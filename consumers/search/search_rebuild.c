/*
 * This projection's part of the rebuild.
 */
#include "consumers/search/search_rebuild.h"

#include "consumers/search/search_projection.h"
#include "consumers/store/rebuild/log_history.h"

static const struct mneme_store_rebuild kind = {
    .projection = &mneme_search_projection,
    .schema = MNEME_PROJECTION_SEARCH,
    .migrations = &mneme_migrations_search,
};

static int begin(void **out, const struct mneme_config *config, const struct mneme_rebuild_log *log,
                 bool *is_resumed, struct mneme_error *error) {
    return mneme_store_rebuild_begin(out, &kind, config, log, is_resumed, error);
}

static int abandon(const struct mneme_config *config, bool *was_there, struct mneme_error *error) {
    return mneme_store_rebuild_abandon(&kind, config, was_there, error);
}

static int verify(struct mneme_verify_outcome *outcome, const struct mneme_verify_options *options,
                  struct mneme_error *error) {
    return mneme_store_verify(outcome, &kind, options, error);
}

const struct mneme_rebuild_ops mneme_search_rebuild = {
    .history = mneme_store_log_history,
    .begin = begin,
    .restart = mneme_store_rebuild_restart,
    .config = mneme_store_rebuild_config,
    .finish_load = mneme_store_rebuild_finish_load,
    .freeze = mneme_store_rebuild_freeze,
    .swap = mneme_store_rebuild_swap,
    .end = mneme_store_rebuild_end,
    .verify = verify,
    .abandon = abandon,
};
