/*
 * Makes untrusted text safe for a terminal: without control sequences, and without characters that make text
 * appear different from what is stored.
 */
#ifndef MNEME_COMMON_BASE_PRINTABLE_H
#define MNEME_COMMON_BASE_PRINTABLE_H

#include "common/base/buffer.h"

/* Appends the text with these escaped as \n, \x1b, \u202e: control characters (C0, DEL, C1), characters that
 * change the writing direction, line and paragraph separators, and invisible characters. Joiners, which words
 * and emoji are spelled with, stay. `keep_lines` leaves line feeds and tabs. */
void mneme_printable(struct mneme_buffer *out, struct mneme_str text, bool keep_lines);

#endif
