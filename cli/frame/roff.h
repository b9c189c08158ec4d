/*
 * Turns text of the help into the macros of man(7).
 */
#ifndef MNEME_CLI_ROFF_H
#define MNEME_CLI_ROFF_H

#include "common/base/buffer.h"

/* Words, escaped for roff; words in `back quotes` become bold. Long words may break after commas and bars. */
void mneme_roff_words(struct mneme_buffer *out, struct mneme_str text);

/* Lines of help: they flow together; an empty line ends a paragraph; "  name   text" is an entry of a list;
 * other indented lines are indented paragraphs. */
void mneme_roff_paragraphs(struct mneme_buffer *out, const char *text);

/* Lines as they are, in a fixed-width font. */
void mneme_roff_literal(struct mneme_buffer *out, const char *text);

#endif
