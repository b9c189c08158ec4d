/*
 * Marks that an interface draws and an export has as text: citations, names of things, wrappers of artifacts.
 * They are left out, or replaced by what a reader saw; docs/chats.md lists them. What stands in code, and
 * ordinary text that merely looks like one, stays.
 */
#ifndef MNEME_IMPORTERS_CHAT_MARKS_H
#define MNEME_IMPORTERS_CHAT_MARKS_H

#include "common/base/arena.h"

/* The text without marks: itself where it has none, else in the arena. `has_tags`: it is what Claude said, so
 * that its tags are marks too. False when memory is exhausted. */
bool mneme_chat_remove_marks(struct mneme_str *text, struct mneme_arena *arena, bool has_tags);

#endif
