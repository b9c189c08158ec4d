/*
 * Where things are: the streams that use an id, and whom the thing is about.
 */
#ifndef MNEME_QUERIES_PLACES_H
#define MNEME_QUERIES_PLACES_H

#include "queries/question.h"

enum mneme_place_kind {
    MNEME_PLACES_OF_MEMORIES,
    MNEME_PLACES_OF_HYPOTHESES,
    MNEME_PLACES_OF_CONVERSATIONS,
    MNEME_PLACE_KINDS
};

/* The noun for one of the kind in sentences, such as "memory". */
extern const char *const mneme_place_nouns[MNEME_PLACE_KINDS];

struct mneme_place_row {
    struct mneme_str id; /* as text */
    struct mneme_str stream_id, user_id, agent_id;
};

/* Visits struct mneme_place_row, unordered: one for each stream that uses one of the ids (UUIDs as text,
 * except for conversations). */
int mneme_places(struct mneme_postgres *postgres, enum mneme_place_kind kind, struct mneme_str tenant,
                 struct mneme_str_array ids, bool include_deleted, mneme_row_visitor *visit, void *context,
                 struct mneme_error *error);

#endif
