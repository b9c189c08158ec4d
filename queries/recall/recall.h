/*
 * Recall (RE2, RE3, RE5): the documents of a scope that answer a question best. Words and vectors are asked
 * for candidates, the neighbours of these are fetched, and queries/ranking scores them all.
 *
 * When the embedding service or the vector store is away or slow, or has no vectors, the answer is made of
 * what is left and says so. Only without the tables of the projection `search` there is none. What is known
 * of memories comes from the hot tier where it has them.
 */
#ifndef MNEME_QUERIES_RECALL_H
#define MNEME_QUERIES_RECALL_H

#include "queries/ranking/rank.h"
#include "queries/search/candidates.h"
#include "stores/vectors/metric.h"

/* Connections and settings of one who asks. Belongs to one thread at a time. */
struct mneme_recall;

/* Connects to Postgres; the embedding service and the vector store are contacted when they are needed.
 * `model`: whose vectors are asked; NULL: those that are active. MNEME_E_USAGE for wrong weights,
 * MNEME_E_UNAVAILABLE and MNEME_E_DENIED of Postgres. Copies what it needs of `config`. */
int mneme_recall_open(struct mneme_recall **out, const struct mneme_config *config, const char *model,
                      struct mneme_error *error);
void mneme_recall_close(struct mneme_recall *recall);

/* The connection to the tables, borrowed, where events of some key waited when it was opened
 * (queries/stale.h); else NULL. */
struct mneme_postgres *mneme_recall_parked(const struct mneme_recall *recall);

/* Its connection, for waiting for a position and the like; borrowed. */
struct mneme_postgres *mneme_recall_postgres(struct mneme_recall *recall);

#define MNEME_RECALL_MAX_TOP_K 1000

struct mneme_recall_question {
    struct mneme_candidate_filter which;
    struct mneme_str text;                  /* UTF-8; whatever it is, it is not an error */
    size_t top_k;                           /* 1 to MNEME_RECALL_MAX_TOP_K */
    size_t per_conversation;                /* maximum of one conversation; 0: no limit */
    struct mneme_opt_double min_similarity; /* of the question's vector and the document's */
    enum mneme_vector_metric metric;        /* ANY: that of the vectors */
    bool without_vectors;                   /* full text alone */
    const struct mneme_position *at_least;  /* what the hot tier must have to be asked; Postgres has it */
    size_t at_least_count;
};

struct mneme_recall_result {
    const struct mneme_candidate *document;
    int64_t score, parts[MNEME_RANK_PART_COUNT]; /* millionths; the parts add up to the score */
    double similarity;                           /* NAN: not known */
};

#define MNEME_RECALL_MAX_REASONS 4

/* An answer. Zero-initialise to start with; what it points to lives as long as it is not asked into again. */
struct mneme_recalled {
    struct mneme_recall_result *results; /* best first */
    size_t count;
    char degraded[MNEME_RECALL_MAX_REASONS][256]; /* why it is not all that it could be */
    size_t degraded_count;
    int64_t took_micros, embedding_micros; /* the second is part of the first */
    struct mneme_time_span time;           /* that the question names; its words are the question's */

    struct mneme_candidates candidates;
    struct mneme_arena arena;
};
void mneme_recalled_clean_up(struct mneme_recalled *recalled);

int mneme_recall_ask(struct mneme_recalled *out, struct mneme_recall *recall,
                     const struct mneme_recall_question *question, struct mneme_error *error);

#endif
