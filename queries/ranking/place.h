/*
 * Places of documents in their conversations: which documents are neighbours, and which share a conversation.
 */
#ifndef MNEME_QUERIES_RANKING_PLACE_H
#define MNEME_QUERIES_RANKING_PLACE_H

#include "queries/ranking/rank.h"

#define MNEME_NO_PLACE SIZE_MAX

/* Items of conversations, sorted by conversation, then position; both arrays hold indices. */
struct mneme_places {
    const struct mneme_rank_item *items;
    size_t *order; /* items with a conversation */
    size_t *at;    /* for each item: its index in `order`, or MNEME_NO_PLACE */
    size_t count;  /* of `order` */
};

/* False when memory is exhausted. Borrows the items, which must stay where they are. */
bool mneme_places_init(struct mneme_places *places, const struct mneme_rank_item *items, size_t count,
                       struct mneme_arena *arena);

/* The item `step` positions after this one (before it, if negative) in its conversation, or MNEME_NO_PLACE if
 * that is not among the items. */
size_t mneme_place_beside(const struct mneme_places *places, size_t item, int step);

/* How many items of `order`, from `first` on, share the conversation of `first`; at least 1. */
size_t mneme_place_members(const struct mneme_places *places, size_t first);

/* Orders by conversation, then position, with items without a position first and memories before turns. */
int mneme_place_compare(const struct mneme_rank_item *a, const struct mneme_rank_item *b);

bool mneme_place_same_conversation(const struct mneme_rank_item *a, const struct mneme_rank_item *b);

#endif
