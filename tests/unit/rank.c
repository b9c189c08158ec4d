/*
 * Ranking by hand-computed cases: one rule at a time, all other weights 0.
 */
#include "queries/ranking/rank.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#define NOW INT64_C(1700000000000000)
#define DAY INT64_C(86400000000)

static const double one_term[] = {1};
static const double no_term[] = {0};
static const double idfs[] = {2};

static struct mneme_rank_query query(void) {
    return (struct mneme_rank_query){
        .idfs = idfs, .term_count = 1, .bm25 = {.k1 = 0.9, .b = 0}, .now = NOW, .list = 100};
}

static struct mneme_rank_item item(const char *ref, double meaning) {
    return (struct mneme_rank_item){.stream_id = MNEME_STR_LIT("ada"),
                                    .kind = MNEME_STR_LIT("memory"),
                                    .ref = mneme_str_from(ref),
                                    .text = MNEME_STR_LIT("Tea."),
                                    .created_at = NOW,
                                    .counts = no_term,
                                    .length = 1,
                                    .meaning = meaning,
                                    .topic = NAN,
                                    .is_memory = true,
                                    .importance = 0.5,
                                    .confidence = 1};
}

static struct mneme_rank_item turn(const char *ref, int64_t position, double meaning) {
    struct mneme_rank_item made = item(ref, meaning);
    made.conversation_id = MNEME_STR_LIT("c");
    made.position = (struct mneme_opt_long){position, true};
    return made;
}

static void rank(struct mneme_rank_item *items, size_t count, const struct mneme_rank_query *asked,
                 const struct mneme_rank_weights *weights) {
    struct mneme_arena arena;
    mneme_arena_init(&arena, 0);
    cr_assert_eq(mneme_rank(items, count, asked, weights, &arena), MNEME_OK);
    mneme_arena_clean_up(&arena);
}

static const struct mneme_rank_item *find(const struct mneme_rank_item *items, size_t count,
                                          const char *ref) {
    for (size_t i = 0; i < count; i++) {
        if (mneme_str_equal(items[i].ref, mneme_str_from(ref))) {
            return &items[i];
        }
    }
    cr_assert_fail("no item %s", ref);
    return NULL;
}

static void check(const struct mneme_rank_item *items, size_t count, const char *ref,
                  enum mneme_rank_part part, double expected) {
    int64_t actual = find(items, count, ref)->parts[part];
    cr_assert_eq(actual, llround(expected * MNEME_RANK_UNIT), "%s of %s is %lld, not %f",
                 mneme_rank_part_names[part], ref, (long long)actual, expected);
}

Test(rank, lists_are_scaled_over_their_own_hits_and_weighed) {
    struct mneme_rank_item items[] = {item("a", 0.9), item("b", 0.7), item("c", 0.5), item("d", NAN)};
    struct mneme_rank_query asked = query();
    items[3].counts = one_term;
    rank(items, 4, &asked, &(struct mneme_rank_weights){.words = 1, .meaning = 3});
    check(items, 4, "a", MNEME_RANK_SEMANTIC, 0.75);
    check(items, 4, "b", MNEME_RANK_SEMANTIC, 0.75 * (0.05 + 0.95 / 2));
    check(items, 4, "c", MNEME_RANK_SEMANTIC, 0.75 * 0.05);
    check(items, 4, "d", MNEME_RANK_LEXICAL, 0.25);
    cr_assert(mneme_str_equal(items[0].ref, MNEME_STR_LIT("a")));
}

Test(rank, a_list_without_hits_has_no_say) {
    struct mneme_rank_item items[] = {item("a", NAN), item("b", NAN)};
    struct mneme_rank_query asked = query();
    items[0].counts = one_term;
    rank(items, 2, &asked, &(struct mneme_rank_weights){.words = 1, .meaning = 3});
    check(items, 2, "a", MNEME_RANK_LEXICAL, 1);
    cr_assert_eq(find(items, 2, "b")->score, 0);
}

Test(rank, neighbours_lend_terms_and_scores_within_their_conversation) {
    struct mneme_rank_item items[] = {turn("a", 1, NAN), turn("b", 2, 0.5), turn("c", 3, NAN),
                                      turn("far", 5, NAN), turn("other", 3, NAN)};
    struct mneme_rank_query asked = query();
    items[4].conversation_id = MNEME_STR_LIT("d");
    rank(items, 5, &asked, &(struct mneme_rank_weights){.meaning = 1, .before = 0.2, .after = 0.1});
    check(items, 5, "a", MNEME_RANK_NEIGHBOURS, 0.1);
    check(items, 5, "c", MNEME_RANK_NEIGHBOURS, 0.2);
    check(items, 5, "b", MNEME_RANK_NEIGHBOURS, 0);
    check(items, 5, "far", MNEME_RANK_NEIGHBOURS, 0);
    check(items, 5, "other", MNEME_RANK_NEIGHBOURS, 0);

    struct mneme_rank_item terms[] = {turn("a", 1, NAN), turn("b", 2, NAN)};
    terms[1].counts = one_term;
    rank(terms, 2, &asked, &(struct mneme_rank_weights){.context = 1, .context_terms = 0.4});
    check(terms, 2, "b", MNEME_RANK_LEXICAL, 1);
    check(terms, 2, "a", MNEME_RANK_LEXICAL, 0.05);
}

