/*
 * Text of others for a terminal: without what a terminal would obey, or what would make text read otherwise
 * than it is stored.
 */
#ifndef MNEME_COMMON_BASE_PRINTABLE_H
#define MNEME_COMMON_BASE_PRINTABLE_H

#include "common/base/buffer.h"

/* Appends the text with control characters (C0, DEL, C1), the characters that turn the direction of writing,
 * line and paragraph separators, and what shows nothing but hides between other characters, escaped: \n,
 * \x1b, \u202e. Joiners, which words and emoji are spelled with, stay. `keep_lines` leaves line feeds and
 * tabs. */
void mneme_printable(struct mneme_buffer *out, struct mneme_str text, bool keep_lines);

#endif
