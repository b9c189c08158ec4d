/*
 * A table with at most two relevant rows.
 */
#include "stores/vectors/loss.h"

#include <stdio.h>

#include "common/log/log.h"
#include "common/postgres/schema.h"
#include "sql/embedded.h"

void mneme_loss_write(const struct mneme_config *config, const char *seen_by, const char *reason) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_pg_params params = {0};
    struct mneme_error error = {0};
    mneme_pg_param_str(&params, mneme_str_from(seen_by));
    if (reason != NULL) {
        mneme_pg_param_str(&params, mneme_str_from(reason));
    }
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_VECTORS, "mneme-loss", &error);
    if (status == MNEME_OK) {
        status = mneme_pg_query(NULL, postgres, reason != NULL ? mneme_sql_loss_write : mneme_sql_loss_forget,
                                &params, false, &error);
    }
    if (status != MNEME_OK) {
        mneme_log(MNEME_LOG_DEBUG, "the state of the vectors' records was not saved for readers",
                  MNEME_LOG_S("reason", error.message));
    }
    mneme_pg_params_clean_up(&params);
    mneme_pg_close(postgres);
}

int mneme_loss_read(char *reason, size_t size, struct mneme_postgres *postgres, int32_t generation,
                    const char *seen_by, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    reason[0] = '\0';
    mneme_pg_param_long(&params, generation);
    mneme_pg_param_str(&params, mneme_str_from(seen_by));
    int status = mneme_pg_query(&rows, postgres, mneme_sql_loss_read, &params, false, error);
    if (status == MNEME_OK && PQntuples(rows) > 0) {
        snprintf(reason, size, "%s", PQgetvalue(rows, 0, 0));
    }
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}
