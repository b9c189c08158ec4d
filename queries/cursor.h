/*
 * Where a list continues: the sort key of the last row seen, as one opaque word that is safe in a shell and a
 * URL.
 */
#ifndef MNEME_QUERIES_CURSOR_H
#define MNEME_QUERIES_CURSOR_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"

struct mneme_cursor {
    int64_t micros; /* the time that the list is sorted by */
    struct mneme_str id;
    struct mneme_str stream_id;
    bool is_set;
};

/* Appends the word. */
void mneme_cursor_write(struct mneme_buffer *out, int64_t micros, struct mneme_str id,
                        struct mneme_str stream_id);

/* A null word leaves the cursor unset. MNEME_E_USAGE for a word that mneme_cursor_write did not make. */
int mneme_cursor_read(struct mneme_cursor *out, struct mneme_str word, struct mneme_arena *arena,
                      struct mneme_error *error);

#endif
