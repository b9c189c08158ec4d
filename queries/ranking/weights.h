/*
 * The weights of the ranking rules: numbers by name, with measured defaults (docs/retrieval.md). 0 switches a
 * rule off.
 */
#ifndef MNEME_QUERIES_RANKING_WEIGHTS_H
#define MNEME_QUERIES_RANKING_WEIGHTS_H

#include "common/base/error.h"
#include "common/base/types.h"

/* X(name, default, what it is). Shares weigh the lists against each other; the others are factors of a score.
 */
/* clang-format off */
#define MNEME_RANK_WEIGHTS(X) \
    X(words, 0.6, "share of BM25 over the document's own text") \
    X(context, 1.0, "share of BM25 over its text with its neighbours' terms at a part of their counts") \
    X(context_terms, 0.4, "that part") \
    X(meaning, 1.0, "share of the similarity to the question") \
    X(topic, 2.0, "share of the similarity to the question without the names of authors") \
    X(coverage, 0.1, "for the share of the question's rare terms that it or a direct neighbour has") \
    X(before, 0.1, "of the base score of the document before it in its conversation") \
    X(before2, 0.03, "of that of the one before that") \
    X(after, 0.2, "of that of the document behind it") \
    X(after2, 0.1, "of that of the one behind that") \
    X(answer, 0.25, "of that of the document before it where that is a question") \
    X(conversation, 0.3, "of the mean of the three best base scores of its conversation") \
    X(author, 0.35, "factor for documents by the one author that the question names") \
    X(other_author, 0.1, "factor against documents by another one") \
    X(question, 0.3, "factor against documents of a conversation that are questions themselves") \
    X(importance, 0.2, "factor for importance above 0.5, against it below") \
    X(confidence, 0.2, "factor against what confidence lacks of 1") \
    X(recency, 0.1, "factor for what is new; halves with each half-life") \
    X(half_life_days, 30.0, "that half-life") \
    X(access, 0.05, "factor for what is accessed often; all of it from 100 accesses on") \
    X(date, 0.5, "of the best score, for documents of the time that the question names") \
    X(date_days, 15.0, "after how many days beside it that falls to about a third")
/* clang-format on */

struct mneme_rank_weights {
#define X(name, value, doc) double name;
    MNEME_RANK_WEIGHTS(X)
#undef X
};

extern const struct mneme_rank_weights mneme_rank_default_weights;

/* Reads "author=0, recency=0.3" over the defaults; "" is all defaults. MNEME_E_USAGE for an unknown name,
 * listing the known names, or for a value that is not a number from 0 to 1000. */
int mneme_rank_weights_parse(struct mneme_rank_weights *out, struct mneme_str text,
                             struct mneme_error *error);

#endif
