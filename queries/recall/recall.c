/*
 * The order of the steps: words first, since their hits show which authors there are; then vectors,
 * neighbours, scores.
 */
#include "queries/recall/recall.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "queries/ranking/names.h"
#include "queries/recall/recall_state.h"
#include "queries/stale.h"

#define MAX_AUTHORS 8 /* authors that one question names */

int mneme_recall_no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, "nothing was recalled: memory is exhausted; free some");
}

/* --- opening --- */

/* Makes sure that the connection works and is set up: after a server restart the session is new and has
 * default settings. */
static int ready(struct mneme_recall *recall, struct mneme_error *error) {
    char text[64];
    int64_t timeout_ms = mneme_config_long(recall->config, MNEME_SETTING_RECALL_TIMEOUT_MS);
    int status = mneme_pg_ensure(recall->postgres, error);
    if (status != MNEME_OK || PQbackendPID(mneme_pg_raw(recall->postgres)) == recall->session) {
        return status;
    }
    snprintf(text, sizeof text, "SET statement_timeout = %lld", (long long)timeout_ms);
    status = mneme_candidates_prepare(recall->postgres, error);
    if (status == MNEME_OK) {
        status = mneme_pg_set(recall->postgres, text, error);
    }
    if (status == MNEME_OK) {
        recall->session = PQbackendPID(mneme_pg_raw(recall->postgres));
    }
    return status;
}

int mneme_recall_open(struct mneme_recall **out, const struct mneme_config *config, const char *model,
                      struct mneme_error *error) {
    struct mneme_recall *recall = calloc(1, sizeof *recall);
    *out = NULL;
    if (recall == NULL || (model != NULL && (recall->model = strdup(model)) == NULL)) {
        free(recall);
        return mneme_recall_no_memory(error);
    }
    int status = mneme_rank_weights_parse(
        &recall->weights, mneme_str_from(mneme_config_string(config, MNEME_SETTING_RECALL_WEIGHTS)), error);
    if (status == MNEME_OK) {
        status = mneme_config_copy(&recall->config, config, error);
    }
    if (status == MNEME_OK) {
        status = mneme_stale_connect(&recall->postgres, &recall->has_parked, config, "mneme-recall", error);
    }
    if (status == MNEME_OK) {
        status = ready(recall, error);
    }
    if (status == MNEME_OK) {
        status = mneme_hot_reader_open(&recall->hot, config, error);
    }
    if (status != MNEME_OK) {
        mneme_recall_close(recall);
        return status;
    }
    *out = recall;
    return MNEME_OK;
}

void mneme_recall_close(struct mneme_recall *recall) {
    if (recall == NULL) {
        return;
    }
    mneme_embedder_query_close(recall->embedder);
    mneme_vectors_close(recall->vectors);
    mneme_hot_reader_close(recall->hot);
    mneme_pg_close(recall->postgres);
    mneme_config_destroy(recall->config);
    free(recall->model);
    free(recall);
}

struct mneme_postgres *mneme_recall_parked(const struct mneme_recall *recall) {
    return recall->has_parked ? recall->postgres : NULL;
}

struct mneme_postgres *mneme_recall_postgres(struct mneme_recall *recall) {
    return recall->postgres;
}

/* --- answers --- */

void mneme_recalled_clean_up(struct mneme_recalled *recalled) {
    mneme_candidates_clean_up(&recalled->candidates);
    mneme_arena_clean_up(&recalled->arena);
}

void mneme_recall_degrade(struct mneme_recalled *out, const char *reason) {
    for (size_t i = 0; i < out->degraded_count; i++) {
        if (strncmp(out->degraded[i], reason, sizeof *out->degraded - 1) == 0) {
            return;
        }
    }
    if (out->degraded_count < MNEME_RECALL_MAX_REASONS) {
        snprintf(out->degraded[out->degraded_count++], sizeof *out->degraded, "%s", reason);
    }
}

/* --- asking --- */

/* Finds the authors that the question names among those of the documents that the words found. */
static int find_authors(struct mneme_recalling *recalling, struct mneme_error *error) {
    const struct mneme_candidates *candidates = &recalling->out->candidates;
    struct mneme_str *authors = mneme_arena_calloc(&recalling->out->arena, MAX_AUTHORS, sizeof *authors);
    if (authors == NULL) {
        return mneme_recall_no_memory(error);
    }
    for (size_t i = 0; i < candidates->count && recalling->author_count < MAX_AUTHORS; i++) {
        struct mneme_str speaker = candidates->items[i].speaker;
        bool is_known = speaker.data == NULL;
        for (size_t known = 0; known < recalling->author_count && !is_known; known++) {
            is_known = mneme_str_equal(authors[known], speaker);
        }
        if (!is_known && mneme_question_names(recalling->question->text, speaker)) {
            struct mneme_str copy = mneme_arena_copy(&recalling->out->arena, speaker);
            if (copy.data == NULL) {
                return mneme_recall_no_memory(error);
            }
            authors[recalling->author_count++] = copy;
        }
    }
    recalling->authors = authors;
    return MNEME_OK;
}

static int ask_words(struct mneme_recalling *recalling, struct mneme_error *error) {
    const struct mneme_candidate_question question = {.which = recalling->which,
                                                      .text = recalling->question->text,
                                                      .form = MNEME_QUERY_ANY,
                                                      .k1 = MNEME_BM25_K1,
                                                      .b = MNEME_BM25_B,
                                                      .limit = MNEME_RECALL_LIST};
    int status =
        mneme_candidates_find(&recalling->out->candidates, recalling->recall->postgres, &question, error);
    return status == MNEME_OK ? find_authors(recalling, error) : status;
}

static int ask(struct mneme_recalling *recalling, struct mneme_error *error) {
    const struct mneme_recall_question *question = recalling->question;
    struct mneme_hot_reader *hot = recalling->recall->hot;
    int status = ready(recalling->recall, error);
    if (mneme_hot_reader_wait(hot, question->at_least, question->at_least_count, 0, NULL)) {
        recalling->which.hot = hot;
    }
    if (status == MNEME_OK) {
        status = ask_words(recalling, error);
    }
    if (status == MNEME_OK && !recalling->question->without_vectors) {
        status = mneme_recall_ask_vectors(recalling, error);
    }
    if (status == MNEME_OK) {
        status = mneme_recall_add_neighbours(recalling, error);
    }
    return status == MNEME_OK ? mneme_recall_score(recalling, error) : status;
}

int mneme_recall_ask(struct mneme_recalled *out, struct mneme_recall *recall,
                     const struct mneme_recall_question *question, struct mneme_error *error) {
    struct mneme_recalling recalling = {
        .recall = recall, .question = question, .which = question->which, .out = out};
    int64_t started = mneme_clock_monotonic_micros();
    mneme_recalled_clean_up(out);
    *out = (struct mneme_recalled){0};
    mneme_arena_init(&out->arena, 0);
    if (question->top_k < 1 || question->top_k > MNEME_RECALL_MAX_TOP_K) {
        return mneme_error_set(error, MNEME_E_USAGE,
                               "nothing was recalled: %zu results were asked for; ask for 1 to %d",
                               question->top_k, MNEME_RECALL_MAX_TOP_K);
    }
    int status = mneme_search_scope_check(&question->which.scope, "nothing was recalled", error);
    if (status == MNEME_OK) {
        status = ask(&recalling, error);
    }
    out->took_micros = mneme_clock_monotonic_micros() - started;
    return status;
}
