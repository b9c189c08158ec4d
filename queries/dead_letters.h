/*
 * Dead letters: events that a projection cannot apply, and those that wait behind one of their key. For who
 * runs Mneme: it spans all tenants. Each question is about the schema that was entered last
 * (mneme_status_enter).
 */
#ifndef MNEME_QUERIES_DEAD_LETTERS_H
#define MNEME_QUERIES_DEAD_LETTERS_H

#include "queries/question.h"

struct mneme_dead_letter_row {
    struct mneme_str projection, topic;
    int64_t partition, kafka_offset;
    struct mneme_str key; /* bytes that are no printable ASCII are escaped; null: it has none */
    struct mneme_str reason;
    int64_t behind;                  /* events of its key that wait behind it */
    struct mneme_opt_long waits_for; /* the offset that it waits behind itself */
    int64_t recorded_at, parked_at;
    /* Of mneme_dead_letter_show alone, else null: the message's bytes. */
    struct mneme_str value_hex, value_base64;
};

/* What to list; a null field does not choose. */
struct mneme_dead_letter_filter {
    struct mneme_str projection; /* "embed" is "embed.MODEL", too */
    struct mneme_str key;        /* tenant/stream */
    bool is_all;                 /* also what only waits behind another event */
    int64_t limit;
};

/* Visits struct mneme_dead_letter_row, the oldest first. */
int mneme_dead_letter_list(struct mneme_postgres *postgres, const struct mneme_dead_letter_filter *filter,
                           mneme_row_visitor *visit, void *context, struct mneme_error *error);

/* Visits the event with its bytes, once for each projection of the schema (null: any) that has parked it. */
int mneme_dead_letter_show(struct mneme_postgres *postgres, struct mneme_position position,
                           struct mneme_str projection, mneme_row_visitor *visit, void *context,
                           struct mneme_error *error);

/* The members of an object without its braces: position, then those of the row but its bytes. */
void mneme_dead_letter_json(const struct mneme_dead_letter_row *row, struct mneme_json_writer *json);

#endif
