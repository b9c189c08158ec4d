/*
 * Growth of the byte buffer: doubling, so that appending stays linear in the bytes written.
 */
#include "common/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 256

void mneme_buffer_clean_up(struct mneme_buffer *buffer) {
    free(buffer->data);
    *buffer = (struct mneme_buffer){0};
}

bool mneme_buffer_reserve(struct mneme_buffer *buffer, size_t bytes) {
    if (buffer->capacity - buffer->len >= bytes) {
        return true;
    }
    size_t needed;
    if (__builtin_add_overflow(buffer->len, bytes, &needed)) {
        buffer->failed = true;
        return false;
    }
    size_t capacity = buffer->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : buffer->capacity;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void mneme_buffer_printf(struct mneme_buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int wanted = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (wanted < 0) {
        buffer->failed = true;
    } else if (mneme_buffer_reserve(buffer, (size_t)wanted + 1)) {
        /* The NUL follows the contents and is overwritten by the next append. */
        int written = vsnprintf(buffer->data + buffer->len, (size_t)wanted + 1, format, again);
        if (written == wanted) {
            buffer->len += (size_t)written;
        } else {
            buffer->failed = true;
        }
    }
    va_end(again);
}
