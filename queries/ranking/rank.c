/*
 * The rules in their order: each document's base score from the lists, what its conversation adds, then
 * factors of that sum. Each part is kept separately; the score is the sum of the parts.
 */
#include "queries/ranking/rank.h"

#include <math.h>
#include <stdlib.h>

#include "queries/ranking/fusion.h"
#include "queries/ranking/place.h"

#define BEST_OF_CONVERSATION 3
#define NEUTRAL_IMPORTANCE 0.5 /* for a memory without a value */
#define MANY_ACCESSES 100
#define DAY_MICROS 86400e6

const char *const mneme_rank_part_names[MNEME_RANK_PART_COUNT] = {
#define X(id, name) #name,
    MNEME_RANK_PARTS(X)
#undef X
};

/* All for one call; arrays have an entry for each item. */
struct ranking {
    struct mneme_rank_item *items;
    size_t count;
    const struct mneme_rank_query *query;
    const struct mneme_rank_weights *weights;
    struct mneme_places places;
    double *words, *context, *meaning, *topic; /* the lists, scaled */
    double *base;
    double (*parts)[MNEME_RANK_PART_COUNT];
    double *scratch;
};

/* --- base scores --- */

static double bm25_in_context(const struct ranking *ranking, size_t i, double share) {
    const struct mneme_rank_query *query = ranking->query;
    double sum = 0;
    for (size_t term = 0; term < query->term_count; term++) {
        double count = ranking->items[i].counts[term];
        for (int step = -1; share > 0 && step <= 1; step += 2) {
            size_t beside = mneme_place_beside(&ranking->places, i, step);
            count += beside == MNEME_NO_PLACE ? 0 : share * ranking->items[beside].counts[term];
        }
        sum += mneme_bm25_term(&query->bm25, query->idfs[term], count, ranking->items[i].length);
    }
    return sum;
}

static bool has_hits(const double *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (list[i] > 0) {
            return true;
        }
    }
    return false;
}

static void fill_lists(struct ranking *ranking) {
    double *const lists[] = {ranking->words, ranking->context, ranking->meaning, ranking->topic};
    for (size_t i = 0; i < ranking->count; i++) {
        double words = bm25_in_context(ranking, i, 0);
        double context = bm25_in_context(ranking, i, ranking->weights->context_terms);
        ranking->words[i] = words > 0 ? words : NAN;
        ranking->context[i] = context > 0 ? context : NAN;
        ranking->meaning[i] = ranking->items[i].meaning;
        ranking->topic[i] = ranking->items[i].topic;
    }
    for (size_t list = 0; list < sizeof lists / sizeof *lists; list++) {
        mneme_fusion_scale(lists[list], ranking->count, ranking->query->list, ranking->scratch);
    }
}

/* A list without hits is ignored, so that scores keep their size when a service is away. */
static void fuse(struct ranking *ranking) {
    const struct mneme_rank_weights *weights = ranking->weights;
    const double *const lists[] = {ranking->words, ranking->context, ranking->meaning, ranking->topic};
    double shares[] = {weights->words, weights->context, weights->meaning, weights->topic};
    double sum = 0;
    for (size_t list = 0; list < 4; list++) {
        shares[list] = has_hits(lists[list], ranking->count) ? shares[list] : 0;
        sum += shares[list];
    }
    for (size_t i = 0; i < ranking->count && sum > 0; i++) {
        double *parts = ranking->parts[i];
        parts[MNEME_RANK_LEXICAL] = (shares[0] * ranking->words[i] + shares[1] * ranking->context[i]) / sum;
        parts[MNEME_RANK_SEMANTIC] = (shares[2] * ranking->meaning[i] + shares[3] * ranking->topic[i]) / sum;
        ranking->base[i] = parts[MNEME_RANK_LEXICAL] + parts[MNEME_RANK_SEMANTIC];
    }
}

static bool has_term(const struct ranking *ranking, size_t i, size_t term) {
    return i != MNEME_NO_PLACE && ranking->items[i].counts[term] > 0;
}

