/*
 * The text of a memory or a turn that is searched and embedded, made from its fields. Pure functions, so that
 * every projection and every rebuild makes the same text from the same event.
 */
#ifndef MNEME_CONSUMERS_DOCUMENTS_TEXT_H
#define MNEME_CONSUMERS_DOCUMENTS_TEXT_H

#include "common/base/buffer.h"
#include "schemas/event.h"

/* Appends the text of a memory whose content is this JSON object. {"text": t} alone gives t; otherwise the
 * fields are joined as "key: value | key: value", those of a nested object as "outer.inner: value", the items
 * of an array by ", ". Null and empty values are left out. `scratch` holds what must be unescaped; it
 * is cleared first. */
void mneme_document_memory_text(struct mneme_buffer *out, struct mneme_buffer *scratch,
                                struct mneme_str content);

/* Appends the text of a turn: "Speaker: content" if it has a speaker, else its role ("User", "Agent",
 * "System", "Tool"), and " [caption]" if its metadata has a text under image_caption. */
void mneme_document_turn_text(struct mneme_buffer *out, const struct mneme_conversation_turn *turn);

/* The value under that name in a JSON object, null if there is none or the object is null. */
struct mneme_str mneme_document_member(struct mneme_str object, const char *name);

#endif
