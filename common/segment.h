/*
 * Words for scripts that are written without spaces between them (Han, Kana, Thai, Lao, Khmer, Myanmar):
 * every two characters that stand next to each other become one, and the last of a run one by itself. So
 * every part of a sentence is found, whatever its words are, and a single character by what begins with it.
 */
#ifndef MNEME_COMMON_SEGMENT_H
#define MNEME_COMMON_SEGMENT_H

#include "common/buffer.h"

enum mneme_segment_form {
    MNEME_SEGMENT_WHOLE, /* a text that is indexed: "喜欢喝茶" gives "喜欢 欢喝 喝茶 茶" */
    MNEME_SEGMENT_PART,  /* a part of one that is looked for, which may go on: "喝茶" gives "喝茶" */
};

/* Whether the text has a character of such a script. Text is well-formed UTF-8 here and below. */
bool mneme_segment_is_needed(struct mneme_str text);

/* Appends the text with the words of its runs, separated by single blanks. */
void mneme_segment(struct mneme_buffer *out, struct mneme_str text, enum mneme_segment_form form);

/* Whether the text is one character of such a script and nothing else: it is to be looked for as the
 * beginning of a word. */
bool mneme_segment_is_single(struct mneme_str text);

#endif