Test(rank, an_answer_gains_from_the_question_before_it_and_questions_lose) {
    struct mneme_rank_item items[] = {turn("q", 0, 0.5), turn("a", 1, NAN)};
    struct mneme_rank_query asked = query();
    items[0].text = MNEME_STR_LIT("Tea or coffee? ");
    rank(items, 2, &asked, &(struct mneme_rank_weights){.meaning = 1, .answer = 0.25, .question = 0.3});
    check(items, 2, "a", MNEME_RANK_NEIGHBOURS, 0.25);
    check(items, 2, "q", MNEME_RANK_QUESTION, -0.3);
    struct mneme_rank_item alone[] = {item("q", 0.5)};
    alone[0].text = MNEME_STR_LIT("Tea or coffee?");
    rank(alone, 1, &asked, &(struct mneme_rank_weights){.meaning = 1, .question = 0.3});
    check(alone, 1, "q", MNEME_RANK_QUESTION, 0);
}

Test(rank, a_conversation_counts_by_its_three_best) {
    struct mneme_rank_item items[] = {turn("a", 10, 0.9), turn("b", 20, 0.9), turn("c", 30, 0.9),
                                      turn("d", 40, 0.5), item("alone", 0.9)};
    struct mneme_rank_query asked = query();
    rank(items, 5, &asked, &(struct mneme_rank_weights){.meaning = 1, .conversation = 0.3});
    check(items, 5, "a", MNEME_RANK_CONVERSATION, 0.3);
    check(items, 5, "d", MNEME_RANK_CONVERSATION, 0.3);
    check(items, 5, "alone", MNEME_RANK_CONVERSATION, 0.3);
}

Test(rank, the_author_that_is_named_is_preferred_and_nobody_is_neutral) {
    struct mneme_rank_item items[] = {item("own", 0.5), item("other", 0.5), item("nobody", 0.5)};
    struct mneme_rank_query asked = query();
    const struct mneme_rank_weights weights = {.meaning = 1, .author = 0.35, .other_author = 0.1};
    items[0].speaker = MNEME_STR_LIT("Ada");
    items[1].speaker = MNEME_STR_LIT("Ben");
    rank(items, 3, &asked, &weights);
    check(items, 3, "own", MNEME_RANK_AUTHOR, 0);
    asked.author = MNEME_STR_LIT("Ada");
    rank(items, 3, &asked, &weights);
    check(items, 3, "own", MNEME_RANK_AUTHOR, 0.35);
    check(items, 3, "other", MNEME_RANK_AUTHOR, -0.1);
    check(items, 3, "nobody", MNEME_RANK_AUTHOR, 0);
}

Test(rank, what_is_known_of_a_memory_counts_and_of_a_turn_does_not) {
    struct mneme_rank_item items[] = {item("m", 0.5), item("t", 0.5)};
    struct mneme_rank_query asked = query();
    items[0].importance = 1;
    items[0].confidence = 0.5;
    items[0].access_count = 1000;
    items[0].created_at = NOW - 30 * DAY;
    items[1].is_memory = false;
    items[1].importance = 0;
    items[1].confidence = 0;
    rank(items, 2, &asked,
         &(struct mneme_rank_weights){.meaning = 1,
                                      .importance = 0.2,
                                      .confidence = 0.2,
                                      .access = 0.05,
                                      .recency = 0.1,
                                      .half_life_days = 30});
    check(items, 2, "m", MNEME_RANK_IMPORTANCE, 0.1);
    check(items, 2, "m", MNEME_RANK_CONFIDENCE, -0.1);
    check(items, 2, "m", MNEME_RANK_ACCESS, 0.05);
    check(items, 2, "m", MNEME_RANK_RECENCY, 0.05);
    check(items, 2, "t", MNEME_RANK_IMPORTANCE, 0);
    check(items, 2, "t", MNEME_RANK_CONFIDENCE, 0);
    check(items, 2, "t", MNEME_RANK_RECENCY, 0.1);
}

Test(rank, a_date_in_the_question_lifts_its_days) {
    struct mneme_rank_item items[] = {item("then", 0.5), item("later", 0.5)};
    struct mneme_rank_query asked = query();
    asked.date = (struct mneme_time_span){.is_set = true, .first = NOW - DAY, .last = NOW};
    items[1].created_at = NOW + 15 * DAY;
    rank(items, 2, &asked, &(struct mneme_rank_weights){.meaning = 1, .date = 0.5, .date_days = 15});
    check(items, 2, "then", MNEME_RANK_DATE, 0.5);
    check(items, 2, "later", MNEME_RANK_DATE, 0.5 * exp(-1));
}

