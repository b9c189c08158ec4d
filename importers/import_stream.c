/*
 * The window moves over the file with pread; a scan keeps its state between fillings, so that a value larger
 * than the window is processed in pieces.
 */
#include "importers/import_stream.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "common/base/text_check.h"

#define CHUNK_BYTES ((size_t)256 * 1024)
#define TYPED_DEPTH 64 /* brackets nested more deeply are counted, but their kinds are not checked */

int mneme_import_stream_init(struct mneme_import_stream *stream, int fd, struct mneme_error *error) {
    *stream = (struct mneme_import_stream){.fd = fd, .line = 1};
    int byte;
    int status = mneme_import_stream_peek(&byte, stream, error);
    struct mneme_str start = mneme_buffer_str(&stream->window);
    if (status == MNEME_OK && stream->at == 0) {
        stream->at = start.len - mneme_without_mark(start).len;
    }
    return status;
}

void mneme_import_stream_clean_up(struct mneme_import_stream *stream) {
    mneme_buffer_clean_up(&stream->window);
}

struct mneme_import_stream_at mneme_import_stream_place(const struct mneme_import_stream *stream) {
    return (struct mneme_import_stream_at){stream->window_offset + (int64_t)stream->at, stream->line};
}

void mneme_import_stream_seek(struct mneme_import_stream *stream, struct mneme_import_stream_at place) {
    int64_t at = place.offset - stream->window_offset;
    stream->line = place.line;
    if (at >= 0 && at <= (int64_t)stream->window.len) {
        stream->at = (size_t)at;
        return;
    }
    mneme_buffer_clear(&stream->window);
    stream->window_offset = place.offset;
    stream->at = 0;
    stream->is_at_end = false;
}

/* Reads more after the window. Discards what is before `keep`. */
static int fill(struct mneme_import_stream *stream, size_t keep, struct mneme_error *error) {
    struct mneme_buffer *window = &stream->window;
    if (keep > 0) {
        memmove(window->data, window->data + keep, window->len - keep);
        window->len -= keep;
        window->failed = false;
        stream->window_offset += (int64_t)keep;
        stream->at -= keep;
    }
    if (!mneme_buffer_reserve(window, CHUNK_BYTES)) {
        return mneme_error_set(error, MNEME_E_NO_MEMORY,
                               "cannot read the file: out of memory; free some memory");
    }
    ssize_t got;
    do {
        got = pread(stream->fd, window->data + window->len, CHUNK_BYTES,
                    (off_t)(stream->window_offset + (int64_t)window->len));
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return mneme_error_set(error, MNEME_E_UNAVAILABLE, "cannot read the file: %s; check the disk",
                               strerror(errno));
    }
    window->len += (size_t)got;
    stream->is_at_end = got == 0;
    return MNEME_OK;
}

int mneme_import_stream_peek(int *byte, struct mneme_import_stream *stream, struct mneme_error *error) {
    for (;;) {
        for (; stream->at < stream->window.len; stream->at++) {
            char next = stream->window.data[stream->at];
            if (next != ' ' && next != '\t' && next != '\r' && next != '\n') {
                *byte = (unsigned char)next;
                return MNEME_OK;
            }
            stream->line += next == '\n' ? 1 : 0;
        }
        if (stream->is_at_end) {
            *byte = -1;
            return MNEME_OK;
        }
        int status = fill(stream, stream->at, error);
        if (status != MNEME_OK) {
            return status;
        }
    }
}

void mneme_import_stream_advance(struct mneme_import_stream *stream) {
    assert(stream->at < stream->window.len);
    stream->line += stream->window.data[stream->at] == '\n' ? 1 : 0;
    stream->at++;
}

/* --- the end of a value --- */

/* The state of a partly scanned value. */
struct scan {
    size_t depth;
    uint64_t object_bits; /* for each open level, the outermost lowest: whether it is an object */
    int64_t lines;
    bool is_in_string, is_escaped, is_scalar;
};

enum scan_state { SCAN_GOES_ON, SCAN_DONE, SCAN_CROSSED };

static void open_level(struct scan *scan, bool is_object) {
    if (scan->depth < TYPED_DEPTH) {
        uint64_t bit = UINT64_C(1) << scan->depth;
        scan->object_bits = is_object ? scan->object_bits | bit : scan->object_bits & ~bit;
    }
    scan->depth++;
}

/* False when the innermost level is of the other kind. */
static bool close_level(struct scan *scan, bool is_object) {
    scan->depth--;
    return scan->depth >= TYPED_DEPTH || ((scan->object_bits >> scan->depth & 1) != 0) == is_object;
}

/* Moves to the end of a string, or of the available bytes. */
static const char *scan_string(struct scan *scan, const char *at, const char *end) {
    for (; at < end; at++) {
        if (scan->is_escaped) {
            scan->is_escaped = false;
        } else if (*at == '\\') {
            scan->is_escaped = true;
        } else if (*at == '"') {
            scan->is_in_string = false;
            return at + 1;
        }
        scan->lines += *at == '\n' ? 1 : 0;
    }
    return at;
}

