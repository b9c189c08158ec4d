/*
 * Positions as people and files write them: "partition:offset".
 */
#ifndef MNEME_COMMON_BASE_POSITION_H
#define MNEME_COMMON_BASE_POSITION_H

#include "common/base/types.h"

/* False unless the text is a position whose sequence_id fits 64 bits. */
bool mneme_position_parse(struct mneme_position *out, struct mneme_str text);

#endif
