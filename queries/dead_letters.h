/*
 * Dead letters: events that a projection cannot apply, those that wait behind one of their key, and those
 * that were dropped. For who runs Mneme: it spans all tenants.
 */
#ifndef MNEME_QUERIES_DEAD_LETTERS_H
#define MNEME_QUERIES_DEAD_LETTERS_H

#include "queries/question.h"

struct mneme_dead_letter_row {
    struct mneme_str position; /* "partition:offset" */
    struct mneme_str projection, topic;
    int64_t partition, kafka_offset;
    struct mneme_str key; /* bytes that are no printable ASCII are escaped; null: it has none */
    struct mneme_str reason;
    int64_t behind;                  /* events of its key that wait behind it */
    struct mneme_opt_long waits_for; /* the offset that it waits behind itself */
    int64_t recorded_at, parked_at;
    struct mneme_str note;            /* why it was dropped; null: it was not said, or it is parked */
    struct mneme_opt_long dropped_at; /* unset: it is parked */
    /* Null unless they were asked for: the message's bytes. */
    struct mneme_str value_hex, value_base64;
};

/* What to read; a null field does not choose. */
struct mneme_dead_letter_filter {
    struct mneme_str projection; /* "embed" is "embed.MODEL", too */
    struct mneme_str key;        /* tenant/stream */
    bool has_position;
    struct mneme_position position;
    bool is_all;    /* also what only waits behind another event */
    bool has_bytes; /* with the message's bytes */
    int64_t limit;
};

/* The columns of struct mneme_dead_letter_row. The last ones are the bytes, and those before them are of what
 * was dropped alone. */
enum {
    MNEME_DEAD_LETTER_BYTES_COLUMNS = 2,
    MNEME_DEAD_LETTER_DROPPED_COLUMNS = 2,
    MNEME_DEAD_LETTER_COLUMNS = 15,
};
extern const struct mneme_row_column mneme_dead_letter_columns[MNEME_DEAD_LETTER_COLUMNS];

/* Visits struct mneme_dead_letter_row for what is parked in any schema: of one after the other, the oldest
 * first. The connection is for nothing else from then on. */
int mneme_dead_letters_everywhere(struct mneme_postgres *postgres, const struct mneme_config *config,
                                  const struct mneme_dead_letter_filter *filter, mneme_row_visitor *visit,
                                  void *context, struct mneme_error *error);

/* The same for what was dropped, in all projections at once: it is kept in the ledger's schema, which
 * mneme_query_connect looks into. */
int mneme_dead_letters_dropped(struct mneme_postgres *postgres, const struct mneme_dead_letter_filter *filter,
                               mneme_row_visitor *visit, void *context, struct mneme_error *error);

#endif
