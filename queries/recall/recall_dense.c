/*
 * The vector part of recall: the question's vectors, the nearest documents, and what to do when a service is
 * away.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "queries/ranking/names.h"
#include "queries/recall/recall_state.h"
#include "stores/vectors/loss.h"

#define RECHECK_MICROS 1000000 /* how often to look for another active generation */
#define MOST_NEAREST MNEME_VECTORS_MAX_K

/* --- the generation that is searched --- */

static void forget(struct mneme_recall *recall) {
    mneme_embedder_query_close(recall->embedder);
    mneme_vectors_close(recall->vectors);
    recall->embedder = NULL;
    recall->vectors = NULL;
}

static int open_generation(struct mneme_recall *recall, struct mneme_error *error) {
    int status = mneme_vectors_open(&recall->vectors, recall->config, recall->postgres, recall->model, error);
    if (status != MNEME_OK) {
        return status;
    }
    /* No service may delay an answer for longer than the setting says. */
    mneme_vectors_bound(recall->vectors, mneme_config_long(recall->config, MNEME_SETTING_RECALL_TIMEOUT_MS));
    const struct mneme_generation *generation = mneme_vectors_generation(recall->vectors);
    status =
        mneme_loss_read(recall->lost, sizeof recall->lost, recall->postgres, generation->number, NULL, error);
    if (status != MNEME_OK) {
        return status;
    }
    const struct mneme_embedder_model_info model = {.name = generation->model,
                                                    .query_prefix = generation->query_prefix,
                                                    .passage_prefix = generation->passage_prefix,
                                                    .dimensions = (size_t)generation->dimensions};
    return mneme_embedder_query_open(&recall->embedder, recall->config, &model, error);
}

/* Opens the generation to be searched, or follows a switch to another one. */
static int ensure_generation(struct mneme_recall *recall, struct mneme_error *error) {
    int64_t now = mneme_clock_monotonic_micros();
    if (recall->embedder != NULL && recall->model == NULL && now - recall->looked_at > RECHECK_MICROS) {
        struct mneme_generation active;
        int status = mneme_generation_active(&active, recall->postgres, error);
        if (status == MNEME_OK) {
            status = mneme_loss_read(recall->lost, sizeof recall->lost, recall->postgres, active.number, NULL,
                                     error);
        }
        if (status != MNEME_OK || active.number != mneme_vectors_generation(recall->vectors)->number) {
            forget(recall);
        }
        recall->looked_at = now;
    }
    if (recall->embedder != NULL) {
        return MNEME_OK;
    }
    forget(recall);
    recall->looked_at = now;
    int status = open_generation(recall, error);
    if (status != MNEME_OK) {
        forget(recall);
    }
    return status;
}

/* --- hits --- */

static uint64_t hash_key(struct mneme_str stream_id, struct mneme_str kind, struct mneme_str ref) {
    uint64_t hash = mneme_hash_bytes(0, stream_id.data, stream_id.len);
    hash = mneme_hash_bytes(hash, kind.data, kind.len);
    return mneme_hash_bytes(hash, ref.data, ref.len);
}

struct mneme_recall_hit *mneme_recall_hit_of(const struct mneme_recalling *recalling,
                                             struct mneme_str stream_id, struct mneme_str kind,
                                             struct mneme_str ref) {
    if (recalling->hit_count == 0) {
        return NULL;
    }
    uint64_t hash = hash_key(stream_id, kind, ref);
    uint64_t cursor = hash;
    struct mneme_recall_hit *hit;
    while ((hit = mneme_hash_next(&recalling->hits_by_key, hash, &cursor)) != NULL) {
        if (mneme_str_equal(hit->key.ref, ref) && mneme_str_equal(hit->key.kind, kind) &&
            mneme_str_equal(hit->key.stream_id, stream_id)) {
            break;
        }
    }
    return hit;
}

/* Room for the hits of both lists. */
static int reserve_hits(struct mneme_recalling *recalling, size_t count, struct mneme_error *error) {
    struct mneme_arena *arena = &recalling->out->arena;
    recalling->hit_count = 0;
    recalling->hits = mneme_arena_calloc(arena, count + 1, sizeof *recalling->hits);
    if (recalling->hits == NULL || !mneme_hash_init(&recalling->hits_by_key, arena, count + 1)) {
        return mneme_recall_no_memory(error);
    }
    return MNEME_OK;
}

