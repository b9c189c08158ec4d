/*
 * What a question says of authors, by the words it has: which of them it names, and its text without them.
 * Neutral where there is nothing to find.
 */
#ifndef MNEME_QUERIES_RANKING_NAMES_H
#define MNEME_QUERIES_RANKING_NAMES_H

#include "common/base/buffer.h"

/* Whether the question has the author's name, or its first word, as words of its own; case of ASCII letters
 * does not count, and a possessive ending belongs to the name. */
bool mneme_question_names(struct mneme_str question, struct mneme_str author);

/* Appends the question without the names of these authors, blanks closed up. */
void mneme_question_without(struct mneme_buffer *out, struct mneme_str question,
                            const struct mneme_str *authors, size_t count);

#endif
