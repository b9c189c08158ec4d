/*
 * Percent encoding, as URLs have it: bytes that would mean something where a text is put become %XX.
 */
#ifndef MNEME_COMMON_BASE_PERCENT_H
#define MNEME_COMMON_BASE_PERCENT_H

#include "common/base/buffer.h"

/* Appends the text with each byte that is in `reserved`, and the percent sign itself, encoded. */
void mneme_percent_encode(struct mneme_buffer *out, struct mneme_str text, const char *reserved);

/* Appends what the text stands for; false for a percent sign without two hexadecimal digits behind it. */
bool mneme_percent_decode(struct mneme_buffer *out, struct mneme_str text);

#endif
