/*
 * The ledger's part of the rebuild.
 */
#include "consumers/postgres/rebuild/rebuild.h"

#include "consumers/postgres/postgres_projection.h"
#include "consumers/store/rebuild/log_history.h"

static const struct mneme_catalog_example month = {
    .table = "events_1900_01",
    .add_sql = mneme_sql_catalog_add_month,
    .drop_sql = mneme_sql_catalog_drop_month,
};

static const struct mneme_store_rebuild kind = {
    .projection = &mneme_ledger_projection,
    .schema = MNEME_PROJECTION_POSTGRES,
    .migrations = &mneme_migrations_postgres,
    .example = &month,
    .keeps_losses = true,
    .list_indexes_sql = mneme_sql_rebuild_list_months,
    .complete_indexes_sql = mneme_sql_rebuild_index_months,
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

const struct mneme_rebuild_ops mneme_ledger_rebuild = {
    .history = mneme_store_log_history,
    .records_loss = true,
    .begin = begin,
    .restart = mneme_store_rebuild_restart,
    .config = mneme_store_rebuild_config,
    .finish_load = mneme_store_rebuild_finish_load,
    .freeze = mneme_store_rebuild_freeze,
    .swap = mneme_store_rebuild_swap,
    .end = mneme_store_rebuild_end,
    .verify = verify,
    .rebuild_subject = mneme_ledger_rebuild_subject,
    .abandon = abandon,
};