Test(rank, coverage_is_the_share_of_the_rare_terms) {
    static const double two_idfs[] = {3, 1};
    static const double first[] = {1, 0};
    static const double second[] = {0, 2};
    struct mneme_rank_item items[] = {turn("a", 0, 0.5), item("b", 0.5)};
    struct mneme_rank_query asked = query();
    asked.idfs = two_idfs;
    asked.term_count = 2;
    items[0].counts = first;
    items[1].counts = second;
    rank(items, 2, &asked, &(struct mneme_rank_weights){.meaning = 1, .coverage = 0.1});
    check(items, 2, "a", MNEME_RANK_COVERAGE, 0.075);
    check(items, 2, "b", MNEME_RANK_COVERAGE, 0.025);
}

Test(rank, parts_add_up_to_the_score_exactly) {
    struct mneme_rank_item items[60];
    struct mneme_rank_query asked = query();
    char refs[60][8];
    asked.author = MNEME_STR_LIT("Ada");
    asked.date = (struct mneme_time_span){.is_set = true, .first = NOW - 3 * DAY, .last = NOW - 2 * DAY};
    for (int i = 0; i < 60; i++) {
        snprintf(refs[i], sizeof refs[i], "%d", i);
        items[i] = turn(refs[i], i, i % 7 == 0 ? NAN : 1.0 / (i + 3));
        items[i].topic = i % 5 == 0 ? NAN : 1.0 / (61 - i);
        items[i].counts = i % 3 == 0 ? one_term : no_term;
        items[i].speaker = i % 2 == 0 ? MNEME_STR_LIT("Ada") : MNEME_STR_LIT("Ben");
        items[i].text = i % 4 == 0 ? MNEME_STR_LIT("Really?") : MNEME_STR_LIT("Yes.");
        items[i].importance = i / 60.0;
        items[i].confidence = 1 - i / 80.0;
        items[i].access_count = i;
        items[i].created_at = NOW - i * DAY;
    }
    rank(items, 60, &asked, &mneme_rank_default_weights);
    for (int i = 0; i < 60; i++) {
        int64_t sum = 0;
        for (int part = 0; part < MNEME_RANK_PART_COUNT; part++) {
            sum += items[i].parts[part];
        }
        cr_assert_eq(items[i].score, sum);
        cr_assert(i == 0 || items[i - 1].score >= items[i].score);
    }
}

Test(rank, of_one_place_one_document_is_left) {
    struct mneme_rank_item items[] = {turn("turn", 1, 0.9), turn("memory", 1, 0.2), item("plain", 0.1),
                                      item("plain2", 0.1)};
    items[0].is_memory = false;
    cr_assert_eq(mneme_rank_collapse(items, 4), 3);
    cr_assert(isgreater(find(items, 3, "memory")->meaning, 0.8));
    find(items, 3, "plain");
    find(items, 3, "plain2");
}

Test(rank, a_conversation_may_be_capped) {
    struct mneme_rank_item items[] = {turn("a", 1, 0.9), turn("b", 2, 0.8), item("p", 0.7), turn("c", 3, 0.6),
                                      item("q", 0.5)};
    cr_assert_eq(mneme_rank_cap_conversations(items, 5, 2), 4);
    cr_assert(mneme_str_equal(items[2].ref, MNEME_STR_LIT("p")));
    cr_assert(mneme_str_equal(items[3].ref, MNEME_STR_LIT("q")));
}

Test(rank, nothing_is_ranked_to_nothing) {
    struct mneme_rank_query asked = query();
    rank(NULL, 0, &asked, &mneme_rank_default_weights);
    cr_assert_eq(mneme_rank_collapse(NULL, 0), 0);
}

Test(rank, weights_are_read_by_name) {
    struct mneme_rank_weights weights;
    struct mneme_error error = {0};
    cr_assert_eq(mneme_rank_weights_parse(&weights, MNEME_STR_LIT(""), &error), MNEME_OK);
#define X(name, value, doc) cr_assert(weights.name >= (value) && weights.name <= (value), #name);
    MNEME_RANK_WEIGHTS(X)
#undef X
    cr_assert_eq(mneme_rank_weights_parse(&weights, MNEME_STR_LIT(" author = 0 ,recency=1.5,"), &error),
                 MNEME_OK);
    cr_assert(weights.author <= 0 && weights.recency > 1.4 && weights.topic > 1.9);
    static const char *const refused[] = {"author",    "authors=1", "author=",    "author=x",
                                          "author=-1", "=1",        "author=nan", "author=1e9"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        cr_assert_eq(mneme_rank_weights_parse(&weights, mneme_str_from(refused[i]), &error), MNEME_E_USAGE,
                     "%s", refused[i]);
    }
}
