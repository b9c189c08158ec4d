/*
 * Looks up single events in the log, by which an import checks its notes of former runs.
 */
#ifndef MNEME_CLI_IMPORT_LOG_H
#define MNEME_CLI_IMPORT_LOG_H

#include "consumers/log/reader.h"

/* Zero-initialise, with the configuration. */
struct mneme_import_log {
    const struct mneme_config *config;
    struct mneme_log_reader *reader; /* opened at the first look-up */
};
void mneme_import_log_close(struct mneme_import_log *log);

/* Whether the log has that event at that position. Also false when the log cannot be read. Blocks for a few
 * seconds at most. */
bool mneme_import_log_has(struct mneme_import_log *log, struct mneme_position position,
                          struct mneme_uuid event_id);

#endif
