/*
 * BM25: how well a text answers a query, by how often it has the query's terms, how rare these are, and how
 * long it is. The formula is that of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
 * Beyond" (2009), equation 3.15, with the inverse document frequency of Lucene, which is never negative:
 *
 *   score = sum over the terms of idf(t) * count * (k1 + 1) / (count + k1 * (1 - b + b * length / mean
 * length)) idf(t) = ln(1 + (N - n + 0.5) / (n + 0.5)), where n of N documents have t
 */
#ifndef MNEME_QUERIES_RANKING_BM25_H
#define MNEME_QUERIES_RANKING_BM25_H

#include <stddef.h>
#include <stdint.h>

/* k1: how soon further occurrences of a term add little; b: how much a long text loses, 0 to 1. */
struct mneme_bm25 {
    double k1, b;
    double mean_length; /* mean length of the scope's documents; 0: lengths are ignored */
};

#define MNEME_BM25_K1 0.9
#define MNEME_BM25_B 0.4

/* The idf of a term that `having` of `documents` contain; values out of range are clamped. */
double mneme_bm25_idf(int64_t documents, int64_t having);

/* The score of one term that occurs `count` times (a weighted count need not be whole) in a text of `length`.
 */
double mneme_bm25_term(const struct mneme_bm25 *bm25, double idf, double count, double length);

/* The sum over the terms. */
double mneme_bm25_score(const struct mneme_bm25 *bm25, const double *idfs, const double *counts,
                        size_t term_count, double length);

#endif
