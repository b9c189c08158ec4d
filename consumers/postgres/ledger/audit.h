/*
 * The audit of the ledger: computes the chain of hashes again from the rows as they are, and names the first
 * row of every place where it breaks. Reads once, in the order of sequence_id, from one snapshot; it keeps a
 * link for each partition and the suspect rows, never the ledger.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_AUDIT_H
#define MNEME_CONSUMERS_POSTGRES_AUDIT_H

#include "consumers/postgres/ledger/heads.h"

enum mneme_break_kind {
    MNEME_BREAK_CHANGED,  /* the row is not what was hashed */
    MNEME_BREAK_REMOVED,  /* there was a row */
    MNEME_BREAK_INSERTED, /* the chain continues as if the row were not there */
    MNEME_BREAK_SWAPPED,  /* two rows would be right in each other's place */
    MNEME_BREAK_KINDS,
};
extern const char *const mneme_break_names[MNEME_BREAK_KINDS];

struct mneme_break {
    enum mneme_break_kind kind;
    struct mneme_position first;
    int64_t last_offset;  /* of the break's rows or missing offsets */
    int64_t other_offset; /* of SWAPPED: the other row; else -1 */
    const char *reason;   /* a constant phrase */
};

/* A loss of the log that was accepted by a rebuild: the chain begins behind it. */
struct mneme_audit_loss {
    int32_t partition;
    int64_t first_offset, last_offset;
    int64_t head_sequence; /* where the chain before it ended; -1: it had no rows */
    int64_t accepted_at;   /* microseconds */
    struct mneme_str accepted_by;
};

struct mneme_audit {
    int32_t partition;                     /* -1: all */
    const struct mneme_ledger_head *heads; /* that must be on the chain, ascending by sequence_id */
    size_t head_count;
    bool (*is_interrupted)(void *context);
    void (*on_total)(void *context, int64_t rows);
    void (*on_progress)(void *context, int64_t rows);
    void (*on_loss)(void *context, const struct mneme_audit_loss *loss); /* before the first row is read */
    void (*on_break)(void *context, const struct mneme_break *found);    /* by partition and offset */
    void *context;
};

struct mneme_audit_result {
    int64_t rows, breaks;
    int64_t detached_rows; /* of the chain, in detached months: not checked */
    int64_t partitions;
    int64_t heads;          /* of the caller's, that are right */
    int64_t detached_heads; /* within detached months */
    int64_t lost;           /* offsets that are recorded as lost */
    int64_t former_heads;   /* of the caller's, that are of the chain before a recorded loss */
};

/* MNEME_OK also when the chain is broken: see result->breaks. MNEME_E_NOT_FOUND for an unknown partition,
 * naming the known ones; MNEME_E_TIMEOUT when interrupted; else what Postgres says, MNEME_E_NO_MEMORY. After
 * a failure the connection is in the middle of a COPY: close it. */
int mneme_audit_verify(struct mneme_audit_result *result, struct mneme_postgres *postgres,
                       const struct mneme_audit *audit, struct mneme_error *error);

/* Visits each recorded loss, by partition and offset; its text is valid during the call. */
int mneme_audit_losses(struct mneme_postgres *postgres,
                       void (*on_loss)(void *context, const struct mneme_audit_loss *loss), void *context,
                       struct mneme_error *error);

/* The heads as they are stored, ascending by sequence_id; *heads is the caller's to free. */
int mneme_audit_heads(struct mneme_ledger_head **heads, size_t *count, struct mneme_postgres *postgres,
                      struct mneme_error *error);

#endif
