/*
 * The reader of lines: complete lines are slices of one buffer; returned lines are removed before the next
 * read.
 */
#include "importers/lines.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/text_check.h"
#include "importers/inflate.h"
#include "importers/input.h"

#define READ_BYTES ((size_t)64 * 1024)
#define GZIP_READ_BYTES ((size_t)4 * 1024) /* at most a thousand times as much when inflated */

void mneme_lines_init(struct mneme_lines *lines, int fd) {
    *lines = (struct mneme_lines){.fd = fd};
}

void mneme_lines_clean_up(struct mneme_lines *lines) {
    mneme_buffer_clean_up(&lines->buffer);
    mneme_inflate_destroy(lines->inflate);
}

/* The bytes up to `end` of the buffer are a line, followed by `behind` more bytes. */
static enum mneme_line_state take(struct mneme_str *line, struct mneme_lines *lines, size_t end,
                                  size_t behind) {
    *line = (struct mneme_str){lines->buffer.data + lines->taken, end - lines->taken};
    lines->taken = lines->scanned = end + behind;
    lines->number++;
    if (line->len > MNEME_LINE_MAX_BYTES) {
        return MNEME_LINE_TOO_LONG;
    }
    if (lines->number == 1) {
        *line = mneme_without_mark(*line);
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

size_t mneme_lines_repair(struct mneme_lines *lines, struct mneme_str line) {
    return mneme_json_repair(lines->buffer.data + (line.data - lines->buffer.data), line.len, NULL, NULL);
}

/* --- reading --- */

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY,
                           "cannot read the input: out of memory; free some memory");
}

static int append(void *context, const void *bytes, size_t len, struct mneme_error *error) {
    struct mneme_buffer *buffer = context;
    mneme_buffer_append(buffer, bytes, len);
    return buffer->failed ? no_memory(error) : MNEME_OK;
}

/* Inflates the bytes read, or handles their end. */
static int take_gzip(struct mneme_lines *lines, const char *bytes, size_t len, struct mneme_error *error) {
    struct mneme_error why = {0};
    int status = len > 0 ? mneme_inflate_feed(lines->inflate, (struct mneme_str){bytes, len}, append,
                                              &lines->buffer, &why)
                         : mneme_inflate_end(lines->inflate, &why);
    return status == MNEME_OK || why.code == MNEME_E_NO_MEMORY
               ? (status == MNEME_OK ? MNEME_OK : no_memory(error))
               : mneme_error_set(error, why.code, "cannot read the input: %s", why.message);
}

/* Determines the kind of the input, once there is enough of it. */
static int judge(struct mneme_lines *lines, struct mneme_error *error) {
    struct mneme_str first = mneme_buffer_str(&lines->buffer);
    if (!lines->is_at_end && mneme_input_is_undecided(first)) {
        return MNEME_OK;
    }
    const char *refusal = mneme_input_refusal(first);
    lines->is_judged = true;
    if (refusal != NULL) {
        return mneme_error_set(error, MNEME_E_INVALID, "cannot read the input: %s", refusal);
    }
    if (!mneme_inflate_is_gzip(first)) {
        return MNEME_OK;
    }
    struct mneme_buffer raw = lines->buffer;
    lines->buffer = (struct mneme_buffer){0};
    lines->scanned = 0;
    int status = mneme_inflate_new(&lines->inflate, error);
    if (status == MNEME_OK) {
        status = take_gzip(lines, raw.data, raw.len, error);
    }
    if (status == MNEME_OK && lines->is_at_end) {
        status = take_gzip(lines, NULL, 0, error);
    }
    mneme_buffer_clean_up(&raw);
    return status;
}

/* Reads into the buffer; until the kind is known, no more than the limit for gzip. */
static ssize_t read_plain(struct mneme_lines *lines) {
    struct mneme_buffer *buffer = &lines->buffer;
    ssize_t got =
        read(lines->fd, buffer->data + buffer->len, lines->is_judged ? READ_BYTES : GZIP_READ_BYTES);
    buffer->len += got > 0 ? (size_t)got : 0;
    return got;
}

int mneme_lines_fill(struct mneme_lines *lines, struct mneme_error *error) {
    struct mneme_buffer *buffer = &lines->buffer;
    char chunk[GZIP_READ_BYTES];
    bool is_gzip = lines->inflate != NULL;
    if (lines->taken > 0) {
        buffer->len -= lines->taken;
        memmove(buffer->data, buffer->data + lines->taken, buffer->len);
        lines->scanned -= lines->taken;
        lines->taken = 0;
    }
    if (!mneme_buffer_reserve(buffer, READ_BYTES)) {
        return no_memory(error);
    }
    ssize_t got = is_gzip ? read(lines->fd, chunk, sizeof chunk) : read_plain(lines);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN
                   ? MNEME_OK
                   : mneme_error_set(error, MNEME_E_INVALID, "cannot read the input: %s; check the file",
                                     strerror(errno));
    }
    lines->is_at_end = got == 0;
    return is_gzip            ? take_gzip(lines, chunk, (size_t)got, error)
           : lines->is_judged ? MNEME_OK
                              : judge(lines, error);
}
