/*
 * Two steps: the first reads all documents that have a term, with only what BM25 needs, since most of them
 * are not shown; the second reads the best of them completely, some at a time until there are enough.
 */
#include "queries/search/candidates.h"

#include <stdlib.h>

#include "common/analysis/tsvector.h"
#include "common/base/hash.h"
#include "common/base/read_scope.h"
#include "queries/search/candidates_details.h"
#include "queries/search/candidates_terms.h"
#include "sql/embedded.h"

#define WHAT "nothing was searched"
#define LEAST_CHUNK 32

static int no_memory(struct mneme_error *error) {
    return mneme_error_set(error, MNEME_E_NO_MEMORY, WHAT ": memory is exhausted; ask for fewer");
}

void mneme_candidates_clean_up(struct mneme_candidates *candidates) {
    mneme_arena_clean_up(&candidates->arena);
    mneme_analysis_close(candidates->analysis);
    *candidates = (struct mneme_candidates){0};
}

/* --- the scope --- */

int mneme_search_scope_check(const struct mneme_search_scope *scope, const char *what,
                             struct mneme_error *error) {
    const struct mneme_str ids[] = {scope->user_id, scope->agent_id, scope->run_id, scope->conversation_id};
    return mneme_read_scope_check(ids, sizeof ids / sizeof *ids, scope->all_scopes, what,
                                  "user_id, agent_id, run_id or conversation_id", error);
}

struct scope_row {
    int64_t documents, total_length;
};

static bool note_scope(const void *row, void *context) {
    *(struct scope_row *)context = *(const struct scope_row *)row;
    return false;
}

static int read_scope(struct mneme_candidates *out, struct mneme_postgres *postgres,
                      const struct mneme_candidate_filter *which, struct mneme_error *error) {
    static const struct mneme_row_column columns[] = {
        {"documents", MNEME_ROW_LONG, offsetof(struct scope_row, documents)},
        {"total_length", MNEME_ROW_LONG, offsetof(struct scope_row, total_length)},
    };
    static const struct mneme_question question = {WHAT, NULL, columns, sizeof columns / sizeof *columns,
                                                   sizeof(struct scope_row)};
    struct mneme_sql_part parts[MNEME_CANDIDATE_SCOPE_PARTS];
    struct mneme_pg_params params = {0};
    struct scope_row scope = {0};
    mneme_candidates_scope_parts(parts, which);
    struct mneme_composed composed = {mneme_sql_candidates_scope, &which->as_of, NULL, parts,
                                      MNEME_CANDIDATE_SCOPE_PARTS};
    mneme_candidates_scope_params(&params, which);
    int status =
        mneme_query_run_composed(postgres, &question, &composed, &params, note_scope, &scope, NULL, error);
    mneme_pg_params_clean_up(&params);
    out->documents = scope.documents;
    out->bm25.mean_length = scope.documents > 0 ? (double)scope.total_length / (double)scope.documents : 0;
    return status;
}

/* --- hits --- */

/* A document that has a term. */
struct hit {
    struct mneme_candidate_key key;
    int64_t source_sequence, length;
    double *counts;
    double score;
    struct hit *next;
};

struct hit_row {
    struct mneme_candidate_key key;
    int64_t source_sequence, length;
    struct mneme_str lexemes;
    bool is_match, is_in_time;
    int64_t created_at;
    struct mneme_str text; /* null: the lexemes certainly have all places, or the query needs none */
};

