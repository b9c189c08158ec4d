/*
 * Rows of one partition that do not follow from the row before, kept until the partition's end, when some
 * prove to be swapped and others to be right.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_SUSPECTS_H
#define MNEME_CONSUMERS_POSTGRES_SUSPECTS_H

#include <openssl/evp.h>

#include "consumers/postgres/ledger/audit.h"

#define MNEME_LEDGER_FIELDS 20     /* without the hash */
#define MNEME_FOLD_MAX_SUSPECTS 64 /* of a partition; further ones are only reported as broken */

/* A row as it was read. */
struct mneme_ledger_read {
    int64_t sequence_id, offset;
    int32_t partition;
    struct mneme_str fields;                     /* with their length words */
    struct mneme_str field[MNEME_LEDGER_FIELDS]; /* each with its length word */
    uint8_t hash[MNEME_LEDGER_HASH_BYTES];
};

struct mneme_fold_suspect_item {
    struct mneme_ledger_read row;
    char *bytes;                               /* of its fields */
    uint8_t previous[MNEME_LEDGER_HASH_BYTES]; /* the hash in the row before */
    int64_t previous_offset;                   /* -1: none */
    enum mneme_break_kind kind;
    int64_t other_offset;
    bool is_cleared; /* the row before was wrong instead */
};

struct mneme_fold_suspects {
    struct mneme_fold_suspect_item *items;
    size_t count;
};
void mneme_fold_suspects_clean_up(struct mneme_fold_suspects *suspects);

/* Adds a copy of the row; NULL when there are too many (*is_full) or memory is exhausted. */
struct mneme_fold_suspect_item *mneme_fold_suspects_add(struct mneme_fold_suspects *suspects,
                                                        const struct mneme_ledger_read *row, bool *is_full);

/* Finds swapped rows, and clears those that were only behind them. False when memory is exhausted or OpenSSL
 * fails. */
bool mneme_fold_suspects_judge(struct mneme_fold_suspects *suspects, EVP_MD_CTX *context,
                               const EVP_MD *sha256);

#endif