/* One byte outside of strings. */
static enum scan_state scan_byte(struct scan *scan, char byte) {
    switch (byte) {
    case '"':
        scan->is_in_string = true;
        return SCAN_GOES_ON;
    case '{':
    case '[':
        open_level(scan, byte == '{');
        return SCAN_GOES_ON;
    case '}':
    case ']':
        if (!close_level(scan, byte == '}')) {
            return SCAN_CROSSED;
        }
        return scan->depth == 0 ? SCAN_DONE : SCAN_GOES_ON;
    case '\n':
        scan->lines++;
        return SCAN_GOES_ON;
    default:
        return SCAN_GOES_ON;
    }
}

static bool ends_scalar(char byte) {
    return byte == ',' || byte == '}' || byte == ']' || byte == ' ' || byte == '\n' || byte == '\r' ||
           byte == '\t';
}

/* Scans more bytes; moves *at. */
static enum scan_state scan_bytes(struct scan *scan, const char **at, const char *end) {
    while (*at < end) {
        if (scan->is_in_string) {
            *at = scan_string(scan, *at, end);
            if (!scan->is_in_string && scan->depth == 0) {
                return SCAN_DONE;
            }
            continue;
        }
        if (scan->is_scalar && ends_scalar(**at)) {
            return SCAN_DONE;
        }
        enum scan_state state = scan->is_scalar ? SCAN_GOES_ON : scan_byte(scan, **at);
        *at += state == SCAN_CROSSED ? 0 : 1;
        if (state != SCAN_GOES_ON) {
            return state;
        }
    }
    return SCAN_GOES_ON;
}

/* The window may be empty here, for example right after a seek. */
static int begin_scan(struct scan *scan, struct mneme_import_stream *stream, struct mneme_error *error) {
    int first = -1;
    int status = mneme_import_stream_peek(&first, stream, error);
    *scan = (struct scan){.is_scalar = first >= 0 && first != '"' && first != '{' && first != '['};
    return status;
}

/* Scans from `*from` (in the window) on; if is_kept, keeps the bytes from the current place on, up to
 * max_bytes. */
static int run_scan(enum mneme_import_stream_extent *extent, struct mneme_import_stream *stream,
                    struct scan *scan, size_t *from, bool is_kept, size_t max_bytes,
                    struct mneme_error *error) {
    for (;;) {
        const char *at = stream->window.data + *from;
        enum scan_state state = scan_bytes(scan, &at, stream->window.data + stream->window.len);
        *from = (size_t)(at - stream->window.data);
        if (is_kept && *from - stream->at > max_bytes) {
            *extent = MNEME_IMPORT_STREAM_TOO_LARGE;
            return MNEME_OK;
        }
        if (state != SCAN_GOES_ON || stream->is_at_end) {
            bool is_whole = state == SCAN_DONE || (state == SCAN_GOES_ON && scan->is_scalar);
            *extent = is_whole                ? MNEME_IMPORT_STREAM_WHOLE
                      : state == SCAN_CROSSED ? MNEME_IMPORT_STREAM_CROSSED
                                              : MNEME_IMPORT_STREAM_CUT;
            return MNEME_OK;
        }
        if (!is_kept) {
            stream->at = *from;
        }
        size_t kept = *from - stream->at;
        int status = fill(stream, stream->at, error);
        if (status != MNEME_OK) {
            return status;
        }
        *from = stream->at + kept;
    }
}

int mneme_import_stream_take(enum mneme_import_stream_extent *extent, struct mneme_str *value,
                             struct mneme_import_stream *stream, size_t max_bytes,
                             struct mneme_error *error) {
    struct scan scan;
    *value = MNEME_STR_NULL;
    int status = begin_scan(&scan, stream, error);
    if (status != MNEME_OK) {
        return status;
    }
    size_t end = stream->at;
    status = run_scan(extent, stream, &scan, &end, true, max_bytes, error);
    if (status == MNEME_OK && *extent == MNEME_IMPORT_STREAM_WHOLE) {
        *value = (struct mneme_str){stream->window.data + stream->at, end - stream->at};
        stream->at = end;
        stream->line += scan.lines;
    }
    return status;
}

size_t mneme_import_stream_repair(struct mneme_import_stream *stream, struct mneme_str value,
                                  mneme_json_repaired *on_mended, void *context) {
    char *at = stream->window.data + (value.data - stream->window.data);
    return mneme_json_repair(at, value.len, on_mended, context);
}

int mneme_import_stream_skip(enum mneme_import_stream_extent *extent, struct mneme_import_stream *stream,
                             struct mneme_error *error) {
    struct scan scan;
    int status = begin_scan(&scan, stream, error);
    if (status != MNEME_OK) {
        return status;
    }
    size_t end = stream->at;
    status = run_scan(extent, stream, &scan, &end, false, 0, error);
    if (status == MNEME_OK) {
        stream->at = end;
        stream->line += scan.lines;
    }
    return status;
}
