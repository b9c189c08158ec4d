/*
 * Marks that the user interface renders and an export has as text: citations, names of things, wrappers of
 * artifacts. They are removed, or replaced by what the user saw; docs/chats.md lists them. Code, and ordinary
 * text that only resembles a mark, stays.
 */
#ifndef MNEME_IMPORTERS_CHAT_MARKS_H
#define MNEME_IMPORTERS_CHAT_MARKS_H

#include "common/base/arena.h"

/* The text without marks: the same slice if it has none, else in the arena. `has_tags`: it was written by
 * Claude, so its tags are marks too. False when memory is exhausted. */
bool mneme_chat_remove_marks(struct mneme_str *text, struct mneme_arena *arena, bool has_tags);

#endif
