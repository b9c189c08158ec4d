/*
 * Places of documents in their conversations: who stands beside whom, and who shares a conversation.
 */
#ifndef MNEME_QUERIES_RANKING_PLACE_H
#define MNEME_QUERIES_RANKING_PLACE_H

#include "queries/ranking/rank.h"

#define MNEME_NO_PLACE SIZE_MAX

/* Items of conversations, sorted by conversation, then position; both arrays hold indices. */
struct mneme_places {
    const struct mneme_rank_item *items;
    size_t *order; /* items with a conversation */
    size_t *at;    /* of each item: where it stands in `order`, or MNEME_NO_PLACE */
    size_t count;  /* of `order` */
};

/* False when memory is exhausted. Borrows the items, which must stay where they are. */
bool mneme_places_init(struct mneme_places *places, const struct mneme_rank_item *items, size_t count,
                       struct mneme_arena *arena);

/* The item `step` positions behind this one (before it, if negative) in its conversation, as far as it is
 * among the items; else MNEME_NO_PLACE. */
size_t mneme_place_beside(const struct mneme_places *places, size_t item, int step);

/* How many of `order`, from `first` on, share its conversation; at least 1. */
size_t mneme_place_members(const struct mneme_places *places, size_t first);

/* By conversation, then position, then memories first; items without a position first of all. */
int mneme_place_compare(const struct mneme_rank_item *a, const struct mneme_rank_item *b);

bool mneme_place_same_conversation(const struct mneme_rank_item *a, const struct mneme_rank_item *b);

#endif
