/*
 * Widths and categories of characters come from utf8proc, so that they do not depend on the locale.
 */
#include "cli/frame/text.h"

#include <string.h>
#include <utf8proc.h>

struct glyph {
    size_t bytes;
    int width;
};

/* The character at the beginning of `text`, which is not empty. */
static struct glyph next_glyph(struct mneme_str text) {
    utf8proc_int32_t point;
    utf8proc_ssize_t bytes =
        utf8proc_iterate((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.len, &point);
    if (bytes <= 0) {
        return (struct glyph){1, 1};
    }
    /* A tab goes to the terminal's next tab stop; these are eight columns apart. */
    return (struct glyph){(size_t)bytes, point == '\t' ? 8 : utf8proc_charwidth(point)};
}

int mneme_text_width(struct mneme_str text) {
    int width = 0;
    while (text.len > 0) {
        struct glyph glyph = next_glyph(text);
        width += glyph.width;
        text.data += glyph.bytes;
        text.len -= glyph.bytes;
    }
    return width;
}

size_t mneme_text_fit(struct mneme_str text, int columns, int *width) {
    size_t bytes = 0;
    *width = 0;
    while (bytes < text.len) {
        struct glyph glyph = next_glyph((struct mneme_str){text.data + bytes, text.len - bytes});
        if (*width + glyph.width > columns) {
            break;
        }
        *width += glyph.width;
        bytes += glyph.bytes;
    }
    return bytes;
}

/* Where to end a line of at most `fitting` bytes, of a text that is longer. */
static size_t end_of_line(struct mneme_str text, size_t fitting) {
    if (text.data[fitting] == ' ' || text.data[fitting] == '\n') {
        return fitting;
    }
    size_t comma = 0;
    for (size_t at = fitting; at > 0; at--) {
        char c = text.data[at - 1];
        if (c == ' ') {
            return at - 1;
        }
        comma = comma == 0 && (c == ',' || c == '|') ? at : comma;
    }
    return comma > 0 ? comma : fitting;
}

struct mneme_str mneme_text_next_line(struct mneme_str *rest, int columns) {
    int width;
    struct mneme_str line = *rest;
    const char *feed = memchr(line.data, '\n', line.len);
    line.len = feed == NULL ? line.len : (size_t)(feed - line.data);
    size_t end = mneme_text_fit(line, columns, &width);
    bool is_broken = end < line.len;
    if (is_broken) {
        end = end_of_line(line, end);
        end = end == 0 ? next_glyph(line).bytes : end;
    }
    size_t used = end;
    while (used < line.len && line.data[used] == ' ') {
        used++; /* drops the space between two lines */
    }
    used += used == line.len && feed != NULL;
    rest->data += used;
    rest->len -= used;
    while (is_broken && end > 0 && line.data[end - 1] == ' ') {
        end--;
    }
    return (struct mneme_str){line.data, end};
}
