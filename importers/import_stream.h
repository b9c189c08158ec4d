/*
 * Walks through a JSON file of any size in bounded memory: finds what is at the current place, and where the
 * value there ends. Only strings and brackets are parsed; mneme_json_check validates values in detail, so
 * that one malformed value does not hide those after it. One thread at a time.
 */
#ifndef MNEME_IMPORTERS_IMPORT_STREAM_H
#define MNEME_IMPORTERS_IMPORT_STREAM_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/json/repair.h"

/* A place in the file. */
struct mneme_import_stream_at {
    int64_t offset; /* bytes */
    int64_t line;   /* from 1 */
};

struct mneme_import_stream {
    int fd; /* borrowed; a regular file */
    struct mneme_buffer window;
    int64_t window_offset; /* of its first byte in the file */
    size_t at;             /* the current place, in the window */
    int64_t line;
    bool is_at_end; /* there is nothing after the window */
};

/* Begins at the start of the file, after a byte order mark. */
int mneme_import_stream_init(struct mneme_import_stream *stream, int fd, struct mneme_error *error);
void mneme_import_stream_clean_up(struct mneme_import_stream *stream);

struct mneme_import_stream_at mneme_import_stream_place(const struct mneme_import_stream *stream);

/* Goes to a place that mneme_import_stream_place returned. */
void mneme_import_stream_seek(struct mneme_import_stream *stream, struct mneme_import_stream_at place);

/* Skips white space and returns the next byte without consuming it; -1 at the end of the file. */
int mneme_import_stream_peek(int *byte, struct mneme_import_stream *stream, struct mneme_error *error);

/* Consumes the peeked byte; must be the next call after peeking. */
void mneme_import_stream_advance(struct mneme_import_stream *stream);

enum mneme_import_stream_extent {
    MNEME_IMPORT_STREAM_WHOLE,
    MNEME_IMPORT_STREAM_TOO_LARGE, /* larger than requested */
    MNEME_IMPORT_STREAM_CUT,       /* the file ends within it */
    MNEME_IMPORT_STREAM_CROSSED,   /* a bracket is closed by the wrong kind */
};

/* The value at the current place, after white space. When it is complete, the stream moves past it and *value
 * is valid until the next call; otherwise the stream stays where it is. */
int mneme_import_stream_take(enum mneme_import_stream_extent *extent, struct mneme_str *value,
                             struct mneme_import_stream *stream, size_t max_bytes, struct mneme_error *error);

/* Repairs half characters of the last value (common/json/repair.h); must be the next call. Returns their
 * number. */
size_t mneme_import_stream_repair(struct mneme_import_stream *stream, struct mneme_str value,
                                  mneme_json_repaired *on_mended, void *context);

/* Skips a value of any size: moves past it when it is complete, else to the error. Never
 * MNEME_IMPORT_STREAM_TOO_LARGE. */
int mneme_import_stream_skip(enum mneme_import_stream_extent *extent, struct mneme_import_stream *stream,
                             struct mneme_error *error);

#endif
