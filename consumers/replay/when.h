/*
 * Where a replay begins and ends, as given by people: a time, a position, several positions, "beginning" or
 * "end"; and the offsets that this means in each partition.
 */
#ifndef MNEME_CONSUMERS_REPLAY_WHEN_H
#define MNEME_CONSUMERS_REPLAY_WHEN_H

#include "consumers/log/reader.h"

/* The allowed forms, for messages; %s stands for mneme_moment_forms(MNEME_MOMENT_AGO). */
#define MNEME_WHEN_FORMS "a position such as 3:17, several separated by commas, beginning, end, or a time: %s"

/* Whether the text names a place; connects to nothing. */
bool mneme_when_is_valid(const char *text);

/*
 * For each partition of the topic the first offset behind the cut. An event at the time or position itself is
 * after a beginning's cut and before an end's (`is_end`). One position cuts the other partitions by the time
 * of its event. Several cut their own partitions; a partition that they do not name counts as not begun.
 * MNEME_E_USAGE for a text that names no place, MNEME_E_NOT_FOUND for a position that the log does not have;
 * else as mneme_log_reader_resolve. `offsets` has room for all partitions.
 */
int mneme_when_resolve(int64_t *offsets, struct mneme_log_reader *reader, const char *text, bool is_end,
                       struct mneme_error *error);

#endif