/* The share of the query's total idf that the document and its direct neighbours cover. */
static double coverage(const struct ranking *ranking, size_t i) {
    const struct mneme_rank_query *query = ranking->query;
    size_t before = mneme_place_beside(&ranking->places, i, -1);
    size_t behind = mneme_place_beside(&ranking->places, i, 1);
    double all = 0;
    double had = 0;
    for (size_t term = 0; term < query->term_count; term++) {
        all += query->idfs[term];
        if (has_term(ranking, i, term) || has_term(ranking, before, term) ||
            has_term(ranking, behind, term)) {
            had += query->idfs[term];
        }
    }
    return all > 0 ? had / all : 0;
}

static void cover(struct ranking *ranking) {
    for (size_t i = 0; i < ranking->count; i++) {
        if (ranking->base[i] > 0) {
            double part = ranking->weights->coverage * coverage(ranking, i);
            ranking->parts[i][MNEME_RANK_COVERAGE] = part;
            ranking->base[i] += part;
        }
    }
}

/* --- what a conversation adds --- */

static bool is_question(const struct mneme_rank_item *item) {
    size_t len = item->text.len;
    while (len > 0 && (item->text.data[len - 1] == ' ' || item->text.data[len - 1] == '\n')) {
        len--;
    }
    return item->position.is_set && len > 0 && item->text.data[len - 1] == '?';
}

static void add_neighbours(struct ranking *ranking) {
    const struct mneme_rank_weights *weights = ranking->weights;
    const double shares[] = {weights->before2, weights->before, 0, weights->after, weights->after2};
    for (size_t i = 0; i < ranking->count; i++) {
        double part = 0;
        for (int step = -2; step <= 2; step++) {
            size_t beside = mneme_place_beside(&ranking->places, i, step);
            bool is_answer = step == -1 && beside != MNEME_NO_PLACE && is_question(&ranking->items[beside]);
            double share = shares[step + 2] + (is_answer ? weights->answer : 0);
            part += beside == MNEME_NO_PLACE || step == 0 ? 0 : share * ranking->base[beside];
        }
        ranking->parts[i][MNEME_RANK_NEIGHBOURS] = part;
    }
}

static double mean_of_best(const double *base, const size_t *members, size_t count) {
    double best[BEST_OF_CONVERSATION] = {0};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double value = base[members[i]];
        for (size_t at = 0; at < BEST_OF_CONVERSATION; at++) {
            if (value > best[at]) {
                double next = best[at];
                best[at] = value;
                value = next;
            }
        }
    }
    size_t used = count < BEST_OF_CONVERSATION ? count : BEST_OF_CONVERSATION;
    for (size_t at = 0; at < used; at++) {
        sum += best[at];
    }
    return sum / (double)used;
}

/* A document without a conversation counts as a conversation of one, so that it is not at a disadvantage. */
static void add_conversation(struct ranking *ranking) {
    double weight = ranking->weights->conversation;
    const struct mneme_places *places = &ranking->places;
    for (size_t i = 0; i < ranking->count; i++) {
        if (ranking->items[i].conversation_id.data == NULL) {
            ranking->parts[i][MNEME_RANK_CONVERSATION] = weight * ranking->base[i];
        }
    }
    size_t members;
    for (size_t first = 0; first < places->count; first += members) {
        members = mneme_place_members(places, first);
        double part = weight * mean_of_best(ranking->base, places->order + first, members);
        for (size_t i = first; i < first + members; i++) {
            size_t item = places->order[i];
            ranking->parts[item][MNEME_RANK_CONVERSATION] = ranking->base[item] > 0 ? part : 0;
        }
    }
}

/* --- factors --- */

static double author_factor(const struct ranking *ranking, const struct mneme_rank_item *item) {
    if (ranking->query->author.data == NULL || item->speaker.data == NULL) {
        return 0;
    }
    return mneme_str_equal(item->speaker, ranking->query->author) ? ranking->weights->author
                                                                  : -ranking->weights->other_author;
}

static double recency_factor(const struct ranking *ranking, const struct mneme_rank_item *item) {
    double days = (double)(ranking->query->now - item->created_at) / DAY_MICROS;
    double half_life = ranking->weights->half_life_days;
    return half_life > 0 ? ranking->weights->recency * exp2(-(days > 0 ? days : 0) / half_life) : 0;
}

static double access_factor(const struct ranking *ranking, const struct mneme_rank_item *item) {
    double share = log1p(item->access_count > 0 ? (double)item->access_count : 0) / log1p(MANY_ACCESSES);
    return ranking->weights->access * (share < 1 ? share : 1);
}

