/*
 * The end of the ledger's chain of hashes in each partition that a worker owns. Read when partitions are
 * claimed and valid from then on, because nobody else writes them; moved when a batch has committed.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_HEADS_H
#define MNEME_CONSUMERS_POSTGRES_HEADS_H

#include "common/base/arena.h"
#include "common/postgres/postgres.h"

#define MNEME_LEDGER_HASH_BYTES 32 /* SHA-256 */

struct mneme_ledger_head {
    int32_t partition;
    int64_t sequence_id;                   /* of the last row; -1: the ledger has no row of the partition */
    uint8_t hash[MNEME_LEDGER_HASH_BYTES]; /* of that row; zeros: none */
};

/* One thread at a time. Zero-initialise to start with. */
struct mneme_ledger_heads {
    struct mneme_ledger_head *items; /* malloc'd */
    size_t count, capacity;
};
void mneme_ledger_heads_clean_up(struct mneme_ledger_heads *heads);

/* Reads the partitions' heads, replacing those known before. */
int mneme_ledger_heads_read(struct mneme_ledger_heads *heads, struct mneme_postgres *postgres,
                            const int32_t *partitions, size_t count, struct mneme_error *error);

void mneme_ledger_heads_drop(struct mneme_ledger_heads *heads, const int32_t *partitions, size_t count);

/* NULL: the partition was not read. Valid until the next read or drop; may be changed in place. */
struct mneme_ledger_head *mneme_ledger_heads_find(const struct mneme_ledger_heads *heads, int32_t partition);

/* The parameters of fold_write_heads; MNEME_E_NO_MEMORY. */
int mneme_ledger_heads_params(struct mneme_pg_params *params, const struct mneme_ledger_head *const *heads,
                              size_t count, struct mneme_arena *arena, struct mneme_error *error);

#endif
