/*
 * Decisions of a person about messages of the log, so that all projections and every rebuild treat them
 * alike. Every fold of the log parks messages that were parked by hand, whether it could read them or not,
 * and skips dropped messages as if they were not there.
 */
#ifndef MNEME_CONSUMERS_LOG_MARKS_H
#define MNEME_CONSUMERS_LOG_MARKS_H

#include "common/config/config.h"
#include "consumers/log/digest.h"
#include "schemas/event.h"

struct mneme_log_mark {
    struct mneme_position position;
    char *reason; /* malloc'd */
    /* Of the dropped message, so that another message in its place, in a topic that was made again, is not
     * taken for it; unset: the message was parked by hand. */
    struct mneme_log_digest dropped;
};

/* Zero-initialise to start with. Any number of threads may read while none changes it. */
struct mneme_log_marks {
    struct mneme_log_mark *items; /* ascending by partition and offset */
    size_t count, capacity;
};

void mneme_log_marks_clean_up(struct mneme_log_marks *marks);

/* Adds a mark behind all others; `dropped` NULL: it was parked by hand. False when memory is exhausted. */
bool mneme_log_marks_add(struct mneme_log_marks *marks, struct mneme_position position,
                         struct mneme_str reason, const struct mneme_log_digest *dropped);

/* NULL: the message has no mark. `marks` may be NULL. */
const struct mneme_log_mark *mneme_log_marks_find(const struct mneme_log_marks *marks,
                                                  struct mneme_position position);

/* Replaces *marks, which is unchanged on an error, by the marks of the topic: what was parked by hand, and
 * what was dropped in `projection` or in the ledger, which all projections follow. For readers that do not
 * fold, `projection` is NULL, and nothing counts as dropped. Blocks until the store answers. */
typedef int mneme_log_marks_reader(struct mneme_log_marks *marks, const struct mneme_config *config,
                                   const char *topic, const char *projection, struct mneme_error *error);

/* A reader waits at a message that it cannot read. */
struct mneme_schema_wait {
    const char *projection, *topic;
    struct mneme_position position;
    const char *reason; /* NULL: it goes on */
};

/* Why the schema of a message is not known: the decoder's error without its advice. At most `size` bytes with
 * the NUL. */
void mneme_unknown_schema_reason(char *out, size_t size, const struct mneme_error *error);

/* "cannot read the event at …: …; upgrade this program, or …": MNEME_E_UNKNOWN_SCHEMA. */
int mneme_unknown_schema(struct mneme_error *error, const char *topic, struct mneme_position position,
                         const struct mneme_error *reason);

#endif
