/*
 * A sorted list of distances from the beginning of the text.
 */
#include "importers/chat_repaired.h"

#include <stdio.h>

#define MAX_PLACES 65536

void mneme_chat_repaired_clean_up(struct mneme_chat_repaired *mended) {
    mneme_buffer_clean_up(&mended->places);
}

void mneme_chat_repaired_clear(struct mneme_chat_repaired *mended) {
    mneme_buffer_clear(&mended->places);
    mended->count = 0;
}

void mneme_chat_repaired_add(void *context, size_t at) {
    struct mneme_chat_repaired *mended = context;
    if (mended->count++ < MAX_PLACES) {
        mneme_buffer_append(&mended->places, &at, sizeof at);
    }
}

/* How many places come before this one. */
static size_t count_before(const struct mneme_chat_repaired *mended, size_t end) {
    size_t low = 0;
    size_t high = mended->places.len / sizeof(size_t);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        size_t place;
        memcpy(&place, mended->places.data + middle * sizeof place, sizeof place);
        if (place < end) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t mneme_chat_repaired_in(const struct mneme_chat_repaired *mended, struct mneme_str text,
                              struct mneme_str part) {
    if (mended->count == 0 || part.data == NULL) {
        return 0;
    }
    size_t from = (size_t)(part.data - text.data);
    return count_before(mended, from + part.len) - count_before(mended, from);
}

void mneme_chat_repaired_format(char *out, size_t size, size_t count) {
    snprintf(out, size, "%zu half character%s replaced by U+FFFD", count, count == 1 ? " was" : "s were");
}
