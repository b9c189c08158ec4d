/*
 * Writing records to the embeddings topic of a model: gathered, sent, and waited for until the brokers have
 * all of them.
 */
#ifndef MNEME_CONSUMERS_EMBED_EMBED_RECORDS_H
#define MNEME_CONSUMERS_EMBED_EMBED_RECORDS_H

#include "common/base/types.h"
#include "common/config/projections.h"
#include "common/kafka/kafka.h"

struct mneme_embed_records; /* one thread at a time */

/* Connects to nothing yet. `config` must outlive it, `topic` is copied; max_message_bytes is what the topic
 * takes, 0 when that is not known. */
int mneme_embed_records_open(struct mneme_embed_records **out, const struct mneme_config *config,
                             const char *topic, int64_t max_message_bytes, struct mneme_error *error);
void mneme_embed_records_close(struct mneme_embed_records *records);

/* How many bytes key and value of a record may have together. */
size_t mneme_embed_records_most_bytes(const struct mneme_embed_records *records);

/* Hands a record to the client, which copies it and keeps it for the flush; a null value means that the
 * document was removed. MNEME_E_UNSAFE when the record is too large for the topic. */
int mneme_embed_records_add(struct mneme_embed_records *records, struct mneme_str key, struct mneme_str value,
                            int64_t source_sequence, struct mneme_error *error);

/* Returns when the brokers have everything that was added, in order within each key. After a failure some
 * records may have arrived: write them again. MNEME_E_UNAVAILABLE when the brokers are too slow. */
int mneme_embed_records_flush(struct mneme_embed_records *records, struct mneme_error *error);

/* Forgets what was added and not flushed. */
void mneme_embed_records_drop(struct mneme_embed_records *records);

#endif
