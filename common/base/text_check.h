/*
 * Checks of external text: UTF-8 and characters. They read the text once, allocate nothing, and refuse what a
 * store would refuse later (NUL).
 */
#ifndef MNEME_COMMON_BASE_TEXT_CHECK_H
#define MNEME_COMMON_BASE_TEXT_CHECK_H

#include "common/base/types.h"

/* Well-formed UTF-8 by RFC 3629 without U+0000. On success *characters is the count of code points
 * (may be NULL). On failure *reason is a constant phrase ("invalid UTF-8") and *at the byte. */
bool mneme_utf8_check(struct mneme_str text, size_t *characters, const char **reason, size_t *at);

/* Replaces each byte that mneme_utf8_check refuses with a question mark. */
void mneme_utf8_repair(char *data, size_t len);

/* Whether the text contains a control character (below U+0020, or U+007F). */
bool mneme_has_control(struct mneme_str text);

/* Whether it is only white space (ASCII white space, U+00A0, U+2000..U+200B, U+3000, U+FEFF). */
bool mneme_is_blank(struct mneme_str text);

/* The text without a byte order mark (U+FEFF in UTF-8) at its beginning. */
struct mneme_str mneme_without_mark(struct mneme_str text);

#endif