static const struct mneme_row_column hit_columns[] = {
    {"stream_id", MNEME_ROW_STR, offsetof(struct hit_row, key.stream_id)},
    {"kind", MNEME_ROW_STR, offsetof(struct hit_row, key.kind)},
    {"ref", MNEME_ROW_STR, offsetof(struct hit_row, key.ref)},
    {"source_sequence", MNEME_ROW_LONG, offsetof(struct hit_row, source_sequence)},
    {"length", MNEME_ROW_LONG, offsetof(struct hit_row, length)},
    {"lexemes", MNEME_ROW_STR, offsetof(struct hit_row, lexemes)},
    {"is_match", MNEME_ROW_BOOL, offsetof(struct hit_row, is_match)},
    {"is_in_time", MNEME_ROW_BOOL, offsetof(struct hit_row, is_in_time)},
    {"created_at", MNEME_ROW_TIME, offsetof(struct hit_row, created_at)},
    {"text", MNEME_ROW_STR, offsetof(struct hit_row, text)},
};

static const struct mneme_question hit_question = {
    WHAT, NULL, hit_columns, sizeof hit_columns / sizeof *hit_columns, sizeof(struct hit_row)};

struct gathering {
    struct mneme_candidates *out;
    const struct mneme_search_query *query;
    struct mneme_terms document; /* whose text is checked */
    struct mneme_arena arena;    /* of the hits */
    struct hit *first;
    size_t count;
    double *counts; /* of the row being read */
    bool failed;
};

static bool copy_key(struct mneme_candidate_key *key, struct mneme_arena *arena) {
    key->stream_id = mneme_arena_copy(arena, key->stream_id);
    key->kind = mneme_arena_copy(arena, key->kind);
    key->ref = mneme_arena_copy(arena, key->ref);
    return key->stream_id.data != NULL && key->kind.data != NULL && key->ref.data != NULL;
}

/* Whether the document matches. A phrase in a long text may occur where the index has no places. */
static bool is_hit(struct gathering *gathering, const struct hit_row *row) {
    if (row->text.data == NULL) {
        return row->is_match && row->is_in_time;
    }
    if (!row->is_in_time) {
        return false;
    }
    gathering->failed |=
        !mneme_analyse_document(gathering->out->analysis, &gathering->document, row->created_at, row->text);
    return !gathering->failed && mneme_search_query_holds(gathering->query, &gathering->document);
}

static bool note_hit(const void *row, void *context) {
    const struct hit_row *hit_row = row;
    struct gathering *gathering = context;
    size_t terms = gathering->out->term_count;
    mneme_candidates_count(gathering->counts, gathering->out, hit_row->lexemes);
    for (size_t i = 0; i < terms; i++) {
        gathering->out->terms[i].documents += gathering->counts[i] > 0 ? 1 : 0;
    }
    if (!is_hit(gathering, hit_row)) {
        return !gathering->failed;
    }
    struct hit *hit = mneme_arena_alloc(&gathering->arena, sizeof *hit);
    double *counts = mneme_arena_alloc(&gathering->arena, terms * sizeof *counts);
    if (hit == NULL || counts == NULL) {
        gathering->failed = true;
        return false;
    }
    *hit = (struct hit){.key = hit_row->key,
                        .source_sequence = hit_row->source_sequence,
                        .length = hit_row->length,
                        .counts = counts,
                        .next = gathering->first};
    memcpy(counts, gathering->counts, terms * sizeof *counts);
    gathering->failed = !copy_key(&hit->key, &gathering->arena);
    gathering->first = hit;
    gathering->count++;
    return !gathering->failed;
}

