/*
 * Text as comparable letters: one code point each, in lower case, without accents, regardless of its Unicode
 * form, with the class that determines how words are formed.
 */
#ifndef MNEME_COMMON_ANALYSIS_LETTERS_H
#define MNEME_COMMON_ANALYSIS_LETTERS_H

#include "common/base/buffer.h"

/* A code point with its class in the bits above. */
typedef uint32_t mneme_letter;

#define MNEME_LETTER_POINT UINT32_C(0x001FFFFF)

enum mneme_letter_class {
    MNEME_LETTER_BREAK = 0,          /* not part of a word */
    MNEME_LETTER_ALPHA = 1U << 24,   /* a letter, or a mark that belongs to one */
    MNEME_LETTER_DIGIT = 1U << 25,   /* any number */
    MNEME_LETTER_DENSE = 1U << 26,   /* of a script without spaces between words, or Hangul */
    MNEME_LETTER_SYMBOL = 1U << 27,  /* an emoji or the like: a word by itself */
    MNEME_LETTER_JOINER = 1U << 28,  /* joins the words around it into one token: - _ . @ */
    MNEME_LETTER_BETWEEN = 1U << 29, /* the same between digits: , : */
    MNEME_LETTER_UPPER = 1U << 30,   /* with ALPHA: a capital in the text, as are all non-ASCII letters that
                                        stand together with it */
};

/* Replaces the contents of `out` (mneme_letter each) with the letters of the text. Bytes that are not UTF-8
 * are breaks. `scratch` belongs to the caller, for reuse. False when memory is exhausted. */
bool mneme_letters_read(struct mneme_buffer *out, struct mneme_buffer *scratch, struct mneme_str text);

static inline const mneme_letter *mneme_letters(const struct mneme_buffer *letters) {
    return (const mneme_letter *)(const void *)letters->data;
}

static inline size_t mneme_letter_count(const struct mneme_buffer *letters) {
    return letters->len / sizeof(mneme_letter);
}

/* Appends the code point in UTF-8. */
void mneme_letter_append(struct mneme_buffer *out, mneme_letter letter);

#endif
