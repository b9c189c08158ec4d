/*
 * The months of the ledger that are known to have a table. The tables of a batch's months, and of the month
 * after its last one, are made before the batch is written, so that the first event of a month finds its
 * table.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_MONTHS_H
#define MNEME_CONSUMERS_POSTGRES_MONTHS_H

#include "common/postgres/postgres.h"
#include "consumers/log/batch.h"

/* Times [begin, end) in microseconds. */
struct mneme_month {
    int64_t begin, end;
};

#define MNEME_MONTHS_KNOWN 64

/* Zero-initialise to start with, and again whenever another process may have detached a table. */
struct mneme_months {
    struct mneme_month known[MNEME_MONTHS_KNOWN]; /* the most recently used comes first */
    size_t count;
};

/* Outside a transaction. MNEME_E_UNSAFE when a month is detached, else what Postgres says. */
int mneme_months_ensure(struct mneme_months *months, struct mneme_postgres *postgres,
                        const struct mneme_batch *batch, struct mneme_error *error);

#endif
