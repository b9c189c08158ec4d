/*
 * Programs that count in UTF-16 sometimes cut texts in the middle of a character and write the remaining half
 * as an escape or as three bytes. Neither is valid text. This replaces them with U+FFFD, and also U+0000,
 * which no store accepts; lengths do not change, so it works in place.
 */
#ifndef MNEME_COMMON_JSON_REPAIR_H
#define MNEME_COMMON_JSON_REPAIR_H

#include "common/base/types.h"

/* Called for each place, with its distance from the beginning. */
typedef void mneme_json_repaired(void *context, size_t at);

/* Repairs JSON, or what may be JSON, in place; returns the number of places. `on_mended` may be NULL.
 * Thread-safe. */
size_t mneme_json_repair(char *json, size_t len, mneme_json_repaired *on_mended, void *context);

#endif
