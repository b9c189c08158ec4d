/*
 * The check of external JSON. It reads the text once, allocates nothing, and refuses what a store would
 * refuse later (NUL, lone surrogates, numbers beyond a double). Thread-safe.
 */
#ifndef MNEME_COMMON_JSON_CHECK_H
#define MNEME_COMMON_JSON_CHECK_H

#include "common/base/types.h"

#define MNEME_JSON_MAX_DEPTH 64

enum mneme_json_kind {
    MNEME_JSON_NULL,
    MNEME_JSON_BOOL,
    MNEME_JSON_NUMBER,
    MNEME_JSON_STRING,
    MNEME_JSON_ARRAY,
    MNEME_JSON_OBJECT
};

/* One JSON value by RFC 8259 with white space around it, at most MNEME_JSON_MAX_DEPTH deep, UTF-8, no U+0000
 * even when escaped, no lone surrogate, no number that overflows a double or has over 16383 decimals. *kind
 * (may be NULL) is what the value is. On failure *reason is a constant phrase and *at the byte where the
 * failure is. */
bool mneme_json_check(struct mneme_str text, enum mneme_json_kind *kind, const char **reason, size_t *at);

/* Whether the text is a JSON object that mneme_json_check accepts. */
bool mneme_json_is_object(struct mneme_str text);

#endif
