/*
 * Lines from a file, a pipe or a terminal, in bounded memory. Finding lines and reading more are separate, so
 * that a caller can do other work while there is nothing to read. One thread at a time.
 */
#ifndef MNEME_IMPORTERS_LINES_H
#define MNEME_IMPORTERS_LINES_H

#include "common/base/buffer.h"
#include "common/base/error.h"
#include "common/json/repair.h"

/* Maximum length of a line. */
#define MNEME_LINE_MAX_BYTES ((size_t)4 * 1024 * 1024)

enum mneme_line_state {
    MNEME_LINE_READY,
    MNEME_LINE_TOO_LONG, /* returned once, when the limit is exceeded; the rest of the line is skipped */
    MNEME_LINE_NONE,     /* no complete line: call mneme_lines_fill */
    MNEME_LINE_END,
};

struct mneme_inflate;

struct mneme_lines {
    int fd; /* borrowed */
    struct mneme_buffer buffer;
    size_t taken;   /* bytes of the buffer that have been returned */
    size_t scanned; /* bytes without a line feed */
    int64_t number; /* of the last returned line, from 1 */
    bool is_at_end;
    bool is_skipping;              /* within the rest of a line that is too long */
    bool is_judged;                /* the kind of the input is known */
    struct mneme_inflate *inflate; /* for gzip; NULL: plain text */
};

void mneme_lines_init(struct mneme_lines *lines, int fd);
void mneme_lines_clean_up(struct mneme_lines *lines);

/* The next line without its line feed, if it has been read already; valid until the next fill. A byte order
 * mark before the first line is removed. */
enum mneme_line_state mneme_lines_next(struct mneme_str *line, struct mneme_lines *lines);

/* Repairs half characters of the last returned line (common/json/repair.h); returns their number. */
size_t mneme_lines_repair(struct mneme_lines *lines, struct mneme_str line);

/* Reads once, and inflates gzip; blocks if there is nothing to read. A signal ends it with MNEME_OK and
 * nothing read. MNEME_E_INVALID for input that cannot be inflated, or is not text (importers/input.h);
 * earlier lines are still available. */
int mneme_lines_fill(struct mneme_lines *lines, struct mneme_error *error);

#endif
