/*
 * Splits a text that is too long for one turn into consecutive parts, whose concatenation is the text.
 */
#ifndef MNEME_IMPORTERS_CHAT_PARTS_H
#define MNEME_IMPORTERS_CHAT_PARTS_H

#include "common/base/types.h"

/* The limits of one part; both greater than 0, with bytes enough for one character. */
struct mneme_chat_limit {
    size_t characters; /* code points */
    size_t bytes;
};

/* Removes the next part from the front of a non-empty text: all of it if it fits, else up to the end of a
 * line or word near the limit, else up to the limit. UTF-8 that mneme_utf8_check accepts. */
struct mneme_str mneme_chat_next_part(struct mneme_str *rest, const struct mneme_chat_limit *limit);

/* The number of parts of a text. */
int64_t mneme_chat_count_parts(struct mneme_str text, const struct mneme_chat_limit *limit);

#endif
