/*
 * Messages of the log that a person has parked by hand: those that no program at hand can read and nobody is
 * to wait for any more. Whoever folds the log parks them, whether it could read them or not, so that all
 * projections and every rebuild make the same of them.
 */
#ifndef MNEME_CONSUMERS_RUNTIME_LOG_MARKS_H
#define MNEME_CONSUMERS_RUNTIME_LOG_MARKS_H

#include "common/config.h"
#include "schemas/event.h"

struct mneme_log_mark {
    struct mneme_position position;
    char *reason; /* malloc'd */
};

/* Zero-initialise to start with. Any number of threads may look while none changes it. */
struct mneme_log_marks {
    struct mneme_log_mark *items; /* ascending by partition and offset */
    size_t count, capacity;
};

void mneme_log_marks_clean_up(struct mneme_log_marks *marks);

/* Adds a mark behind all others. False when memory is exhausted. */
bool mneme_log_marks_add(struct mneme_log_marks *marks, struct mneme_position position,
                         struct mneme_str reason);

/* NULL: nobody has parked that message. `marks` may be NULL. */
const struct mneme_log_mark *mneme_log_marks_find(const struct mneme_log_marks *marks,
                                                  struct mneme_position position);

/* Puts the marks of the topic in the place of what *marks holds, which stays on an error. Blocks for as long
 * as the store takes to answer. */
typedef int mneme_log_marks_reader(struct mneme_log_marks *marks, const struct mneme_config *config,
                                   const char *topic, struct mneme_error *error);

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
