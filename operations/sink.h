/*
 * Where an operation puts its results: one row at a time, and notes besides the rows. An interface turns them
 * into a table, JSON lines, or the body of an answer.
 */
#ifndef MNEME_OPERATIONS_SINK_H
#define MNEME_OPERATIONS_SINK_H

#include "common/config/config.h"
#include "operations/operation.h"
#include "queries/stale.h"

/* A row: `columns` say where in `cells` each value is. All of it is valid only during the call. */
struct mneme_op_row {
    const struct mneme_row_column *columns;
    size_t column_count;
    const void *cells;
    struct mneme_str cursor; /* continues a list after this row; null: the list cannot be continued */
    const struct mneme_op_column *shown; /* what a person sees of it; NULL: the operation's columns */
    struct mneme_str below;              /* lines that a person reads after the details; null: none */
    struct mneme_str sentence;           /* what a person reads instead, such as a count; null: the columns */
    bool is_summary; /* a summary of all rows before it; a person reads its sentence or nothing */
    bool is_live;    /* the next row may come much later, so this one is shown at once */
};

enum mneme_op_note_kind {
    MNEME_OP_NOTE_WARNING, /* text: a sentence */
    MNEME_OP_NOTE_IN_ROW,  /* text: a sentence that is also in the summary */
    MNEME_OP_NOTE_MISSING, /* text: which place ("the tables") does not hold the caller's own writes yet */
    MNEME_OP_NOTE_STALE,   /* stale: acknowledged events that no answer shows, since they wait behind one that
                              cannot be applied */
    MNEME_OP_NOTE_TABLE,   /* text: printed when there is no row; the rows of another statement follow */
};

struct mneme_op_note {
    enum mneme_op_note_kind kind;
    struct mneme_str text;               /* this and the next are valid only during the call */
    const struct mneme_stale_row *stale; /* of NOTE_STALE */
};

/* The note as a sentence without a full stop, appended to `out`. The settings are those of the call. */
void mneme_op_note_text(struct mneme_buffer *out, const struct mneme_op_note *note,
                        const struct mneme_config *config);

struct mneme_op_sink {
    /* Takes a row. Returns false when no more rows are wanted. */
    bool (*on_row)(const struct mneme_op_row *row, void *context);
    /* Takes a note. Never ends the call. May be NULL. */
    void (*on_note)(const struct mneme_op_note *note, void *context);
    /* Whether rows are still wanted; a read that waits for live rows asks often. NULL means yes. */
    bool (*is_open)(void *context);
    void *context;
};

/* The row as members of a JSON object, without its braces; "cursor" last, where there is one. */
void mneme_op_row_json(const struct mneme_op_row *row, struct mneme_json_writer *json);

/* Where the column's value is and which kind it has; false when the row has no column of that name. */
bool mneme_op_row_cell(const struct mneme_op_row *row, const char *column, enum mneme_row_kind *kind,
                       const void **value);

#endif
