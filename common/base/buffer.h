/*
 * A growable byte buffer for encoders, JSON writers and COPY streams. A failure to grow is remembered
 * (`failed`), so that a writer needs to check only once, at its end. One thread at a time.
 */
#ifndef MNEME_COMMON_BASE_BUFFER_H
#define MNEME_COMMON_BASE_BUFFER_H

#include "common/base/types.h"

struct mneme_buffer {
    char *data;
    size_t len;
    size_t capacity;
    bool failed; /* memory was exhausted since the last clear: the contents are incomplete */
};

/* Zero-initialise before use. */
void mneme_buffer_clean_up(struct mneme_buffer *buffer);

/* Empties it and keeps the memory. */
static inline void mneme_buffer_clear(struct mneme_buffer *buffer) {
    buffer->len = 0;
    buffer->failed = false;
}

/* Makes room for `bytes` more; returns false and sets `failed` when memory is exhausted. */
bool mneme_buffer_reserve(struct mneme_buffer *buffer, size_t bytes);

static inline void mneme_buffer_append(struct mneme_buffer *buffer, const void *data, size_t len) {
    if ((buffer->capacity - buffer->len >= len || mneme_buffer_reserve(buffer, len)) && len > 0) {
        memcpy(buffer->data + buffer->len, data, len);
        buffer->len += len;
    }
}

static inline void mneme_buffer_append_byte(struct mneme_buffer *buffer, uint8_t byte) {
    mneme_buffer_append(buffer, &byte, 1);
}

static inline void mneme_buffer_append_str(struct mneme_buffer *buffer, struct mneme_str text) {
    mneme_buffer_append(buffer, text.data, text.len);
}

void mneme_buffer_printf(struct mneme_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The contents as a slice, valid until the next change. */
static inline struct mneme_str mneme_buffer_str(const struct mneme_buffer *buffer) {
    return (struct mneme_str){buffer->data == NULL ? "" : buffer->data, buffer->len};
}

#endif
