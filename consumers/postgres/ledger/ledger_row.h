/*
 * A row of the ledger: its bytes in binary COPY, and the hash that chains it to the row before it in its
 * partition. Both are made once, from the event and its verdict alone.
 */
#ifndef MNEME_CONSUMERS_POSTGRES_LEDGER_ROW_H
#define MNEME_CONSUMERS_POSTGRES_LEDGER_ROW_H

#include <openssl/evp.h>

#include "common/json/normal.h"
#include "consumers/log/batch.h"
#include "consumers/postgres/ledger/heads.h"

#define MNEME_LEDGER_COLUMNS 21 /* with the hash, which is the last */

/* What the fold decided. */
struct mneme_ledger_decision {
    const char *verdict;
    struct mneme_opt_long version, actual;
};

/* Kept from row to row; one thread at a time. */
struct mneme_ledger_writer {
    EVP_MD_CTX *context; /* borrowed, as is the algorithm: SHA-256 */
    const EVP_MD *sha256;
    struct mneme_buffer json;
    struct mneme_json_normal normal;
};
void mneme_ledger_writer_clean_up(struct mneme_ledger_writer *writer);

/* Appends the row and moves the head to it. When memory is exhausted rows->failed is set. */
void mneme_ledger_row(struct mneme_ledger_writer *writer, struct mneme_buffer *rows,
                      const struct mneme_batch_item *item, const struct mneme_ledger_decision *decision,
                      struct mneme_ledger_head *head);

/* SHA-256 of the hash before and `fields`, the row's fields but the hash with their length words. False when
 * OpenSSL fails. */
bool mneme_ledger_hash(uint8_t hash[MNEME_LEDGER_HASH_BYTES], EVP_MD_CTX *context, const EVP_MD *sha256,
                       const uint8_t previous[MNEME_LEDGER_HASH_BYTES], struct mneme_str fields);

#endif
