/*
 * What a person has said of messages of the log, so that all projections and every rebuild make the same of
 * them. Whoever folds the log parks those that were parked by hand, whether it could read them or not, and
 * passes over those that were dropped as if they were not there.
 */
#ifndef MNEME_CONSUMERS_LOG_MARKS_H
#define MNEME_CONSUMERS_LOG_MARKS_H

#include "common/config/config.h"
#include "consumers/log/digest.h"
#include "schemas/event.h"

struct mneme_log_mark {
    struct mneme_position position;
    char *reason; /* malloc'd */
    /* Of the message that was dropped, so that another one in its place, of a topic that was made again, is
     * told from it; unset: the message was parked by hand. */
    struct mneme_log_digest dropped;
};

/* Zero-initialise to start with. Any number of threads may look while none changes it. */
struct mneme_log_marks {
    struct mneme_log_mark *items; /* ascending by partition and offset */
    size_t count, capacity;
};

void mneme_log_marks_clean_up(struct mneme_log_marks *marks);

/* Adds a mark behind all others; `dropped` NULL: it was parked by hand. False when memory is exhausted. */
bool mneme_log_marks_add(struct mneme_log_marks *marks, struct mneme_position position,
                         struct mneme_str reason, const struct mneme_log_digest *dropped);

/* NULL: nobody has said anything of that message. `marks` may be NULL. */
const struct mneme_log_mark *mneme_log_marks_find(const struct mneme_log_marks *marks,
                                                  struct mneme_position position);

/* Puts the marks of the topic in the place of what *marks holds, which stays on an error: what was parked by
 * hand, and what was dropped in `projection` or in the ledger, with which all agree; for who only reads
 * `projection` is NULL, and nothing counts as dropped. Blocks for as long as the store takes to answer. */
typedef int mneme_log_marks_reader(struct mneme_log_marks *marks, const struct mneme_config *config,
                                   const char *topic, const char *projection, struct mneme_error *error);

/* Where a reader stands before a message that it cannot read. */
struct mneme_schema_wait {
    const char *projection, *topic;
    struct mneme_position position;
    const char *reason; /* NULL: it goes on */
};

/* Why the schema of a message is not known, from what the decoder said: without what to do about it. At most
 * `size` bytes with the NUL. */
void mneme_unknown_schema_reason(char *out, size_t size, const struct mneme_error *error);

/* "cannot read the event at …: …; upgrade this program, or …": MNEME_E_UNKNOWN_SCHEMA. */
int mneme_unknown_schema(struct mneme_error *error, const char *topic, struct mneme_position position,
                         const struct mneme_error *reason);

#endif
