/*
 * What the audit reads from Postgres: its snapshot, the recorded end of the chain, what is parked or
 * detached, and the ledger's rows as a stream.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_AUDIT_STORE_H
#define MNEME_CONSUMERS_POSTGRES_AUDIT_STORE_H

#include "consumers/postgres/fold/suspects.h"

/* Rows of a partition in a detached month. */
struct mneme_audit_base {
    int32_t partition;
    int64_t first_offset, last_offset, row_count;
    uint8_t previous_hash[MNEME_LEDGER_HASH_BYTES], hash[MNEME_LEDGER_HASH_BYTES];
};

/* Where the chain of a partition begins behind what the log lost. */
struct mneme_audit_begin {
    int32_t partition;
    int64_t offset;        /* of the first event that was not lost */
    int64_t head_sequence; /* up to here, rows were on the former chain */
};

struct mneme_audit_store {
    struct mneme_ledger_head *heads;
    size_t head_count;
    struct mneme_audit_base *bases; /* by first_offset */
    size_t base_count;
    struct mneme_audit_begin *begins;
    size_t begin_count;
    int64_t *parked; /* ascending sequence_ids */
    size_t parked_count;
};

/* Begins a transaction, reads all of this and begins the stream of rows on the connection. */
int mneme_audit_store_open(struct mneme_audit_store *store, struct mneme_postgres *postgres,
                           const struct mneme_audit *audit, struct mneme_error *error);
void mneme_audit_store_clean_up(struct mneme_audit_store *store);

bool mneme_audit_is_parked(const struct mneme_audit_store *store, struct mneme_position position);
const struct mneme_ledger_head *mneme_audit_head_of(const struct mneme_audit_store *store, int32_t partition);

/* NULL: the chain begins with the log. */
const struct mneme_audit_begin *mneme_audit_begin_of(const struct mneme_audit_store *store,
                                                     int32_t partition);

/* The detached rows that include a head, or NULL. */
const struct mneme_audit_base *mneme_audit_base_of(const struct mneme_audit_store *store,
                                                   const struct mneme_ledger_head *head);

/* Finds the fields of a row from COPY; they point into `bytes`. */
bool mneme_audit_read(struct mneme_ledger_read *row, struct mneme_str bytes);

#endif
