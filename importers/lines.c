/*
 * The reader of lines: whole lines are slices of one buffer; what is given out is moved away before the next
 * read.
 */
#include "importers/lines.h"

#include <errno.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 * 1024)

void mneme_lines_init(struct mneme_lines *lines, int fd) {
    *lines = (struct mneme_lines){.fd = fd};
}

void mneme_lines_clean_up(struct mneme_lines *lines) {
    mneme_buffer_clean_up(&lines->buffer);
}

static struct mneme_str without_mark(struct mneme_str line) {
    static const char mark[] = "\xEF\xBB\xBF";
    if (line.len >= 3 && memcmp(line.data, mark, 3) == 0) {
        return (struct mneme_str){line.data + 3, line.len - 3};
    }
    return line;
}

/* The bytes up to `end` of the buffer, and `behind` more, are one line. */
static enum mneme_line_state take(struct mneme_str *line, struct mneme_lines *lines, size_t end,
                                  size_t behind) {
    *line = (struct mneme_str){lines->buffer.data + lines->taken, end - lines->taken};
    lines->taken = lines->scanned = end + behind;
    lines->number++;
    if (line->len > MNEME_LINE_MAX_BYTES) {
        return MNEME_LINE_TOO_LONG;
    }
    if (lines->number == 1) {
        *line = without_mark(*line);
    }
    return MNEME_LINE_READY;
}

enum mneme_line_state mneme_lines_next(struct mneme_str *line, struct mneme_lines *lines) {
    for (;;) {
        size_t len = lines->buffer.len;
        const char *feed = lines->scanned == len
                               ? NULL
                               : memchr(lines->buffer.data + lines->scanned, '\n', len - lines->scanned);
        lines->scanned = len;
        if (feed != NULL) {
            size_t end = (size_t)(feed - lines->buffer.data);
            if (!lines->is_skipping) {
                return take(line, lines, end, 1);
            }
            lines->is_skipping = false;
            lines->taken = lines->scanned = end + 1;
            continue;
        }
        if (lines->is_skipping) {
            lines->taken = len;
        } else if (len - lines->taken > MNEME_LINE_MAX_BYTES) {
            lines->is_skipping = true;
            return take(line, lines, len, 0);
        }
        if (!lines->is_at_end) {
            return MNEME_LINE_NONE;
        }
        return lines->taken < len ? take(line, lines, len, 0) : MNEME_LINE_END;
    }
}

size_t mneme_lines_mend(struct mneme_lines *lines, struct mneme_str line) {
    return mneme_json_mend(lines->buffer.data + (line.data - lines->buffer.data), line.len, NULL, NULL);
}

int mneme_lines_fill(struct mneme_lines *lines, struct mneme_error *error) {
    struct mneme_buffer *buffer = &lines->buffer;
    if (lines->taken > 0) {
        buffer->len -= lines->taken;
        memmove(buffer->data, buffer->data + lines->taken, buffer->len);
        lines->scanned -= lines->taken;
        lines->taken = 0;
    }
    if (!mneme_buffer_reserve(buffer, READ_BYTES)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot read the input: out of memory; free some memory");
    }
    ssize_t got = read(lines->fd, buffer->data + buffer->len, READ_BYTES);
    if (got < 0 && errno != EINTR && errno != EAGAIN) {
        return mneme_error_set(error, MNEME_E_INVALID, "cannot read the input: %s; check the file",
                               strerror(errno));
    }
    if (got > 0) {
        buffer->len += (size_t)got;
    }
    lines->is_at_end = got == 0;
    return MNEME_OK;
}
