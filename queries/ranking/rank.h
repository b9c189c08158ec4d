/*
 * Ranks what was found: fuses lexical and semantic hits, and takes into account neighbours, author,
 * conversation, and what is known about a memory. Pure functions; each score comes with the parts that add up
 * to it. docs/retrieval.md has measurements of each rule.
 *
 * Rules that need an author, an order or a question have no effect on documents without them.
 */
#ifndef MNEME_QUERIES_RANKING_RANK_H
#define MNEME_QUERIES_RANKING_RANK_H

#include "common/base/arena.h"
#include "queries/ranking/bm25.h"
#include "queries/ranking/times.h"
#include "queries/ranking/weights.h"

/* What a score is the sum of. */
/* clang-format off */
#define MNEME_RANK_PARTS(X) \
    X(LEXICAL, lexical) \
    X(SEMANTIC, semantic) \
    X(COVERAGE, coverage) \
    X(NEIGHBOURS, neighbours) \
    X(CONVERSATION, conversation) \
    X(AUTHOR, author) \
    X(QUESTION, question) \
    X(IMPORTANCE, importance) \
    X(CONFIDENCE, confidence) \
    X(RECENCY, recency) \
    X(ACCESS, access) \
    X(DATE, date)
/* clang-format on */

enum mneme_rank_part {
#define X(id, name) MNEME_RANK_##id,
    MNEME_RANK_PARTS(X)
#undef X
        MNEME_RANK_PART_COUNT
};

extern const char *const mneme_rank_part_names[MNEME_RANK_PART_COUNT];

/* Scores and their parts are whole millionths, so that parts add up to the score exactly. */
#define MNEME_RANK_UNIT 1000000

/* A document on its way to its score. */
struct mneme_rank_item {
    struct mneme_str stream_id, kind, ref;
    struct mneme_str conversation_id; /* null: it belongs to none */
    struct mneme_opt_long position;   /* in its conversation */
    struct mneme_str speaker;         /* null: unknown */
    struct mneme_str text;
    int64_t created_at;
    const double *counts; /* of each term of the query */
    double length;
    double meaning,
        topic; /* similarity to the question, and to the question without authors; NAN: not among the hits */
    bool is_memory; /* whether the three below count */
    double importance, confidence;
    int64_t access_count;
    size_t candidate; /* for the caller; passed through */

    /* Out. */
    int64_t parts[MNEME_RANK_PART_COUNT];
    int64_t score;
};

/* The query, as ranking needs it. */
struct mneme_rank_query {
    const double *idfs; /* of each term; 0 for names of authors */
    size_t term_count;
    struct mneme_bm25 bm25;
    struct mneme_str author;     /* the one author that the question names; null: none, or several */
    struct mneme_time_span date; /* that the question names */
    int64_t now;
    size_t list; /* how many of the best entries of each list count as hits */
};

/* Keeps one of the items that have the same place in the same conversation, a memory rather than a turn, with
 * the better similarities. Returns how many are left; changes their order. */
size_t mneme_rank_collapse(struct mneme_rank_item *items, size_t count);

/* Scores the collapsed items and sorts them: highest score first, then newest, then by key. The only error is
 * MNEME_E_NO_MEMORY. */
int mneme_rank(struct mneme_rank_item *items, size_t count, const struct mneme_rank_query *query,
               const struct mneme_rank_weights *weights, struct mneme_arena *arena);

/* Keeps at most `most` items of each conversation, in their order; documents without a conversation stay.
 * Returns how many are left. */
size_t mneme_rank_cap_conversations(struct mneme_rank_item *items, size_t count, size_t most);

#endif
