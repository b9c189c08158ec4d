/*
 * Text as a terminal shows it: how wide it is, and where a line ends.
 */
#ifndef MNEME_CLI_TEXT_H
#define MNEME_CLI_TEXT_H

#include "common/base/types.h"

/* How many columns the text takes: two for each wide character, none for a combining one. Each byte that is
 * not UTF-8 counts one column. */
int mneme_text_width(struct mneme_str text);

/* How many bytes of the text fit into `columns`, and how wide they are. Combining characters stay with the
 * character before them. */
size_t mneme_text_fit(struct mneme_str text, int columns, int *width);

/* Cuts the next line off a text that is not empty: at a line feed, at a space, or, in a word that is wider
 * than a line, after a comma or a bar, or else anywhere. Takes at least one character. */
struct mneme_str mneme_text_next_line(struct mneme_str *rest, int columns);

#endif
