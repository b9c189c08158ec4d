/*
 * Recall (RE2, RE3, RE5): the documents of a scope that answer a question best. Full text and vectors supply
 * candidates, their neighbours are fetched, and queries/ranking scores them all.
 *
 * When the embedding service or the vector store is away or slow, or has no vectors, the answer is made from
 * the remaining sources and says so. Only without the tables of the projection `search` is there no answer.
 * Details of memories come from the hot tier if it has them.
 */
#ifndef MNEME_QUERIES_RECALL_H
#define MNEME_QUERIES_RECALL_H

#include "queries/ranking/rank.h"
#include "queries/search/candidates.h"
#include "stores/vectors/metric.h"

/* The connections and settings of one caller. Belongs to one thread at a time. */
struct mneme_recall;

/* Connects to Postgres; the embedding service and the vector store are contacted when they are needed.
 * `model`: the model whose vectors are searched; NULL: the active one. MNEME_E_USAGE for wrong weights,
 * MNEME_E_UNAVAILABLE and MNEME_E_DENIED from Postgres. Copies what it needs of `config`. */
int mneme_recall_open(struct mneme_recall **out, const struct mneme_config *config, const char *model,
                      struct mneme_error *error);
void mneme_recall_close(struct mneme_recall *recall);

/* The connection to the tables, borrowed, if events of some key were waiting when it was opened
 * (queries/stale.h); else NULL. */
struct mneme_postgres *mneme_recall_parked(const struct mneme_recall *recall);

/* The connection to the tables, borrowed, for waiting for a position and the like. */
struct mneme_postgres *mneme_recall_postgres(struct mneme_recall *recall);

#define MNEME_RECALL_MAX_TOP_K 1000

struct mneme_recall_question {
    struct mneme_candidate_filter which;
    struct mneme_str text;   /* UTF-8; no text is an error */
    size_t top_k;            /* 1 to MNEME_RECALL_MAX_TOP_K */
    size_t per_conversation; /* maximum number of results from one conversation; 0: no limit */
    struct mneme_opt_double
        min_similarity;              /* minimum similarity of the question's and the document's vectors */
    enum mneme_vector_metric metric; /* ANY: the metric of the vectors */
    bool without_vectors;            /* use full text only */
    const struct mneme_position
        *at_least; /* what the hot tier must hold to be used; Postgres holds it already */
    size_t at_least_count;
};

struct mneme_recall_result {
    const struct mneme_candidate *document;
    int64_t score, parts[MNEME_RANK_PART_COUNT]; /* millionths; the parts add up to the score */
    double similarity;                           /* NAN: not known */
};

#define MNEME_RECALL_MAX_REASONS 4
#define MNEME_RECALL_REASON_BYTES 512 /* of one reason; what is longer is cut off */

/* An answer. Must be zero-initialised; what it points to is valid until it is used for the next answer. */
struct mneme_recalled {
    struct mneme_recall_result *results; /* best first */
    size_t count;
    char degraded[MNEME_RECALL_MAX_REASONS]
                 [MNEME_RECALL_REASON_BYTES]; /* reasons why the answer is not complete */
    size_t degraded_count;
    int64_t took_micros, embedding_micros; /* the second is part of the first */
    struct mneme_time_span time; /* the time that the question names; its words point into the question */

    struct mneme_candidates candidates;
    struct mneme_arena arena;
};
void mneme_recalled_clean_up(struct mneme_recalled *recalled);

int mneme_recall_ask(struct mneme_recalled *out, struct mneme_recall *recall,
                     const struct mneme_recall_question *question, struct mneme_error *error);

#endif
