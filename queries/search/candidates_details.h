/*
 * Complete documents by their keys, and what the statements about a scope have in common. Shared by the files
 * of candidates.
 */
#ifndef MNEME_QUERIES_CANDIDATES_DETAILS_H
#define MNEME_QUERIES_CANDIDATES_DETAILS_H

#include "queries/compose.h"
#include "queries/search/candidates.h"

#define MNEME_CANDIDATE_SCOPE_PARTS 5

/* {documents}, {user}, {agent}, {run} and {conversation}. */
void mneme_candidates_scope_parts(struct mneme_sql_part parts[MNEME_CANDIDATE_SCOPE_PARTS],
                                  const struct mneme_candidate_filter *which);

/* $1 to $8: tenant, moment, and the scope's four. */
void mneme_candidates_scope_params(struct mneme_pg_params *params,
                                   const struct mneme_candidate_filter *which);

/* The scope in the form of the index documents_words; *count is 0 for a scope without user and agent. False
 * when memory is exhausted. */
bool mneme_candidates_scope_keys(struct mneme_str keys[2], size_t *count,
                                 const struct mneme_candidate_filter *which, struct mneme_arena *arena);

/* Adds the documents of the keys that pass the filter to the answer, up to `limit` in all; the answer must
 * have its terms. Of several documents at the same place in a conversation, a memory is kept, else the first
 * one. */
int mneme_candidates_details(struct mneme_candidates *out, struct mneme_postgres *postgres,
                             const struct mneme_candidate_filter *which,
                             const struct mneme_candidate_key *keys, size_t count, size_t limit,
                             struct mneme_error *error);

#endif
