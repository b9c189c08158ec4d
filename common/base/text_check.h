/*
 * Checks of text that comes from outside: UTF-8, JSON, characters. They read once, allocate nothing, and are
 * strict where a store would refuse later (NUL, lone surrogates, numbers beyond a double).
 */
#ifndef MNEME_COMMON_BASE_TEXT_CHECK_H
#define MNEME_COMMON_BASE_TEXT_CHECK_H

#include "common/base/types.h"

#define MNEME_JSON_MAX_DEPTH 64

/* Well-formed UTF-8 by RFC 3629 without U+0000. On success *characters is the count of code points
 * (may be NULL). On failure *reason is a constant phrase ("invalid UTF-8") and *at the byte. */
bool mneme_utf8_check(struct mneme_str text, size_t *characters, const char **reason, size_t *at);

/* Puts a question mark in the place of each byte that mneme_utf8_check refuses. */
void mneme_utf8_repair(char *data, size_t len);

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
 * (may be NULL) is what the value is. On failure *reason is a constant phrase and *at the byte where it was
 * seen. */
bool mneme_json_check(struct mneme_str text, enum mneme_json_kind *kind, const char **reason, size_t *at);

/* Whether text holds a control character (below U+0020 or U+007F). */
bool mneme_has_control(struct mneme_str text);

/* Whether nothing but white space is in it (ASCII white space, U+00A0, U+2000..U+200B, U+3000, U+FEFF). */
bool mneme_is_blank(struct mneme_str text);

/* The text behind a byte order mark (U+FEFF in UTF-8) at its beginning; the text itself where it has none. */
struct mneme_str mneme_without_mark(struct mneme_str text);

#endif
