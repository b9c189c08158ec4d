/*
 * The state of one recall, shared by the files that perform its steps: recall.c leads, recall_dense.c and
 * recall_past.c ask the vectors, recall_places.c finds neighbours, recall_rank.c scores.
 */
#ifndef MNEME_QUERIES_RECALL_STATE_H
#define MNEME_QUERIES_RECALL_STATE_H

#include "common/base/hash.h"
#include "endpoints/embedding/query.h"
#include "queries/recall/recall.h"
#include "stores/redis/reader.h"
#include "stores/vectors/vectors.h"

/* How many of the best entries of each list are hits; fewer make results worse, more do not improve them
 * (docs/retrieval.md). */
#define MNEME_RECALL_LIST 100

struct mneme_recall {
    struct mneme_config *config;
    struct mneme_postgres *postgres;
    bool has_parked; /* events of some key were waiting when it connected */
    int session;     /* the server process that the session settings were made in; 0: none */
    struct mneme_rank_weights weights;
    struct mneme_hot_reader *hot;
    char *model;                           /* NULL: the active one */
    struct mneme_vectors *vectors;         /* NULL: not open yet, or gone */
    struct mneme_embedder_query *embedder; /* for the model of `vectors` */
    char lost[MNEME_RECALL_REASON_BYTES];  /* why its records do not match the log; "": they do */
    int64_t looked_at; /* monotonic: when `vectors` was found to be the active generation */
};

/* Similarities of one document. */
struct mneme_recall_hit {
    struct mneme_vector_document_key key;
    double meaning, topic; /* NAN: not among the hits of that list */
};

struct mneme_recalling {
    struct mneme_recall *recall;
    const struct mneme_recall_question *question;
    struct mneme_candidate_filter which; /* the question's filter, with where to look */
    struct mneme_recalled *out;
    const struct mneme_str *authors; /* known authors that the question names */
    size_t author_count;
    struct mneme_recall_hit *hits;
    size_t hit_count;
    struct mneme_hash hits_by_key;
};

int mneme_recall_no_memory(struct mneme_error *error);

/* Notes a reason, unless it is noted already. */
void mneme_recall_degrade(struct mneme_recalled *out, const char *reason);

/* The hit for a document; NULL when it is not a hit. */
struct mneme_recall_hit *mneme_recall_hit_of(const struct mneme_recalling *recalling,
                                             struct mneme_str stream_id, struct mneme_str kind,
                                             struct mneme_str ref);

/* Adds the documents whose vectors are nearest to the candidates, and their similarities to the hits.
 * Failures of the vectors or the embedding service are noted in out->degraded and are not errors. */
int mneme_recall_ask_vectors(struct mneme_recalling *recalling, struct mneme_error *error);

/* For a question about the past: removes the hits of documents whose text has changed since then. */
int mneme_recall_drop_changed(struct mneme_recalling *recalling, struct mneme_error *error);

/* Adds the candidates' neighbours, up to two positions away. */
int mneme_recall_add_neighbours(struct mneme_recalling *recalling, struct mneme_error *error);

/* Scores the candidates and writes the results. */
int mneme_recall_score(struct mneme_recalling *recalling, struct mneme_error *error);

#endif
