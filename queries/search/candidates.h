/*
 * Documents of a scope that may answer a query, with all that ranking needs: how often each has the terms of
 * the query, how long it is, how many documents have each term, and what is known about its memory. Finding
 * them is SQL; the only ranking done here is BM25.
 */
#ifndef MNEME_QUERIES_CANDIDATES_H
#define MNEME_QUERIES_CANDIDATES_H

#include "queries/as_of.h"
#include "queries/filter/filter.h"
#include "queries/ranking/bm25.h"
#include "queries/search/search_query.h"

struct mneme_hot_reader;

/* Whose documents to search; never beyond the tenant. */
struct mneme_search_scope {
    struct mneme_str tenant;                                     /* required */
    struct mneme_str user_id, agent_id, run_id, conversation_id; /* at least one, unless all_scopes */
    bool all_scopes;                                             /* search the whole tenant */
};

/* MNEME_E_USAGE without a scope, see mneme_read_scope_check; `what` begins the error sentence. */
int mneme_search_scope_check(const struct mneme_search_scope *scope, const char *what,
                             struct mneme_error *error);

/* Which documents to find. A null or unset field does not filter. */
struct mneme_candidate_filter {
    struct mneme_search_scope scope;
    struct mneme_opt_long since, until;     /* created_at, microseconds, both included */
    struct mneme_str_array types;           /* memories of any of these types; turns have none */
    const struct mneme_filter_node *filter; /* only memories that match this; may be NULL */
    bool include_expired, include_archived;
    struct mneme_as_of as_of; /* of the search tables and of the memories */

    struct mneme_hot_reader *hot; /* where memories are looked up first; NULL: only in Postgres */
};

struct mneme_candidate_question {
    struct mneme_candidate_filter which;
    struct mneme_str text; /* UTF-8 */
    enum mneme_query_form form;
    double k1, b; /* of BM25 */
    size_t limit; /* maximum number of documents, at least 1 */
};

/* A term of the query: a lexeme as the store's texts have them. */
struct mneme_candidate_term {
    struct mneme_str lexeme;
    bool is_prefix;    /* whether it stands for every lexeme that begins with it */
    int64_t documents; /* number of the scope's documents that have it */
    double idf;
};

/* What is known about a memory besides its text; all zero for turns. */
struct mneme_candidate_memory {
    struct mneme_str memory_type;
    struct mneme_str content, metadata; /* JSON */
    double importance;                  /* including what accesses add */
    double confidence, priority;
    int64_t access_count;
    struct mneme_opt_long last_accessed_at, expires_at;
    int64_t updated_at, version;
};

/* A document. Strings and arrays live as long as the struct mneme_candidates that it is part of. */
struct mneme_candidate {
    struct mneme_str stream_id, kind, ref; /* its identity within the tenant; kind "memory" or "turn" */
    struct mneme_str user_id, agent_id, run_id, conversation_id;
    struct mneme_opt_long position; /* its place in the conversation */
    struct mneme_str speaker, role;
    int64_t created_at;
    int64_t source_sequence;
    struct mneme_str text;
    int64_t length;       /* number of its lexemes, counting repetitions */
    const double *counts; /* how often it has each term */
    double bm25;          /* 0 when it has none of the terms */
    bool is_memory;
    struct mneme_candidate_memory memory;
};

/* An answer. Must be zero-initialised. */
struct mneme_candidates {
    struct mneme_candidate *items;
    size_t count;
    struct mneme_candidate_term *terms;
    size_t term_count;
    int64_t documents; /* of the scope */
    struct mneme_bm25 bm25;
    int64_t matches;                 /* documents that match the query, before limit and filters */
    struct mneme_analysis *analysis; /* the analysis that made the terms */

    struct mneme_arena arena;
    double *idfs;
};

void mneme_candidates_clean_up(struct mneme_candidates *candidates);

/* Sets up a connection for these queries, for as long as its session lasts: they then use indexes even if the
 * server has no statistics yet, as right after a large import. Without it they work, but may be slow. */
int mneme_candidates_prepare(struct mneme_postgres *postgres, struct mneme_error *error);

/* The documents that the query finds, the best by BM25 first, exactly `limit` of them unless there are fewer.
 * Of a turn and a memory with the same place in a conversation, only the memory is returned. A query without
 * any word (blank, only signs) finds nothing, with term_count 0. No text is an error. MNEME_E_UNAVAILABLE
 * when the projection `search` has no tables, MNEME_E_UNSAFE when their words were made by another version of
 * the analysis. */
int mneme_candidates_find(struct mneme_candidates *out, struct mneme_postgres *postgres,
                          const struct mneme_candidate_question *question, struct mneme_error *error);

/* The identity of a document. */
struct mneme_candidate_key {
    struct mneme_str stream_id, kind, ref;
};

/* Adds the documents with these keys to an answer of mneme_candidates_find, if they exist, pass the filter
 * and are not in it yet; they are appended in the order of the keys, regardless of their scores. */
int mneme_candidates_add(struct mneme_candidates *candidates, struct mneme_postgres *postgres,
                         const struct mneme_candidate_filter *which, const struct mneme_candidate_key *keys,
                         size_t count, struct mneme_error *error);

#endif
