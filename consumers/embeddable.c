/*
 * Checks made before anything is embedded.
 */
#include "consumers/embeddable.h"

#include <stdlib.h>

#include "consumers/store/log_check.h"
#include "consumers/store/rebuild/log_history.h"

#define OFFSETS_TIMEOUT_MS 30000

/* Checks the log's beginning, except for recorded losses. */
static int check_beginning(struct mneme_log_history *history, struct mneme_log_reader *reader,
                           const struct mneme_config *config, struct mneme_error *error) {
    const struct mneme_log_point beginning = {.kind = MNEME_LOG_BEGINNING};
    int32_t partitions = mneme_log_reader_partitions(reader);
    int64_t *starts = calloc((size_t)partitions + 1, sizeof *starts);
    const struct mneme_rebuild_log log = {
        .topic = mneme_log_reader_topic(reader), .partitions = partitions, .starts = starts};
    int status = starts == NULL
                     ? mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was embedded: out of memory")
                     : mneme_log_reader_resolve(starts, reader, &beginning, OFFSETS_TIMEOUT_MS, error);
    if (status == MNEME_OK) {
        status = mneme_store_log_history(history, config, &log, error);
    }
    for (int32_t p = 0; p < partitions && status == MNEME_OK; p++) {
        if (starts[p] > mneme_log_history_lost(history, p)) {
            status =
                mneme_error_set(error, MNEME_E_UNSAFE,
                                "nothing was embedded: partition %d of %s begins at offset %lld, and earlier "
                                "events would be lost; to accept that, run `mneme rebuild postgres "
                                "--accept-loss`, which records it for all projections, and then this again",
                                (int)p, log.topic, (long long)starts[p]);
        }
    }
    free(starts);
    return status;
}

static int check_ledger(struct mneme_log_reader *reader, const struct mneme_config *config,
                        struct mneme_error *error) {
    struct mneme_postgres *postgres = NULL;
    struct mneme_error why = {0};
    bool is_begun = false;
    int status = mneme_pg_connect_to(&postgres, config, MNEME_PROJECTION_POSTGRES, "mneme reembed", &why);
    if (status == MNEME_OK) {
        status = mneme_log_check(&is_begun, reader, postgres,
                                 mneme_projections[MNEME_PROJECTION_POSTGRES].name, &why);
    }
    mneme_pg_close(postgres);
    if (status == MNEME_E_UNSAFE || (status == MNEME_OK && !is_begun)) {
        return mneme_error_set(error, MNEME_E_UNSAFE,
                               "nothing was embedded: the ledger is not made from this log: %s; run `mneme "
                               "rebuild postgres`, and then this again",
                               is_begun ? why.message : "it has folded nothing of it");
    }
    return status == MNEME_OK ? MNEME_OK
                              : mneme_error_set(error, (enum mneme_status)status, "%s", why.message);
}

int mneme_embeddable_log(struct mneme_log_history *history, const struct mneme_config *config,
                         struct mneme_error *error) {
    struct mneme_log_reader *reader = NULL;
    *history = (struct mneme_log_history){0};
    int status = mneme_log_reader_open(&reader, config, "reembed", error);
    if (status == MNEME_OK) {
        status = check_beginning(history, reader, config, error);
    }
    if (status == MNEME_OK) {
        status = check_ledger(reader, config, error);
    }
    mneme_log_reader_close(reader);
    return status;
}