static int gather_hits(struct gathering *gathering, struct mneme_postgres *postgres,
                       const struct mneme_candidate_question *question,
                       const struct mneme_candidate_query *query, struct mneme_error *error) {
    const struct mneme_candidate_filter *which = &question->which;
    struct mneme_str keys[2];
    struct mneme_sql_part parts[MNEME_CANDIDATE_SCOPE_PARTS + 7];
    struct mneme_pg_params params = {0};
    size_t key_count = 0;
    gathering->counts =
        mneme_arena_alloc(&gathering->arena, gathering->out->term_count * sizeof *gathering->counts);
    if (gathering->counts == NULL ||
        !mneme_candidates_scope_keys(keys, &key_count, which, &gathering->arena)) {
        return no_memory(error);
    }
    /* As of a moment, two tables are read, and the history has an index only by user. */
    bool is_by_key = key_count > 0 && !which->as_of.is_set;
    const struct mneme_sql_part own[] = {
        MNEME_SQL_GIVEN("query", question->form == MNEME_QUERY_WEB),
        MNEME_SQL_GIVEN("phrase", question->form == MNEME_QUERY_WEB && query->words.has_phrase),
        MNEME_SQL_GIVEN("since", which->since.is_set),
        MNEME_SQL_GIVEN("until", which->until.is_set),
        MNEME_SQL_GIVEN("keys", is_by_key),
        MNEME_SQL_GIVEN("key_user", is_by_key && which->scope.user_id.data != NULL),
        MNEME_SQL_GIVEN("key_agent", is_by_key && which->scope.agent_id.data != NULL),
    };
    mneme_candidates_scope_parts(parts, which);
    for (size_t i = 0; is_by_key && i < MNEME_CANDIDATE_SCOPE_PARTS; i++) {
        if (strcmp(parts[i].name, "user") == 0 || strcmp(parts[i].name, "agent") == 0) {
            parts[i].text = MNEME_STR_NULL;
        }
    }
    memcpy(parts + MNEME_CANDIDATE_SCOPE_PARTS, own, sizeof own);
    struct mneme_composed composed = {mneme_sql_candidates_find, &which->as_of, NULL, parts,
                                      sizeof parts / sizeof *parts};
    mneme_candidates_scope_params(&params, which);
    mneme_pg_param_str_array(&params, keys, key_count);
    mneme_query_param_type(&params, MNEME_PG_OID_TEXT_ARRAY);
    mneme_pg_param_str(&params, mneme_str_from(query->any.data));
    mneme_query_param_type(&params, MNEME_PG_OID_TSQUERY);
    mneme_pg_param_str(&params, mneme_str_from(query->whole.data));
    mneme_query_param_type(&params, MNEME_PG_OID_TSQUERY);
    mneme_query_param_opt_time(&params, which->since);
    mneme_query_param_type(&params, MNEME_PG_OID_TIMESTAMPTZ);
    mneme_query_param_opt_time(&params, which->until);
    mneme_query_param_type(&params, MNEME_PG_OID_TIMESTAMPTZ);
    mneme_pg_param_str(&params, mneme_str_from(query->loose.data));
    mneme_query_param_type(&params, MNEME_PG_OID_TSQUERY);
    mneme_pg_param_long(&params, MNEME_TSVECTOR_SURE_WORDS);
    mneme_query_param_type(&params, MNEME_PG_OID_INT8);
    int status = mneme_query_run_composed(postgres, &hit_question, &composed, &params, note_hit, gathering,
                                          NULL, error);
    mneme_pg_params_clean_up(&params);
    return status == MNEME_OK && gathering->failed ? no_memory(error) : status;
}

/* The best first; among equals memories before turns, so that a turn does not come before its memory, then
 * the newer first. */
static int compare_hits(const void *a, const void *b) {
    const struct hit *first = *(struct hit *const *)a;
    const struct hit *second = *(struct hit *const *)b;
    if (first->score != second->score) {
        return first->score > second->score ? -1 : 1;
    }
    if (!mneme_str_equal(first->key.kind, second->key.kind)) {
        return mneme_str_equal(first->key.kind, MNEME_STR_LIT("memory")) ? -1 : 1;
    }
    return (first->source_sequence < second->source_sequence) -
           (first->source_sequence > second->source_sequence);
}

static struct hit **rank_hits(struct gathering *gathering) {
    struct mneme_candidates *out = gathering->out;
    struct hit **ranked = mneme_arena_alloc(&gathering->arena, (gathering->count + 1) * sizeof(void *));
    size_t count = 0;
    for (struct hit *hit = gathering->first; ranked != NULL && hit != NULL; hit = hit->next) {
        hit->score =
            mneme_bm25_score(&out->bm25, out->idfs, hit->counts, out->term_count, (double)hit->length);
        ranked[count++] = hit;
    }
    if (ranked != NULL && count > 1) {
        qsort(ranked, count, sizeof(void *), compare_hits);
    }
    return ranked;
}

