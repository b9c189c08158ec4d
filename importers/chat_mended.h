/*
 * Where in a conversation half characters were mended, so that each message can be named with its own.
 */
#ifndef MNEME_IMPORTERS_CHAT_MENDED_H
#define MNEME_IMPORTERS_CHAT_MENDED_H

#include "common/base/buffer.h"

/* Zero-initialise. */
struct mneme_chat_mended {
    struct mneme_buffer places; /* of size_t, in order; the first 65536 of them */
    size_t count;               /* of all of them */
};
void mneme_chat_mended_clean_up(struct mneme_chat_mended *mended);

void mneme_chat_mended_clear(struct mneme_chat_mended *mended);

/* A mneme_json_mended, with a struct mneme_chat_mended as its context. */
void mneme_chat_mended_note(void *context, size_t at);

/* How many lie in this part of the text that was mended. */
size_t mneme_chat_mended_in(const struct mneme_chat_mended *mended, struct mneme_str text,
                            struct mneme_str part);

/* "1 half character was replaced by U+FFFD" */
void mneme_chat_mended_say(char *out, size_t size, size_t count);

#endif
