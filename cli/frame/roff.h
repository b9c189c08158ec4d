/*
 * Text for man(1): what help is made of, as the macros of man(7).
 */
#ifndef MNEME_CLI_ROFF_H
#define MNEME_CLI_ROFF_H

#include "common/base/buffer.h"

/* Words with what roff would take for its own escaped; what stands in `back quotes` becomes bold. Long words
 * may be broken behind commas and bars. */
void mneme_roff_words(struct mneme_buffer *out, struct mneme_str text);

/* Lines of help: they flow, an empty line ends a paragraph, "  name   text" is an entry of a list, other
 * lines with an indent are paragraphs with one. */
void mneme_roff_paragraphs(struct mneme_buffer *out, const char *text);

/* Lines as they are, in a fixed width. */
void mneme_roff_literal(struct mneme_buffer *out, const char *text);

#endif
