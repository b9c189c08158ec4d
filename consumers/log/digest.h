/*
 * Identifies an event of the log: a digest of its place, time, key and bytes. The progress keeps the digest
 * of the last folded event, so that a topic that was deleted and made again is recognised, however many
 * events it has.
 */
#ifndef MNEME_CONSUMERS_LOG_DIGEST_H
#define MNEME_CONSUMERS_LOG_DIGEST_H

#include "common/base/error.h"
#include "common/base/types.h"

#define MNEME_LOG_DIGEST_BYTES 40

/* The bytes are what a projection keeps: a SHA-256 and the event's offset, big-endian. The offset is included
 * since the progress may be further on: markers of transactions take offsets, too. */
struct mneme_log_digest {
    uint8_t bytes[MNEME_LOG_DIGEST_BYTES];
    bool is_set; /* false: not known, so nothing is compared with it */
};

/* SHA-256 over offset, time (microseconds), key and value; a null key differs from an empty one, a null value
 * does not. MNEME_E_NO_MEMORY. */
int mneme_log_digest(struct mneme_log_digest *out, int64_t offset, int64_t recorded_at, struct mneme_str key,
                     struct mneme_str value, struct mneme_error *error);

/* Reads what a projection kept with a progress of next_offset: unset if it is not a digest. A digest without
 * an offset, as former versions kept it, is that of the event right before next_offset. */
void mneme_log_digest_take(struct mneme_log_digest *out, const void *kept, size_t len, int64_t next_offset);

/* The offset of the event; the digest is set. */
int64_t mneme_log_digest_offset(const struct mneme_log_digest *digest);

/* Whether both are known and the same. */
bool mneme_log_digest_equal(const struct mneme_log_digest *a, const struct mneme_log_digest *b);

#endif