static int note_match(struct mneme_recalling *recalling, const struct mneme_vector_match *match,
                      bool is_topic, struct mneme_error *error) {
    const struct mneme_vector_document_key *key = &match->key;
    struct mneme_recall_hit *hit = mneme_recall_hit_of(recalling, key->stream_id, key->kind, key->ref);
    if (hit == NULL) {
        hit = &recalling->hits[recalling->hit_count++];
        *hit = (struct mneme_recall_hit){.key = *key, .meaning = NAN, .topic = NAN};
        if (!mneme_hash_add(&recalling->hits_by_key, hash_key(key->stream_id, key->kind, key->ref), hit)) {
            return mneme_recall_no_memory(error);
        }
    }
    *(is_topic ? &hit->topic : &hit->meaning) = match->similarity;
    return MNEME_OK;
}

/* --- one search for the nearest --- */

/* The question's vectors: of its full text, and of its text without the authors that it names (NULL: the
 * same). */
struct asked {
    float *meaning, *topic;
    size_t dimensions;
};

static int embed(float **out, size_t *dimensions, struct mneme_recalling *recalling, struct mneme_str text,
                 struct mneme_error *error) {
    const float *vector;
    int64_t timeout_ms = mneme_config_long(recalling->recall->config, MNEME_SETTING_RECALL_TIMEOUT_MS);
    int64_t started = mneme_clock_monotonic_micros();
    int status =
        mneme_embedder_query_embed(&vector, dimensions, recalling->recall->embedder, text, timeout_ms, error);
    recalling->out->embedding_micros += mneme_clock_monotonic_micros() - started;
    if (status != MNEME_OK) {
        return status;
    }
    *out = mneme_arena_alloc(&recalling->out->arena, *dimensions * sizeof **out);
    if (*out == NULL) {
        return mneme_recall_no_memory(error);
    }
    memcpy(*out, vector, *dimensions * sizeof **out);
    return MNEME_OK;
}

static bool is_blank(struct mneme_str text) {
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte > ' ' && byte != '?' && byte != '.' && byte != '!' && byte != ',') {
            return false;
        }
    }
    return true;
}

static int embed_question(struct asked *asked, struct mneme_recalling *recalling, struct mneme_error *error) {
    struct mneme_buffer topic = {0};
    *asked = (struct asked){0};
    int status = embed(&asked->meaning, &asked->dimensions, recalling, recalling->question->text, error);
    if (status == MNEME_OK && recalling->author_count > 0) {
        mneme_question_without(&topic, recalling->question->text, recalling->authors,
                               recalling->author_count);
        if (topic.failed) {
            status = mneme_recall_no_memory(error);
        } else if (!is_blank(mneme_buffer_str(&topic))) {
            status = embed(&asked->topic, &asked->dimensions, recalling, mneme_buffer_str(&topic), error);
        }
    }
    mneme_buffer_clean_up(&topic);
    return status;
}

static int find_nearest(struct mneme_vector_matches *out, struct mneme_recalling *recalling,
                        const float *vector, size_t dimensions, size_t k, struct mneme_error *error) {
    const struct mneme_search_scope *scope = &recalling->question->which.scope;
    const struct mneme_vector_question question = {.scope = {.tenant = scope->tenant,
                                                             .user_id = scope->user_id,
                                                             .agent_id = scope->agent_id,
                                                             .run_id = scope->run_id,
                                                             .conversation_id = scope->conversation_id},
                                                   .vector = vector,
                                                   .dimensions = dimensions,
                                                   .k = k,
                                                   .metric = recalling->question->metric,
                                                   .min_similarity = -INFINITY};
    return mneme_vectors_query(out, recalling->recall->vectors, &question, error);
}

/* Notes the matches of both vectors, and adds their documents to the candidates. */
static int take_matches(struct mneme_recalling *recalling, const struct mneme_vector_matches *meaning,
                        const struct mneme_vector_matches *topic, struct mneme_error *error) {
    int status = reserve_hits(recalling, meaning->count + topic->count, error);
    for (size_t i = 0; i < meaning->count && status == MNEME_OK; i++) {
        status = note_match(recalling, &meaning->items[i], false, error);
    }
    for (size_t i = 0; i < topic->count && status == MNEME_OK; i++) {
        status = note_match(recalling, &topic->items[i], true, error);
    }
    struct mneme_candidate_key *keys =
        mneme_arena_calloc(&recalling->out->arena, recalling->hit_count + 1, sizeof *keys);
    if (status != MNEME_OK || keys == NULL) {
        return status != MNEME_OK ? status : mneme_recall_no_memory(error);
    }
    for (size_t i = 0; i < recalling->hit_count; i++) {
        const struct mneme_vector_document_key *key = &recalling->hits[i].key;
        keys[i] = (struct mneme_candidate_key){key->stream_id, key->kind, key->ref};
    }
    return mneme_candidates_add(&recalling->out->candidates, recalling->recall->postgres, &recalling->which,
                                keys, recalling->hit_count, error);
}

