/*
 * Walking through a JSON file of any size within a bounded amount of memory: what is at the current place,
 * and where the value there ends. Only strings and brackets are looked at; whether a value is JSON in every
 * detail is for mneme_json_check to say, so that one malformed value does not hide those behind it.
 * One thread at a time.
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
    bool is_at_end; /* there is nothing behind the window */
};

/* Begins at the start of the file, behind a byte order mark. */
int mneme_import_stream_init(struct mneme_import_stream *stream, int fd, struct mneme_error *error);
void mneme_import_stream_clean_up(struct mneme_import_stream *stream);

struct mneme_import_stream_at mneme_import_stream_place(const struct mneme_import_stream *stream);

/* Goes to a place that mneme_import_stream_place gave. */
void mneme_import_stream_seek(struct mneme_import_stream *stream, struct mneme_import_stream_at place);

/* Moves over white space to the next byte, which stays; -1 at the end of the file. */
int mneme_import_stream_peek(int *byte, struct mneme_import_stream *stream, struct mneme_error *error);

/* Moves over the byte that was peeked; nothing else may have happened since. */
void mneme_import_stream_advance(struct mneme_import_stream *stream);

enum mneme_import_stream_extent {
    MNEME_IMPORT_STREAM_WHOLE,
    MNEME_IMPORT_STREAM_TOO_LARGE, /* larger than was asked for */
    MNEME_IMPORT_STREAM_CUT,       /* the file ends within it */
    MNEME_IMPORT_STREAM_CROSSED,   /* a bracket is closed by one of the other kind */
};

/* The value at the current place, behind white space. When it is whole, the stream stands behind it and
 * *value is valid until the next call; otherwise the stream stays where it is. */
int mneme_import_stream_take(enum mneme_import_stream_extent *extent, struct mneme_str *value,
                             struct mneme_import_stream *stream, size_t max_bytes, struct mneme_error *error);

/* Mends half characters of the value that was taken last (common/json/repair.h), before anything else is
 * called; gives their number. */
size_t mneme_import_stream_repair(struct mneme_import_stream *stream, struct mneme_str value,
                                  mneme_json_repaired *on_mended, void *context);

/* Moves over a value of any size: behind it when it is whole, else to where that was seen. Never
 * MNEME_IMPORT_STREAM_TOO_LARGE. */
int mneme_import_stream_skip(enum mneme_import_stream_extent *extent, struct mneme_import_stream *stream,
                             struct mneme_error *error);

#endif
