/*
 * Finds which authors a question names, and gives its text without them. Has no effect if it names none.
 */
#ifndef MNEME_QUERIES_RANKING_NAMES_H
#define MNEME_QUERIES_RANKING_NAMES_H

#include "common/base/buffer.h"

/* Whether the question contains the author's name, or its first word, as whole words; the case of ASCII
 * letters is ignored, and a possessive ending belongs to the name. */
bool mneme_question_names(struct mneme_str question, struct mneme_str author);

/* Appends the question without the names of these authors, without double blanks. */
void mneme_question_without(struct mneme_buffer *out, struct mneme_str question,
                            const struct mneme_str *authors, size_t count);

#endif
