/*
 * Lines from a file, a pipe or a terminal, within a bounded amount of memory. Finding lines and reading more
 * are apart, so that a caller can do other work while there is nothing to read. One thread at a time.
 */
#ifndef MNEME_IMPORTERS_LINES_H
#define MNEME_IMPORTERS_LINES_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/json/repair.h"

/* Longest line that is taken. */
#define MNEME_LINE_MAX_BYTES ((size_t)4 * 1024 * 1024)

enum mneme_line_state {
    MNEME_LINE_READY,
    MNEME_LINE_TOO_LONG, /* told once, when the limit is passed; the rest of it is skipped */
    MNEME_LINE_NONE,     /* no whole line is there: mneme_lines_fill gets more */
    MNEME_LINE_END,
};

struct mneme_inflate;

struct mneme_lines {
    int fd; /* borrowed */
    struct mneme_buffer buffer;
    size_t taken;   /* bytes of the buffer that are given out */
    size_t scanned; /* bytes that hold no line feed */
    int64_t number; /* of the line given out last, from 1 */
    bool is_at_end;
    bool is_skipping;              /* behind the limit of a line that is too long */
    bool is_judged;                /* it is known what the input is */
    struct mneme_inflate *inflate; /* of gzip; NULL: it is plain */
};

void mneme_lines_init(struct mneme_lines *lines, int fd);
void mneme_lines_clean_up(struct mneme_lines *lines);

/* The next line without its line feed, as far as it is read already; valid until the next fill. A byte order
 * mark before the first line is dropped. */
enum mneme_line_state mneme_lines_next(struct mneme_str *line, struct mneme_lines *lines);

/* Mends half characters of the line given out last (common/json/repair.h); gives their number. */
size_t mneme_lines_repair(struct mneme_lines *lines, struct mneme_str line);

/* Reads once, and inflates gzip; blocks if nothing is there. A signal ends it with MNEME_OK and nothing read.
 * MNEME_E_INVALID for what cannot be inflated, or is not a text (importers/input.h); lines before that can
 * still be had. */
int mneme_lines_fill(struct mneme_lines *lines, struct mneme_error *error);

#endif
