/*
 * Converts candidates to the ranking's input, and its output to results.
 */
#include <math.h>

#include "common/base/clock.h"
#include "queries/ranking/names.h"
#include "queries/recall/recall_state.h"

static bool is_one_of(const struct mneme_terms *terms, struct mneme_str lexeme) {
    for (size_t i = 0; i < mneme_term_count(terms); i++) {
        if (mneme_str_equal(mneme_term_lexeme(terms, mneme_term_at(terms, i)), lexeme)) {
            return true;
        }
    }
    return false;
}

/* Idfs of the query's terms; names of authors count 0, since they say who spoke, not what was said. NULL when
 * memory is exhausted. */
static double *idfs_of(struct mneme_recalling *recalling) {
    const struct mneme_candidates *candidates = &recalling->out->candidates;
    double *idfs = mneme_arena_calloc(&recalling->out->arena, candidates->term_count + 1, sizeof *idfs);
    struct mneme_terms names = {0};
    bool is_done = idfs != NULL;
    for (size_t i = 0; i < recalling->author_count; i++) {
        is_done &= mneme_analyse(candidates->analysis, &names, recalling->authors[i], MNEME_ANALYSIS_TEXT);
    }
    for (size_t term = 0; is_done && term < candidates->term_count; term++) {
        const struct mneme_candidate_term *known = &candidates->terms[term];
        idfs[term] = is_one_of(&names, known->lexeme) ? 0 : known->idf;
    }
    mneme_terms_clean_up(&names);
    return is_done ? idfs : NULL;
}

static void fill_item(struct mneme_rank_item *item, const struct mneme_recalling *recalling, size_t index) {
    const struct mneme_candidate *document = &recalling->out->candidates.items[index];
    const struct mneme_recall_hit *hit =
        mneme_recall_hit_of(recalling, document->stream_id, document->kind, document->ref);
    *item = (struct mneme_rank_item){.stream_id = document->stream_id,
                                     .kind = document->kind,
                                     .ref = document->ref,
                                     .conversation_id = document->conversation_id,
                                     .position = document->position,
                                     .speaker = document->speaker,
                                     .text = document->text,
                                     .created_at = document->created_at,
                                     .counts = document->counts,
                                     .length = (double)document->length,
                                     .meaning = hit == NULL ? NAN : hit->meaning,
                                     .topic = hit == NULL ? NAN : hit->topic,
                                     .is_memory = document->is_memory,
                                     .importance = document->memory.importance,
                                     .confidence = document->memory.confidence,
                                     .access_count = document->memory.access_count,
                                     .candidate = index};
}

/* Leaves out items that are less similar, or were not among the nearest. Returns how many are left. */
static size_t keep_similar(struct mneme_rank_item *items, size_t count, double least) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (items[i].meaning >= least) { /* false for NAN */
            items[kept++] = items[i];
        }
    }
    return kept;
}

static int write_results(struct mneme_recalling *recalling, const struct mneme_rank_item *items, size_t count,
                         struct mneme_error *error) {
    struct mneme_recalled *out = recalling->out;
    out->results = mneme_arena_calloc(&out->arena, count + 1, sizeof *out->results);
    if (out->results == NULL) {
        return mneme_recall_no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        struct mneme_recall_result *result = &out->results[i];
        result->document = &out->candidates.items[items[i].candidate];
        result->score = items[i].score;
        memcpy(result->parts, items[i].parts, sizeof result->parts);
        result->similarity = items[i].meaning;
    }
    out->count = count;
    return MNEME_OK;
}

int mneme_recall_score(struct mneme_recalling *recalling, struct mneme_error *error) {
    struct mneme_recalled *out = recalling->out;
    const struct mneme_recall_question *question = recalling->question;
    size_t count = out->candidates.count;
    struct mneme_rank_item *items = mneme_arena_calloc(&out->arena, count + 1, sizeof *items);
    struct mneme_rank_query query = {
        .idfs = idfs_of(recalling),
        .term_count = out->candidates.term_count,
        .bm25 = out->candidates.bm25,
        .author = recalling->author_count == 1 ? recalling->authors[0] : MNEME_STR_NULL,
        .now = question->which.as_of.is_set ? question->which.as_of.micros : mneme_clock_now_micros(),
        .list = MNEME_RECALL_LIST};
    if (items == NULL || query.idfs == NULL) {
        return mneme_recall_no_memory(error);
    }
    query.date = out->time = mneme_question_time(question->text, query.now);
    for (size_t i = 0; i < count; i++) {
        fill_item(&items[i], recalling, i);
    }
    count = mneme_rank_collapse(items, count);
    if (mneme_rank(items, count, &query, &recalling->recall->weights, &out->arena) != MNEME_OK) {
        return mneme_recall_no_memory(error);
    }
    if (question->min_similarity.is_set) {
        count = keep_similar(items, count, question->min_similarity.value);
    }
    if (question->per_conversation > 0) {
        count = mneme_rank_cap_conversations(items, count, question->per_conversation);
    }
    return write_results(recalling, items, count < question->top_k ? count : question->top_k, error);
}
