/*
 * Whether a projection was folded from the log as it is now: compares its progress in Postgres with the log,
 * without claiming anything.
 */
#ifndef MNEME_CONSUMERS_STORE_LOG_CHECK_H
#define MNEME_CONSUMERS_STORE_LOG_CHECK_H

#include "common/postgres/postgres.h"
#include "consumers/log/reader.h"

/*
 * Compares the number of partitions, the ends, and the last event of each partition, as far as the log still
 * has it. `postgres` has the schema of the projection on its search path. *is_begun: it has folded something
 * of this topic; else nothing is compared. MNEME_E_UNSAFE with the difference as a clause ("partition 3 …")
 * when it is another log; errors of mneme_log_reader_read and of Postgres.
 */
int mneme_log_check(bool *is_begun, struct mneme_log_reader *reader, struct mneme_postgres *postgres,
                    const char *projection, struct mneme_error *error);

#endif
