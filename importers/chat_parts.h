/*
 * Cutting a text that is longer than one turn may be into parts that follow each other: put together they are
 * the text again.
 */
#ifndef MNEME_IMPORTERS_CHAT_PARTS_H
#define MNEME_IMPORTERS_CHAT_PARTS_H

#include "common/base/types.h"

/* What one part may have; both greater than 0, and bytes enough for one character. */
struct mneme_chat_limit {
    size_t characters; /* code points */
    size_t bytes;
};

/* Takes the next part off the front of a text that is not empty: all of it where it fits, else up to behind a
 * line or a word near the limit, else up to the limit. UTF-8 as mneme_utf8_check accepts it. */
struct mneme_str mneme_chat_next_part(struct mneme_str *rest, const struct mneme_chat_limit *limit);

/* How many parts a text has. */
int64_t mneme_chat_count_parts(struct mneme_str text, const struct mneme_chat_limit *limit);

#endif
