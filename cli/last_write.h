/*
 * The positions that this user of the machine wrote last, by brokers and topic: what `--at-least last` waits
 * for. A small file in the folder of common/config/state_folder.h that is replaced as a whole.
 */
#ifndef MNEME_CLI_LAST_WRITE_H
#define MNEME_CLI_LAST_WRITE_H

#include "common/base/arena.h"
#include "common/config/config.h"

/* Notes the highest offset of each partition (-1: none was written); what is noted already only grows.
 * Several processes may do so at once. */
int mneme_last_write_save(const struct mneme_config *config, const int64_t *offsets, size_t partitions,
                          struct mneme_error *error);

/* What is noted, in the arena. MNEME_E_NOT_FOUND when nothing was written yet. */
int mneme_last_write_load(const struct mneme_position **out, size_t *count, const struct mneme_config *config,
                          struct mneme_arena *arena, struct mneme_error *error);

/* What was written lately. */
struct mneme_recent_write {
    const struct mneme_position *positions; /* in the arena */
    size_t count;
    int64_t stamp; /* names this state of the notes */
    unsigned held; /* bits of whoever looks where the writes have come; 0 after each write */
};

/* Fills it when something was written within the last `recent_micros`; else, or when it cannot be read,
 * false. */
bool mneme_last_write_recent(struct mneme_recent_write *out, const struct mneme_config *config,
                             int64_t recent_micros, struct mneme_arena *arena);

/* Notes its `held` beside the writes, for as long as nothing more is written. That it fails is not an error:
 * who looks next looks again. */
void mneme_last_write_hold(const struct mneme_config *config, const struct mneme_recent_write *recent);

/* Forgets it: the topic was made now, so nothing was written to it. */
void mneme_last_write_forget(const struct mneme_config *config);

#endif
