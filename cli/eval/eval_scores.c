/*
 * Evidence recall: the share of a question's turns that are among the first 5, 10 and 20 results, as a mean
 * over questions.
 */
#include <math.h>
#include <stdio.h>

#include "cli/eval/eval.h"
#include "common/json/read.h"

static const size_t depths[] = {5, 10, 20};
static const char *const depth_names[] = {"5", "10", "20"};
#define DEPTHS (sizeof depths / sizeof *depths)

/* --- counting --- */

static bool has_turn(const struct mneme_recall_result *result, struct mneme_str turn) {
    struct mneme_str key;
    struct mneme_str value;
    struct mneme_str metadata = result->document->memory.metadata;
    if (!result->document->is_memory || metadata.data == NULL) {
        return false;
    }
    struct mneme_json_reader members = mneme_json_enter(mneme_json_trim(metadata));
    while (mneme_json_next(&members, &key, &value)) {
        if (mneme_json_unquotes_to(key, MNEME_STR_LIT("dia_id"))) {
            return mneme_json_kind_of(value) == MNEME_JSON_STRING && mneme_json_unquotes_to(value, turn);
        }
    }
    return false;
}

/* The turn's rank in the answer; SIZE_MAX when the answer does not contain it. */
static size_t rank_of(const struct mneme_recalled *recalled, struct mneme_str turn) {
    for (size_t i = 0; i < recalled->count; i++) {
        if (has_turn(&recalled->results[i], turn)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void add(struct mneme_eval_sum *sum, const size_t *found, size_t evidence) {
    sum->questions++;
    for (size_t i = 0; i < DEPTHS; i++) {
        sum->recall[i] += (double)found[i] / (double)evidence;
    }
}

void mneme_eval_count(struct mneme_eval_scores *scores, const struct mneme_eval_question *question,
                      const struct mneme_recalled *recalled) {
    size_t found[DEPTHS] = {0};
    for (size_t i = 0; i < question->evidence.count; i++) {
        size_t rank = rank_of(recalled, question->evidence.items[i]);
        for (size_t depth = 0; depth < DEPTHS; depth++) {
            found[depth] += rank < depths[depth];
        }
    }
    add(&scores->categories[question->category - 1], found, question->evidence.count);
    if (question->category < MNEME_EVAL_CATEGORIES) {
        add(&scores->all, found, question->evidence.count);
    }
    scores->degraded += recalled->degraded_count > 0;
    scores->took_ms += (double)recalled->took_micros / 1000;
}

/* --- printing --- */

static double percent(const struct mneme_eval_sum *sum, size_t depth) {
    return sum->questions > 0 ? round(1000 * sum->recall[depth] / (double)sum->questions) / 10 : 0;
}

static void put_depths(const struct mneme_eval_sum *sum, struct mneme_json_writer *json) {
    for (size_t i = 0; i < DEPTHS; i++) {
        mneme_json_key(json, mneme_str_from(depth_names[i]));
        mneme_json_double(json, percent(sum, i));
    }
}

static size_t all_questions(const struct mneme_eval_scores *scores) {
    return scores->all.questions + scores->categories[MNEME_EVAL_CATEGORIES - 1].questions;
}

static double mean_ms(const struct mneme_eval_scores *scores) {
    size_t count = all_questions(scores);
    return count > 0 ? scores->took_ms / (double)count : 0;
}

void mneme_eval_json(const struct mneme_eval_scores *scores, struct mneme_json_writer *json) {
    char name[16];
    mneme_json_begin_object(json);
    mneme_json_key(json, MNEME_STR_LIT("questions"));
    mneme_json_long(json, (int64_t)scores->all.questions);
    mneme_json_key(json, MNEME_STR_LIT("recall"));
    mneme_json_begin_object(json);
    put_depths(&scores->all, json);
    mneme_json_end_object(json);
    mneme_json_key(json, MNEME_STR_LIT("by_category"));
    mneme_json_begin_object(json);
    for (size_t i = 0; i < MNEME_EVAL_CATEGORIES; i++) {
        snprintf(name, sizeof name, "%zu", i + 1);
        mneme_json_key(json, mneme_str_from(name));
        mneme_json_begin_object(json);
        mneme_json_key(json, MNEME_STR_LIT("questions"));
        mneme_json_long(json, (int64_t)scores->categories[i].questions);
        put_depths(&scores->categories[i], json);
        mneme_json_end_object(json);
    }
    mneme_json_end_object(json);
    mneme_json_key(json, MNEME_STR_LIT("degraded"));
    mneme_json_long(json, (int64_t)scores->degraded);
    mneme_json_key(json, MNEME_STR_LIT("mean_ms"));
    mneme_json_double(json, mean_ms(scores));
    mneme_json_end_object(json);
}

static void print_line(const char *name, const struct mneme_eval_sum *sum) {
    printf("%-22s %9zu  %5.1f  %5.1f  %5.1f\n", name, sum->questions, percent(sum, 0), percent(sum, 1),
           percent(sum, 2));
}

void mneme_eval_print(const struct mneme_eval_scores *scores) {
    static const char *const names[MNEME_EVAL_CATEGORIES] = {"1 multi-hop", "2 temporal", "3 open-domain",
                                                             "4 single-hop", "5 adversarial"};
    printf("%-22s %9s  %5s  %5s  %5s\n", "CATEGORY", "QUESTIONS", "R@5", "R@10", "R@20");
    for (size_t i = 0; i < MNEME_EVAL_CATEGORIES; i++) {
        print_line(names[i], &scores->categories[i]);
    }
    print_line("1 to 4", &scores->all);
    printf("%.1f ms a question; %zu of %zu answers degraded\n", mean_ms(scores), scores->degraded,
           all_questions(scores));
}
