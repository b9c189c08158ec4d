/*
 * What an event of the log is known by: a digest of its place, time, key and bytes. The progress keeps the
 * one of the last event that was folded, so that a topic that was deleted and made anew is told from the one
 * that the progress speaks of, however many events it holds.
 */
#ifndef MNEME_CONSUMERS_LOG_DIGEST_H
#define MNEME_CONSUMERS_LOG_DIGEST_H

#include "common/base/error.h"
#include "common/base/types.h"

#define MNEME_LOG_DIGEST_BYTES 40

/* The bytes are what a projection keeps: a SHA-256 and the event's offset, big-endian. The offset is there
 * since the progress may lie further behind: markers of transactions take offsets too. */
struct mneme_log_digest {
    uint8_t bytes[MNEME_LOG_DIGEST_BYTES];
    bool is_set; /* false: not known, so that nothing is compared with it */
};

/* SHA-256 over offset, time (microseconds), key and value; a null key differs from an empty one, a null value
 * does not. MNEME_E_NO_MEMORY. */
int mneme_log_digest(struct mneme_log_digest *out, int64_t offset, int64_t recorded_at, struct mneme_str key,
                     struct mneme_str value, struct mneme_error *error);

/* Takes what a projection kept beside a progress of next_offset: unset when it is no digest. One without an
 * offset, as former versions kept it, is of the event right before next_offset. */
void mneme_log_digest_take(struct mneme_log_digest *out, const void *kept, size_t len, int64_t next_offset);

/* The offset of the event; the digest is set. */
int64_t mneme_log_digest_offset(const struct mneme_log_digest *digest);

/* Whether both are known and the same. */
bool mneme_log_digest_equal(const struct mneme_log_digest *a, const struct mneme_log_digest *b);

#endif
