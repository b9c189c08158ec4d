/*
 * Uses a separate connection: those of rebuild and verification have other schemas.
 */
#include "consumers/store/rebuild/log_history.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/postgres/row.h"

static int out_of_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "the log's history was not read: out of memory");
}

static int find_tables(bool *has_progress, bool *has_losses, struct mneme_postgres *postgres,
                       struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    mneme_pg_param_str(&params, mneme_str_from(mneme_pg_own_schema(postgres)));
    int status = mneme_pg_query(&rows, postgres, mneme_sql_history_tables, &params, true, error);
    *has_progress = status == MNEME_OK && PQgetvalue(rows, 0, 0)[0] != 0;
    *has_losses = status == MNEME_OK && PQgetvalue(rows, 0, 1)[0] != 0;
    PQclear(rows);
    mneme_pg_params_clean_up(&params);
    return status;
}

static int read_history(struct mneme_log_history *history, struct mneme_postgres *postgres,
                        const struct mneme_rebuild_log *log, struct mneme_error *error) {
    struct mneme_pg_params params = {0};
    PGresult *rows = NULL;
    bool has_progress;
    bool has_losses;
    mneme_pg_param_str(&params, mneme_str_from(log->topic));
    int status = find_tables(&has_progress, &has_losses, postgres, error);
    if (status == MNEME_OK && has_progress) {
        status = mneme_pg_query(&rows, postgres, mneme_sql_history_partitions, &params, true, error);
        if (status == MNEME_OK && !PQgetisnull(rows, 0, 0)) {
            history->partitions = (int32_t)mneme_pg_get_long(rows, 0, 0);
        }
        PQclear(rows);
        rows = NULL;
    }
    if (status == MNEME_OK && has_losses) {
        status = mneme_pg_query(&rows, postgres, mneme_sql_history_losses, &params, true, error);
        for (int row = 0; status == MNEME_OK && row < PQntuples(rows); row++) {
            int64_t partition = mneme_pg_get_long(rows, row, 0);
            if (partition >= 0 && partition < log->partitions) {
                history->lost_until[partition] = mneme_pg_get_long(rows, row, 1);
            }
        }
        PQclear(rows);
    }
    mneme_pg_params_clean_up(&params);
    return status;
}

int mneme_store_log_history(struct mneme_log_history *history, const struct mneme_config *config,
                            const struct mneme_rebuild_log *log, struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    *history = (struct mneme_log_history){.lost_partitions = log->partitions};
    history->lost_until = calloc((size_t)log->partitions + 1, sizeof *history->lost_until);
    if (history->lost_until == NULL) {
        return out_of_memory(error);
    }
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_POSTGRES, "mneme rebuild", error);
    if (status == MNEME_OK) {
        status = read_history(history, postgres, log, error);
    }
    mneme_pg_close(postgres);
    if (status != MNEME_OK) {
        free(history->lost_until);
        *history = (struct mneme_log_history){0};
    }
    return status;
}

/* "user@host" */
static void write_user_and_host(char *text, size_t size) {
    struct passwd entry;
    struct passwd *found = NULL;
    char names[1024];
    char host[128] = "";
    if (gethostname(host, sizeof host - 1) != 0) {
        host[0] = '\0';
    }
    bool is_known = getpwuid_r(geteuid(), &entry, names, sizeof names, &found) == 0 && found != NULL;
    if (is_known) {
        snprintf(text, size, "%s@%s", found->pw_name, host);
    } else {
        snprintf(text, size, "%lu@%s", (unsigned long)geteuid(), host);
    }
}

int mneme_store_record_loss(struct mneme_scratch *scratch, const struct mneme_rebuild_log *log,
                            struct mneme_error *error) {
    struct mneme_buffer starts = {0};
    struct mneme_pg_params params = {0};
    char accepted_by[300];
    write_user_and_host(accepted_by, sizeof accepted_by);
    for (int32_t p = 0; p < log->partitions; p++) {
        mneme_buffer_printf(&starts, "%s%lld", p == 0 ? "{" : ",", (long long)log->starts[p]);
    }
    mneme_buffer_append_byte(&starts, '}');
    mneme_pg_param_str(&params, mneme_str_from(log->topic));
    mneme_pg_param_str(&params, mneme_buffer_str(&starts));
    mneme_pg_param_str(&params, mneme_str_from(accepted_by));
    int status = starts.failed
                     ? out_of_memory(error)
                     : mneme_pg_query(NULL, scratch->postgres, mneme_sql_loss_settings, &params, true, error);
    if (status == MNEME_OK) {
        status = mneme_pg_run(scratch->postgres, mneme_sql_loss_record, error);
    }
    mneme_pg_params_clean_up(&params);
    mneme_buffer_clean_up(&starts);
    return status;
}
