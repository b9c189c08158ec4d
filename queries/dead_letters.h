/*
 * Dead letters: events that a projection cannot apply, events that wait behind another of their key, and
 * events that were dropped. For operators of Mneme: they span all tenants.
 */
#ifndef MNEME_QUERIES_DEAD_LETTERS_H
#define MNEME_QUERIES_DEAD_LETTERS_H

#include "queries/question.h"

struct mneme_dead_letter_row {
    struct mneme_str position; /* "partition:offset" */
    struct mneme_str projection, topic;
    int64_t partition, kafka_offset;
    struct mneme_str key; /* bytes that are not printable ASCII are escaped; null: it has no key */
    struct mneme_str reason;
    int64_t behind;                  /* events of its key that wait behind it */
    struct mneme_opt_long waits_for; /* the offset of the event that this one waits behind */
    int64_t recorded_at, parked_at;
    struct mneme_str note;            /* why it was dropped; null: no reason was given, or it is parked */
    struct mneme_opt_long dropped_at; /* unset: it is parked */
    /* The message's bytes; null unless they were asked for. */
    struct mneme_str value_hex, value_base64;
};

/* What to read; a null field does not filter. */
struct mneme_dead_letter_filter {
    struct mneme_str projection; /* "embed" includes "embed.MODEL" */
    struct mneme_str key;        /* tenant/stream */
    bool has_position;
    struct mneme_position position;
    bool is_all;    /* also events that only wait behind another */
    bool has_bytes; /* with the message's bytes */
    int64_t limit;
};

/* The columns of struct mneme_dead_letter_row. The last ones are the bytes; those before them apply only to
 * dropped events. */
enum {
    MNEME_DEAD_LETTER_BYTES_COLUMNS = 2,
    MNEME_DEAD_LETTER_DROPPED_COLUMNS = 2,
    MNEME_DEAD_LETTER_COLUMNS = 15,
};
extern const struct mneme_row_column mneme_dead_letter_columns[MNEME_DEAD_LETTER_COLUMNS];

/* Visits struct mneme_dead_letter_row for the parked events of all schemas, one schema after the other, the
 * oldest first. The connection must not be used for anything else afterwards. */
int mneme_dead_letters_everywhere(struct mneme_postgres *postgres, const struct mneme_config *config,
                                  const struct mneme_dead_letter_filter *filter, mneme_row_visitor *visit,
                                  void *context, struct mneme_error *error);

/* The same for dropped events, in all projections at once: they are kept in the ledger's schema, which
 * mneme_query_connect uses. */
int mneme_dead_letters_dropped(struct mneme_postgres *postgres, const struct mneme_dead_letter_filter *filter,
                               mneme_row_visitor *visit, void *context, struct mneme_error *error);

#endif
