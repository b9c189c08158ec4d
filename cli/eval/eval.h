/*
 * What the files of mneme eval share: questions with the turns that answer them, and the share of these turns
 * that was recalled.
 */
#ifndef MNEME_CLI_EVAL_H
#define MNEME_CLI_EVAL_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/json/write.h"
#include "queries/recall/recall.h"

#define MNEME_EVAL_TOP_K 20
#define MNEME_EVAL_CATEGORIES 5 /* 1 to 5; the last asks about things never said: counted separately */

struct mneme_eval_question {
    struct mneme_str text;
    int64_t category;
    struct mneme_str_array evidence; /* names of turns, such as "D3:11"; each once */
};

struct mneme_eval_questions {
    struct mneme_eval_question *items;
    size_t count;
};

/* The questions of a LoCoMo file that have evidence, in the arena. MNEME_E_INVALID says what is missing. */
int mneme_eval_read_questions(struct mneme_eval_questions *out, struct mneme_str json,
                              struct mneme_arena *arena, struct mneme_error *error);

/* Shares of evidence, summed up over questions. Zero-initialise. */
struct mneme_eval_sum {
    size_t questions;
    double recall[3]; /* at 5, 10 and 20 */
};

struct mneme_eval_scores {
    struct mneme_eval_sum all; /* without the last category */
    struct mneme_eval_sum categories[MNEME_EVAL_CATEGORIES];
    size_t degraded; /* degraded answers */
    double took_ms;  /* of all answers */
};

/* Counts the evidence turns that an answer to the question contains; the member dia_id of a result's metadata
 * identifies the turn. */
void mneme_eval_count(struct mneme_eval_scores *scores, const struct mneme_eval_question *question,
                      const struct mneme_recalled *recalled);

/* {"questions","recall","by_category"}; percent, to one place. */
void mneme_eval_json(const struct mneme_eval_scores *scores, struct mneme_json_writer *json);

/* The same as lines for people. */
void mneme_eval_print(const struct mneme_eval_scores *scores);

#endif
