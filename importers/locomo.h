/*
 * A LoCoMo file in memory: the speakers, the sessions in order, and the turns of a session. Everything is a
 * slice of the file's text, or in the arena.
 */
#ifndef MNEME_IMPORTERS_LOCOMO_H
#define MNEME_IMPORTERS_LOCOMO_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/error.h"

struct mneme_locomo_session {
    int64_t number;         /* N of "session_N" */
    struct mneme_str date;  /* as written, such as "1:56 pm on 8 May, 2023" */
    int64_t started_at;     /* the same in microseconds, taken as UTC */
    struct mneme_str turns; /* JSON array */
};

struct mneme_locomo {
    struct mneme_str speaker_a, speaker_b;
    struct mneme_locomo_session *sessions; /* by number; empty ones are left out */
    size_t session_count;
};

struct mneme_locomo_turn {
    struct mneme_str speaker, dia_id, text;
    struct mneme_str caption; /* of a shared image, else null */
    struct mneme_str query;   /* the search query for the image, else null */
};

/* Appends the whole file, opened by mneme_input_open; `path` is for errors. MNEME_E_INVALID when it is too
 * large, MNEME_E_UNAVAILABLE when it cannot be read. */
int mneme_locomo_load(struct mneme_buffer *out, int fd, const char *path, struct mneme_error *error);

/* Reads the object with "speaker_a" and the sessions; `json` is well-formed. MNEME_E_INVALID says what is
 * missing or of the wrong type. */
int mneme_locomo_read(struct mneme_locomo *out, struct mneme_arena *arena, struct mneme_str json,
                      struct mneme_error *error);

/* Reads one item of `turns`. */
int mneme_locomo_read_turn(struct mneme_locomo_turn *out, const struct mneme_locomo *conversation,
                           struct mneme_arena *arena, struct mneme_str json, struct mneme_error *error);

/* "1:56 pm on 8 May, 2023"; false when it is anything else. */
bool mneme_locomo_parse_date(int64_t *micros, struct mneme_str text);

#endif