static bool weigh_terms(struct mneme_candidates *out) {
    out->idfs = mneme_arena_alloc(&out->arena, (out->term_count + 1) * sizeof *out->idfs);
    for (size_t i = 0; out->idfs != NULL && i < out->term_count; i++) {
        out->terms[i].idf = out->idfs[i] = mneme_bm25_idf(out->documents, out->terms[i].documents);
    }
    return out->idfs != NULL;
}

/* Takes the best hits that may be shown, until there are as many as requested. */
static int show(struct gathering *gathering, struct mneme_postgres *postgres,
                const struct mneme_candidate_question *question, struct mneme_error *error) {
    struct hit **ranked = rank_hits(gathering);
    size_t chunk = question->limit * 2 > LEAST_CHUNK ? question->limit * 2 : LEAST_CHUNK;
    struct mneme_candidate_key *keys =
        mneme_arena_alloc(&gathering->arena, (gathering->count + 1) * sizeof *keys);
    int status = ranked == NULL || keys == NULL ? no_memory(error) : MNEME_OK;
    for (size_t at = 0; at < gathering->count && status == MNEME_OK; chunk *= 2) {
        size_t count = gathering->count - at < chunk ? gathering->count - at : chunk;
        for (size_t i = 0; i < count; i++) {
            keys[i] = ranked[at + i]->key;
        }
        status = mneme_candidates_details(gathering->out, postgres, &question->which, keys, count,
                                          question->limit, error);
        at += count;
        if (gathering->out->count >= question->limit) {
            break;
        }
    }
    return status;
}

int mneme_candidates_prepare(struct mneme_postgres *postgres, struct mneme_error *error) {
    return mneme_pg_set(postgres,
                        "SET jit = off; SET enable_seqscan = off; SET enable_hashjoin = off; "
                        "SET enable_mergejoin = off; SET max_parallel_workers_per_gather = 0",
                        error);
}

int mneme_candidates_find(struct mneme_candidates *out, struct mneme_postgres *postgres,
                          const struct mneme_candidate_question *question, struct mneme_error *error) {
    struct mneme_candidate_query query = {0};
    struct gathering gathering = {.out = out, .query = &query.words};
    mneme_candidates_clean_up(out);
    int status = mneme_search_scope_check(&question->which.scope, "nothing was searched", error);
    if (status != MNEME_OK) {
        return status;
    }
    mneme_arena_init(&out->arena, 0);
    mneme_arena_init(&gathering.arena, 0);
    out->bm25 = (struct mneme_bm25){.k1 = question->k1, .b = question->b};
    status = mneme_candidates_read_terms(out, &query, postgres, question->text, question->form, error);
    if (status == MNEME_OK && out->term_count > 0) {
        status = read_scope(out, postgres, &question->which, error);
        if (status == MNEME_OK) {
            status = gather_hits(&gathering, postgres, question, &query, error);
        }
        if (status == MNEME_OK && !weigh_terms(out)) {
            status = no_memory(error);
        }
        out->matches = (int64_t)gathering.count;
        if (status == MNEME_OK) {
            status = show(&gathering, postgres, question, error);
        }
    }
    mneme_candidate_query_clean_up(&query);
    mneme_terms_clean_up(&gathering.document);
    mneme_arena_clean_up(&gathering.arena);
    return status;
}

int mneme_candidates_add(struct mneme_candidates *candidates, struct mneme_postgres *postgres,
                         const struct mneme_candidate_filter *which, const struct mneme_candidate_key *keys,
                         size_t count, struct mneme_error *error) {
    return mneme_candidates_details(candidates, postgres, which, keys, count, SIZE_MAX, error);
}
