/*
 * The places in a conversation where half characters were repaired, to report them for each message.
 */
#ifndef MNEME_IMPORTERS_CHAT_REPAIRED_H
#define MNEME_IMPORTERS_CHAT_REPAIRED_H

#include "common/base/buffer.h"

/* Zero-initialise. */
struct mneme_chat_repaired {
    struct mneme_buffer places; /* of size_t, in order; the first 65536 */
    size_t count;               /* of all places */
};
void mneme_chat_repaired_clean_up(struct mneme_chat_repaired *mended);

void mneme_chat_repaired_clear(struct mneme_chat_repaired *mended);

/* A mneme_json_repaired, with a struct mneme_chat_repaired as its context. */
void mneme_chat_repaired_add(void *context, size_t at);

/* The number of places in this part of the repaired text. */
size_t mneme_chat_repaired_in(const struct mneme_chat_repaired *mended, struct mneme_str text,
                              struct mneme_str part);

/* "1 half character was replaced by U+FFFD" */
void mneme_chat_repaired_format(char *out, size_t size, size_t count);

#endif
