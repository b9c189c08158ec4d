/*
 * Memories of candidates that the hot tier has: their rows need not be looked up in Postgres. Shared by the
 * files of candidates.
 */
#ifndef MNEME_QUERIES_CANDIDATES_KNOWN_H
#define MNEME_QUERIES_CANDIDATES_KNOWN_H

#include "queries/search/candidates.h"
#include "stores/redis/memory.h"

/* Documents to look up, with what is known of their memories. */
struct mneme_known_candidates {
    struct mneme_candidate_key *keys; /* without those whose memory does not pass the filter */
    size_t count;
    int64_t *is_known;                 /* 1: memories[i] is its memory */
    struct mneme_hot_memory *memories; /* of each key */
};

/* Asks which->hot, if there is one and the question is one that it can answer: nothing is known otherwise.
 * All lies in the arena. False when memory is exhausted. */
bool mneme_candidates_read_known(struct mneme_known_candidates *out,
                                 const struct mneme_candidate_filter *which,
                                 const struct mneme_candidate_key *keys, size_t count,
                                 struct mneme_arena *arena);

/* What the memory says of the candidate, instead of the row. */
void mneme_candidates_fill(struct mneme_candidate *candidate, const struct mneme_hot_memory *memory);

#endif