static int copy_matches(struct mneme_vector_matches *matches, struct mneme_arena *arena,
                        struct mneme_error *error) {
    for (size_t i = 0; i < matches->count; i++) {
        struct mneme_vector_document_key *key = &matches->items[i].key;
        key->stream_id = mneme_arena_copy(arena, key->stream_id);
        key->kind = mneme_arena_copy(arena, key->kind);
        key->ref = mneme_arena_copy(arena, key->ref);
        if (key->stream_id.data == NULL || key->kind.data == NULL || key->ref.data == NULL) {
            return mneme_recall_no_memory(error);
        }
    }
    return MNEME_OK;
}

/* The number of hits that pass the filter. */
static size_t count_hits(const struct mneme_recalling *recalling) {
    const struct mneme_candidates *candidates = &recalling->out->candidates;
    size_t count = 0;
    for (size_t i = 0; i < candidates->count; i++) {
        const struct mneme_candidate *item = &candidates->items[i];
        count += mneme_recall_hit_of(recalling, item->stream_id, item->kind, item->ref) != NULL;
    }
    return count;
}

/* Searches for more until a full list has passed the filter, or there are no more. A turn and a memory at the
 * same place count once, so the first search asks for twice as many. */
static int find_enough(struct mneme_recalling *recalling, const struct asked *asked,
                       struct mneme_error *error) {
    struct mneme_vector_matches meaning = {0};
    struct mneme_vector_matches topic = {0};
    struct mneme_arena *arena = &recalling->out->arena;
    bool is_enough = false;
    int status = MNEME_OK;
    for (size_t k = (size_t)2 * MNEME_RECALL_LIST; status == MNEME_OK && !is_enough; k *= 10) {
        k = k < MOST_NEAREST ? k : MOST_NEAREST;
        status = find_nearest(&meaning, recalling, asked->meaning, asked->dimensions, k, error);
        if (status == MNEME_OK && asked->topic != NULL) {
            status = find_nearest(&topic, recalling, asked->topic, asked->dimensions, k, error);
        }
        if (status == MNEME_OK) {
            status = copy_matches(&meaning, arena, error);
        }
        if (status == MNEME_OK) {
            status = copy_matches(&topic, arena, error);
        }
        if (status == MNEME_OK) {
            status = take_matches(recalling, &meaning, &topic, error);
        }
        is_enough = k == MOST_NEAREST || meaning.count < k || count_hits(recalling) >= MNEME_RECALL_LIST;
    }
    for (size_t i = 0; i < recalling->hit_count && asked->topic == NULL; i++) {
        recalling->hits[i].topic = recalling->hits[i].meaning;
    }
    mneme_vector_matches_clean_up(&meaning);
    mneme_vector_matches_clean_up(&topic);
    return status;
}

/* --- all of it --- */

/* Whether an answer without this part is better than no answer. */
static bool can_go_without(int status) {
    return status == MNEME_E_UNAVAILABLE || status == MNEME_E_TIMEOUT || status == MNEME_E_NOT_FOUND ||
           status == MNEME_E_DENIED || status == MNEME_E_USAGE || status == MNEME_E_INVALID;
}

static int go_without(struct mneme_recalling *recalling, int status, const char *what,
                      struct mneme_error *why, struct mneme_error *error) {
    char reason[sizeof *recalling->out->degraded];
    if (!can_go_without(status)) {
        return mneme_error_set(error, (enum mneme_status)status, "%s", why->message);
    }
    snprintf(reason, sizeof reason, "%s: %.400s", what, why->message);
    mneme_recall_degrade(recalling->out, reason);
    recalling->hit_count = 0;
    return MNEME_OK;
}

int mneme_recall_ask_vectors(struct mneme_recalling *recalling, struct mneme_error *error) {
    struct mneme_error why = {0};
    struct asked asked;
    if (is_blank(recalling->question->text)) {
        return MNEME_OK;
    }
    int status = ensure_generation(recalling->recall, &why);
    if (status != MNEME_OK && recalling->recall->model != NULL && status == MNEME_E_NOT_FOUND) {
        return mneme_error_set(error, MNEME_E_NOT_FOUND, "%s", why.message);
    }
    if (status != MNEME_OK) {
        return go_without(recalling, status, "no vectors", &why, error);
    }
    if (recalling->recall->lost[0] != '\0') {
        mneme_recall_degrade(recalling->out, recalling->recall->lost);
    }
    status = embed_question(&asked, recalling, &why);
    if (status != MNEME_OK) {
        return go_without(recalling, status, "no embedding of the question", &why, error);
    }
    status = find_enough(recalling, &asked, &why);
    if (status != MNEME_OK) {
        forget(recalling->recall);
        return go_without(recalling, status, "vectors were not asked", &why, error);
    }
    return mneme_recall_drop_changed(recalling, error);
}
