/*
 * Percent encoding as in URLs: bytes with a special meaning become %XX.
 */
#ifndef MNEME_COMMON_BASE_PERCENT_H
#define MNEME_COMMON_BASE_PERCENT_H

#include "common/base/buffer.h"

/* Appends the text with each byte that is in `reserved`, and the percent sign itself, encoded. */
void mneme_percent_encode(struct mneme_buffer *out, struct mneme_str text, const char *reserved);

/* Appends the decoded text; false for a percent sign that is not followed by two hexadecimal digits. */
bool mneme_percent_decode(struct mneme_buffer *out, struct mneme_str text);

#endif
