/*
 * The positions that this user of the machine wrote last, by brokers and topic; `--at-least last` waits for
 * them. They are in a small file in the folder of common/config/state_folder.h, which is replaced as a whole.
 */
#ifndef MNEME_CLI_LAST_WRITE_H
#define MNEME_CLI_LAST_WRITE_H

#include "common/base/arena.h"
#include "common/config/config.h"

/* Notes the highest offset of each partition (-1: nothing was written); noted offsets only grow. Several
 * processes may call it at once. */
int mneme_last_write_save(const struct mneme_config *config, const int64_t *offsets, size_t partitions,
                          struct mneme_error *error);

/* The noted positions, in the arena. MNEME_E_NOT_FOUND when nothing was written yet. */
int mneme_last_write_load(const struct mneme_position **out, size_t *count, const struct mneme_config *config,
                          struct mneme_arena *arena, struct mneme_error *error);

/* Recent writes. */
struct mneme_recent_write {
    const struct mneme_position *positions; /* in the arena */
    size_t count;
    int64_t stamp; /* identifies this state of the notes */
    unsigned held; /* bits set by callers for stores that hold the writes; 0 after each write */
};

/* Fills *out when something was written within the last `recent_micros`; otherwise, or when the file cannot
 * be read, returns false. */
bool mneme_last_write_recent(struct mneme_recent_write *out, const struct mneme_config *config,
                             int64_t recent_micros, struct mneme_arena *arena);

/* Notes `held` until the next write. A failure is ignored: the next reader checks the stores again. */
void mneme_last_write_hold(const struct mneme_config *config, const struct mneme_recent_write *recent);

/* Deletes the notes: the topic has just been created, so nothing was written to it. */
void mneme_last_write_forget(const struct mneme_config *config);

#endif
