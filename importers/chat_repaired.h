/*
 * Where in a conversation half characters were mended, so that each message can be named with its own.
 */
#ifndef MNEME_IMPORTERS_CHAT_REPAIRED_H
#define MNEME_IMPORTERS_CHAT_REPAIRED_H

#include "common/base/buffer.h"

/* Zero-initialise. */
struct mneme_chat_repaired {
    struct mneme_buffer places; /* of size_t, in order; the first 65536 of them */
    size_t count;               /* of all of them */
};
void mneme_chat_repaired_clean_up(struct mneme_chat_repaired *mended);

void mneme_chat_repaired_clear(struct mneme_chat_repaired *mended);

/* A mneme_json_repaired, with a struct mneme_chat_repaired as its context. */
void mneme_chat_repaired_add(void *context, size_t at);

/* How many lie in this part of the text that was mended. */
size_t mneme_chat_repaired_in(const struct mneme_chat_repaired *mended, struct mneme_str text,
                              struct mneme_str part);

/* "1 half character was replaced by U+FFFD" */
void mneme_chat_repaired_format(char *out, size_t size, size_t count);

#endif