static void multiply(struct ranking *ranking) {
    const struct mneme_rank_weights *weights = ranking->weights;
    for (size_t i = 0; i < ranking->count; i++) {
        const struct mneme_rank_item *item = &ranking->items[i];
        double *parts = ranking->parts[i];
        double sum = ranking->base[i] + parts[MNEME_RANK_NEIGHBOURS] + parts[MNEME_RANK_CONVERSATION];
        parts[MNEME_RANK_AUTHOR] = sum * author_factor(ranking, item);
        parts[MNEME_RANK_QUESTION] = is_question(item) ? -sum * weights->question : 0;
        parts[MNEME_RANK_RECENCY] = sum * recency_factor(ranking, item);
        if (item->is_memory) {
            parts[MNEME_RANK_IMPORTANCE] =
                sum * weights->importance * (item->importance - NEUTRAL_IMPORTANCE);
            parts[MNEME_RANK_CONFIDENCE] = -sum * weights->confidence * (1 - item->confidence);
            parts[MNEME_RANK_ACCESS] = sum * access_factor(ranking, item);
        }
    }
}

static double sum_of(const double *parts) {
    double sum = 0;
    for (size_t part = 0; part < MNEME_RANK_PART_COUNT; part++) {
        sum += parts[part];
    }
    return sum;
}

static void add_date(struct ranking *ranking) {
    const struct mneme_rank_query *query = ranking->query;
    const struct mneme_rank_weights *weights = ranking->weights;
    double best = 0;
    if (!query->date.is_set || weights->date_days <= 0) {
        return;
    }
    for (size_t i = 0; i < ranking->count; i++) {
        best = fmax(best, sum_of(ranking->parts[i]));
    }
    for (size_t i = 0; i < ranking->count; i++) {
        double days = mneme_time_days_beside(&query->date, ranking->items[i].created_at);
        ranking->parts[i][MNEME_RANK_DATE] = weights->date * best * exp(-days / weights->date_days);
    }
}

static void write_scores(struct ranking *ranking) {
    for (size_t i = 0; i < ranking->count; i++) {
        struct mneme_rank_item *item = &ranking->items[i];
        item->score = 0;
        for (size_t part = 0; part < MNEME_RANK_PART_COUNT; part++) {
            item->parts[part] = llround(ranking->parts[i][part] * MNEME_RANK_UNIT);
            item->score += item->parts[part];
        }
    }
}

static int by_score(const void *a, const void *b) {
    const struct mneme_rank_item *left = a;
    const struct mneme_rank_item *right = b;
    if (left->score != right->score) {
        return left->score < right->score ? 1 : -1;
    }
    if (left->created_at != right->created_at) {
        return left->created_at < right->created_at ? 1 : -1;
    }
    int order = mneme_str_compare(left->stream_id, right->stream_id);
    order = order != 0 ? order : mneme_str_compare(left->kind, right->kind);
    return order != 0 ? order : mneme_str_compare(left->ref, right->ref);
}

int mneme_rank(struct mneme_rank_item *items, size_t count, const struct mneme_rank_query *query,
               const struct mneme_rank_weights *weights, struct mneme_arena *arena) {
    struct ranking ranking = {.items = items, .count = count, .query = query, .weights = weights};
    double *lists = mneme_arena_calloc(arena, 6 * count + 1, sizeof *lists);
    ranking.parts = mneme_arena_calloc(arena, count + 1, sizeof *ranking.parts);
    if (lists == NULL || ranking.parts == NULL || !mneme_places_init(&ranking.places, items, count, arena)) {
        return MNEME_E_NO_MEMORY;
    }
    ranking.words = lists;
    ranking.context = lists + count;
    ranking.meaning = lists + 2 * count;
    ranking.topic = lists + 3 * count;
    ranking.base = lists + 4 * count;
    ranking.scratch = lists + 5 * count;
    fill_lists(&ranking);
    fuse(&ranking);
    cover(&ranking);
    add_neighbours(&ranking);
    add_conversation(&ranking);
    multiply(&ranking);
    add_date(&ranking);
    write_scores(&ranking);
    if (count > 0) { /* qsort must not get a null array, even an empty one */
        qsort(items, count, sizeof *items, by_score);
    }
    return MNEME_OK;
}
