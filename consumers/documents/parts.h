/*
 * A long text in parts, each short enough for a model, that follow each other and leave nothing out. Pure.
 */
#ifndef MNEME_CONSUMERS_DOCUMENTS_PARTS_H
#define MNEME_CONSUMERS_DOCUMENTS_PARTS_H

#include "common/base/types.h"

/*
 * Takes the next part off the front of *rest: at most max_bytes (at least 1) of well-formed UTF-8, without
 * blanks around it, and no less than one character. It ends behind a sentence or a line where one ends in
 * the second half of what there is room for, else behind a word, else within one; never within a character.
 * Null, and *rest empty, when only blanks are left. Both point into the text.
 */
struct mneme_str mneme_document_take_part(struct mneme_str *rest, size_t max_bytes);

#endif
