/*
 * Programs that count in UTF-16 cut texts in the middle of a character and write the half that is left as an
 * escape of its own, or as three bytes. Neither is text. This puts U+FFFD in their place, and in that of
 * U+0000, which no store takes; every such place keeps its length, so that it is done in place.
 */
#ifndef MNEME_COMMON_JSON_REPAIR_H
#define MNEME_COMMON_JSON_REPAIR_H

#include "common/base/types.h"

/* Called for each place, with its distance from the beginning. */
typedef void mneme_json_repaired(void *context, size_t at);

/* Mends JSON, or what may be JSON, in place; gives the number of places. `on_mended` may be NULL.
 * Thread-safe. */
size_t mneme_json_repair(char *json, size_t len, mneme_json_repaired *on_mended, void *context);

#endif
