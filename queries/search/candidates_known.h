/*
 * Candidates' memories that the hot tier has, so that their rows need not be looked up in Postgres. Shared by
 * the files of candidates.
 */
#ifndef MNEME_QUERIES_CANDIDATES_KNOWN_H
#define MNEME_QUERIES_CANDIDATES_KNOWN_H

#include "queries/search/candidates.h"
#include "stores/redis/memory.h"

/* Documents to look up, with what is known about their memories. */
struct mneme_known_candidates {
    struct mneme_candidate_key *keys; /* without those whose memory does not pass the filter */
    size_t count;
    int64_t *is_known;                 /* 1: memories[i] is its memory */
    struct mneme_hot_memory *memories; /* of each key */
};

/* Queries which->hot, if there is one and it can answer the question; otherwise nothing is known. All of it
 * is in the arena. False when memory is exhausted. */
bool mneme_candidates_read_known(struct mneme_known_candidates *out,
                                 const struct mneme_candidate_filter *which,
                                 const struct mneme_candidate_key *keys, size_t count,
                                 struct mneme_arena *arena);

/* Fills the candidate from the memory instead of the row. */
void mneme_candidates_fill(struct mneme_candidate *candidate, const struct mneme_hot_memory *memory);

#endif
